/**
 * `planReplay`: writes a plan of units for the open rejects of a table, beside it a list per unit of the rejects it deals with, and
 * returns the plan's name. Units are named by their rejects: planned twice they are the same units, and a reject that was
 * refused again is in another.
 */
import { createHash } from 'node:crypto';
import type { Deps } from '../deps';
import { codeOf, TidemarkError } from '../errors';
import { crc32c } from '../stage/store';
import type { ReplaySpec, UnitSpec } from '../stage/unit';
import { unitRef } from '../stage/checkpoint';
import { planTiming, type PlanResult } from '../plan/plan';
import { readOpenRejects, type OpenReject, type RejectPosition } from './open-rejects';
import { planUnits, type LeftOut, type PlannedReplay } from './replay-units';

/** Rejects of one plan, and units: the rest is planned when these are done. */
const REJECTS_MAX = 20_000;
const UNITS_MAX = 200;

export interface PlanReplayInput {
  readonly table: string;
  readonly source?: string;
  readonly reason?: string;
  /** When the replay began, RFC 3339: what was recorded later is not its business. */
  readonly startedAt: string;
  /** Where the plan before ended. */
  readonly after?: RejectPosition;
}

export interface PlanReplayResult extends PlanResult {
  /** Rejects that the units deal with. */
  readonly rejects: number;
  readonly leftOut: Readonly<Partial<Record<LeftOut, number>>>;
  /** Where the next plan goes on; absent when no open rejects come after. */
  readonly after?: RejectPosition;
}

/** Throws SOURCE_UNKNOWN when a reject's source is not configured any more, before anything is written. */
export async function planReplay(input: PlanReplayInput, deps: Deps): Promise<PlanReplayResult> {
  const { table, startedAt, ...filter } = input;
  const rejects = await readOpenRejects(deps, { ...filter, table, recordedBefore: startedAt }, REJECTS_MAX);
  requireSources(rejects, deps);
  const isAll = rejects.length < REJECTS_MAX;
  const { units, leftOut, after } = planUnits(rejects, isAll, {
    table,
    unitsMax: UNITS_MAX,
    retainedFromMs: (source, stream) => deps.clock.now() - deps.source(source).connector.retentionMs(stream),
  });
  const last = rejects.at(-1);
  const isDone = isAll && (last === undefined || (after?.[0] === last.unit && after[1] === last.rejectId && after[2] === last.batch));
  const specs: UnitSpec[] = [];
  for (const unit of units) specs.push({ ...unit.spec, replay: await writeList(unit, deps) });
  return {
    ...planTiming(deps),
    plan: specs.length === 0 ? null : await writePlan(table, specs, deps),
    units: specs.length,
    live: 0,
    rejects: units.reduce((sum, unit) => sum + unit.rejects.length, 0),
    leftOut,
    ...(isDone || after === undefined ? {} : { after }),
  };
}

function requireSources(rejects: readonly OpenReject[], deps: Deps): void {
  for (const id of new Set(rejects.map(({ source }) => source))) {
    try {
      deps.source(id);
    } catch (error) {
      if (codeOf(error) !== 'SOURCE_UNKNOWN') throw error;
      throw new TidemarkError(
        'SOURCE_UNKNOWN',
        `rejects of source ${id} are open, and it is not configured any more: configure it again, or replay those of one source`,
        { cause: error, context: { source: id } },
      );
    }
  }
}

/** The unit's rejects, as publish loads them. The name is the content, so an object that is there already is this list. */
async function writeList({ spec, from, rejects }: PlannedReplay, deps: Deps): Promise<ReplaySpec> {
  const unit = unitRef(spec);
  const data = Buffer.from(rejects.map((reject) => `${JSON.stringify({ unit, ...reject })}\n`).join(''));
  const name = `replays/${spec.table}/${digestOf(data)}.ndjson`;
  await deps.stage.write(name, data, 'application/x-ndjson', undefined);
  return { from, rejects: { name, rows: rejects.length, crc32c: crc32c(data) } };
}

async function writePlan(table: string, units: readonly UnitSpec[], deps: Deps): Promise<string> {
  const document = Buffer.from(JSON.stringify({ format: 1, source: `replay of ${table}`, units }));
  const name = `plans/replay/${table}/${digestOf(document)}.json`;
  await deps.state.write(name, document, 'application/json', undefined);
  return name;
}

const digestOf = (data: Buffer): string => createHash('sha256').update(data).digest('hex').slice(0, 32);
