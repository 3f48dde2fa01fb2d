/** From the items of one page to lines of the open parts. */
import type { Deps } from './deps';
import type { PartTarget, PartWriter } from './stage/part-writer';
import { openPart } from './stage/part-writer';
import { unitFolder, unitRef } from './stage/checkpoint';
import { HourCounts } from './stage/hour-counts';
import { LineBuffer } from './stage/line-buffer';
import type { Part, UnitSpec } from './stage/unit';
import type { Reject, Row, Transform } from './transform/transform';
import type { UnitPage } from './unit-pages';

/**
 * A part is closed at this size, at this age, or at the end of the unit; always between pages. Every fetch of a process
 * holds its open part in memory: with parts of 16 MB four fetches at once took the worker to 375 MB, with 8 MB to 321.
 */
const PART_BYTES_MAX = 8 * 1024 * 1024;
const PART_AGE_MAX_MS = 10_000;

/** What a unit's pages are taken with; one page at a time. */
export interface PageTaker {
  /** Transforms the items of one page and appends them whole; a page that breaks off leaves no trace. */
  take(page: UnitPage, open: OpenParts): Promise<PageCounts>;
}

/** received = rows + rejected. */
export interface PageCounts {
  readonly received: number;
  readonly rows: number;
  readonly rejected: number;
}

export function createPageTaker(spec: UnitSpec, transform: Transform, hours: HourCounts, nowMs: () => number): PageTaker {
  // Lines of the page being read, kept for the whole unit.
  const rows = new LineBuffer();
  const rejects = new LineBuffer();
  const unit = unitRef(spec);

  async function take(page: UnitPage, open: OpenParts): Promise<PageCounts> {
    rows.clear();
    rejects.clear();
    const pageHours = new HourCounts([]);
    let received = 0;
    const reject = { object: open.rejects.name, row: open.rejects.rows() };
    const origin = {
      unit,
      object: open.rows.name,
      row: open.rows.rows(),
      fetchedAt: page.fetchedAt ?? new Date(nowMs()).toISOString(),
      reject,
      ...(spec.observedAt === undefined ? {} : { observedAt: spec.observedAt }),
    };
    const takeOutcome = (outcome: Row | Reject): void => {
      received += 1;
      if (outcome.kind === 'reject') {
        rejects.add(Buffer.from(outcome.line));
        reject.row += 1;
        return;
      }
      rows.add(outcome.line);
      pageHours.add(outcome.eventTimeUs, outcome.keyHigh, outcome.keyLow);
      origin.row += 1;
    };
    for await (const batch of page.items) {
      for (const item of batch) {
        transform(item, origin, nowMs(), takeOutcome);
      }
    }
    await open.rows.append(rows, pageHours.days());
    await open.rejects.append(rejects, []);
    hours.merge(pageHours);
    return { received, rows: rows.lines, rejected: rejects.lines };
  }

  return { take };
}

export interface OpenParts {
  readonly rows: PartWriter;
  readonly rejects: PartWriter;
  due(): boolean;
  /** The parts that hold anything, durable. */
  close(): Promise<Part[]>;
}

/** `attempt` counts from 1. */
export function openParts(spec: UnitSpec, sequence: number, deps: Deps, attempt: number): OpenParts {
  const target: Omit<PartTarget, 'kind'> = { store: deps.stage, folder: unitFolder(spec), table: spec.table, sequence, attempt };
  const rows = openPart({ ...target, kind: 'rows' });
  const rejects = openPart({ ...target, kind: 'rejects' });
  const openedAtMs = deps.clock.now();
  return {
    rows,
    rejects,
    due: () => rows.bytes() + rejects.bytes() >= PART_BYTES_MAX || deps.clock.now() - openedAtMs >= PART_AGE_MAX_MS,
    close: async () => {
      const parts: Part[] = [];
      for (const part of [rows, rejects]) if (part.rows() > 0) parts.push(await part.close());
      return parts;
    },
  };
}
