import { gzipSync } from 'node:zlib';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadRefusal, objectsInFolder, type LoadConfiguration, type LoadLimits, type LoadRefusal } from './load';
import type { Field } from './row';

const FIELDS: Field[] = [{ name: 'name', type: 'STRING' }];

async function judge(
  objects: Readonly<Record<string, Buffer>>,
  load: Partial<LoadConfiguration> = {},
  limits?: LoadLimits,
  fields: Field[] | undefined = FIELDS,
): Promise<LoadRefusal | undefined> {
  const open = async (uri: string): Promise<AsyncIterable<Buffer> | undefined> => {
    const bytes = objects[uri];
    // One byte at a time: lines and the gzip header must be found across chunks.
    return Promise.resolve(
      bytes === undefined
        ? undefined
        : (async function* () {
            for (const byte of bytes) yield Promise.resolve(Buffer.of(byte));
          })(),
    );
  };
  return loadRefusal({ sourceUris: Object.keys(objects), ...load }, fields, open, limits);
}

const gz = (text: string): Buffer => gzipSync(text);

describe('loadRefusal()', () => {
  test('takes gzip, concatenated gzip members, empty objects, and a last line without line feed', async () => {
    const objects = {
      'gs://b/1': gz('{"name":"a"}\n{"name":"b"}'),
      'gs://b/2': Buffer.concat([gz('{"name":"a"}\n'), gz('{"name":"b"}\n')]),
      'gs://b/3': gz(''),
    };
    expect(await judge(objects)).toBeUndefined();
  });

  test('answers a bad row in the words of the service, with the object and the position', async () => {
    const location = 'gs://b/2';
    expect(await judge({ 'gs://b/1': gz('{"name":"a"}\n'), [location]: gz('{"name":"b"}\n{"name":3}\n{"name":4}\n') })).toEqual({
      errorResult: {
        reason: 'invalid',
        location,
        message:
          'Error while reading data, error message: JSON table encountered too many errors, giving up. Rows: 2; errors: 1. Please look into the errors[] collection for more details.',
      },
      errors: [
        {
          reason: 'invalid',
          location,
          message:
            'Error while reading data, error message: JSON table encountered too many errors, giving up. Rows: 2; errors: 1. Please look into the errors[] collection for more details.',
        },
        {
          reason: 'invalid',
          message:
            'Error while reading data, error message: JSON processing encountered too many errors, giving up. Rows: 2; errors: 1; max bad: 0; error percent: 0',
        },
        {
          reason: 'invalid',
          location,
          message:
            'Error while reading data, error message: JSON parsing error in row starting at position 13: Could not convert value to string. Field: name; Value: 3',
        },
      ],
    });
  });

  test.each([
    ['a missing object', {}, { sourceUris: ['gs://b/none'] }, { reason: 'notFound', message: 'Not found: URI gs://b/none' }],
    [
      'compressed and plain objects in one job',
      { 'gs://b/1': gz('{"name":"a"}\n'), 'gs://b/2': Buffer.from('{"name":"a"}\n') },
      {},
      { reason: 'invalid', message: 'Compressed and uncompressed files cannot be loaded by one job.', location: 'gs://b/2' },
    ],
    [
      'too many objects',
      {},
      { sourceUris: Array.from({ length: 10_001 }, (_, i) => `gs://b/${i}`) },
      { reason: 'invalid', message: 'Too many source URIs: 10001. Maximum allowed: 10000' },
    ],
  ])('refuses %s', async (_, objects, load, errorResult) => {
    expect(await judge(objects, load)).toEqual({ errorResult, errors: [errorResult] });
  });

  test.each([
    ['a gzip stream that ends early', gz('{"name":"a"}\n').subarray(0, 20), 'gzip stream is damaged'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'Invalid UTF-8'],
  ])('refuses %s', async (_, bytes, message) => {
    expect((await judge({ 'gs://b/1': bytes }))?.errors.at(-1)?.message).toContain(message);
  });

  test('refuses a row beyond the size limit, ended or not', async () => {
    const row = Buffer.from(`{"name":"${'a'.repeat(50)}"}`);
    const limits = { urisMax: 10, rowBytesMax: row.length };
    const verdicts = [row, Buffer.concat([row, row]), Buffer.concat([Buffer.from(' '), row, Buffer.from('\n')])].map(
      async (bytes) => (await judge({ 'gs://b/1': bytes }, {}, limits))?.errors.at(-1)?.message,
    );
    const tooLarge = expect.stringContaining('Row size is larger than') as string;
    expect(await Promise.all(verdicts)).toEqual([undefined, tooLarge, tooLarge]);
  });

  test('refuses a load that has no schema', async () => {
    const open = async (): Promise<undefined> => Promise.resolve(undefined);
    expect((await loadRefusal({ sourceUris: [] }, undefined, open))?.errorResult.message).toBe('No schema specified on job or table.');
  });
});

test('objectsInFolder() finds objects below the root only', async () => {
  const root = await mkdtemp(join(tmpdir(), 'strict-'));
  await mkdir(join(root, 'bucket', 'v1'), { recursive: true });
  await writeFile(join(root, 'bucket', 'v1', 'part'), 'x');
  await writeFile(join(root, 'outside'), 'x');
  const open = objectsInFolder(join(root, 'bucket'));
  const found = await Promise.all(['gs://v1/part', 'gs://v1', 'gs://v1/none', 'gs://../outside', 'gs://v1/part/below'].map(open));
  for (const one of found) for await (const chunk of one ?? []) expect(chunk.toString()).toBe('x');
  await rm(root, { recursive: true });
  expect(found.map((one) => one !== undefined)).toEqual([true, false, false, false, false]);
});
