/** What a reader of a window must have found: counts per log and hour, and every entry's identity. */
import { type EntryOptions, entryOf, identityOf } from './entry';
import { resolveResources, type Containers } from './request';
import { scan } from './query';
import { formatMoment, MINUTE_MS, momentToNs } from './time';
import { isVisible, type LogId, receivedAt, type Slot, type Timeline } from './timeline';

export interface TruthQuery {
  /** Half-open window of timestamps, nanoseconds since the epoch. */
  readonly fromNs: bigint;
  readonly toNs: bigint;
  /** All by default. */
  readonly streams?: readonly LogId[];
  /** As in a request; the organization by default. */
  readonly resourceNames?: readonly string[];
  /** API time at which visibility is judged, milliseconds; now by default. */
  readonly atMs?: number;
}

export interface LogTruth {
  readonly count: number;
  /** Entries of the window that are not visible yet. */
  readonly pending: number;
  /** Visible entries per hour, by its start (`2026-11-24T10:00:00Z`); hours without any are absent. */
  readonly hours: Readonly<Record<string, number>>;
}

export interface TruthEntry {
  /** `logName|timestamp|insertId`. */
  readonly identity: string;
  readonly stream: LogId;
  readonly timestamp: string;
  /** RFC 3339; also the entry's receiveTimestamp. */
  readonly visibleAt: string;
  /** The entry's value as served. */
  readonly entry: () => Record<string, unknown>;
}

export interface Truth {
  readonly atMs: number;
  readonly logs: Readonly<Record<string, LogTruth>>;
  /** Visible entries in the order of a read with `timestamp asc`. */
  entries(): Generator<TruthEntry, void, void>;
  /** Entries of the window that become visible later. */
  pending(): Generator<TruthEntry, void, void>;
}

export function truthOf(
  timeline: Timeline,
  containers: Containers,
  options: EntryOptions,
  query: TruthQuery & { readonly atMs: number },
): Truth {
  const names = query.resourceNames ?? [`organizations/${options.organization}`];
  const wanted = resolveResources(names, containers).filter((source) => query.streams?.includes(source.logId) ?? true);
  const FREE = { from: null, to: null };
  const asked = { sources: wanted, timestamp: { from: query.fromNs, to: query.toNs }, receiveTimestamp: FREE, descending: false };
  const everything = (): Generator<Slot, void, void> => scan(timeline, asked, Number.MAX_SAFE_INTEGER, null);
  const described = (slot: Slot): TruthEntry => ({
    identity: identityOf(slot),
    stream: slot.source.logId,
    timestamp: formatMoment(slot),
    visibleAt: formatMoment(receivedAt(slot)),
    entry: () => entryOf(slot, options),
  });
  function* only(visible: boolean): Generator<TruthEntry, void, void> {
    for (const slot of everything()) if (isVisible(slot, query.atMs) === visible) yield described(slot);
  }
  const logs: Record<string, { count: number; pending: number; hours: Record<string, number> }> = {};
  for (const { logId } of wanted) logs[logId] = { count: 0, pending: 0, hours: {} };
  for (const slot of everything()) {
    const log = logs[slot.source.logId];
    if (log === undefined) continue;
    if (!isVisible(slot, query.atMs)) {
      log.pending += 1;
      continue;
    }
    log.count += 1;
    const hour = hourOf(slot.minute);
    log.hours[hour] = (log.hours[hour] ?? 0) + 1;
  }
  return { atMs: query.atMs, logs, entries: () => only(true), pending: () => only(false) };
}

const hourOf = (minute: number): string => new Date((minute - (minute % 60)) * MINUTE_MS).toISOString().replace('.000Z', 'Z');

/** Nanoseconds of a moment given in milliseconds. */
export const msToNs = (ms: number): bigint =>
  momentToNs({ minute: Math.floor(ms / MINUTE_MS), offsetNs: Math.round((ms % MINUTE_MS) * 1e6) });
