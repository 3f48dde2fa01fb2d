/**
 * One holder at a time, over processes: a file created exclusively, which names its holder. A holder that died is noticed
 * by its process record, so a killed command never blocks the next one.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, recordOf, type ProcessRecord } from './processes';

const POLL_MS = 200;

/** A lock file without a record is being written; after so many looks its writer must have died between two system calls. */
const UNREADABLE_POLLS_MAX = 10;

function tryTake(file: string): boolean {
  try {
    writeFileSync(file, JSON.stringify(recordOf(process.pid)), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

interface Holder {
  readonly text: string;
  /** Undefined while the file is being written, or when its writer died between creating and writing it. */
  readonly record: ProcessRecord | undefined;
}

function holderOf(file: string): Holder | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined; // given back in the meantime
  }
  try {
    return { text, record: JSON.parse(text) as ProcessRecord };
  } catch {
    return { text, record: undefined };
  }
}

/**
 * Moves a dead holder's file aside. Of several that try at once one rename meets the dead file; another may meet the file
 * of a holder that took the lock in between, notices by its text, and puts it back.
 */
function bury(file: string, seen: string): void {
  const grave = `${file}.dead-${process.pid}`;
  try {
    renameSync(file, grave);
    if (readFileSync(grave, 'utf8') !== seen) linkSync(grave, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  }
  rmSync(grave, { force: true });
}

/** Runs `work` while holding the lock file; `onWait` is told once, with the holder's process id, when another holds it. */
export async function withLock<T>(file: string, work: () => Promise<T>, onWait?: (pid: number) => void): Promise<T> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let told = false;
  let unreadable = 0;
  while (!tryTake(file)) {
    const holder = holderOf(file);
    if (holder?.record !== undefined) {
      if (!isRunning(holder.record)) {
        bury(file, holder.text);
        continue;
      }
      if (!told) onWait?.(holder.record.pid);
      told = true;
    } else if (holder !== undefined && (unreadable += 1) > UNREADABLE_POLLS_MAX) {
      bury(file, holder.text);
      continue;
    }
    await delay(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
