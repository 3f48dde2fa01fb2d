/**
 * The programs the local lake consists of: found on the machine, else installed from a package registry into a per-user
 * cache that every checkout shares. A tool is built under a temporary name and renamed, so what is in the cache is whole;
 * a lock keeps two commands from building at once. What is missing on the machine is named all together, before anything
 * is installed.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TidemarkError } from '../../activities/errors';
import { allOnPath, compareVersions, isExecutable, onPath, type Progress, runCommand, withProgress } from './commands';
import { withLock } from './lock';
import { bigqueryHome, findPython, installBigquery, interpreterOf } from './python';
import versions from './versions.json';

/** Paths of what the servers are started with. */
export interface Tools {
  readonly temporal: string;
  readonly storage: string;
  /** The folder of the local BigQuery: venv/ and home/. */
  readonly bigquery: string;
}

export interface ToolOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly progress?: Progress;
  /** Where Go's installers put it, looked at after the PATH. */
  readonly goPlaces?: readonly string[];
}

/** What a tool needs that the machine lacks, and the command that brings it. */
export interface Prerequisite {
  readonly what: string;
  readonly command: string;
}

type Found =
  | { readonly path: string }
  | { readonly install: (building: string, progress: Progress) => Promise<void> }
  | { readonly missing: Prerequisite };

const PROBE_TIMEOUT_MS = 20_000;
const BUILD_TIMEOUT_MS = 30 * 60_000;

/** From this version on, Go fetches the version a module asks for by itself, unless GOTOOLCHAIN says local. */
const GO_FETCHES_ITSELF = '1.21';

const GO_PLACES = ['/usr/local/go/bin/go', '/opt/homebrew/bin/go'];

/** `$XDG_CACHE_HOME/tidemark`, else `~/.cache/tidemark`. */
export function toolCache(env: NodeJS.ProcessEnv): string {
  const base = env['XDG_CACHE_HOME'];
  return join(base !== undefined && base !== '' ? base : join(env['HOME'] ?? homedir(), '.cache'), 'tidemark');
}

/** Whether what `temporal --version` prints is new enough. A `go install` build calls itself 0.0.0-DEV: its server's version decides. */
export function temporalIsEnough(printed: string): boolean {
  const cli = /temporal version (\d+\.\d+\.\d+)/.exec(printed)?.[1];
  const server = /Server (\d+\.\d+\.\d+)/.exec(printed)?.[1];
  if (cli !== undefined && compareVersions(cli, versions.temporal.minimum) >= 0) return true;
  return printed.includes('0.0.0-DEV') && server !== undefined && compareVersions(server, versions.temporal.serverMinimum) >= 0;
}

/** A Go that can build both tools. */
async function findGo(env: NodeJS.ProcessEnv, places: readonly string[]): Promise<string | undefined> {
  for (const go of [...allOnPath('go', env), ...places]) {
    if (!isExecutable(go)) continue;
    const version = /go(\d+\.\d+(?:\.\d+)?)/.exec((await runCommand(go, ['version'], { env, timeoutMs: PROBE_TIMEOUT_MS })).stdout)?.[1];
    if (version === undefined) continue;
    if (compareVersions(version, versions.go.minimum) >= 0) return go;
    const toolchain = (await runCommand(go, ['env', 'GOTOOLCHAIN'], { env, timeoutMs: PROBE_TIMEOUT_MS })).stdout.trim();
    if (compareVersions(version, GO_FETCHES_ITSELF) >= 0 && toolchain !== 'local') return go;
  }
  return undefined;
}

const onMac = process.platform === 'darwin';
const goArch = process.arch === 'x64' ? 'amd64' : process.arch;

const GO_MISSING: Prerequisite = {
  what: `Go >= ${versions.go.minimum} (builds the local servers once)`,
  command: onMac
    ? 'brew install go'
    : `curl -fsSL https://go.dev/dl/go${versions.go.minimum}.0.linux-${goArch}.tar.gz | sudo tar -C /usr/local -xz`,
};

function pythonMissing(env: NodeJS.ProcessEnv): Prerequisite {
  const install = `uv python install ${versions.python.minimum}`;
  const withUv = onPath('uv', env) === undefined ? `curl -LsSf https://astral.sh/uv/install.sh | sh && ~/.local/bin/${install}` : install;
  return {
    what: `Python >= ${versions.python.minimum} with venv (runs the local BigQuery)`,
    command: onMac ? 'brew install python@3.13' : withUv,
  };
}

async function goInstall(
  go: string,
  tool: { module: string; version: string; usuallyTakes: string },
  target: string,
  building: string,
  progress: Progress,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const name = tool.module.split('/').at(-1) ?? tool.module;
  mkdirSync(building, { recursive: true });
  await withProgress(`building ${name} ${tool.version}`, tool.usuallyTakes, progress, async () => {
    const goEnv = { ...env, GOBIN: building, CGO_ENABLED: '0' };
    const result = await runCommand(go, ['install', `${tool.module}@${tool.version}`], { env: goEnv, timeoutMs: BUILD_TIMEOUT_MS });
    if (result.code !== 0) {
      const output = result.stderr.trim().split('\n').slice(-15).join('\n');
      throw new TidemarkError('LOCAL_INSTALL_FAILED', `go install ${tool.module}@${tool.version} failed:\n${output}`);
    }
    renameSync(building, target);
  });
}

/** Temporal's SDK can download the server's program, but only by starting it: it is started, ended, and what was downloaded is kept. */
async function downloadTemporal(target: string, building: string, progress: Progress): Promise<void> {
  mkdirSync(building, { recursive: true });
  await withProgress('downloading temporal', '1 minute', progress, async () => {
    const { TestWorkflowEnvironment } = await import('@temporalio/testing');
    try {
      const executable = { type: 'cached-download', downloadDir: building, version: versions.temporal.version } as const;
      await (await TestWorkflowEnvironment.createLocal({ server: { executable } })).teardown();
    } catch (cause) {
      throw new TidemarkError('LOCAL_INSTALL_FAILED', 'Temporal cannot be downloaded, and there is no Go to build it', { cause });
    }
    const [file] = readdirSync(building).filter((name) => isExecutable(join(building, name)));
    if (file === undefined) throw new TidemarkError('LOCAL_INSTALL_FAILED', 'the download of Temporal holds no program');
    renameSync(join(building, file), join(building, 'temporal'));
    renameSync(building, target);
  });
}

async function findTemporal(cache: string, go: string | undefined, env: NodeJS.ProcessEnv): Promise<Found> {
  const present = onPath('temporal', env);
  if (present !== undefined) {
    const { stdout } = await runCommand(present, ['--version'], { env, timeoutMs: PROBE_TIMEOUT_MS });
    if (temporalIsEnough(stdout)) return { path: present };
  }
  const target = join(cache, `temporal-${versions.temporal.version}`);
  const path = join(target, 'temporal');
  if (isExecutable(path)) return { path };
  if (go === undefined) return { install: (building, progress) => downloadTemporal(target, building, progress) };
  return { install: (building, progress) => goInstall(go, versions.temporal, target, building, progress, env) };
}

/** The storage server prints no version; a Go program holds the version of its module as text. */
function isPinnedStorage(file: string): boolean {
  return readFileSync(file).includes(`mod\t${versions.storage.module}\t${versions.storage.version}\t`);
}

function findStorage(cache: string, go: string | undefined, env: NodeJS.ProcessEnv): Found {
  const target = join(cache, `fake-gcs-server-${versions.storage.version}`);
  const path = join(target, 'fake-gcs-server');
  if (isExecutable(path)) return { path };
  const present = onPath('fake-gcs-server', env);
  if (present !== undefined && isPinnedStorage(present)) return { path: present };
  if (go === undefined) return { missing: GO_MISSING };
  return { install: (building, progress) => goInstall(go, versions.storage, target, building, progress, env) };
}

async function findBigquery(cache: string, env: NodeJS.ProcessEnv): Promise<Found> {
  const home = bigqueryHome(cache);
  if (isExecutable(interpreterOf(home))) return { path: home };
  const python = await findPython(env);
  if (python === undefined) return { missing: pythonMissing(env) };
  return {
    install: async (building, progress) => {
      // The interpreter it was built on was uninstalled since: its link leads nowhere.
      if (existsSync(home)) rmSync(home, { recursive: true });
      await installBigquery(python, home, building, progress);
    },
  };
}

interface Located {
  readonly temporal: Found;
  readonly storage: Found;
  readonly bigquery: Found;
}

async function locate(cache: string, env: NodeJS.ProcessEnv, goPlaces: readonly string[]): Promise<Located> {
  const [go, bigquery] = await Promise.all([findGo(env, goPlaces), findBigquery(cache, env)]);
  return { temporal: await findTemporal(cache, go, env), storage: findStorage(cache, go, env), bigquery };
}

function present(located: Located): Tools | undefined {
  const { temporal, storage, bigquery } = located;
  return 'path' in temporal && 'path' in storage && 'path' in bigquery
    ? { temporal: temporal.path, storage: storage.path, bigquery: bigquery.path }
    : undefined;
}

function refuseMissing(located: Located): void {
  const missing = Object.values(located).flatMap((found: Found) => ('missing' in found ? [found.missing] : []));
  if (missing.length === 0) return;
  const lines = [...new Set(missing)].map(({ what, command }) => `  ${what}\n      ${command}`);
  throw new TidemarkError('LOCAL_PREREQUISITE_MISSING', `this machine lacks:\n${lines.join('\n')}`);
}

async function install(located: Located, cache: string, progress: Progress): Promise<void> {
  for (const name of readdirSync(cache)) {
    // Under the lock nobody else builds: this was left by a command that was killed.
    if (name.startsWith('building-')) rmSync(join(cache, name), { recursive: true, force: true });
  }
  const run = async (name: keyof Located): Promise<void> => {
    const found = located[name];
    if ('install' in found) await found.install(join(cache, `building-${name}`), progress);
  };
  const goBuilds = async (): Promise<void> => {
    // One after the other: each build uses every core.
    await run('storage');
    await run('temporal');
  };
  const results = await Promise.allSettled([run('bigquery'), goBuilds()]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/**
 * All tools, installed where they are missing. Throws LOCAL_PREREQUISITE_MISSING naming everything the machine lacks, or
 * LOCAL_INSTALL_FAILED with the end of the installer's output.
 */
export async function ensureTools(options: ToolOptions = {}): Promise<Tools> {
  const env = options.env ?? process.env;
  const progress = options.progress ?? (() => undefined);
  const cache = toolCache(env);
  const places = options.goPlaces ?? GO_PLACES;
  const first = await locate(cache, env, places);
  const ready = present(first);
  if (ready !== undefined) return ready;
  refuseMissing(first);

  mkdirSync(cache, { recursive: true, mode: 0o700 });
  const onWait = (pid: number): void => {
    progress(`waiting for process ${pid}, which is installing the local servers`);
  };
  return await withLock(
    join(cache, 'install.lock'),
    async () => {
      const again = await locate(cache, env, places);
      if (present(again) === undefined) await install(again, cache, progress);
      const tools = present(await locate(cache, env, places));
      if (tools === undefined)
        throw new TidemarkError('LOCAL_INSTALL_FAILED', `the installers ended well, but their programs are not in ${cache}`);
      return tools;
    },
    onWait,
  );
}
