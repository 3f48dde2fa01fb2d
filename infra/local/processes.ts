/**
 * Stopping processes by id, and never the wrong one: a process id is reused by the system, so a record holds the moment
 * the process started as well, and a signal is sent only while both still match.
 *
 * This module imports nothing of ours: the guard below runs it alone, as source or as output, in a process of its own
 * that outlives a killed parent.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A process as it can be recognised later. */
export interface ProcessRecord {
  readonly pid: number;
  /** The moment it started, in the form the system tells it; compared, never read. */
  readonly started: string;
}

const POLL_MS = 50;

/** After SIGKILL only the kernel is waited for; a process in an uninterruptible read may take a moment. */
const KILL_WAIT_MS = 10_000;

function startedOnLinux(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // no such process
  }
  // The second field is the program's name in parentheses and may hold spaces and parentheses: fields count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  // A zombie has ended and waits for a parent that may never ask.
  if (state === 'Z' || state === 'X') return undefined;
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${boot} ${fields[19] ?? ''}`;
}

function startedElsewhere(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    const [state, ...started] = line.split(/\s+/);
    return state === undefined || state.startsWith('Z') ? undefined : started.join(' ');
  } catch {
    return undefined; // ps exits with 1 when there is no such process
  }
}

/** When the process with this id started, or undefined when there is none. */
export function processStarted(pid: number): string | undefined {
  return process.platform === 'linux' ? startedOnLinux(pid) : startedElsewhere(pid);
}

/** The record of a running process, or undefined when it has ended already. */
export function recordOf(pid: number): ProcessRecord | undefined {
  const started = processStarted(pid);
  return started === undefined ? undefined : { pid, started };
}

/** Whether the very process of the record still runs. */
export function isRunning(record: ProcessRecord): boolean {
  return processStarted(record.pid) === record.started;
}

function signal(record: ProcessRecord, name: NodeJS.Signals): void {
  try {
    process.kill(record.pid, name);
  } catch (error) {
    // It ended between the look and the signal: what was wanted. Anything else (EPERM) is the caller's to know.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function endsWithin(record: ProcessRecord, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (isRunning(record)) {
    if (Date.now() >= deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/**
 * Ends the process of the record: SIGTERM, and SIGKILL when it still runs after `graceMs`. `gone`: it was not running, or
 * its id belongs to another program by now, which is left alone. Rejects when even SIGKILL does not end it.
 */
export async function stopProcess(record: ProcessRecord, graceMs: number): Promise<'gone' | 'stopped' | 'killed'> {
  if (!isRunning(record)) return 'gone';
  signal(record, 'SIGTERM');
  if (await endsWithin(record, graceMs)) return 'stopped';
  signal(record, 'SIGKILL');
  if (await endsWithin(record, KILL_WAIT_MS)) return 'killed';
  throw new Error(`process ${record.pid} does not end`);
}

/** The processes that a lake's state file names; none when there is no readable file. */
export function recordedProcesses(stateFile: string): readonly ProcessRecord[] {
  let state: unknown;
  try {
    state = JSON.parse(readFileSync(stateFile, 'utf8'));
  } catch {
    return []; // never written, or removed by the owner that has stopped everything itself
  }
  if (typeof state !== 'object' || state === null || !('servers' in state)) return [];
  const { servers } = state;
  if (typeof servers !== 'object' || servers === null) return [];
  return Object.values(servers).filter(
    (entry: unknown): entry is ProcessRecord =>
      typeof entry === 'object' && entry !== null && 'pid' in entry && typeof entry.pid === 'number' && 'started' in entry,
  );
}

/**
 * Runs in a process of its own whose standard input is a pipe held by the owner. When the owner ends, however it ends, the
 * pipe closes: everything the state file names is stopped then, and `remove` deleted. A signal to the guard itself does
 * the same at once, so that ending it never leaves servers without anyone to end them. Never returns to a caller.
 *
 * @public called by name, from the program that startGuard() runs
 */
export function guardOwner(stateFile: string, graceMs: number, remove: string | undefined): void {
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    const stops = recordedProcesses(stateFile).map((record) => stopProcess(record, graceMs));
    void Promise.allSettled(stops).then((results) => {
      if (remove !== undefined) rmSync(remove, { recursive: true, force: true, maxRetries: 5 });
      process.exit(results.every((result) => result.status === 'fulfilled') ? 0 : 1);
    });
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, end);
  process.stdin.on('error', () => undefined); // `close` follows
  process.stdin.once('close', end);
  process.stdin.resume();
}
