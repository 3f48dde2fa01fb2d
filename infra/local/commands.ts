/**
 * Running the programs that find and install the local lake's tools: the answer is data (exit code and output), so that a
 * candidate that fails is an answer and not an exception. Long commands tell that they are still at work.
 */
import { spawn } from 'node:child_process';
import { constants, accessSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface CommandResult {
  /** Exit code; null when the program could not be started, was ended by a signal, or took too long. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly timeoutMs: number;
}

/** Says one line to the person who waits. */
export type Progress = (line: string) => void;

/** Each output is kept up to this many characters from its end. */
const OUTPUT_CHARS_MAX = 200_000;

/** Runs a program to its end. Never rejects. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve) => {
    let stdout = '';
    let stderr = '';
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout = (stdout + text).slice(-OUTPUT_CHARS_MAX)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-OUTPUT_CHARS_MAX)));
    child.once('error', (error) => {
      resolve({ code: null, stdout, stderr: error.message });
    });
    child.once('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}

/** Tells every 20 seconds for how long `work` has been going on. */
export async function withProgress<T>(label: string, usuallyTakes: string, progress: Progress, work: () => Promise<T>): Promise<T> {
  const start = Date.now();
  const elapsed = (): string => `${Math.round((Date.now() - start) / 1_000)} s`;
  progress(`${label} (usually ${usuallyTakes})`);
  const timer = setInterval(() => {
    progress(`${label}: ${elapsed()} so far (usually ${usuallyTakes})`);
  }, 20_000);
  try {
    const result = await work();
    progress(`${label}: done in ${elapsed()}`);
    return result;
  } finally {
    clearInterval(timer);
  }
}

/** The executable files of this name in the folders of PATH, in its order. */
export function allOnPath(name: string, env: NodeJS.ProcessEnv): string[] {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...new Set(folders.map((folder) => join(folder, name)))].filter(isExecutable);
}

/** The first of them: what a shell would run. */
export function onPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  return allOnPath(name, env)[0];
}

/** Whether the path leads (over links) to a file this user may run. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** -1, 0 or 1 as the dotted number `a` is below, equal to or above `b`; missing places count as 0. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let place = 0; place < Math.max(left.length, right.length); place += 1) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}
