/**
 * Times to the nanosecond without floating point: a minute number and an offset within it, both exact as JavaScript
 * numbers, or one bigint of nanoseconds since the epoch where speed does not matter.
 */

export const MINUTE_MS = 60_000;
export const MINUTE_NS = 60_000_000_000;
const MINUTE_NS_BIG = 60_000_000_000n;

/** A moment: `minute` counts from the epoch, `offsetNs` lies in [0, 60e9). */
export interface Moment {
  readonly minute: number;
  readonly offsetNs: number;
}

/** Negative, zero or positive, as `a` is before, at or after `b`. */
export const compareMoments = (a: Moment, b: Moment): number => a.minute - b.minute || a.offsetNs - b.offsetNs;

/** A moment from nanoseconds counted from the start of `minute`, which may lie beyond that minute. */
export function momentFrom(minute: number, offsetNs: number): Moment {
  const whole = Math.floor(offsetNs / MINUTE_NS);
  return { minute: minute + whole, offsetNs: offsetNs - whole * MINUTE_NS };
}

export const momentToNs = (moment: Moment): bigint => BigInt(moment.minute) * MINUTE_NS_BIG + BigInt(moment.offsetNs);

/** Times before 1970 become the epoch: nothing is logged there. */
export function momentOfNs(ns: bigint): Moment {
  const clamped = ns < 0n ? 0n : ns;
  return { minute: Number(clamped / MINUTE_NS_BIG), offsetNs: Number(clamped % MINUTE_NS_BIG) };
}

const prefixes = new Map<number, string>();

/** `2026-11-24T10:15:` of a minute number; remembered, as neighbouring entries share it. */
function minutePrefix(minute: number): string {
  const known = prefixes.get(minute);
  if (known !== undefined) return known;
  if (prefixes.size > 4096) prefixes.clear();
  const text = new Date(minute * MINUTE_MS).toISOString().slice(0, 17);
  prefixes.set(minute, text);
  return text;
}

/** RFC 3339 with 0, 3, 6 or 9 fractional digits, as few as hold the value: the form protobuf's JSON mapping prescribes. */
export function formatMoment({ minute, offsetNs }: Moment): string {
  const seconds = Math.floor(offsetNs / 1_000_000_000);
  const nanos = offsetNs - seconds * 1_000_000_000;
  const head = minutePrefix(minute) + String(seconds).padStart(2, '0');
  if (nanos === 0) return `${head}Z`;
  const text = String(nanos).padStart(9, '0');
  if (!text.endsWith('000')) return `${head}.${text}Z`;
  return text.endsWith('000000') ? `${head}.${text.slice(0, 3)}Z` : `${head}.${text.slice(0, 6)}Z`;
}

const RFC3339 = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/;

/** Nanoseconds since the epoch of an RFC 3339 text, or undefined when it is not one. */
export function parseRfc3339Ns(text: string): bigint | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [, date = '', hours = '', minutes = '', seconds = '', decimals = '', zone = ''] = match;
  const dayMs = Date.parse(`${date}T00:00:00Z`);
  const roundTrips = !Number.isNaN(dayMs) && new Date(dayMs).toISOString().startsWith(date);
  if (!roundTrips || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const zoneMinutes = zone.length === 1 ? 0 : Number(`${zone[0] ?? ''}1`) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)));
  const wholeSeconds = BigInt(dayMs / 1000 + Number(hours) * 3600 + (Number(minutes) - zoneMinutes) * 60 + Number(seconds));
  return wholeSeconds * 1_000_000_000n + BigInt(decimals.padEnd(9, '0'));
}
