/**
 * When which entry exists: the index of the simulated logs, without the entries' bodies.
 *
 * Every slot is a pure function of (seed, log, minute, number), so any window of any length can be walked without holding
 * more than a bounded number of minutes. Within one log no two slots share timestamp and insertId. A slot's receive time
 * is the moment it becomes visible; it is never before its timestamp.
 *
 * Lateness: nearly all entries are received 0.1 to 6 s after they happened. A share (`lateShare`) takes longer: of those
 * by default 60 % take 1 to 10 min, 25 % 10 to 60 min, 10 % 1 to 6 h, 4 % 6 to 24 h and 1 % 24 to 60 h, evenly within each band.
 */
import { createLru } from './lru';
import { fraction, hashOf, hashText } from './seeded';
import { MINUTE_MS, MINUTE_NS, type Moment, momentFrom } from './time';

export const LOG_IDS = ['activity', 'data_access', 'system_event', 'policy'] as const;
export type LogId = (typeof LOG_IDS)[number];

/** Share of all entries per log. */
const LOG_SHARES: Readonly<Record<LogId, number>> = { data_access: 0.7, activity: 0.22, system_event: 0.05, policy: 0.03 };

/** One log of one container. */
export interface LogSource {
  /** `organizations/<number>` or `projects/<id>`. */
  readonly container: string;
  readonly logId: LogId;
  readonly logName: string;
  readonly salt: number;
  readonly perDay: number;
}

/** Half of a long-running operation: both halves are drawn from the same seed. */
export type Phase = 'only' | 'first' | 'last';

/** One entry without its body. */
export interface Slot extends Moment {
  readonly source: LogSource;
  /** Nanoseconds from the start of `minute` to the moment of receipt, which may lie in a later minute. */
  readonly receiveNs: number;
  readonly insertId: string;
  /** Seed of the body. */
  readonly seed: number;
  readonly phase: Phase;
  /** Which piece of a split entry it is; null for a whole one. */
  readonly split: { readonly index: number; readonly total: number; readonly uid: string } | null;
}

interface Lateness {
  readonly lateShare: number;
  readonly lateBandsS: readonly LateBand[];
}

export interface TimelineOptions extends Lateness {
  readonly seed: number;
  readonly startMinute: number;
  /** Exclusive. */
  readonly endMinute: number;
  readonly weekendFactor: number;
  readonly splitShare: number;
}

export interface Timeline {
  readonly startMinute: number;
  readonly endMinute: number;
  /** Slots of one log in one minute, ascending by timestamp and insertId. Do not change the array. */
  slots(source: LogSource, minute: number): readonly Slot[];
}

export function logSource(container: string, logId: LogId, entriesPerDay: number): LogSource {
  const logName = `${container}/logs/cloudaudit.googleapis.com%2F${logId}`;
  return { container, logId, logName, salt: hashText(logName), perDay: entriesPerDay * LOG_SHARES[logId] };
}

const BURST_CHANCE = 0.02;
const BURST_FACTOR = 5;

/** How busy a minute is; on average 1 over a working day. Bursts last five minutes, the day peaks at 14:00 UTC. */
function intensity(seed: number, minute: number, weekendFactor: number): number {
  const diurnal = 1 + 0.6 * Math.cos((2 * Math.PI * ((minute % 1440) - 840)) / 1440);
  const weekday = Math.floor(minute / 1440 + 4) % 7;
  const burst = fraction(hashOf(seed, 11, Math.floor(minute / 5))) < BURST_CHANCE ? BURST_FACTOR : 1;
  const noise = 0.7 + 0.6 * fraction(hashOf(seed, 12, minute));
  const week = weekday === 0 || weekday === 6 ? weekendFactor : 1;
  return (diurnal * week * burst * noise) / (1 + BURST_CHANCE * (BURST_FACTOR - 1));
}

/** Whole number whose expectation is `mean`, decided by a hash. */
const roundBy = (mean: number, hash: number): number => Math.floor(mean) + (fraction(hash) < mean % 1 ? 1 : 0);

/** A share of the late entries and the seconds they take, evenly from `from` to `to`. */
export type LateBand = readonly [share: number, from: number, to: number];

/** What holds where nothing else is asked for. */
export const LATE_BANDS_S: readonly LateBand[] = [
  [0.6, 60, 600],
  [0.25, 600, 3600],
  [0.1, 3600, 21_600],
  [0.04, 21_600, 86_400],
  [0.01, 86_400, 216_000],
];

/** Nanoseconds between an entry's timestamp and its receipt. */
function delayNs(salt: number, minute: number, index: number, { lateShare, lateBandsS }: Lateness): number {
  const u = fraction(hashOf(salt, minute, index, 3));
  if (fraction(hashOf(salt, minute, index, 2)) >= lateShare) return Math.floor(100_000_000 + u * u * 5_900_000_000);
  let band = fraction(hashOf(salt, minute, index, 4));
  for (const [share, from, to] of lateBandsS) {
    if (band < share) return Math.floor((from + u * (to - from)) * 1e9);
    band -= share;
  }
  // Shares that add up to a little less than 1 leave the rest to the end of the last band.
  return (lateBandsS.at(-1)?.[2] ?? 0) * 1e9;
}

/** Offset within the minute before ties: half of all timestamps have nanoseconds, the rest micro- or milliseconds. */
function plainOffset(salt: number, minute: number, index: number): number {
  const micros = Math.floor(fraction(hashOf(salt, minute, index, 5)) * 60_000_000);
  const fine = hashOf(salt, minute, index, 6);
  const precision = fine % 20;
  if (precision < 3) return (micros - (micros % 1000)) * 1000;
  return precision < 10 ? micros * 1000 : micros * 1000 + (fine % 1000);
}

/** Some entries share the timestamp of their neighbour; some differ from it in the last digit of the nanoseconds. */
function offsetOf(salt: number, minute: number, index: number): number {
  const kind = index === 0 ? 2 : hashOf(salt, minute, index, 7) % 40;
  if (kind > 1) return plainOffset(salt, minute, index);
  const neighbour = plainOffset(salt, minute, index - 1);
  return kind === 0 ? neighbour : neighbour - (neighbour % 10) + (((neighbour % 10) + 1) % 10);
}

function insertIdOf(salt: number, minute: number, index: number): string {
  const high = hashOf(salt, minute, index, 8);
  const text = high.toString(36) + hashOf(salt, minute, index, 9).toString(36);
  return high % 5 === 0 ? `-${text}` : text;
}

/** Operations end in the minute they began, the next, or three later. */
const OPERATION_MINUTES = [0, 1, 3] as const;
const OPERATION_SHARE: Readonly<Record<LogId, number>> = { activity: 0.06, data_access: 0.03, system_event: 0, policy: 0 };
/** Numbers of operations' slots, out of the way of ordinary ones. */
const FIRST_BASE = 0x20000000;
const LAST_BASE = 0x30000000;

export function compareSlots(a: Slot, b: Slot): number {
  if (a.minute !== b.minute) return a.minute - b.minute;
  if (a.offsetNs !== b.offsetNs) return a.offsetNs - b.offsetNs;
  if (a.insertId !== b.insertId) return a.insertId < b.insertId ? -1 : 1;
  if (a.source.logName === b.source.logName) return 0;
  return a.source.logName < b.source.logName ? -1 : 1;
}

/** Moment of receipt, which is also the moment of becoming visible. */
export const receivedAt = (slot: Slot): Moment => momentFrom(slot.minute, slot.receiveNs);

/** Whether an entry can be seen by a query at `nowMs`. */
export const isVisible = (slot: Slot, nowMs: number): boolean => slot.receiveNs <= (nowMs - slot.minute * MINUTE_MS) * 1e6;

/** The index of all logs. Remembers the minutes used last, up to about 120,000 slots (some 30 MB). */
export function createTimeline(options: TimelineOptions): Timeline {
  const { seed, startMinute, endMinute } = options;
  const cache = createLru<string, readonly Slot[]>(120_000, (slots) => slots.length + 1);
  const saltOf = (source: LogSource): number => hashOf(seed, source.salt);
  const countOf = (source: LogSource, minute: number): number =>
    roundBy((source.perDay / 1440) * intensity(seed, minute, options.weekendFactor), hashOf(saltOf(source), minute, -1));
  const operationsOf = (source: LogSource, minute: number): number =>
    minute < startMinute ? 0 : roundBy(countOf(source, minute) * OPERATION_SHARE[source.logId], hashOf(saltOf(source), minute, -2));

  function plainSlots(source: LogSource, minute: number): Slot[] {
    const salt = saltOf(source);
    const slots: Slot[] = [];
    const count = countOf(source, minute);
    // In every eighth minute all logs hold an entry of the same timestamp and insertId: neither identifies an entry without its log.
    const shared = hashOf(seed, 13, minute) % 8 === 0;
    for (let i = 0; i < count; i += 1) {
      const from = i === 0 && shared ? seed : salt;
      const offsetNs = offsetOf(from, minute, i);
      const insertId = insertIdOf(from, minute, i);
      const receiveNs = offsetNs + delayNs(salt, minute, i, options);
      const slot: Slot = { source, minute, offsetNs, receiveNs, insertId, seed: hashOf(salt, minute, i, 10), phase: 'only', split: null };
      if (i > 0 && fraction(hashOf(salt, minute, i, 14)) < options.splitShare) slots.push(...splitSlot(slot));
      else slots.push(slot);
    }
    return slots;
  }

  function operationSlots(source: LogSource, minute: number): Slot[] {
    const salt = saltOf(source);
    const slots: Slot[] = [];
    const add = (phase: Phase, began: number, n: number, offsetNs: number): void => {
      const index = (phase === 'first' ? FIRST_BASE : LAST_BASE) + n;
      const insertId = insertIdOf(salt, began, index);
      const receiveNs = offsetNs + delayNs(salt, began, index, options);
      slots.push({ source, minute, offsetNs, receiveNs, insertId, seed: hashOf(salt, began, FIRST_BASE + n, 10), phase, split: null });
    };
    for (let n = 0; n < operationsOf(source, minute); n += 1) add('first', minute, n, plainOffset(salt, minute, FIRST_BASE + n));
    OPERATION_MINUTES.forEach((after, kind) => {
      const began = minute - after;
      for (let n = kind; n < operationsOf(source, began); n += OPERATION_MINUTES.length) {
        const first = plainOffset(salt, began, FIRST_BASE + n);
        const drawn = plainOffset(salt, began, LAST_BASE + n);
        add('last', began, n, after === 0 ? first + Math.floor(((MINUTE_NS - 1 - first) * drawn) / MINUTE_NS) : drawn);
      }
    });
    return slots;
  }

  function slots(source: LogSource, minute: number): readonly Slot[] {
    if (minute < startMinute || minute >= endMinute) return [];
    const key = `${source.logName} ${String(minute)}`;
    const known = cache.get(key);
    if (known !== undefined) return known;
    const made = [...plainSlots(source, minute), ...operationSlots(source, minute)].sort(compareSlots);
    cache.set(key, made);
    return made;
  }
  return { startMinute, endMinute, slots };
}

/** Oversized audit entries are stored in pieces: same timestamp, the piece's number appended to the insertId. */
function splitSlot(slot: Slot): Slot[] {
  const total = 2 + (slot.seed % 2);
  const uid = `${slot.insertId}+${String(slot.seed)}`;
  return Array.from({ length: total }, (_, index) => ({
    ...slot,
    insertId: `${slot.insertId}-${String(index)}`,
    split: { index, total, uid },
  }));
}
