/**
 * What the product needs from Cloud Storage. Every write here carries a precondition: one save without it turns the
 * client's retries off for every later call of that client (storage 8.4 keeps the switch in shared state).
 */
import { createHash, randomBytes } from 'node:crypto';
import { openContractLake, refusedBy, testBehindProxies, type ContractLake } from './contract-lake';

let lake: ContractLake;
beforeAll(async () => {
  lake = await openContractLake();
});
afterAll(async () => lake.close());

let names = 0;
const stateFile = () => lake.storage.bucket(lake.buckets.state).file(`${lake.prefix}unit-${++names}.json`);
const save = async (content: string, ifGenerationMatch: number | string, file = stateFile()): Promise<unknown> =>
  file.save(content, { resumable: false, preconditionOpts: { ifGenerationMatch } }).then(
    () => 'written',
    (error: unknown) => refusedBy(error).code,
  );
/** The service asks for a second between mutations of one name. */
const second = async () => new Promise((resolve) => setTimeout(resolve, 1_100));

test('of racers that create one object exactly one wins, the others get 412, and the content is the winner’s', async () => {
  const file = stateFile();
  const contents = ['a', 'b', 'c', 'd', 'e', 'f'];
  const outcomes = await Promise.all(contents.map(async (content) => save(content, 0, file)));
  expect([...outcomes].sort()).toEqual([412, 412, 412, 412, 412, 'written']);
  expect((await file.download())[0].toString()).toBe(contents[outcomes.indexOf('written')]);
});

test('of racers that replace one generation exactly one wins, and the generation changes', async () => {
  const file = stateFile();
  await save('old', 0, file);
  const before = String((await file.getMetadata())[0].generation);
  await second();
  const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map(async (content) => save(content, before, file)));
  expect([...outcomes].sort()).toEqual([412, 412, 412, 'written']);
  const [after] = await file.getMetadata();
  expect(BigInt(String(after.generation))).toBeGreaterThan(BigInt(before));
  await second();
  expect(await save('late', before, file)).toBe(412);
});

test('an answer names the generation it wrote, and the checksum of what is stored', async () => {
  const file = stateFile();
  // The check value of CRC-32C: the checksum of the digits 1 to 9 is 0xE3069283.
  await file.save('123456789', { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
  const written = file.metadata;
  const [stored] = await file.getMetadata();
  expect([String(written.generation), stored.crc32c]).toEqual([
    String(stored.generation),
    Buffer.from('e3069283', 'hex').toString('base64'),
  ]);
});

test('gzip bytes come back as they were sent, whole and by range', async () => {
  const content = Buffer.concat([Buffer.from([0x1f, 0x8b]), randomBytes(300_000)]);
  const file = lake.storage.bucket(lake.buckets.stage).file(`${lake.prefix}part.ndjson.gz`);
  await file.save(content, { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
  const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  const [whole] = await file.download({ decompress: false, validation: false });
  const [part] = await file.download({ decompress: false, validation: false, start: 1_000, end: 1_999 });
  expect([digest(whole), digest(part)]).toEqual([digest(content), digest(content.subarray(1_000, 2_000))]);
});

test('listing by prefix finds every object once', async () => {
  const bucket = lake.storage.bucket(lake.buckets.stage);
  const created = ['1', '2', '3'].map((name) => `${lake.prefix}list/${name}`);
  await Promise.all(
    created.map(async (name) => bucket.file(name).save('x', { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } })),
  );
  const [files] = await bucket.getFiles({ prefix: `${lake.prefix}list/` });
  expect(files.map(({ name }) => name).sort()).toEqual(created);
});

test('a missing object and a missing bucket are 404', async () => {
  const refused = await Promise.all([
    lake.storage.bucket(lake.buckets.state).file(`${lake.prefix}none`).download().catch(refusedBy),
    lake.storage
      .bucket(`${lake.buckets.state}-none`)
      .file('x')
      .save('x', { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } })
      .catch(refusedBy),
  ]);
  expect(refused).toMatchObject([{ code: 404 }, { code: 404 }]);
});

test('an object under retention is neither replaced nor deleted', async () => {
  const file = lake.storage.bucket(await lake.keptBucket()).file('part');
  await file.save('kept', { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
  const ifGenerationMatch = String((await file.getMetadata())[0].generation);
  await second();
  const refused = [
    await file.save('other', { resumable: false, preconditionOpts: { ifGenerationMatch } }).catch(refusedBy),
    await file.delete({ ifGenerationMatch }).catch(refusedBy),
  ];
  expect(refused).toMatchObject([
    { code: 403, reason: 'retentionPolicyNotMet' },
    { code: 403, reason: 'retentionPolicyNotMet' },
  ]);
  expect((await file.download())[0].toString()).toBe('kept');
});

// The service lets short bursts through, so that only the proxies can be held to the letter.
testBehindProxies('a second write to one name within a second is 429, and the client’s own retry gets it through', async () => {
  const file = stateFile();
  await save('one', 0, file);
  const generation = String((await file.getMetadata())[0].generation);
  lake.proxies?.storage.forget();
  expect(await save('two', generation, file)).toBe('written');
  const writes = lake.proxies?.storage.requests().filter(({ method }) => method === 'POST') ?? [];
  expect([writes[0]?.status, writes.at(-1)?.status]).toEqual([429, 200]);
});
