/**
 * The local lake: Temporal, BigQuery and Cloud Storage on the loopback address, with everything they know in one folder.
 *
 *   dir/data/{temporal,bigquery,storage}   dir/logs/<server>.log   dir/keys/identity.key   dir/state.json
 *
 * Starting is idempotent: a server that runs and answers is kept, one that does not is stopped and started again on the
 * port it had. The servers outlive the command that starts them unless it asks otherwise.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import type { configSchema } from '../../activities/config';
import { TidemarkError } from '../../activities/errors';
import type { Progress } from './commands';
import { serverFailure, startGuard, startServers, stopServers } from './launch';
import { withLock } from './lock';
import { freePorts } from './ports';
import { isRunning } from './processes';
import { isReady, SERVER_NAMES, serverPlans, storageRootOf, type LakePorts, type ServerName, type ServerPlan } from './servers';
import { readState, type LakeState } from './state';
import { ensureTools, type Tools } from './tools';

export interface LakeOptions {
  /** The folder; made with mode 0700. */
  readonly dir: string;
  /** BigQuery's project id. */
  readonly project: string;
  /** Ports to start on where they are free; the default is what the folder remembers, else any. */
  readonly ports?: Partial<LakePorts>;
  /** `with-this-process`: a guard stops the servers and deletes the folder when this process ends, even by SIGKILL. */
  readonly ends?: 'when-stopped' | 'with-this-process';
  readonly progress?: Progress;
}

export interface Lake {
  /** Absolute. */
  readonly dir: string;
  readonly project: string;
  readonly temporal: { readonly address: string; readonly uiUrl: string };
  /** URL, as the client's `apiEndpoint` takes it. */
  readonly bigquery: string;
  /** URL, as the client's `apiEndpoint` takes it. */
  readonly storage: string;
  /** gs://bucket/object is the file bucket/object below it. */
  readonly storageRoot: string;
  /** Creates those of the buckets that do not exist. */
  createBuckets(names: readonly string[]): Promise<void>;
  /** Throws LOCAL_SERVER_FAILED naming a server that has ended since, with the end of its log. */
  check(): void;
  /** Stops all servers, or those named; data stays, and `startLake` brings them back on the same ports. */
  stop(names?: readonly ServerName[]): Promise<void>;
}

const PORTS_OF: Readonly<Record<ServerName, readonly (keyof LakePorts)[]>> = {
  temporal: ['temporal', 'temporalUi', 'temporalHttp'],
  bigquery: ['bigquery', 'bigqueryGrpc'],
  storage: ['storage'],
};

const NO_PORTS: LakePorts = { temporal: 0, temporalUi: 0, temporalHttp: 0, bigquery: 0, bigqueryGrpc: 0, storage: 0 };

/** A port found free can be taken before its server listens; so often in a row is no accident. */
const START_TRIES_MAX = 3;

export function identityKeyOf(dir: string): string {
  return join(dir, 'keys', 'identity.key');
}

/** The key every event key is made under: 32 random bytes as hex, made once per folder. */
function ensureIdentityKey(dir: string): void {
  const file = identityKeyOf(dir);
  if (existsSync(file)) return;
  mkdirSync(join(dir, 'keys'), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, randomBytes(32).toString('hex'), { mode: 0o600 });
  renameSync(temporary, file);
}

/** Those of the servers whose recorded process runs and answers. */
async function healthyServers(state: LakeState, plans: readonly ServerPlan[]): Promise<readonly ServerName[]> {
  const found = await Promise.all(
    plans.map(async ({ name, readyUrl }) => {
      const record = state.servers[name];
      return record !== undefined && isRunning(record) && (await isReady(readyUrl)) ? [name] : [];
    }),
  );
  return found.flat();
}

/** The ports with those of the named servers found anew: the wished or remembered one where it is free. */
async function portsFor(names: readonly ServerName[], remembered: LakePorts, wished: Partial<LakePorts>): Promise<LakePorts> {
  const wanted = names.flatMap((name) => PORTS_OF[name]);
  const found = await freePorts(
    wanted.map((port) => {
      const wish = wished[port] ?? remembered[port];
      return wish === 0 ? undefined : wish;
    }),
  );
  const chosen = Object.fromEntries(wanted.map((port, index) => [port, found[index]]));
  return { ...remembered, ...chosen };
}

/** One try: true when every server answers, false when a port was taken meanwhile. */
async function bringUp(tools: Tools, dir: string, options: LakeOptions): Promise<boolean> {
  let state: LakeState = readState(dir) ?? { project: options.project, ports: NO_PORTS, servers: {} };
  if (state.project !== options.project) {
    await stopServers(dir, SERVER_NAMES);
    state = { project: options.project, ports: state.ports, servers: {} };
  }
  const healthy = await healthyServers(state, serverPlans(tools, dir, state.ports, options.project));
  const missing = SERVER_NAMES.filter((name) => !healthy.includes(name));
  if (missing.length === 0) return true;

  await stopServers(dir, missing);
  const ports = await portsFor(missing, state.ports, options.ports ?? {});
  const servers = Object.fromEntries(healthy.map((name) => [name, state.servers[name]]));
  options.progress?.('starting Temporal, BigQuery and Cloud Storage on this machine');
  const plans = serverPlans(tools, dir, ports, options.project).filter(({ name }) => missing.includes(name));
  return await startServers(dir, { project: options.project, ports, servers }, plans);
}

/** Creates those of the buckets that do not exist. */
export async function createBuckets({ storage, project }: Pick<Lake, 'storage' | 'project'>, names: readonly string[]): Promise<void> {
  for (const name of names) await createBucket(storage, project, name);
}

async function createBucket(storage: string, project: string, name: string): Promise<void> {
  const response = await fetch(`${storage}/storage/v1/b?project=${encodeURIComponent(project)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  const body = await response.text();
  if (!response.ok && response.status !== 409) {
    throw new TidemarkError(
      'LOCAL_SERVER_FAILED',
      `the local Cloud Storage refuses to create the bucket ${name}: ${response.status} ${body.slice(0, 300)}`,
    );
  }
}

function handle(dir: string, tools: Tools, state: LakeState): Lake {
  const { project, ports } = state;
  const storage = `http://127.0.0.1:${ports.storage}`;
  return {
    dir,
    project,
    temporal: { address: `127.0.0.1:${ports.temporal}`, uiUrl: `http://127.0.0.1:${ports.temporalUi}` },
    bigquery: `http://127.0.0.1:${ports.bigquery}`,
    storage,
    storageRoot: storageRootOf(dir),
    createBuckets: async (names) => {
      await createBuckets({ storage, project }, names);
    },
    check() {
      const servers = readState(dir)?.servers;
      for (const plan of serverPlans(tools, dir, ports, project)) {
        const record = servers?.[plan.name];
        if (record === undefined || !isRunning(record)) throw serverFailure(dir, plan, 'has ended');
      }
    },
    async stop(names = SERVER_NAMES) {
      await withLakeLock(dir, () => stopServers(dir, names));
    },
  };
}

async function withLakeLock<T>(dir: string, work: () => Promise<T>, progress?: Progress): Promise<T> {
  return await withLock(join(dir, 'lake.lock'), work, (pid) =>
    progress?.(`waiting for process ${pid}, which is starting or stopping this lake`),
  );
}

/**
 * Installs what is missing, starts what does not run, and resolves once all three servers answer. Throws
 * LOCAL_PREREQUISITE_MISSING, LOCAL_INSTALL_FAILED, or LOCAL_SERVER_FAILED naming the server and the end of its log.
 */
export async function startLake(options: LakeOptions): Promise<Lake> {
  const dir = resolve(options.dir);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (options.ends === 'with-this-process') startGuard(dir, true);
  const tools = await ensureTools(options.progress === undefined ? {} : { progress: options.progress });
  ensureIdentityKey(dir);
  return await withLakeLock(
    dir,
    async () => {
      for (let tries = 1; tries <= START_TRIES_MAX; tries += 1) {
        const up = await bringUp(tools, dir, options);
        const state = readState(dir);
        if (up && state !== undefined) return handle(dir, tools, state);
      }
      throw new TidemarkError(
        'LOCAL_SERVER_FAILED',
        `other programs took the ports of the local servers ${START_TRIES_MAX} times in a row`,
      );
    },
    options.progress,
  );
}

/** Stops every server the folder's state names. A folder without a lake is left as it is. */
export async function stopLake(dir: string, progress?: Progress): Promise<void> {
  const folder = resolve(dir);
  if (readState(folder) === undefined) return;
  await withLakeLock(folder, () => stopServers(folder, SERVER_NAMES), progress);
}

export interface ServerStatus {
  readonly name: ServerName;
  readonly title: string;
  readonly pid: number | null;
  /** The process runs and answers. */
  readonly ready: boolean;
  /** What a person opens or a client is pointed at. */
  readonly url: string;
}

/** What runs for the folder; empty when no lake was ever started there. */
export async function lakeStatus(dir: string): Promise<readonly ServerStatus[]> {
  const folder = resolve(dir);
  const state = readState(folder);
  if (state === undefined) return [];
  const noTools: Tools = { temporal: '', storage: '', bigquery: '' };
  return await Promise.all(
    serverPlans(noTools, folder, state.ports, state.project).map(async ({ name, title, readyUrl }) => {
      const record = state.servers[name];
      const running = record !== undefined && isRunning(record);
      return { name, title, pid: running ? record.pid : null, ready: running && (await isReady(readyUrl)), url: new URL(readyUrl).origin };
    }),
  );
}

type ConfigInput = z.input<typeof configSchema>;

/** The `lake` and `temporal` sections of a tidemark.yaml that points at the local lake. */
export function lakeConfig(
  lake: Pick<Lake, 'dir' | 'project' | 'temporal' | 'bigquery' | 'storage'>,
): Pick<ConfigInput, 'lake' | 'temporal'> {
  return {
    lake: {
      project: lake.project,
      buckets: { state: 'tidemark-state', stage: 'tidemark-stage' },
      identityKey: { file: identityKeyOf(lake.dir) },
      auth: 'none',
      endpoints: { bigquery: lake.bigquery, storage: lake.storage },
      // The local BigQuery refuses views and scripts over tables with the requirement, whatever their predicate.
      requirePartitionFilter: false,
    },
    temporal: { address: lake.temporal.address, namespace: 'default' },
  };
}
