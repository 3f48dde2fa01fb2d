/**
 * The three servers of the local lake as data: which program, with which arguments and environment, and which address
 * tells that it is ready. Each listens on the loopback address only. The environment is made here and not inherited: the
 * local BigQuery reads settings such as GROUPS or DATA_DIR from it, and Temporal every TEMPORAL_ variable.
 */
import { join } from 'node:path';
import { interpreterOf } from './python';
import type { Tools } from './tools';

export const SERVER_NAMES = ['temporal', 'bigquery', 'storage'] as const;
export type ServerName = (typeof SERVER_NAMES)[number];

/** Loopback ports. */
export interface LakePorts {
  readonly temporal: number;
  readonly temporalUi: number;
  /** Of Temporal's HTTP API, which nobody uses: unnamed, it takes any port, also one that another server was given. */
  readonly temporalHttp: number;
  readonly bigquery: number;
  readonly bigqueryGrpc: number;
  readonly storage: number;
}

export interface ServerPlan {
  readonly name: ServerName;
  /** What to call it when speaking to a person. */
  readonly title: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Answers 200 once the server serves. */
  readonly readyUrl: string;
  readonly ports: readonly number[];
}

const HOST = '127.0.0.1';

/** Where the storage server keeps buckets: gs://bucket/object is the file bucket/object below it. */
export function storageRootOf(dir: string): string {
  return join(dir, 'data', 'storage');
}

/** Where Temporal keeps its database file. */
export function temporalDatabaseOf(dir: string): string {
  return join(dir, 'data', 'temporal', 'temporal.db');
}

function temporalPlan(tools: Tools, dir: string, ports: LakePorts): ServerPlan {
  return {
    name: 'temporal',
    title: 'Temporal',
    command: tools.temporal,
    args: [
      ...['server', 'start-dev', '--ip', HOST, '--port', String(ports.temporal), '--ui-port', String(ports.temporalUi)],
      ...['--http-port', String(ports.temporalHttp), '--db-filename', temporalDatabaseOf(dir), '--log-level', 'warn'],
    ],
    env: {},
    // The UI asks the frontend for the namespace: one answer for the three of them.
    readyUrl: `http://${HOST}:${ports.temporalUi}/api/v1/namespaces/default`,
    ports: [ports.temporal, ports.temporalUi, ports.temporalHttp],
  };
}

function bigqueryPlan(tools: Tools, dir: string, ports: LakePorts, project: string): ServerPlan {
  return {
    name: 'bigquery',
    title: 'the local BigQuery',
    command: interpreterOf(tools.bigquery),
    args: [
      ...['-I', '-c', 'from local_bigquery.cli import main; main()'],
      ...['--host', HOST, '--port', String(ports.bigquery), '--grpc-port', String(ports.bigqueryGrpc)],
      ...['--project', project, '--data-dir', join(dir, 'data', 'bigquery')],
    ],
    env: { HOME: join(tools.bigquery, 'home'), GCS_LOCAL_ROOT: storageRootOf(dir) },
    readyUrl: `http://${HOST}:${ports.bigquery}/bigquery/v2/projects/${project}/datasets`,
    ports: [ports.bigquery, ports.bigqueryGrpc],
  };
}

function storagePlan(tools: Tools, dir: string, ports: LakePorts): ServerPlan {
  const address = `${HOST}:${ports.storage}`;
  return {
    name: 'storage',
    title: 'the local Cloud Storage',
    command: tools.storage,
    args: [
      ...['-scheme', 'http', '-host', HOST, '-port', String(ports.storage), '-log-level', 'warn'],
      ...['-backend', 'filesystem', '-filesystem-root', storageRootOf(dir)],
      ...['-public-host', address, '-external-url', `http://${address}`],
    ],
    env: {},
    readyUrl: `http://${address}/storage/v1/b?project=tidemark`,
    ports: [ports.storage],
  };
}

/** What to start for a lake in `dir` (absolute). */
export function serverPlans(tools: Tools, dir: string, ports: LakePorts, project: string): readonly ServerPlan[] {
  return [temporalPlan(tools, dir, ports), bigqueryPlan(tools, dir, ports, project), storagePlan(tools, dir, ports)];
}

/** Whether the address answers 200 within two seconds. */
export async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false; // nobody listens yet, or it does not answer in time: both mean "not ready"
  }
}
