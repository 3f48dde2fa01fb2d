/**
 * Starting and stopping a lake's server processes, and nothing about what they serve. The state file always names every
 * process that runs: it is written as soon as one is spawned and again when one has been stopped, so whoever comes later
 * (the next command, the guard of a killed one) can stop them all.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync } from 'node:fs';
import type { Socket } from 'node:net';
import { extname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TidemarkError } from '../../activities/errors';
import { isFree } from './ports';
import { recordOf, stopProcess } from './processes';
import { isReady, type ServerName, type ServerPlan } from './servers';
import { readState, stateFileOf, writeState, type LakeState } from './state';

const READY_DEADLINE_MS = 60_000;
const READY_POLL_MS = 100;
const STOP_GRACE_MS = 10_000;
const LOG_TAIL_LINES = 15;

export function logFileOf(dir: string, name: ServerName): string {
  return join(dir, 'logs', `${name}.log`);
}

/** The error about one server: what happened to it, where its log is, and how that ends. */
export function serverFailure(dir: string, plan: Pick<ServerPlan, 'name' | 'title'>, what: string): TidemarkError {
  const file = logFileOf(dir, plan.name);
  const tail = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n') : '';
  return new TidemarkError('LOCAL_SERVER_FAILED', `${plan.title} ${what}. The end of its log, ${file}:\n${tail === '' ? '(empty)' : tail}`);
}

/** One log per start; the one before is kept beside it. */
function openLog(dir: string, name: ServerName): number {
  const file = logFileOf(dir, name);
  mkdirSync(join(dir, 'logs'), { recursive: true, mode: 0o700 });
  if (existsSync(file)) renameSync(file, file.replace(/\.log$/, '.previous.log'));
  return openSync(file, 'a', 0o600);
}

function spawnServer(dir: string, plan: ServerPlan): ChildProcess {
  mkdirSync(join(dir, 'data', plan.name), { recursive: true, mode: 0o700 });
  const log = openLog(dir, plan.name);
  try {
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', HOME: dir, ...plan.env };
    // Detached: a Ctrl-C in the terminal is meant for the command, which stops the servers in its own order.
    const child = spawn(plan.command, [...plan.args], { cwd: dir, env, detached: true, stdio: ['ignore', log, log] });
    child.unref();
    child.on('error', () => undefined); // it has no pid then, which the wait for readiness reports
    return child;
  } finally {
    closeSync(log);
  }
}

/** Resolves once the server answers; `port-taken`: it ended because somebody else has its port. */
async function untilReady(dir: string, plan: ServerPlan, child: ChildProcess): Promise<'ready' | 'port-taken'> {
  const deadline = Date.now() + READY_DEADLINE_MS;
  for (;;) {
    if (child.pid === undefined) throw serverFailure(dir, plan, `cannot be started (${plan.command})`);
    if (child.exitCode !== null || child.signalCode !== null) {
      for (const port of plan.ports) if (!(await isFree(port))) return 'port-taken';
      throw serverFailure(dir, plan, `ended with ${child.signalCode ?? `code ${child.exitCode}`} while starting`);
    }
    if (await isReady(plan.readyUrl)) return 'ready';
    if (Date.now() >= deadline) throw serverFailure(dir, plan, `does not answer on ${plan.readyUrl} after ${READY_DEADLINE_MS / 1_000} s`);
    await delay(READY_POLL_MS);
  }
}

function withServer(state: LakeState, name: ServerName, pid: number | undefined): LakeState {
  const record = pid === undefined ? undefined : recordOf(pid);
  const { [name]: _before, ...others } = state.servers;
  return { ...state, servers: record === undefined ? others : { ...others, [name]: record } };
}

/**
 * Starts the servers, which must not be running, and waits until all answer. False when another program took one of the
 * ports first. In that case, and when it throws LOCAL_SERVER_FAILED, none of them is left running.
 */
export async function startServers(dir: string, state: LakeState, plans: readonly ServerPlan[]): Promise<boolean> {
  let current = state;
  const children = plans.map((plan) => {
    const child = spawnServer(dir, plan);
    current = withServer(current, plan.name, child.pid);
    writeState(dir, current);
    return { plan, child };
  });
  const results = await Promise.allSettled(children.map(({ plan, child }) => untilReady(dir, plan, child)));
  const rejected = results.find((result) => result.status === 'rejected');
  if (rejected === undefined && results.every((result) => result.status === 'fulfilled' && result.value === 'ready')) return true;
  await stopServers(
    dir,
    plans.map(({ name }) => name),
  );
  if (rejected !== undefined) throw rejected.reason;
  return false;
}

/** Stops those of the servers that the state file knows, all at once. */
export async function stopServers(dir: string, names: readonly ServerName[]): Promise<void> {
  const state = readState(dir);
  if (state === undefined) return;
  await Promise.all(
    names.map(async (name) => {
      const record = state.servers[name];
      if (record !== undefined) await stopProcess(record, STOP_GRACE_MS);
    }),
  );
  writeState(
    dir,
    names.reduce((before, name) => withServer(before, name, undefined), state),
  );
}

/**
 * Starts the process that stops the servers, and with `remove` deletes the folder, once this process has ended, however
 * it ends: the pipe between them closes then.
 */
export function startGuard(dir: string, remove: boolean): void {
  const program = 'require(process.argv[1]).guardOwner(process.argv[2], Number(process.argv[3]), process.argv[4])';
  // As source under jest and as output elsewhere; both are one file that needs no other.
  const file = join(__dirname, `processes${extname(__filename)}`);
  const args = ['--disable-warning=ExperimentalWarning', '-e', program, file, stateFileOf(dir), String(STOP_GRACE_MS)];
  const child = spawn(process.execPath, remove ? [...args, dir] : args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.unref();
  // The pipe must not keep this process alive. Its type says only that it can be written; it is a socket.
  (child.stdin as Socket).unref();
}
