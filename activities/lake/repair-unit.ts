/**
 * Makes complete units loadable when BigQuery refuses the content of their parts: the lines that are refused become rejects
 * with reason UNLOADABLE, the others stay rows. Only documents change, and in the order of a read: new parts are durable
 * first, then `unit.json` advances under its generation precondition. Whoever crashes between leaves garbage; whoever comes
 * second finds parts that load.
 *
 * Lines keep the object and number they were written under, and the part they came from stays as well: what a row says of
 * its origin remains true.
 */
import type { Attempt, Deps } from '../deps';
import { TidemarkError } from '../errors';
import { openCheckpoint, readUnit, unitFolder } from '../stage/checkpoint';
import { HourCounts } from '../stage/hour-counts';
import { LineBuffer } from '../stage/line-buffer';
import { openPart, type PartWriter } from '../stage/part-writer';
import type { Part, UnitDocument } from '../stage/unit';
import { partsDigest, type Load } from './load';
import { type LoadBudget, refusedLines, type RefusedLine } from './refused-lines';
import { createLineReader, readLines, type StagedEvent } from './staged-line';
import { createUnloadable, type Unloadable } from './unloadable';

/** Loads spent on one batch to find single lines; what is not found by then is rejected in ranges and can be replayed. */
const LOADS_MAX = 200;
const PAGE_LINES = 1_000;

export interface RepairMeans {
  readonly deps: Deps;
  readonly attempt: Attempt;
  /** Loads parts of the kind; undefined: refused. */
  readonly load: Readonly<Record<Part['kind'], Load>>;
}

/** The units, with parts that load. The same documents when no line of them is refused alone. */
export async function repairUnits(units: readonly UnitDocument[], kind: Part['kind'], means: RepairMeans): Promise<UnitDocument[]> {
  const budget: LoadBudget = { left: LOADS_MAX };
  const repaired: UnitDocument[] = [];
  for (const unit of units) repaired.push(await repairUnit(unit, kind, budget, means));
  return repaired;
}

async function repairUnit(unit: UnitDocument, kind: Part['kind'], budget: LoadBudget, means: RepairMeans): Promise<UnitDocument> {
  const { deps, attempt, load } = means;
  const parts = unit.parts.filter((part) => part.kind === kind);
  if (parts.length === 0 || (await load[kind](parts)) !== undefined) return unit;
  const checkpoint = await openCheckpoint(deps.state, unit, attempt.name, deps.clock);
  const { saved } = checkpoint;
  if (saved === undefined) throw new TidemarkError('STAGE_OBJECT_BROKEN', `${unitFolder(unit)}/unit.json does not exist any more`);
  // Another publisher was here before.
  if (partsDigest(saved.parts) !== partsDigest(unit.parts)) return saved;

  const folder = unitFolder(saved);
  const refused = new Map<Part, readonly RefusedLine[]>();
  // By the parts of the document that is rewritten: the map below tells parts apart by which object they are.
  for (const part of saved.parts.filter((candidate) => candidate.kind === kind)) {
    if ((await load[kind]([part])) !== undefined) continue;
    const lines = await readLines(deps.stage, part);
    const found = await refusedLines(lines, { stage: deps.stage, folder, load: load[kind], budget });
    if (found.length > 0) refused.set(part, found);
  }
  if (refused.size === 0) return saved;
  await checkpoint.advance(await withoutLines(saved, refused, means));
  const written = await readUnit(deps.state, saved);
  if (written === undefined) throw new TidemarkError('STAGE_OBJECT_BROKEN', `${folder}/unit.json does not exist any more`);
  const rows = [...refused.values()].reduce((sum, found) => sum + found.length, 0);
  deps.log.warn({ unit: unit.unit, source: unit.source, stream: unit.stream, rows }, 'rows that cannot be loaded became rejects');
  return written;
}

/** The document with new parts in place of the refused ones, and counts that say what they hold. */
async function withoutLines(
  unit: UnitDocument,
  refused: ReadonlyMap<Part, readonly RefusedLine[]>,
  { deps, attempt }: RepairMeans,
): Promise<UnitDocument> {
  const open = (kind: Part['kind']): PartWriter =>
    openPart({
      store: deps.stage,
      folder: unitFolder(unit),
      kind,
      table: unit.table,
      sequence: unit.nextSequence,
      attempt: attempt.number,
    });
  const unloadable = createUnloadable(unit, deps);
  const rejects = open('rejects');
  const hours = new HourCounts([]);
  const parts: Part[] = [];
  for (const part of unit.parts) {
    const found = refused.get(part);
    // Hours are counted from the lines of all parts: what was counted when a line was made cannot be taken back from it.
    if (part.kind === 'rows') parts.push(...(await keptRows(part, found ?? [], { deps, hours, open, rejects, unloadable })));
    else if (found === undefined) parts.push(part);
    else await keptRejects(part, found, { deps, rejects, unloadable });
  }
  if (rejects.rows() > 0) parts.push(await rejects.close());
  const sum = (kind: Part['kind']): number => parts.filter((part) => part.kind === kind).reduce((rows, part) => rows + part.rows, 0);
  const counts = { ...unit.counts, rows: sum('rows'), rejected: sum('rejects') };
  if (counts.received !== counts.rows + counts.rejected) {
    throw new TidemarkError(
      'UNIT_BALANCE_BROKEN',
      `${unitFolder(unit)}: parts and counts differ after rows that cannot be loaded were taken out`,
    );
  }
  return {
    ...unit,
    parts,
    replaced: [...(unit.replaced ?? []), ...refused.keys()],
    nextSequence: unit.nextSequence + 1,
    counts,
    hours: hours.list(),
  };
}

interface RowsRewrite {
  readonly deps: Deps;
  readonly hours: HourCounts;
  readonly open: (kind: Part['kind']) => PartWriter;
  readonly rejects: PartWriter;
  readonly unloadable: Unloadable;
}

/** The part that holds the other rows of a part: itself when none is refused, nothing when all are. */
async function keptRows(
  part: Part,
  refused: readonly RefusedLine[],
  { deps, hours, open, rejects, unloadable }: RowsRewrite,
): Promise<Part[]> {
  const lines = await readLines(deps.stage, part);
  const read = createLineReader();
  const bad = new Map(refused.map((line) => [line.row, line]));
  const counted = new HourCounts([]);
  for (const [row, line] of lines.entries()) if (!bad.has(row)) count(counted, read(line), part);
  hours.merge(counted);
  if (refused.length === 0) return [part];
  await appendLines(
    rejects,
    refused.map((line) => unloadable.ofRow(part, line, lines[line.row] as Buffer)),
    [],
  );
  if (refused.length === lines.length) return [];
  const rest = open('rows');
  await appendLines(
    rest,
    lines.filter((_, row) => !bad.has(row)),
    counted.days(),
  );
  return [await rest.close()];
}

function count(hours: HourCounts, event: StagedEvent | undefined, part: Part): void {
  const ms = event === undefined ? Number.NaN : Date.parse(event.eventTime);
  if (event === undefined || Number.isNaN(ms)) {
    throw new TidemarkError('STAGE_OBJECT_BROKEN', `${part.name} has a line that loads and is none of ours`, {
      context: { object: part.name },
    });
  }
  hours.add(BigInt(ms) * 1_000n, event.keyHigh, event.keyLow);
}

/** All lines of a rejects part again, with a reject that says nothing of the item in place of each refused one. */
async function keptRejects(
  part: Part,
  refused: readonly RefusedLine[],
  { deps, rejects, unloadable }: Pick<RowsRewrite, 'deps' | 'rejects' | 'unloadable'>,
): Promise<void> {
  const bad = new Map(refused.map((line) => [line.row, line]));
  const lines = await readLines(deps.stage, part);
  await appendLines(
    rejects,
    lines.map((line, row) => {
      const found = bad.get(row);
      return found === undefined ? line : unloadable.ofReject(part, found);
    }),
    [],
  );
}

async function appendLines(writer: PartWriter, lines: readonly Buffer[], days: Iterable<string>): Promise<void> {
  const page = new LineBuffer();
  for (let from = 0; from < lines.length; from += PAGE_LINES) {
    page.clear();
    for (const line of lines.slice(from, from + PAGE_LINES)) page.add(line);
    await writer.append(page, days);
  }
}
