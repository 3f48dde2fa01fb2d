import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { startStrictBigQuery } from './bigquery';
import { loseAnswer } from './faults';
import type { Proxy } from './proxy';
import { startUpstream, type Upstream } from './upstream';

const JOBS = '/bigquery/v2/projects/p/jobs';
const SCHEMA = { fields: [{ name: 'k', type: 'STRING', mode: 'REQUIRED' }] };
let root: string;
let upstream: Upstream;
let proxy: Proxy;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'strict-'));
  await mkdir(join(root, 'b'));
  await writeFile(join(root, 'b', 'good'), gzipSync('{"k":"1"}\n'));
  await writeFile(join(root, 'b', 'bad'), gzipSync('{"k":1}\n'));
  upstream = await startUpstream(({ method, url }) => {
    if (method === 'GET' && url === `${JOBS}/taken`) return { body: { status: { state: 'DONE' } } };
    if (method === 'GET' && url === '/bigquery/v2/projects/p/datasets/d/tables/t') return { body: { schema: SCHEMA } };
    return method === 'GET' ? { status: 404 } : { body: { forwarded: true } };
  });
  proxy = await startStrictBigQuery({ target: upstream.url, storageRoot: root, requirePartitionFilter: { 'd.t': 'ts' } });
});

afterEach(async () => {
  await proxy.close();
  await upstream.close();
  await rm(root, { recursive: true });
});

interface Body {
  readonly forwarded?: boolean;
  readonly error?: { readonly errors: readonly { readonly reason: string; readonly message: string }[] };
  readonly status?: { readonly state: string; readonly errorResult?: { readonly reason: string } };
}

const call = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }> => {
  const answer = await fetch(proxy.url + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { status: answer.status, body: (await answer.json()) as Body };
};
const load = async (jobId: string, name: string, more: object = { schema: SCHEMA }): ReturnType<typeof call> =>
  call('POST', JOBS, {
    jobReference: { projectId: 'p', jobId, location: 'EU' },
    configuration: {
      load: {
        sourceFormat: 'NEWLINE_DELIMITED_JSON',
        sourceUris: [`gs://b/${name}`],
        destinationTable: { projectId: 'p', datasetId: 'd', tableId: 't' },
        ...more,
      },
    },
  });
const posted = (): number => upstream.reached.filter(({ method }) => method === 'POST').length;

describe('load jobs', () => {
  test('a good load reaches the server; a bad one does not, and is a job that is DONE with an error', async () => {
    const [good, bad] = [await load('one', 'good'), await load('two', 'bad')];
    expect([good, posted()]).toEqual([{ status: 200, body: { forwarded: true } }, 1]);
    expect(bad).toMatchObject({
      status: 200,
      body: {
        id: 'p:EU.two',
        jobReference: { projectId: 'p', jobId: 'two', location: 'EU' },
        configuration: { jobType: 'LOAD' },
        status: { state: 'DONE', errorResult: { reason: 'invalid', location: 'gs://b/bad' } },
      },
    });
    expect(await call('GET', `${JOBS}/two?location=EU`)).toEqual(bad);
  });

  test('the id of a refused load is used up, also for racers and for a load that would now be good', async () => {
    const racers = await Promise.all([load('one', 'bad'), load('one', 'bad'), load('one', 'good')]);
    expect(racers.map(({ status }) => status)).toEqual([200, 409, 409]);
    expect((await load('one', 'good')).body.error?.errors[0]).toMatchObject({ reason: 'duplicate', message: 'Already Exists: Job p:one' });
    expect(posted()).toBe(0);
  });

  test('a bad load under an id the server knows is left to the server to refuse', async () => {
    expect((await load('taken', 'bad')).body).toEqual({ forwarded: true });
  });

  test('without a schema in the request the table decides', async () => {
    expect([(await load('one', 'good', {})).body.forwarded, (await load('two', 'bad', {})).body.status?.errorResult?.reason]).toEqual([
      true,
      'invalid',
    ]);
  });

  test('a missing object is notFound; what is not simulated says so', async () => {
    expect((await load('one', 'none')).body.status).toEqual({
      state: 'DONE',
      errorResult: { reason: 'notFound', message: 'Not found: URI gs://b/none' },
      errors: [{ reason: 'notFound', message: 'Not found: URI gs://b/none' }],
    });
    expect([(await load('two', '*')).status, (await load('three', 'good', { schema: SCHEMA, maxBadRecords: 1 })).status]).toEqual([
      501, 501,
    ]);
  });
});

describe('queries', () => {
  const sql = 'SELECT * FROM d.t';
  test.each([
    ['jobs.insert', JOBS, { configuration: { query: { query: sql } } }],
    ['a dry run', JOBS, { configuration: { dryRun: true, query: { query: sql } } }],
    ['jobs.query', '/bigquery/v2/projects/p/queries', { query: sql }],
    ['a default dataset', JOBS, { configuration: { query: { query: 'SELECT * FROM t', defaultDataset: { datasetId: 'd' } } } }],
  ])('%s without a partition filter is refused in the words of the service', async (_, path, body) => {
    const message = "Cannot query over table 'd.t' without a filter over column(s) 'ts' that can be used for partition elimination";
    expect(await call('POST', path, body)).toEqual({
      status: 400,
      body: {
        error: {
          code: 400,
          message,
          errors: [{ message, domain: 'global', reason: 'invalidQuery', location: 'q' }],
          status: 'INVALID_ARGUMENT',
        },
      },
    });
    expect(upstream.reached).toEqual([]);
  });

  test('a query with a filter reaches the server', async () => {
    expect((await call('POST', JOBS, { configuration: { query: { query: `${sql} WHERE ts > @from` } } })).body).toEqual({
      forwarded: true,
    });
  });

  test('faults can be matched on the job that a poll asks for', async () => {
    await call('POST', JOBS, { jobReference: { jobId: 'q' }, configuration: { query: { query: 'COMMIT TRANSACTION' } } });
    proxy.inject({
      match: ({ method, job }) => method === 'GET' && job?.type === 'query' && job.sql.includes('COMMIT'),
      action: loseAnswer(),
    });
    await expect(call('GET', `/bigquery/v2/projects/p/queries/q?location=US`)).rejects.toThrow();
    expect(proxy.requests().at(-1)?.job).toEqual({ id: 'q', type: 'query', sql: 'COMMIT TRANSACTION', destination: '' });
  });
});
