/**
 * Running a plan, whoever made it: fetches its units with bounded concurrency and publishes each table whenever units of it
 * are ready. Only names, counts and codes pass through here.
 */
import { ActivityFailure, ApplicationFailure, CancellationScope, CancelledFailure, log, proxyActivities } from '@temporalio/workflow';
import type { Activities, FetchResult, PlanResult, PublishResult } from '../activities';

export interface UnitFailure {
  readonly unit: string;
  readonly code: string;
  readonly message: string;
}

export interface RunResult {
  readonly plans: number;
  readonly units: number;
  /** At most FAILURES_KEPT; `failures` counts all. */
  readonly failed: readonly UnitFailure[];
  readonly failures: number;
  readonly tables: readonly PublishResult[];
  readonly calls: number;
}

/** Failures carried in the result, so that it stays under the payload budget. */
const FAILURES_KEPT = 3;

export const NOTHING: RunResult = { plans: 0, units: 0, failed: [], failures: 0, tables: [], calls: 0 };

/** Retries of all activities: their work is idempotent, so time is the only budget. */
const RETRY = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' } as const;

/** Of the activities that plan. */
export const PLAN_TIMING = {
  taskQueue: 'orchestrate',
  startToCloseTimeout: '5m',
  scheduleToCloseTimeout: '30m',
  heartbeatTimeout: '1m',
  retry: RETRY,
} as const;

type RunnablePlan = PlanResult & { readonly plan: string };

/** Fetches every unit of a plan and publishes what came in. Ends when all are published or have failed, or all is cancelled. */
export async function runPlan(planned: RunnablePlan): Promise<RunResult> {
  const timing = {
    heartbeatTimeout: planned.heartbeatTimeoutMs,
    // No attempt limit: the budget is time, and progress is saved by each attempt.
    scheduleToCloseTimeout: planned.fetchBudgetMs,
    retry: RETRY,
  } as const;
  const fetchLive = proxyActivities<Activities>({ taskQueue: 'fetch-live', ...timing }).fetchUnit;
  const fetchBulk = proxyActivities<Activities>({ taskQueue: 'fetch-bulk', ...timing }).fetchUnit;
  const { publish } = proxyActivities<Activities>({ taskQueue: 'publish', ...timing });

  let result: RunResult = { ...NOTHING, units: planned.units };
  const blocked: string[] = [];
  let next = 0;
  let liveLeft = planned.live;
  let allFetched = false;

  // Live rows do not wait for bulk work; bulk work is published in batches worth a transaction.
  const batches = createBatches(
    (waiting) => allFetched || waiting.rows >= planned.publishRowsMin || (waiting.live && liveLeft === 0),
    async (table, indexes) => {
      try {
        const published = await publish({ plan: planned.plan, table, indexes });
        result = add(result, { ...NOTHING, tables: [published] });
      } catch (error) {
        if (cancelled()) return;
        result = add(result, failureOf(error, `${table}: ${String(indexes.length)} units`));
      }
    },
  );

  async function fetchOne(index: number, live: boolean): Promise<void> {
    let fetched: FetchResult;
    try {
      fetched = await (live ? fetchLive : fetchBulk)({ plan: planned.plan, index, blocked });
    } catch (error) {
      if (cancelled()) return;
      const stream = streamOf(error);
      if (stream !== undefined && !blocked.includes(stream)) blocked.push(stream);
      result = add(result, failureOf(error, `unit ${String(index)}`));
      return;
    }
    result = add(result, { ...NOTHING, calls: fetched.calls });
    if (!fetched.skipped) batches.add(fetched.table, { indexes: [index], rows: fetched.received, live });
  }

  async function takeUnits(): Promise<void> {
    while (next < planned.units && !cancelled()) {
      const index = next++;
      const live = index < planned.live;
      await fetchOne(index, live);
      if (live) liveLeft -= 1;
      batches.publishDue();
    }
  }
  await Promise.all(Array.from({ length: planned.concurrency }, takeUnits));
  allFetched = true;
  await batches.finish();
  // A cancelled tick ends as cancelled, whatever its activities made of it; what they saved is found by the next one.
  if (cancelled()) throw new CancelledFailure('the tick was cancelled');
  return result;
}

const cancelled = (): boolean => CancellationScope.current().consideredCancelled;

/** Fetched units of one table that no batch holds yet. */
interface Waiting {
  readonly indexes: readonly number[];
  readonly rows: number;
  /** Whether a live unit is among them. */
  readonly live: boolean;
}

interface Batches {
  add(table: string, unit: Waiting): void;
  /** Starts publishing every table that is due and at rest. */
  publishDue(): void;
  /** Publishes what is due, until nothing is. */
  finish(): Promise<void>;
}

/** Gathers units by table. One batch of a table at a time: its transactions would only wait for each other. `publish` never rejects. */
function createBatches(
  isDue: (waiting: Waiting) => boolean,
  publish: (table: string, indexes: readonly number[]) => Promise<void>,
): Batches {
  const ready = new Map<string, Waiting>();
  const publishing = new Map<string, Promise<void>>();

  function takeDue(table: string): Waiting | undefined {
    const waiting = ready.get(table);
    if (waiting === undefined || cancelled() || !isDue(waiting)) return undefined;
    ready.delete(table);
    return waiting;
  }

  /** What becomes due meanwhile goes into the next batch. */
  async function publishTable(table: string, first: Waiting): Promise<void> {
    for (let batch: Waiting | undefined = first; batch !== undefined; batch = takeDue(table)) await publish(table, batch.indexes);
    publishing.delete(table);
  }

  function publishDue(): void {
    for (const table of [...ready.keys()]) {
      const first = publishing.has(table) ? undefined : takeDue(table);
      if (first !== undefined) publishing.set(table, publishTable(table, first));
    }
  }

  return {
    add(table, unit) {
      const waiting = ready.get(table) ?? { indexes: [], rows: 0, live: false };
      ready.set(table, { indexes: [...waiting.indexes, ...unit.indexes], rows: waiting.rows + unit.rows, live: waiting.live || unit.live });
    },
    publishDue,
    async finish() {
      publishDue();
      while (publishing.size > 0) await Promise.all(publishing.values());
    },
  };
}

/** The registry code and text a failed activity carries; unknown failures keep their own words. */
function failureOf(error: unknown, fallback: string): RunResult {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  const application = cause instanceof ApplicationFailure ? cause : undefined;
  const unit = detailOf(application, 'unit') ?? fallback;
  const code = application?.type ?? cause?.name ?? 'UNKNOWN';
  const message = (cause?.message ?? String(error)).slice(0, 200);
  log.warn('unit failed', { unit, code });
  return { ...NOTHING, failures: 1, failed: [{ unit, code, message }] };
}

/** The stream a failure that waiting cannot cure belongs to: its other units are not tried in this tick. */
function streamOf(error: unknown): string | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.nonRetryable === true ? detailOf(cause, 'stream') : undefined;
}

function detailOf(failure: ApplicationFailure | undefined, name: string): string | undefined {
  const detail: unknown = failure?.details?.[0];
  if (typeof detail !== 'object' || detail === null) return undefined;
  const value: unknown = (detail as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}

/** Sums of two runs, one after the other. */
export function add(left: RunResult, right: RunResult): RunResult {
  const tables = new Map(left.tables.map((table) => [table.table, table]));
  for (const table of right.tables) {
    const known = tables.get(table.table);
    tables.set(
      table.table,
      known === undefined
        ? table
        : {
            table: table.table,
            rows: known.rows + table.rows,
            inserted: known.inserted + table.inserted,
            duplicates: known.duplicates + table.duplicates,
            conflicts: known.conflicts + table.conflicts,
            rejected: known.rejected + table.rejected,
          },
    );
  }
  return {
    plans: left.plans + right.plans,
    units: left.units + right.units,
    failed: [...left.failed, ...right.failed].slice(0, FAILURES_KEPT),
    failures: left.failures + right.failures,
    tables: [...tables.values()],
    calls: left.calls + right.calls,
  };
}

/** A tick with failures ends as failed, with all it did in the details; the schedule goes on. */
export function failed(result: RunResult): ApplicationFailure {
  const [first] = result.failed;
  return ApplicationFailure.create({
    type: first?.code ?? 'UNKNOWN',
    message: `${String(result.failures)} failed, first ${first?.unit ?? '?'}: ${first?.message ?? '?'}`,
    nonRetryable: true,
    details: [result],
  });
}
