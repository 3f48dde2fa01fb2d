/** A worker as a process of its own, so that it can be killed like one. Used by the demo, by `npm start` and by tests. */
import { spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

const CLI = path.join(__dirname, '..', '..', 'worker', 'cli', 'main.js');
const LOG_LINES_KEPT = 50;

export interface WorkerProcess {
  readonly pid: number;
  /** Resolves when the worker polls; rejects when it ends before, with the end of its log. */
  readonly ready: Promise<void>;
  /** Resolves when the process has ended, with its exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Sends the signal and waits for the end. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
  /** The largest resident memory so far, in bytes; undefined where the system does not tell. */
  peakMemoryBytes(): number | undefined;
}

export interface WorkerProcessOptions {
  readonly configFile: string;
  /** Where its log goes; appended. */
  readonly logFile: string;
  /** The compiled command line; default: that of this build. */
  readonly cli?: string;
}

export function startWorkerProcess(options: WorkerProcessOptions): WorkerProcess {
  const child = spawn(process.execPath, [options.cli ?? CLI, '--config', options.configFile, 'worker'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('the worker process could not be started');
  const log = createWriteStream(options.logFile, { flags: 'a' });
  const lastLines: string[] = [];
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      log.end();
      resolve(code);
    });
  });
  const ready = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (log.writable) log.write(`${line}\n`);
        lastLines.push(line);
        if (lastLines.length > LOG_LINES_KEPT) lastLines.shift();
        if (line.includes('"worker started"')) resolve();
      });
    }
    void exited.then((code) => {
      reject(new Error(`the worker ended with ${String(code)} before it was ready:\n${lastLines.join('\n')}`));
    });
  });
  // Whoever does not wait for readiness learns of the end by `exited`.
  ready.catch(() => undefined);
  return {
    pid,
    ready,
    exited,
    kill: async (signal) => {
      child.kill(signal);
      return await exited;
    },
    peakMemoryBytes: () => peakMemoryBytes(pid),
  };
}

/** Linux keeps the high-water mark of resident memory; elsewhere there is none to read. */
function peakMemoryBytes(pid: number): number | undefined {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? [];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}
