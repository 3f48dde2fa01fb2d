/**
 * Which entries a request asks for, and where in their order it stands. The order is (timestamp, insertId, logName);
 * descending reverses the timestamps only. What is visible is decided at the moment of each page, so an entry that
 * becomes visible in a part of the order that was already passed is not returned by later pages.
 */
import type { Bounds, Filter } from './filter';
import { compareMoments, MINUTE_MS, type Moment, momentOfNs } from './time';
import { compareSlots, isVisible, type LogSource, receivedAt, type Slot, type Timeline } from './timeline';

export interface Query {
  readonly sources: readonly LogSource[];
  readonly timestamp: Bounds;
  readonly receiveTimestamp: Bounds;
  readonly descending: boolean;
}

/** The entry that was returned last. */
export interface Position extends Moment {
  readonly insertId: string;
  readonly logName: string;
}

export const positionOf = ({ minute, offsetNs, insertId, source }: Slot): Position => ({
  minute,
  offsetNs,
  insertId,
  logName: source.logName,
});

/** The sources among `sources` that a filter admits. */
export function admitted(sources: readonly LogSource[], filter: Filter): LogSource[] {
  return sources.filter((source) =>
    filter.logs.every((tests) =>
      tests.some((test) =>
        'logName' in test ? test.logName === source.logName : test.logId === `cloudaudit.googleapis.com/${source.logId}`,
      ),
    ),
  );
}

const within = (moment: Moment, from: Moment | null, to: Moment | null): boolean =>
  (from === null || compareMoments(moment, from) >= 0) && (to === null || compareMoments(moment, to) < 0);

const momentOrNull = (ns: bigint | null): Moment | null => (ns === null ? null : momentOfNs(ns));

/** Whether a slot comes after a position in the query's order. */
function isAfter(slot: Slot, position: Position, descending: boolean): boolean {
  const time = compareMoments(slot, position);
  if (time !== 0) return descending ? time < 0 : time > 0;
  if (slot.insertId !== position.insertId) return slot.insertId > position.insertId;
  return slot.source.logName > position.logName;
}

/** One minute of all sources in the query's order. */
function minuteOf(timeline: Timeline, { sources, descending }: Query, minute: number): readonly Slot[] {
  const [first, ...others] = sources.map((source) => timeline.slots(source, minute)).filter((slots) => slots.length > 0);
  if (first === undefined) return [];
  if (others.length === 0 && !descending) return first;
  const merged = [first, ...others].flat();
  return merged.sort(descending ? (a, b) => b.offsetNs - a.offsetNs || compareSlots(a, b) : compareSlots);
}

/** The visible entries of a query after a position, in order. Holds one minute at a time. */
export function* scan(timeline: Timeline, query: Query, nowMs: number, after: Position | null): Generator<Slot, void, void> {
  const { descending } = query;
  const from = momentOrNull(query.timestamp.from);
  const to = momentOrNull(query.timestamp.to);
  const receivedFrom = momentOrNull(query.receiveTimestamp.from);
  const receivedTo = momentOrNull(query.receiveTimestamp.to);
  const received = receivedFrom !== null || receivedTo !== null;
  // Nothing is visible before it happened, so minutes after now hold nothing.
  let first = Math.max(timeline.startMinute, from?.minute ?? 0);
  let last = Math.min(timeline.endMinute - 1, Math.floor(nowMs / MINUTE_MS), to?.minute ?? Infinity, receivedTo?.minute ?? Infinity);
  if (after !== null && descending) last = Math.min(last, after.minute);
  if (after !== null && !descending) first = Math.max(first, after.minute);
  for (let step = 0; step <= last - first; step += 1) {
    const minute = descending ? last - step : first + step;
    for (const slot of minuteOf(timeline, query, minute)) {
      if (!isVisible(slot, nowMs) || !within(slot, from, to)) continue;
      if (received && !within(receivedAt(slot), receivedFrom, receivedTo)) continue;
      if (after !== null && slot.minute === after.minute && !isAfter(slot, after, descending)) continue;
      yield slot;
    }
  }
}

/** Number of entries a query finds at a moment. */
export function countVisible(timeline: Timeline, query: Query, nowMs: number): number {
  let count = 0;
  for (const _ of scan(timeline, query, nowMs, null)) count += 1;
  return count;
}
