/**
 * `fetchUnit`: reads one planned unit from the vendor into durable parts. Resumable at every page: rows of whole pages are
 * durable first, then `unit.json` advances, then the attempt goes on. A unit that is complete already returns at once.
 */
import type { Attempt, Deps } from './deps';
import { codeOf, isRetryable, TidemarkError } from './errors';
import { readPlan } from './plan/plan-object';
import { findTable } from '../schemas/tables';
import { keepSchema } from './lake/schema-object';
import { createTransform } from './transform/create-transform';
import { mergeFindings } from './transform/findings';
import { openCheckpoint, unitRef, type Checkpoint, type UnitProgress } from './stage/checkpoint';
import { HourCounts } from './stage/hour-counts';
import type { UnitSpec } from './stage/unit';
import { createPageTaker, openParts, type OpenParts } from './take-page';
import { openPages } from './unit-pages';

export interface FetchInput {
  /** Name of the plan object. */
  readonly plan: string;
  readonly index: number;
  /** Streams that were refused earlier in this tick in a way that waiting does not cure: not asked again. */
  readonly blocked: readonly string[];
}

export interface FetchResult {
  readonly unit: string;
  readonly table: string;
  readonly received: number;
  /** Requests of this attempt. */
  readonly calls: number;
  readonly skipped: boolean;
}

export async function fetchUnit(input: FetchInput, deps: Deps, attempt: Attempt): Promise<FetchResult> {
  const plan = await readPlan(deps.state, input.plan);
  const spec = plan.units[input.index];
  if (spec === undefined) {
    throw new TidemarkError('STAGE_OBJECT_BROKEN', `${input.plan} has no unit ${String(input.index)}`, { context: { object: input.plan } });
  }
  const result = { unit: spec.unit, table: spec.table, received: 0, calls: 0, skipped: false };
  if (input.blocked.includes(spec.stream)) return { ...result, skipped: true };
  const checkpoint = await openCheckpoint(deps.state, spec, attempt.name, deps.clock);
  if (checkpoint.saved?.complete === true) return { ...result, received: checkpoint.saved.counts.received };
  const asOfMs = plan.asOf === undefined ? undefined : Date.parse(plan.asOf);
  const schemaDigest = await keepSchema(deps.state, findTable(spec.table));
  const read = startRead(spec, checkpoint, schemaDigest, deps, attempt, () => asOfMs ?? deps.clock.now());
  try {
    await read.toTheEnd();
  } catch (error) {
    throw located(error, spec);
  }
  return { ...result, received: read.received(), calls: read.calls() };
}

/** The error, with the unit and stream it met: what workflows and people go by. */
function located(error: unknown, spec: UnitSpec): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const { message, context, retryAfterMs } = error as TidemarkError;
  return new TidemarkError(code, message, {
    cause: error,
    context: { ...context, unit: unitRef(spec), stream: spec.stream },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

interface Read {
  toTheEnd(): Promise<void>;
  received(): number;
  calls(): number;
}

function startRead(spec: UnitSpec, checkpoint: Checkpoint, schemaDigest: string, deps: Deps, attempt: Attempt, nowMs: () => number): Read {
  const source = deps.source(spec.source);
  const table = findTable(spec.table);
  const { redaction, digest: redactionDigest } = deps.redaction(spec.table);
  const digests = { configDigest: source.configDigest, schemaDigest, redactionDigest };
  const transform = createTransform({ ...spec, table, identityKey: deps.identityKey, redaction });
  const pages = openPages(spec, deps, attempt, nowMs);

  let progress = resume(spec, checkpoint, digests, nowMs);
  const hours = new HourCounts(progress.hours);
  const taker = createPageTaker(spec, transform, hours, nowMs);
  const callsBefore = progress.counts.calls;
  const pagesBefore = progress.counts.pages;
  let open: OpenParts = openParts(spec, progress.nextSequence, deps, attempt.number);

  /** Makes what was read durable, then says so. */
  async function advance(change: Partial<UnitProgress>): Promise<void> {
    const parts = await open.close();
    progress = {
      ...progress,
      ...change,
      parts: [...progress.parts, ...parts],
      nextSequence: progress.nextSequence + 1,
      hours: hours.list(),
      counts: { ...progress.counts, calls: callsBefore + pages.calls() },
    };
    open = openParts(spec, progress.nextSequence, deps, attempt.number);
    await checkpoint.advance(progress);
  }

  async function readPass(): Promise<void> {
    for await (const page of pages.from(progress.cursor)) {
      const counted = await taker.take(page, open);
      const cursor = page.next();
      if (cursor !== null && cursor === progress.cursor) {
        throw new TidemarkError('SRC_CURSOR_STUCK', `page ${String(progress.counts.pages + 1)} leads to itself`);
      }
      progress = {
        ...progress,
        cursor,
        findings: mergeFindings(progress.findings ?? [], transform.takeFindings()),
        stuck: 0,
        counts: {
          ...progress.counts,
          pages: progress.counts.pages + 1,
          received: progress.counts.received + counted.received,
          rows: progress.counts.rows + counted.rows,
          rejected: progress.counts.rejected + counted.rejected,
        },
      };
      if (cursor !== null && open.due()) await advance({});
      // What is read to its end has only to be saved.
      if (cursor !== null) attempt.signal.throwIfAborted();
    }
    const { received, rows, rejected } = progress.counts;
    if (received !== rows + rejected) {
      throw new TidemarkError(
        'UNIT_BALANCE_BROKEN',
        `received ${String(received)}, but ${String(rows)} rows and ${String(rejected)} rejects`,
      );
    }
    await advance({ cursor: null, complete: true, readFinishedAt: isoTime(nowMs()) });
  }

  async function toTheEnd(): Promise<void> {
    try {
      await readPass();
    } catch (error) {
      if (codeOf(error) === 'UNIT_TAKEN') throw error;
      if (codeOf(error) === 'SRC_CURSOR_EXPIRED') {
        // Parts of the refused pass are not listed any more; the next attempt reads from the start.
        progress = { ...restarted(progress, nowMs), stuck: progress.stuck + 1 };
        hours.clear();
        open = openParts(spec, progress.nextSequence, deps, attempt.number);
        await advance({});
        throw error;
      }
      const interrupted = attempt.signal.aborted;
      // A refusal that waiting does not cure, before anything was read, leaves no trace.
      if (interrupted || isRetryable(error) || progress.counts.pages > pagesBefore) {
        await advance({ stuck: interrupted ? progress.stuck : progress.stuck + 1 });
      }
      throw error;
    }
  }

  return { toTheEnd, received: () => progress.counts.received, calls: () => pages.calls() };
}

type Digests = Readonly<Record<'configDigest' | 'schemaDigest' | 'redactionDigest', string>>;

/** Where the last attempt stopped, if it read under the same configuration, schema and redaction; else a fresh start. */
function resume(spec: UnitSpec, checkpoint: Checkpoint, digests: Digests, nowMs: () => number): UnitProgress {
  const { saved } = checkpoint;
  const fresh: UnitProgress = {
    ...spec,
    ...digests,
    format: 1,
    readStartedAt: isoTime(nowMs()),
    readFinishedAt: null,
    cursor: null,
    nextSequence: 0,
    parts: [],
    counts: { calls: 0, pages: 0, received: 0, rows: 0, rejected: 0 },
    hours: [],
    findings: [],
    restarts: 0,
    stuck: 0,
    complete: false,
  };
  if (saved === undefined) return fresh;
  const keys = ['configDigest', 'schemaDigest', 'redactionDigest'] as const;
  if (keys.every((key) => saved[key] === digests[key])) {
    // Read to its end, which could not be saved: there is no page to go on at, and all pages read again beside the parts would double the rows.
    return saved.cursor === null && saved.counts.pages > 0 ? restarted(saved, nowMs) : saved;
  }
  return restarted({ ...fresh, nextSequence: saved.nextSequence, restarts: saved.restarts }, nowMs);
}

/** The same unit read again from its start. Calls already made stay counted. */
function restarted(progress: UnitProgress, nowMs: () => number): UnitProgress {
  return {
    ...progress,
    readStartedAt: isoTime(nowMs()),
    cursor: null,
    parts: [],
    counts: { ...progress.counts, pages: 0, received: 0, rows: 0, rejected: 0 },
    hours: [],
    findings: [],
    restarts: progress.restarts + 1,
  };
}

/** RFC 3339 UTC of a moment in milliseconds. */
function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
