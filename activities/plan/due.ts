/**
 * What of one stream on the event axis is due to be read at a moment. Pure: the ledger's reads in, windows out.
 *
 * Three reasons, in the order they are served: the newest window up to now - lag; hours whose age calls for another read;
 * gaps within the vendor's retention, newest first.
 */
import type { SettlePolicy } from '../connectors/connector';
import { cut, intersect, subtract, union, type Interval } from './intervals';

const HOUR_MS = 3_600_000;
const SECOND_MS = 1_000;

/** A published read of the stream, times in milliseconds since the epoch. */
export interface PastRead extends Interval {
  readonly startedAt: number;
  /** Starts of the hours in which it found rows that the table did not have. */
  readonly found?: ReadonlySet<number>;
}

export interface StreamState {
  /** First moment of interest. */
  readonly since: number;
  readonly reads: readonly PastRead[];
}

export interface DuePolicy {
  readonly settle: SettlePolicy;
  readonly windowMaxMs: number;
  readonly retentionMs: number;
}

export interface DueWindow extends Interval {
  readonly lane: 'live' | 'reread' | 'backfill';
  /** When the window was read last, in part or whole; undefined: never. Part of the unit's name. */
  readonly readBefore: number | undefined;
}

/** Due windows, most urgent first. */
export function dueWindows(now: number, state: StreamState, policy: DuePolicy): DueWindow[] {
  const until = Math.floor((now - policy.settle.lagMs) / SECOND_MS) * SECOND_MS;
  const since = Math.max(state.since, Math.ceil((now - policy.retentionMs) / SECOND_MS) * SECOND_MS);
  if (until <= since) return [];

  const unread = subtract([{ from: since, to: until }], state.reads)
    .flatMap((interval) => cut(interval, policy.windowMaxMs))
    .sort((left, right) => right.from - left.from);
  const [newest, ...older] = unread;
  const live = newest?.to === until ? [newest] : [];
  const gaps = newest !== undefined && live.length === 0 ? [newest, ...older] : older;

  const named = (lane: DueWindow['lane']) => (interval: Interval) => ({ ...interval, lane, readBefore: lastRead(interval, state.reads) });
  return [...live.map(named('live')), ...dueAgain(now, since, state, policy).map(named('reread')), ...gaps.map(named('backfill'))];
}

/** Parts of hours that have been read, but too early for the age the hour has reached; coalesced, newest first. */
function dueAgain(now: number, since: number, state: StreamState, policy: DuePolicy): Interval[] {
  const due: Interval[] = [];
  for (const [hour, reads] of readsByHour(state.reads, since)) {
    const end = hour + HOUR_MS;
    const age = policy.settle.agesMs.findLast((candidate) => end + candidate <= now);
    if (age === undefined) continue;
    const inHour = { from: Math.max(hour, since), to: end };
    const from = Math.max(end + age, oneMoreFrom(now, hour, reads, policy.settle));
    const lateEnough = reads.filter((read) => read.startedAt >= from);
    due.push(...subtract(intersect([inHour], reads), lateEnough));
  }
  return union(due)
    .flatMap((interval) => cut(interval, policy.windowMaxMs))
    .reverse();
}

/**
 * When the hour's latest read came at the last age or after, and still found rows in what had been read before, the source
 * is later than it promises: the hour is due once more after the last step between ages. The moment its next read must
 * have started at; -Infinity when nothing more is due.
 */
function oneMoreFrom(now: number, hour: number, reads: readonly PastRead[], { agesMs }: SettlePolicy): number {
  const last = agesMs.at(-1);
  const latest = reads.reduce<PastRead | undefined>(
    (found, read) => (found !== undefined && found.startedAt >= read.startedAt ? found : read),
    undefined,
  );
  if (last === undefined || latest === undefined || latest.startedAt < hour + HOUR_MS + last || latest.found?.has(hour) !== true)
    return -Infinity;
  const isReread = reads.some((read) => read.startedAt < latest.startedAt && read.from < latest.to && latest.from < read.to);
  const next = latest.startedAt + last - (agesMs.at(-2) ?? 0);
  return isReread && next <= now ? next : -Infinity;
}

/** Reads by the hours they touch, from the hour of `since` on: what is beyond retention cannot be read again. */
function readsByHour(reads: readonly PastRead[], since: number): Map<number, PastRead[]> {
  const byHour = new Map<number, PastRead[]>();
  for (const read of reads) {
    const first = Math.floor(Math.max(read.from, since) / HOUR_MS) * HOUR_MS;
    for (let hour = first; hour < read.to; hour += HOUR_MS) {
      const known = byHour.get(hour);
      if (known === undefined) byHour.set(hour, [read]);
      else known.push(read);
    }
  }
  return byHour;
}

function lastRead(interval: Interval, reads: readonly PastRead[]): number | undefined {
  let last: number | undefined;
  for (const read of reads) {
    if (read.from < interval.to && interval.from < read.to && (last === undefined || read.startedAt > last)) last = read.startedAt;
  }
  return last;
}
