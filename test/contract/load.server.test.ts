/** What the product needs from load jobs. The cases of refused rows say what test/strict/row.ts assumes of the service. */
import { gzipSync } from 'node:zlib';
import {
  insertJob,
  jobEnd,
  openContractLake,
  refusedBy,
  rowsOf,
  runJob,
  stage,
  testOnRealProject,
  type ContractLake,
  type JobResource,
} from './contract-lake';
import { uniqueName } from '../setup/lake';

let lake: ContractLake;
beforeAll(async () => {
  lake = await openContractLake();
});
afterAll(async () => lake.close());

const FIELDS = [
  { name: 'k', type: 'STRING', mode: 'REQUIRED' },
  { name: 'n', type: 'INTEGER', mode: 'NULLABLE' },
  { name: 'f', type: 'FLOAT', mode: 'NULLABLE' },
  { name: 'b', type: 'BOOLEAN', mode: 'NULLABLE' },
  { name: 't', type: 'TIMESTAMP', mode: 'NULLABLE' },
  { name: 'j', type: 'JSON', mode: 'NULLABLE' },
  { name: 'many', type: 'STRING', mode: 'REPEATED' },
  { name: 'rec', type: 'RECORD', mode: 'NULLABLE', fields: [{ name: 'inner', type: 'STRING', mode: 'REQUIRED' }] },
];

const configuration = (tableId: string, sourceUris: readonly string[], more: object = {}): object => ({
  load: {
    sourceUris,
    sourceFormat: 'NEWLINE_DELIMITED_JSON',
    destinationTable: { projectId: lake.bigquery.projectId, datasetId: lake.dataset, tableId },
    writeDisposition: 'WRITE_TRUNCATE',
    createDisposition: 'CREATE_IF_NEEDED',
    ignoreUnknownValues: false,
    maxBadRecords: 0,
    schema: { fields: FIELDS },
    ...more,
  },
  labels: { purpose: 'contract' },
});

const load = async (lines: readonly string[], tableId = uniqueName('t')): Promise<JobResource> =>
  runJob(lake, configuration(tableId, [await stage(lake, lines)]));

test('a list of gzip parts loads with an explicit schema, counts its rows, keeps labels, and values come back', async () => {
  const table = uniqueName('t');
  const first =
    '{"k":"1","n":"9223372036854775807","f":1.5,"b":true,"t":"2026-01-02T03:04:05.123456Z","j":{"a":[1,{"b":null}]},"many":["x","y"],"rec":{"inner":"i"}}';
  const uris = [await stage(lake, [first]), await stage(lake, ['{"k":"2"}', '{"k":"3","n":null,"many":[],"rec":null}'])];
  const job = await runJob(lake, configuration(table, uris));
  expect(job).toMatchObject({
    status: { state: 'DONE' },
    statistics: { load: { outputRows: '3' } },
    configuration: { labels: { purpose: 'contract' } },
  });
  expect(job.status.errorResult).toBeUndefined();
  const rows = await rowsOf(
    lake,
    `SELECT k, CAST(n AS STRING) AS n, f, b, CAST(UNIX_MICROS(t) AS STRING) AS t, JSON_VALUE(j, '$.a[0]') AS j, IFNULL(ARRAY_LENGTH(many), 0) AS many, rec.inner AS rec_inner FROM ${lake.dataset}.${table} ORDER BY k`,
  );
  const empty = { n: null, f: null, b: null, t: null, j: null, many: 0, rec_inner: null };
  expect(rows).toEqual([
    {
      k: '1',
      n: '9223372036854775807',
      f: 1.5,
      b: true,
      t: String(Date.UTC(2026, 0, 2, 3, 4, 5) * 1000 + 123_456),
      j: '1',
      many: 2,
      rec_inner: 'i',
    },
    { k: '2', ...empty },
    { k: '3', ...empty },
  ]);
});

test('a second insert of one job id is 409, and the first can be adopted', async () => {
  const jobId = uniqueName('contract');
  const uri = await stage(lake, ['{"k":"1"}']);
  const outcomes = await Promise.all(
    Array.from({ length: 3 }, async () =>
      insertJob(lake, jobId, configuration('adopted', [uri])).then(
        () => 'inserted',
        (error: unknown) => refusedBy(error),
      ),
    ),
  );
  expect(outcomes.filter((outcome) => outcome === 'inserted')).toHaveLength(1);
  for (const outcome of outcomes) if (outcome !== 'inserted') expect(outcome).toMatchObject({ code: 409, reason: 'duplicate' });
  expect(await jobEnd(lake, jobId)).toMatchObject({ status: { state: 'DONE' }, statistics: { load: { outputRows: '1' } } });
});

test('one bad row refuses the whole load, the old content stays, and the id of the refused job is used up', async () => {
  const table = uniqueName('t');
  await load(['{"k":"old"}'], table);
  const [good, bad] = [await stage(lake, ['{"k":"new"}']), await stage(lake, ['{"k":"new"}', '{"k":1}'])];
  const jobId = uniqueName('contract');
  const job = await runJob(lake, configuration(table, [good, bad]), jobId);
  expect(job.status).toMatchObject({ state: 'DONE', errorResult: { reason: 'invalid' } });
  expect(job.status.errors?.some(({ location }) => location === bad)).toBe(true);
  expect(await rowsOf(lake, `SELECT k FROM ${lake.dataset}.${table}`)).toEqual([{ k: 'old' }]);
  expect(await insertJob(lake, jobId, configuration(table, [good])).catch(refusedBy)).toMatchObject({ code: 409 });
  expect((await jobEnd(lake, jobId)).status.errorResult?.reason).toBe('invalid');
});

test('a missing object is notFound and loads nothing', async () => {
  const table = uniqueName('t');
  const missing = `gs://${lake.buckets.stage}/${lake.prefix}none.ndjson.gz`;
  const job = await runJob(lake, configuration(table, [await stage(lake, ['{"k":"1"}']), missing]));
  expect(job.status.errorResult).toMatchObject({ reason: 'notFound', message: expect.stringContaining(missing) as string });
  expect(await lake.bigquery.dataset(lake.dataset).table(table).exists()).toEqual([false]);
});

test('plain and gzip parts in one job are refused', async () => {
  const name = `${lake.prefix}plain.ndjson`;
  await lake.storage
    .bucket(lake.buckets.stage)
    .file(name)
    .save('{"k":"1"}\n', { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
  const job = await runJob(lake, configuration(uniqueName('t'), [await stage(lake, ['{"k":"2"}']), `gs://${lake.buckets.stage}/${name}`]));
  expect(job.status.errorResult?.reason).toBe('invalid');
});

test('without a schema in the job the table’s schema decides', async () => {
  const table = uniqueName('t');
  await load(['{"k":"1"}'], table);
  const append = { schema: undefined, writeDisposition: 'WRITE_APPEND' };
  const outcomes = [await stage(lake, ['{"k":"2"}']), await stage(lake, ['{"k":"2","other":1}'])].map(
    async (uri) => (await runJob(lake, configuration(table, [uri], append))).status.errorResult?.reason,
  );
  expect(await Promise.all(outcomes)).toEqual([undefined, 'invalid']);
});

const nest = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

test('one load takes the edges of what is allowed', async () => {
  const job = await load([
    '{"k":"","n":-9007199254740991,"j":[]}',
    '{"K":"1","n":"-9223372036854775808","b":"true"}',
    '{"k":"2","t":"2018-08-19T12:11:35.22","f":"NaN"}',
    '{"k":"3","t":"2018/08/19T12:11","f":1e300}',
    '{"k":"4","t":"2018-08-19T07:11:35.220-05:00"}',
    '{"k":"5","t":"2018-07-05T12:54:00 UTC","b":1}',
    '{"k":"6","j":{"min":-9223372036854775808,"max":18446744073709551615}}',
    `{"k":"7","j":${nest(500)}}`,
    '{"k":"8 \\ud83d\\ude00"}',
  ]);
  expect([job.status, job.statistics.load?.outputRows]).toEqual([{ state: 'DONE' }, '9']);
});

// The local server refuses these forms of a time, which the documentation gives as examples.
testOnRealProject('epoch numbers and a zone after a space are times', async () => {
  const job = await load(['{"k":"1","t":1534680695}', '{"k":"2","t":1.534680695e12}', '{"k":"3","t":"2018-08-19T07:11:35.220 -05:00"}']);
  expect([job.status, job.statistics.load?.outputRows]).toEqual([{ state: 'DONE' }, '3']);
});

// The local server keeps NULL there, so queries say IFNULL(ARRAY_LENGTH(x), 0).
testOnRealProject('an array that is absent from the row is an empty array', async () => {
  const table = uniqueName('t');
  await load(['{"k":"1"}'], table);
  expect(await rowsOf(lake, `SELECT ARRAY_LENGTH(many) AS n FROM ${lake.dataset}.${table}`)).toEqual([{ n: 0 }]);
});

test.each([
  ['an unknown field, even when null', '{"k":"1","other":null}'],
  ['an unknown nested field', '{"k":"1","rec":{"inner":"i","other":1}}'],
  ['a required field that is missing', '{"n":1}'],
  ['a required field that is null', '{"k":null}'],
  ['a required nested field that is missing', '{"k":"1","rec":{}}'],
  ['a number for STRING', '{"k":1}'],
  ['an object for STRING', '{"k":{"a":1}}'],
  ['an array for a single value', '{"k":["1"]}'],
  ['a fraction for INTEGER', '{"k":"1","n":1.5}'],
  ['an INTEGER beyond 64 bits', '{"k":"1","n":"9223372036854775808"}'],
  ['text for FLOAT', '{"k":"1","f":"abc"}'],
  ['2 for BOOLEAN', '{"k":"1","b":2}'],
  ['text that is no time for TIMESTAMP', '{"k":"1","t":"AA"}'],
  ['null for an array', '{"k":"1","many":null}'],
  ['null in an array', '{"k":"1","many":["x",null]}'],
  ['a single value for an array', '{"k":"1","many":"x"}'],
  ['text for RECORD', '{"k":"1","rec":"x"}'],
  ['a JSON integer beyond UINT64', '{"k":"1","j":{"a":18446744073709551616}}'],
  ['JSON nested 501 deep', `{"k":"1","j":${nest(501)}}`],
  ['half a surrogate pair in JSON', '{"k":"1","j":{"a":"\\ud83d"}}'],
  ['what is not JSON', '{"k":"1"'],
  ['two objects in a line', '{"k":"1"}{"k":"2"}'],
])('a row with %s refuses the load', async (_, line) => {
  const job = await load(['{"k":"good"}', line]);
  expect(job.status).toMatchObject({ state: 'DONE', errorResult: { reason: 'invalid' } });
});

test('a gzip part that ends early refuses the load', async () => {
  const name = `${lake.prefix}cut.ndjson.gz`;
  const content = gzipSync('{"k":"1"}\n{"k":"2"}\n');
  await lake.storage
    .bucket(lake.buckets.stage)
    .file(name)
    .save(content.subarray(0, content.length - 6), { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
  const job = await runJob(lake, configuration(uniqueName('t'), [`gs://${lake.buckets.stage}/${name}`]));
  expect(job.status.errorResult).toBeDefined();
});
