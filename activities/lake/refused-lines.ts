/**
 * Which lines of a part BigQuery refuses, found by loading halves of it. Only refusals count: what the service says about
 * them has no form that could be relied on. A probe is named by its lines, so finding them again runs no load again.
 */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { ObjectStore } from '../stage/store';
import { crc32c } from '../stage/store';
import type { Load } from './load';

export interface RefusedLine {
  /** Zero-based. */
  readonly row: number;
  /** Whether the line was refused alone; else only a range that holds it was, and no more loads were to be spent. */
  readonly alone: boolean;
}

/** Loads that may still be spent on finding lines; shared by all parts of a batch. */
export interface LoadBudget {
  left: number;
}

export interface Probes {
  readonly stage: ObjectStore;
  /** Where probes are written; no unit lists them, so they are garbage afterwards. */
  readonly folder: string;
  readonly load: Load;
  readonly budget: LoadBudget;
}

/** Lines of a part that was refused whole, ascending. Empty when each of them loads alone: then no row is to blame. */
export async function refusedLines(lines: readonly Buffer[], probes: Probes): Promise<RefusedLine[]> {
  const refused: RefusedLine[] = [];

  /** `known`: the range was seen to be refused; else it follows from its other half being taken. */
  async function search(from: number, to: number, known: boolean): Promise<void> {
    if (to - from === 1) {
      if (known || !(await takes(lines.slice(from, to), probes))) refused.push({ row: from, alone: true });
      return;
    }
    if (probes.budget.left <= 0) {
      for (let row = from; row < to; row += 1) refused.push({ row, alone: false });
      return;
    }
    const middle = Math.ceil((from + to) / 2);
    if (await takes(lines.slice(from, middle), probes)) {
      await search(middle, to, false);
      return;
    }
    await search(from, middle, true);
    if (probes.budget.left <= 0) await search(middle, to, false);
    else if (!(await takes(lines.slice(middle, to), probes))) await search(middle, to, true);
  }

  await search(0, lines.length, true);
  return refused;
}

async function takes(lines: readonly Buffer[], { stage, folder, load, budget }: Probes): Promise<boolean> {
  budget.left -= 1;
  const text = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
  const name = `${folder}/probe-${createHash('sha256').update(text).digest('hex').slice(0, 24)}.ndjson.gz`;
  const data = gzipSync(text, { level: 3 });
  // An object that is there already has the same lines.
  await stage.write(name, data, 'application/gzip', undefined);
  return (await load([{ name, rows: lines.length, crc32c: crc32c(data) }])) !== undefined;
}
