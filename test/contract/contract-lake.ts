/**
 * What the contract tests work on: official clients, two buckets, a dataset of the file's own that is deleted at the end.
 * Requests go through the clients' own `request`, so that job resources are seen as the service sends them.
 */
import { BigQuery, type Query } from '@google-cloud/bigquery';
import { Storage } from '@google-cloud/storage';
import { PassThroughClient } from 'google-auth-library';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { startStrictBigQuery } from '../strict/bigquery';
import type { Proxy } from '../strict/proxy';
import { startStrictStorage } from '../strict/storage';
import { testLake, uniqueName } from '../setup/lake';
import { realProject } from './options';

/** The table of each file that demands a filter, and its partition column. */
export const FILTERED = { table: 'filtered', column: 'ts' } as const;
/** How long objects of the `kept` bucket are retained, in milliseconds. */
export const RETENTION_MS = 10_000;

export interface ContractLake {
  readonly bigquery: BigQuery;
  readonly storage: Storage;
  readonly location: string;
  readonly dataset: string;
  readonly buckets: { readonly state: string; readonly stage: string };
  /** Prefix for object names of this file. */
  readonly prefix: string;
  /** Undefined on a real project. */
  readonly proxies: { readonly bigquery: Proxy; readonly storage: Proxy } | undefined;
  /** Name of a bucket whose objects are retained for RETENTION_MS; made on first use. */
  keptBucket(): Promise<string>;
  close(): Promise<void>;
}

/** True when the suite runs on a real project. */
export const onRealProject = realProject() !== undefined;
// Cloud jobs take seconds each; a busy machine is slow as well.
jest.setTimeout(onRealProject ? 300_000 : 60_000);

/** For what the local servers cannot do even behind the proxies. */
export const testOnRealProject = onRealProject ? test : test.skip;
/** For faults, which need the proxies, and for limits the service does not enforce to the letter. */
export const testBehindProxies = onRealProject ? test.skip : test;

export async function openContractLake(): Promise<ContractLake> {
  const dataset = uniqueName('tidemark_contract');
  const kept = uniqueName('tidemark-contract-kept', '-');
  const real = realProject();
  const parts =
    real === undefined
      ? await localParts(dataset, kept)
      : {
          ...real,
          proxies: undefined,
          bigquery: new BigQuery({ projectId: real.project }),
          storage: new Storage({ projectId: real.project }),
        };
  const { bigquery, storage, location } = parts;
  await bigquery.createDataset(dataset, { location });
  let keptMade: Promise<unknown> | undefined;
  return {
    ...parts,
    dataset,
    prefix: `contract/${dataset}/`,
    async keptBucket() {
      keptMade ??= storage.createBucket(
        kept,
        real === undefined ? {} : { location, retentionPolicy: { retentionPeriod: RETENTION_MS / 1000 } },
      );
      await keptMade;
      return kept;
    },
    async close() {
      await bigquery.dataset(dataset).delete({ force: true });
      if (real !== undefined) {
        await storage.bucket(parts.buckets.state).deleteFiles({ prefix: `contract/${dataset}/` });
        await storage.bucket(parts.buckets.stage).deleteFiles({ prefix: `contract/${dataset}/` });
        if (keptMade !== undefined) {
          await sleep(RETENTION_MS);
          await storage.bucket(kept).deleteFiles();
          await storage.bucket(kept).delete();
        }
      }
      await parts.proxies?.bigquery.close();
      await parts.proxies?.storage.close();
    },
  };
}

async function localParts(dataset: string, kept: string) {
  const lake = testLake();
  const proxies = {
    bigquery: await startStrictBigQuery({
      target: lake.bigquery,
      storageRoot: lake.storageRoot,
      requirePartitionFilter: { [`${dataset}.${FILTERED.table}`]: FILTERED.column },
    }),
    storage: await startStrictStorage({ target: lake.storage, retention: { [kept]: RETENTION_MS } }),
  };
  const bigquery = new BigQuery({ projectId: lake.project, apiEndpoint: proxies.bigquery.url, authClient: new PassThroughClient() });
  const storage = new Storage({ projectId: lake.project, apiEndpoint: proxies.storage.url, useAuthWithCustomEndpoint: false });
  const buckets = { state: uniqueName('contract-state', '-'), stage: uniqueName('contract-stage', '-') };
  await Promise.all(Object.values(buckets).map(async (name) => storage.createBucket(name)));
  return { bigquery, storage, buckets, location: 'US', proxies };
}

export interface ErrorProto {
  readonly reason: string;
  readonly message: string;
  readonly location?: string;
}

export interface JobResource {
  readonly jobReference: { readonly jobId: string };
  readonly configuration: { readonly labels?: Readonly<Record<string, string>> };
  readonly statistics: { readonly load?: { readonly outputRows?: string } };
  readonly status: { readonly state: string; readonly errorResult?: ErrorProto; readonly errors?: readonly ErrorProto[] };
}

/** What a refused call says: HTTP status and reason. */
export interface Refused {
  readonly code: number;
  readonly reason: string | undefined;
  readonly message: string;
}

export function refusedBy(error: unknown): Refused {
  const { code, errors, message } = error as { code?: number; errors?: { reason?: string }[]; message?: string };
  return { code: Number(code), reason: errors?.[0]?.reason, message: message ?? '' };
}

/** One call below `/projects/<project>`; rejects with what the client gives. */
export async function call<Body>(
  bigquery: BigQuery,
  method: 'GET' | 'POST' | 'PATCH',
  uri: string,
  options: { json?: unknown; headers?: Record<string, string>; query?: Record<string, string> } = {},
): Promise<Body> {
  return new Promise((resolve, reject) => {
    const { query, ...rest } = options;
    bigquery.request({ method, uri, ...rest, ...(query === undefined ? {} : { qs: query }) }, (error, body) => {
      if (error === null) resolve(body as Body);
      else reject(error);
    });
  });
}

export interface Lake {
  readonly bigquery: BigQuery;
  readonly location: string;
}

/** Inserts a job under an id of our own; the answer of the insertion. */
export async function insertJob(lake: Lake, jobId: string, configuration: object): Promise<JobResource> {
  const json = { jobReference: { jobId, location: lake.location, projectId: lake.bigquery.projectId }, configuration };
  return call(lake.bigquery, 'POST', '/jobs', { json });
}

/** Waits for the end of a job. */
export async function jobEnd(lake: Lake, jobId: string): Promise<JobResource> {
  for (;;) {
    const job = await call<JobResource>(lake.bigquery, 'GET', `/jobs/${jobId}`, { query: { location: lake.location } });
    if (job.status.state === 'DONE') return job;
    await sleep(100);
  }
}

/** Inserts a job and waits for its end. */
export async function runJob(lake: Lake, configuration: object, jobId = uniqueName('contract')): Promise<JobResource> {
  const job = await insertJob(lake, jobId, configuration);
  return job.status.state === 'DONE' ? job : jobEnd(lake, jobId);
}

export async function rowsOf(lake: Lake, query: string, more: Partial<Query> = {}): Promise<unknown[]> {
  const [rows] = await lake.bigquery.query({ query, location: lake.location, ...more });
  return rows as unknown[];
}

/** Writes lines as one gzip object of the stage bucket; its URI. */
export async function stage(lake: ContractLake, lines: readonly string[]): Promise<string> {
  const name = `${lake.prefix}${uniqueName('part', '-')}.ndjson.gz`;
  const content = gzipSync(lines.map((line) => `${line}\n`).join(''));
  await lake.storage
    .bucket(lake.buckets.stage)
    .file(name)
    .save(content, { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
  return `gs://${lake.buckets.stage}/${name}`;
}
