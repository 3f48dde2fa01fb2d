/**
 * `plan`: asks the ledger what each stream of a source has, writes what is due as a plan object and returns its name.
 * Planning twice from the same ledger names the same units, so a doubled tick meets its own work.
 */
import { createHash } from 'node:crypto';
import type { Deps, Source } from '../deps';
import { TidemarkError } from '../errors';
import { openStreams, readLedger } from '../lake/ledger';
import type { UnitSpec } from '../stage/unit';
import { dueWindows, type DueWindow, type StreamState } from './due';

/** Units of one plan: the rest is planned when these are done. */
const UNITS_MAX = 200;
/** Rows worth a publish transaction of their own: each costs a load, a script and their fixed times. */
const PUBLISH_ROWS_MIN = 50_000;
const DAY_MS = 86_400_000;

export interface PlanInput {
  readonly source: string;
  /** When the tick began, RFC 3339: its time budget counts from here. */
  readonly startedAt: string;
  readonly asOf?: string;
}

export interface PlanResult {
  /** Name of the plan object; null when nothing is due or the tick's time is spent. */
  readonly plan: string | null;
  readonly units: number;
  /** The first so many units are live. */
  readonly live: number;
  readonly concurrency: number;
  /** Rows of a table that are published without waiting for more. */
  readonly publishRowsMin: number;
  readonly heartbeatTimeoutMs: number;
  readonly fetchBudgetMs: number;
}

/** How a worker of this configuration runs any plan. */
export function planTiming({ config: { worker } }: Deps): Omit<PlanResult, 'plan' | 'units' | 'live'> {
  return {
    concurrency: worker.fetchConcurrency,
    publishRowsMin: PUBLISH_ROWS_MIN,
    heartbeatTimeoutMs: worker.heartbeatTimeout,
    fetchBudgetMs: worker.fetchBudget,
  };
}

export async function plan(input: PlanInput, deps: Deps): Promise<PlanResult> {
  const source = deps.source(input.source);
  const result: PlanResult = { plan: null, units: 0, live: 0, ...planTiming(deps) };
  if (deps.clock.now() - Date.parse(input.startedAt) > deps.config.worker.tickBudget) return result;

  const now =
    input.asOf === undefined ? tickTime(Date.parse(input.startedAt), deps.clock.now(), source.config.every) : Date.parse(input.asOf);
  const states = await streamStates(source, now, deps);
  const units = byUrgency(source, states, now).slice(0, UNITS_MAX);
  if (units.length === 0) return result;

  const document = JSON.stringify({ format: 1, source: input.source, asOf: input.asOf, units });
  const name = `plans/${input.source}/${new Date(now).toISOString().slice(0, 10)}/${createHash('sha256').update(document).digest('hex').slice(0, 32)}.json`;
  // The name is the content: a plan that is there already is this plan.
  await deps.state.write(name, Buffer.from(document), 'application/json', undefined);
  return { ...result, plan: name, units: units.length, live: units.filter((unit) => unit.lane === 'live').length };
}

/**
 * The moment a plan of a tick is made for: when the tick began, and then one step of the schedule after another. With the
 * clock's own time a tick would read the seconds that passed while it published, and those of the next publish, without end.
 */
export function tickTime(startedAtMs: number, nowMs: number, everyMs: number): number {
  return startedAtMs + Math.max(0, Math.floor((nowMs - startedAtMs) / everyMs)) * everyMs;
}

/** What the ledger knows of each stream. Streams it does not know are opened first. */
async function streamStates(source: Source, now: number, deps: Deps): Promise<Map<string, StreamState>> {
  const known = await readLedger(deps, source.config.id);
  const unknown = source.streams.filter((stream) => !known.has(stream.name));
  if (unknown.length === 0) return known;
  for (const stream of unknown) {
    const [unit] = await deps.state.list(`v1/${source.config.id}/${stream.name}/`, 1);
    if (unit === undefined) continue;
    throw new TidemarkError(
      'LEDGER_LOST',
      `gs://${deps.state.bucket}/${unit} exists, but the ledger has no stream ${source.config.id}/${stream.name}`,
      {
        context: { stream: stream.name },
      },
    );
  }
  const since = source.config.since === undefined ? now - DAY_MS : Date.parse(source.config.since);
  await openStreams(
    deps,
    source,
    unknown.map((stream) => stream.name),
    since,
  );
  return new Map([...known, ...unknown.map((stream) => [stream.name, { since, reads: [] }] as const)]);
}

/** Due windows of all streams as units: live ones first, then the rest in turns, so that no stream waits for another. */
function byUrgency(source: Source, states: ReadonlyMap<string, StreamState>, now: number): UnitSpec[] {
  const { settle, window, retentionMs } = source.connector;
  const perStream = source.streams.map((stream) => {
    const state = states.get(stream.name);
    if (state === undefined) return [];
    const policy = { settle, windowMaxMs: window.maxMs, retentionMs: retentionMs(stream.name) };
    return dueWindows(now, state, policy).map((due) => unitSpec(source, stream, due));
  });
  const turns: UnitSpec[] = [];
  for (let turn = 0; perStream.some((units) => turn < units.length); turn += 1) {
    for (const units of perStream) {
      const unit = units[turn];
      if (unit !== undefined) turns.push(unit);
    }
  }
  return [...turns.filter((unit) => unit.lane === 'live'), ...turns.filter((unit) => unit.lane !== 'live')];
}

function unitSpec(source: Source, stream: { readonly name: string; readonly table: string }, due: DueWindow): UnitSpec {
  const suffix = due.readBefore === undefined ? 'first' : `after-${basicTime(due.readBefore)}`;
  return {
    unit: `${basicTime(due.from)}-${basicTime(due.to)}-${suffix}`,
    source: source.config.id,
    stream: stream.name,
    connector: source.connector.id,
    tenant: source.config.tenant,
    table: stream.table,
    lane: due.lane,
    from: new Date(due.from).toISOString(),
    to: new Date(due.to).toISOString(),
  };
}

/** ISO 8601 basic format: no colons in object names. */
function basicTime(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[-:]/g, '').replace('.000Z', 'Z');
}
