/**
 * Python for the local BigQuery: found by running candidates, because a name on the PATH proves nothing (a pyenv shim of a
 * version that is not selected fails, and Debian's python3 comes without venv), and installed into a virtual environment
 * of pinned packages that is built beside its final place and renamed into it.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TidemarkError } from '../../activities/errors';
import { allOnPath, compareVersions, isExecutable, onPath, runCommand, type CommandResult, type Progress, withProgress } from './commands';
import versions from './versions.json';

const PROBE = 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])';
const PROBE_TIMEOUT_MS = 20_000;
const INSTALL_TIMEOUT_MS = 20 * 60_000;

/** The pinned set was tried on 3.13, so it goes first where several are there. */
const NAMES = ['python3.13', 'python3.14', 'python3', 'python'];

/** Prints what decides where DuckDB looks for its extensions, and where their packages lie. */
const DUCKDB_FACTS =
  'import duckdb, sysconfig; print(duckdb.__version__); print(duckdb.sql("PRAGMA platform").fetchone()[0]); print(sysconfig.get_path("purelib"))';

/** pyenv's own versions, newest first: from its usual folder, and from wherever the shims on the PATH lie. */
function pyenvPythons(env: NodeJS.ProcessEnv, onThePath: readonly string[]): string[] {
  const shims = onThePath.map(dirname).filter((folder) => basename(folder) === 'shims');
  const roots = [env['PYENV_ROOT'] ?? join(env['HOME'] ?? '', '.pyenv'), ...shims.map(dirname)];
  return [...new Set(roots)].flatMap((root) => {
    const versionsFolder = join(root, 'versions');
    if (!existsSync(versionsFolder)) return [];
    return readdirSync(versionsFolder)
      .filter((name) => /^\d+\.\d+(\.\d+)?$/.test(name) && compareVersions(name, versions.python.minimum) >= 0)
      .sort((a, b) => compareVersions(b, a))
      .map((name) => join(versionsFolder, name, 'bin', 'python'));
  });
}

async function uvPython(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const uv = onPath('uv', env);
  if (uv === undefined) return undefined;
  const { code, stdout } = await runCommand(uv, ['python', 'find', `>=${versions.python.minimum}`], { env, timeoutMs: PROBE_TIMEOUT_MS });
  return code === 0 && stdout.trim() !== '' ? stdout.trim() : undefined;
}

async function answers(python: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const { code, stdout } = await runCommand(python, ['-c', PROBE], { env, timeoutMs: PROBE_TIMEOUT_MS });
  return code === 0 && compareVersions(stdout.trim(), versions.python.minimum) >= 0;
}

/** A Python of at least the minimum version that runs and can make virtual environments; undefined when there is none. */
export async function findPython(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const onThePath = NAMES.flatMap((name) => allOnPath(name, env));
  for (const python of [...onThePath, ...pyenvPythons(env, onThePath)]) {
    if (isExecutable(python) && (await answers(python, env))) return python;
  }
  const fromUv = await uvPython(env);
  return fromUv !== undefined && (await answers(fromUv, env)) ? fromUv : undefined;
}

/** Where the local BigQuery's environment belongs: another set of pins is another folder. */
export function bigqueryHome(cacheDir: string): string {
  const digest = createHash('sha256').update(versions.bigquery.packages.join('\n')).digest('hex').slice(0, 8);
  return join(cacheDir, `local-bigquery-${versions.bigquery.version}-${digest}`);
}

/** The interpreter inside an environment. It is run with a module, never by the scripts beside it, which name the folder it was built in. */
export function interpreterOf(home: string): string {
  return join(home, 'venv', 'bin', 'python');
}

function demand(step: string, result: CommandResult): void {
  if (result.code === 0) return;
  const output = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-15).join('\n');
  throw new TidemarkError('LOCAL_INSTALL_FAILED', `${step} failed:\n${output}`);
}

/** DuckDB looks for extensions below HOME, by version and platform; without them there it would fetch them from the network. */
async function placeExtensions(building: string): Promise<void> {
  const facts = await runCommand(interpreterOf(building), ['-I', '-c', DUCKDB_FACTS], { timeoutMs: PROBE_TIMEOUT_MS });
  demand('asking DuckDB for its platform', facts);
  const [version = '', platform = '', packages = ''] = facts.stdout.trim().split('\n');
  const target = join(building, 'home', '.duckdb', 'extensions', `v${version}`, platform);
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(packages).filter((entry) => /^duckdb_extension_\w+$/.test(entry))) {
    const source = join(packages, name, 'extensions', `v${version}`);
    for (const file of readdirSync(source).filter((entry) => entry.endsWith('.duckdb_extension'))) {
      copyFileSync(join(source, file), join(target, basename(file)));
    }
  }
}

/** Builds the environment in `building` and moves it to its place. Throws LOCAL_INSTALL_FAILED with the end of the output. */
export async function installBigquery(python: string, home: string, building: string, progress: Progress): Promise<void> {
  mkdirSync(building, { recursive: true });
  await withProgress('installing the local BigQuery', versions.bigquery.usuallyTakes, progress, async () => {
    const venv = join(building, 'venv');
    demand('python -m venv', await runCommand(python, ['-m', 'venv', venv], { timeoutMs: INSTALL_TIMEOUT_MS }));
    const list = join(building, 'requirements.txt');
    writeFileSync(list, `${versions.bigquery.packages.join('\n')}\n`);
    // --no-deps: the list is complete, and DuckDB is held below the range that local-bigquery states.
    const args = ['-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', '--no-deps', '--only-binary', ':all:', '-r', list];
    demand('pip install', await runCommand(interpreterOf(building), args, { timeoutMs: INSTALL_TIMEOUT_MS }));
    await placeExtensions(building);
    renameSync(building, home);
  });
}
