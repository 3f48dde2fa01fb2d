/**
 * `publish`: makes complete units of one table visible and writes their facts, in one transaction per batch. Whatever is
 * repeated, by us or beside us, a unit's rows and its fact appear together and once.
 */
import { createHash } from 'node:crypto';
import { findTable } from '../../schemas/tables';
import { tableColumns } from '../../schemas/envelope';
import { STAGED_REJECT_COLUMNS } from '../../schemas/ops/rejects';
import { STAGED_REPLAY_COLUMNS } from '../../schemas/ops/replays';
import type { Column, TableDefinition } from '../../schemas/table';
import type { Attempt, Deps } from '../deps';
import { TidemarkError } from '../errors';
import { readPlan } from '../plan/plan-object';
import { readUnit, unitRef } from '../stage/checkpoint';
import type { Part, UnitDocument } from '../stage/unit';
import { lakeCall, lakeError } from './client';
import { definitiveFailure, runJob, type JobRunner } from './jobs';
import { type Load, loadParts, partsDigest } from './load';
import { publishSql } from './publish-sql';
import { repairUnits } from './repair-unit';
import { stagedUnder } from './schema-object';

/** A transaction that touches more partitions would read too much of the table. */
const DAYS_MAX = 30;
const TRIES_MAX = 10;
/** One repair makes a batch loadable; another publisher may have repaired it at the same time. */
const LOAD_ROUNDS_MAX = 3;
const BACKOFF_MS = 250;
const BACKOFF_MS_MAX = 5_000;

export interface PublishInput {
  readonly plan: string;
  readonly table: string;
  /** Units of the plan. */
  readonly indexes: readonly number[];
}

export interface PublishResult {
  readonly table: string;
  readonly rows: number;
  readonly inserted: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly rejected: number;
}

export async function publish(input: PublishInput, deps: Deps, attempt: Attempt): Promise<PublishResult> {
  const plan = await readPlan(deps.state, input.plan);
  const units = await Promise.all(
    input.indexes.map(async (index) => {
      const spec = plan.units[index];
      const unit = spec === undefined ? undefined : await readUnit(deps.state, spec);
      if (unit?.complete !== true || unit.table !== input.table) {
        throw new TidemarkError('STAGE_OBJECT_BROKEN', `unit ${String(index)} of ${input.plan} is not a complete unit of ${input.table}`);
      }
      return unit;
    }),
  );
  let total: PublishResult = { table: input.table, rows: 0, inserted: 0, duplicates: 0, conflicts: 0, rejected: 0 };
  for (const batch of batches(units)) {
    const published = await publishBatch(batch, deps, attempt);
    total = {
      table: input.table,
      rows: total.rows + published.rows,
      inserted: total.inserted + published.inserted,
      duplicates: total.duplicates + published.duplicates,
      conflicts: total.conflicts + published.conflicts,
      rejected: total.rejected + published.rejected,
    };
  }
  return total;
}

/** Units of one schema digest and few event days each. A unit is never split: its rows and its fact belong together. */
export function batches(units: readonly UnitDocument[]): UnitDocument[][] {
  const result: { digest: string; days: Set<string>; units: UnitDocument[] }[] = [];
  for (const unit of units) {
    const days = unit.parts.flatMap((part) => part.days);
    const open = result.find((batch) => batch.digest === unit.schemaDigest && new Set([...batch.days, ...days]).size <= DAYS_MAX);
    if (open === undefined) {
      result.push({ digest: unit.schemaDigest, days: new Set(days), units: [unit] });
    } else {
      open.units.push(unit);
      for (const day of days) open.days.add(day);
    }
  }
  return result.map((batch) => batch.units);
}

async function publishBatch(planned: readonly UnitDocument[], deps: Deps, attempt: Attempt): Promise<PublishResult> {
  const [first] = planned;
  if (first === undefined) throw new TidemarkError('LAKE_PUBLISH_FAILED', 'a batch without units');
  const { lake } = deps.config;
  const table = findTable(first.table);
  const runner: JobRunner = {
    bigquery: deps.bigquery,
    location: lake.location,
    clock: deps.clock,
    deadlineMs: lake.jobDeadline,
    signal: attempt.signal,
  };
  const staged = await stagedUnder(deps.state, table.name, first.schemaDigest);
  const { units, rows, rejects, replays } = await loadBatch(planned, staged, { deps, attempt, runner, table });
  const parts = units.flatMap((unit) => unit.parts);

  const sql = publishSql({
    project: lake.project,
    datasets: lake.datasets,
    table,
    columns: tableColumns(table)
      .map((column) => column.name)
      .filter((name) => staged.some((column) => column.name === name)),
    rows,
    rejects,
    replays,
    days: [...new Set(parts.flatMap((part) => part.days))],
  });
  const refs = units.map(unitRef);
  const batch = createHash('sha256')
    .update(JSON.stringify([table.name, refs, partsDigest(parts)]))
    .digest('hex')
    .slice(0, 24);
  const unitsJson = JSON.stringify(units.map((unit) => publishedUnit(unit, deps)));

  for (let number = 0; number < TRIES_MAX; number += 1) {
    const jobId = `tidemark_publish_${table.name}_${batch}_${String(number)}`;
    const outcome = await runJob(runner, jobId, {
      query: {
        query: sql,
        useLegacySql: false,
        parameterMode: 'NAMED',
        queryParameters: [textParameter('batch', batch), textParameter('units', unitsJson)],
      },
      labels: { tidemark: 'publish' },
    });
    // Whatever the job says, the ledger says what happened.
    const result = await readFacts(deps, table.name, refs);
    if (result !== undefined) {
      await dropStaged([rows, rejects, replays], deps);
      return balanced(result, units);
    }
    const definitive = outcome.kind === 'failed' ? definitiveFailure(outcome, `publish job ${jobId}`) : undefined;
    if (definitive !== undefined) throw definitive;
    deps.log.info(
      // Without its words: they may quote values, and the job has them.
      { job: jobId, outcome: outcome.kind, ...(outcome.kind === 'failed' ? { reason: outcome.reason } : {}) },
      'publish tried again',
    );
    // Another publisher of the table won; full jitter keeps the losers apart.
    await deps.clock.sleep(Math.random() * Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** number), attempt.signal);
  }
  throw new TidemarkError('LAKE_PUBLISH_FAILED', `${String(TRIES_MAX)} publish jobs of ${table.name} batch ${batch} failed`, {
    context: { table: table.name, batch },
  });
}

interface LoadMeans {
  readonly deps: Deps;
  readonly attempt: Attempt;
  readonly runner: JobRunner;
  readonly table: TableDefinition;
}

/** Staging tables of a batch; undefined where it has nothing of the kind. */
interface LoadedBatch {
  /** As they were published: with other parts than planned where lines could not be loaded. */
  readonly units: readonly UnitDocument[];
  readonly rows: string | undefined;
  readonly rejects: string | undefined;
  readonly replays: string | undefined;
}

/** Loads what the units staged. One line that BigQuery refuses never holds up the others: it becomes a reject. */
async function loadBatch(planned: readonly UnitDocument[], staged: readonly Column[], means: LoadMeans): Promise<LoadedBatch> {
  const { deps, attempt, runner, table } = means;
  const loadAs =
    (purpose: string, columns: readonly Column[]): Load =>
    async (parts) =>
      await loadParts(deps, runner, purpose, parts, columns);
  const load = { rows: loadAs(table.name, staged), rejects: loadAs(`rejects_${table.name}`, STAGED_REJECT_COLUMNS) };
  let units = planned;

  async function loadKind(kind: Part['kind']): Promise<string | undefined> {
    for (let round = 0; round < LOAD_ROUNDS_MAX; round += 1) {
      const parts = units.flatMap((unit) => unit.parts).filter((part) => part.kind === kind);
      if (parts.length === 0) return undefined;
      const name = await load[kind](parts);
      if (name !== undefined) return name;
      units = await repairUnits(units, kind, { deps, attempt, load });
    }
    throw new TidemarkError('LAKE_LOAD_REFUSED', `a batch of ${table.name} is refused, and no row of it alone`, {
      context: { table: table.name },
    });
  }

  const rows = await loadKind('rows');
  const rejects = await loadKind('rejects');
  const lists = units.flatMap((unit) => (unit.replay === undefined ? [] : [unit.replay.rejects]));
  const replays = lists.length === 0 ? undefined : await loadAs(`replays_${table.name}`, STAGED_REPLAY_COLUMNS)(lists);
  return { units, rows, rejects, replays };
}

/**
 * Staged rows are in their table now: whoever is still to publish them finds the facts first. What cannot be dropped ends by itself
 * with the expiration of its dataset.
 */
async function dropStaged(names: readonly (string | undefined)[], deps: Deps): Promise<void> {
  const staging = deps.bigquery.dataset(deps.config.lake.datasets.staging);
  for (const name of names) {
    if (name === undefined) continue;
    await staging
      .table(name)
      .delete({ ignoreNotFound: true })
      .catch((error: unknown) => {
        deps.log.warn({ table: name, code: lakeError(error, name).code }, 'a staging table was not dropped');
      });
  }
}

/** The sums of the facts, or undefined while some unit has none. */
async function readFacts(deps: Deps, table: string, refs: readonly string[]): Promise<PublishResult | undefined> {
  const { project, datasets, location } = deps.config.lake;
  const query = `
SELECT COUNT(*) AS facts, SUM(rows_staged) AS row_count, SUM(inserted) AS inserted, SUM(duplicates) AS duplicates, SUM(conflicts) AS conflicts, SUM(rejected) AS rejected
FROM \`${project}.${datasets.ops}.units\`
WHERE fact = 'published' AND table_name = @table AND unit IN UNNEST(@refs)`;
  const [rows] = await lakeCall(
    `${datasets.ops}.units`,
    async () => await deps.bigquery.query({ query, params: { table, refs }, location }),
  );
  // Sums come as numbers or as decimals, which Number() takes too.
  const sums = rows[0] as Readonly<Record<string, unknown>> | undefined;
  if (sums?.['facts'] !== refs.length) return undefined;
  const number = (name: string): number => Number(sums[name] ?? 0);
  return {
    table,
    rows: number('row_count'),
    inserted: number('inserted'),
    duplicates: number('duplicates'),
    conflicts: number('conflicts'),
    rejected: number('rejected'),
  };
}

/** rows = inserted + duplicates + conflicts, and rows are what the units staged. */
function balanced(result: PublishResult, units: readonly UnitDocument[]): PublishResult {
  const staged = units.reduce((sum, unit) => sum + unit.counts.rows, 0);
  if (result.rows === staged && result.rows === result.inserted + result.duplicates + result.conflicts) return result;
  throw new TidemarkError('LAKE_ROWS_DIFFER', `${String(staged)} rows staged, but the facts say ${JSON.stringify(result)}`, {
    context: { table: result.table },
  });
}

function publishedUnit(unit: UnitDocument, deps: Deps): Record<string, unknown> {
  const { connector } = deps.source(unit.source);
  // Items that are replayed from their texts are no read of a window: they say nothing of what the vendor has.
  const isRead = unit.replay?.from !== 'texts';
  return {
    unit: unitRef(unit),
    source: unit.source,
    stream: unit.stream,
    connector: unit.connector,
    lane: unit.lane,
    axis: isRead ? connector.axis : 'none',
    window_from: isRead ? unit.from : null,
    window_to: isRead ? unit.to : null,
    read_started_at: unit.readStartedAt,
    read_finished_at: unit.readFinishedAt,
    settle_lag_ms: connector.settle.lagMs,
    horizon_ms: connector.settle.horizonMs,
    calls: unit.counts.calls,
    pages: unit.counts.pages,
    received: unit.counts.received,
    rejected: unit.counts.rejected,
    rows_staged: unit.counts.rows,
    config_digest: unit.configDigest,
    schema_digest: unit.schemaDigest,
    hours: unit.hours,
    tenant: unit.tenant,
    ...(isRead ? listingOf(unit) : {}),
    // Documents of older versions have none.
    findings: unit.findings ?? [],
  };
}

/** What a unit says as a listing; undefined members are left out of its text. */
function listingOf({ observedAt, snapshot }: UnitDocument): Record<string, unknown> {
  return { observed_at: observedAt, snapshot_complete: snapshot?.complete, snapshot_pinned: snapshot?.pinned };
}

function textParameter(name: string, value: string): { name: string; parameterType: { type: string }; parameterValue: { value: string } } {
  return { name, parameterType: { type: 'STRING' }, parameterValue: { value } };
}
