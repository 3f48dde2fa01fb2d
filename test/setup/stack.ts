/**
 * A whole installation of its own for one test: buckets, datasets, a Temporal namespace, a simulated Logging API, strict
 * proxies in front of BigQuery and Cloud Storage, a configuration file, and workers as processes that can be killed.
 * Everything shares the servers of the test run; nothing shares a name.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { BigQuery } from '@google-cloud/bigquery';
import type { Client } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { createBigQuery } from '../../activities/lake/client';
import { createBuckets } from '../../infra/local/lake';
import { startWorkerProcess, type WorkerProcess } from '../../infra/local/worker-process';
import { loadConfig, type LoadedConfig } from '../../worker/config-file';
import { applyOrThrow } from '../../worker/reconcile/apply';
import { connectTemporal } from '../../worker/temporal';
import type { RunResult } from '../../workflows/run-plan';
import { startStrictBigQuery } from '../strict/bigquery';
import type { Proxy } from '../strict/proxy';
import { startStrictStorage } from '../strict/storage';
import { startLoggingApi, type LoggingApi, type LoggingApiOptions } from '../vendors/logging-api';
import { testLake, uniqueName, type TestLake } from './lake';

const CLI = path.join(__dirname, '..', '..', 'dist', 'worker', 'cli', 'main.js');
const TOKEN = 'test-token-of-the-simulated-api';
const DAY_MS = 86_400_000;

export interface StackOptions {
  readonly api?: Partial<LoggingApiOptions>;
  readonly streams?: readonly string[];
  readonly source?: Readonly<Record<string, unknown>>;
  readonly worker?: Readonly<Record<string, unknown>>;
  readonly redaction?: Readonly<Record<string, unknown>>;
  /** Texts by name of the file, beside the configuration. */
  readonly files?: Readonly<Record<string, string>>;
  /** Items per call. */
  readonly pageSize?: number;
  /** Another lake than the test run's. */
  readonly lake?: TestLake;
  /** Another Temporal server than the lake's. */
  readonly temporalAddress?: string;
}

export interface Stack {
  readonly api: LoggingApi;
  readonly storage: Proxy;
  readonly bigqueryProxy: Proxy;
  readonly loaded: LoadedConfig;
  readonly configFile: string;
  readonly folder: string;
  /** Straight to the local BigQuery, past the proxy. */
  readonly bigquery: BigQuery;
  readonly temporal: Client;
  /** Where the simulated organization's day ends; the API's clock stands there at first. */
  readonly nowMs: number;
  /** A worker process that polls when this resolves; `cli` is the command of another build. */
  startWorker(cli?: string): Promise<WorkerProcess>;
  /** Starts one tick as of the moment; resolves when it has begun. */
  startCollect(asOfMs?: number): Promise<{ readonly workflowId: string; result(): Promise<RunResult> }>;
  /** Starts one tick and waits for its end. */
  collect(asOfMs?: number): Promise<RunResult>;
  query<Row>(sql: string): Promise<Row[]>;
  /** What differs between the lake and the vendor's truth for a window; all zero and empty when every promise holds. */
  differences(fromMs: number, toMs: number): Promise<Differences>;
  close(): Promise<void>;
}

export interface Differences {
  /** Identities the vendor shows and the lake lacks. */
  readonly missing: readonly string[];
  /** Identities the lake holds more than once. */
  readonly doubled: readonly string[];
  /** Identities of the lake that the vendor never had. */
  readonly invented: readonly string[];
  /** Units whose fact's balance does not hold. */
  readonly unbalanced: readonly string[];
  /** Units with more than one fact. */
  readonly doubledFacts: readonly string[];
  /** Rows the table holds minus rows the facts say were inserted. */
  readonly rowsWithoutFact: number;
}

export async function openStack(options: StackOptions = {}): Promise<Stack> {
  const lake = options.lake ?? testLake();
  const temporalAddress = options.temporalAddress ?? lake.temporal.address;
  const name = uniqueName('path', '-');
  const folder = mkdtempSync(path.join(tmpdir(), `tidemark-${name}-`));
  const nowMs = Date.parse('2026-03-11T00:00:00Z');
  const api = await startLoggingApi({
    seed: name,
    startMs: nowMs - DAY_MS,
    endMs: nowMs,
    eventsPerDay: 4_000,
    token: TOKEN,
    now: () => nowMs,
    ...options.api,
  });
  const storage = await startStrictStorage({ target: lake.storage });
  const bigqueryProxy = await startStrictBigQuery({ target: lake.bigquery, storageRoot: lake.storageRoot });
  const buckets = { state: `${name}-state`, stage: `${name}-stage` };
  await createBuckets(lake, Object.values(buckets));

  const configFile = path.join(folder, 'tidemark.yaml');
  const datasetPrefix = name.replaceAll('-', '_');
  writeFileSync(path.join(folder, 'identity.key'), 'a test key of more than thirty-two bytes');
  writeFileSync(path.join(folder, 'token'), TOKEN);
  for (const [file, text] of Object.entries(options.files ?? {})) writeFileSync(path.join(folder, file), text);
  writeFileSync(
    configFile,
    stringify({
      lake: {
        project: lake.project,
        datasets: { lake: `${datasetPrefix}_lake`, staging: `${datasetPrefix}_staging`, ops: `${datasetPrefix}_ops` },
        buckets,
        identityKey: { file: 'identity.key' },
        auth: 'none',
        endpoints: { bigquery: bigqueryProxy.url, storage: storage.url },
        requirePartitionFilter: false,
      },
      temporal: { address: temporalAddress, namespace: name },
      worker: { heartbeatTimeout: '2s', stickyTimeout: '1s', ...options.worker },
      ...(options.redaction === undefined ? {} : { redaction: options.redaction }),
      sources: [
        {
          id: 'acme',
          connector: 'gcp.audit_logs',
          tenant: 'acme',
          // Ticks are started by the tests.
          paused: true,
          since: new Date(nowMs - DAY_MS).toISOString(),
          auth: { bearer: { file: 'token' } },
          ...(options.streams === undefined ? {} : { streams: options.streams }),
          config: {
            parents: [`organizations/${api.organization}`],
            endpoint: api.url,
            ...(options.pageSize === undefined ? {} : { pageSize: options.pageSize }),
          },
          ...options.source,
        },
      ],
    }),
  );
  const loaded = await loadConfig(configFile, { cwd: folder, env: {} });
  const { config } = loaded;
  await registerNamespace(temporalAddress, name);
  const temporal = await connectTemporal(config.temporal, { env: {}, baseDir: folder });
  await applyOrThrow(loaded, { env: {} });

  const bigquery = createBigQuery({ ...config.lake, endpoints: { bigquery: lake.bigquery, storage: lake.storage } });
  const query = async <Row>(sql: string): Promise<Row[]> =>
    (await bigquery.query({ query: sql, location: config.lake.location }))[0] as Row[];
  const workers: WorkerProcess[] = [];
  let ticks = 0;

  async function startCollect(asOfMs = nowMs) {
    ticks += 1;
    const handle = await temporal.client.workflow.start('collect', {
      taskQueue: 'orchestrate',
      workflowId: `tick-${String(ticks)}`,
      args: [{ source: 'acme', asOf: new Date(asOfMs).toISOString() }],
    });
    return { workflowId: handle.workflowId, result: async () => (await handle.result()) as RunResult };
  }

  return {
    api,
    storage,
    bigqueryProxy,
    loaded,
    configFile,
    folder,
    bigquery,
    temporal: temporal.client,
    nowMs,
    query,
    startWorker: async (cli = CLI) => {
      const worker = startWorkerProcess({ configFile, logFile: path.join(folder, 'worker.log'), cli });
      workers.push(worker);
      await worker.ready;
      return worker;
    },
    startCollect,
    collect: async (asOfMs) => await (await startCollect(asOfMs)).result(),
    differences: async (fromMs, toMs) => await differences({ api, query, config }, fromMs, toMs),
    close: async () => {
      await Promise.all(workers.map(async (worker) => await worker.kill('SIGKILL')));
      await Promise.all([temporal.close(), api.close(), storage.close(), bigqueryProxy.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The end of the worker log: what a failing test wants to see. */
export function workerLog(stack: Pick<Stack, 'folder'>): string {
  return readFileSync(path.join(stack.folder, 'worker.log'), 'utf8').split('\n').slice(-40).join('\n');
}

interface Compared {
  readonly api: LoggingApi;
  readonly query: Stack['query'];
  readonly config: LoadedConfig['config'];
}

async function differences({ api, query, config }: Compared, fromMs: number, toMs: number): Promise<Differences> {
  const { lake, ops } = config.lake.datasets;
  const streams = config.sources[0]?.streams ?? ['activity', 'data_access', 'system_event', 'policy'];
  const truth = api.truth({ fromNs: BigInt(fromMs) * 1_000_000n, toNs: BigInt(toMs) * 1_000_000n });
  const expected = new Set([...truth.entries()].filter((entry) => streams.includes(entry.stream)).map((entry) => entry.identity));
  const held = new Map<string, number>();
  let rows = 0;
  for (const stream of streams) {
    const found = await query<{ identity: string; n: number }>(
      `SELECT CONCAT(logName, '|', JSON_VALUE(raw, '$.timestamp'), '|', insertId) AS identity, COUNT(*) AS n FROM ${lake}.cloudaudit_googleapis_com_${stream}
       WHERE timestamp >= TIMESTAMP_MILLIS(${String(fromMs)}) AND timestamp < TIMESTAMP_MILLIS(${String(toMs)}) GROUP BY identity`,
    );
    for (const { identity, n } of found) held.set(identity, n);
    const [count] = await query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${lake}.cloudaudit_googleapis_com_${stream}`);
    rows += count?.n ?? 0;
  }
  const facts = await query<{ unit: string; ok: boolean; inserted: number }>(
    `SELECT unit, inserted, received = rows_staged + rejected AND rows_staged = inserted + duplicates + conflicts
       AND rows_staged = (SELECT IFNULL(SUM(h.rows_staged), 0) FROM UNNEST(hours) AS h) AND inserted = (SELECT IFNULL(SUM(h.inserted), 0) FROM UNNEST(hours) AS h) AS ok
     FROM ${ops}.units WHERE fact = 'published'`,
  );
  return {
    missing: [...expected].filter((identity) => !held.has(identity)),
    doubled: [...held].filter(([, count]) => count > 1).map(([identity]) => identity),
    invented: [...held.keys()].filter((identity) => !expected.has(identity)),
    unbalanced: facts.filter((fact) => !fact.ok).map((fact) => fact.unit),
    doubledFacts: facts.map((fact) => fact.unit).filter((unit, index, all) => all.indexOf(unit) !== index),
    rowsWithoutFact: rows - facts.reduce((sum, fact) => sum + fact.inserted, 0),
  };
}

/** What `differences` gives when every promise holds. */
export const NO_DIFFERENCES: Differences = { missing: [], doubled: [], invented: [], unbalanced: [], doubledFacts: [], rowsWithoutFact: 0 };

/** ALREADY_EXISTS of gRPC. */
const GRPC_ALREADY_EXISTS = 6;

/** Makes the namespace on a server, unless it is there; histories are kept for a day. */
export async function registerNamespace(address: string, namespace: string): Promise<void> {
  const temporal = await connectTemporal({ address, namespace: 'default', tls: false }, { env: {}, baseDir: '.' });
  try {
    await temporal.connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
  } catch (error) {
    if ((error as { code?: unknown }).code !== GRPC_ALREADY_EXISTS) throw error;
  } finally {
    await temporal.close();
  }
}
