/**
 * Times as BigQuery keeps them: microseconds, UTC. A time is read from its text, never through Date, which knows
 * milliseconds only. Digits beyond the sixth are cut, not rounded: rounding could move an event into the next day.
 */
import type { Conversion } from '../../schemas/table';
import type { Bytes } from './bytes';

/** Whole seconds since the epoch, rounded down, and the microseconds after them. */
export interface Instant {
  readonly seconds: number;
  readonly micros: number;
}

/** Why a text is not a time a column can hold. */
export type TimeFault = 'TYPE_MISMATCH' | 'OUT_OF_RANGE';

/** Seconds of 0001-01-01T00:00:00Z and of 10000-01-01T00:00:00Z: what a BigQuery TIMESTAMP can hold lies between. */
const SECONDS_MIN = -62_135_596_800;
const SECONDS_END = 253_402_300_800;
const DAY_SECONDS = 86_400;

const ZERO = 0x30;
const DASH = 0x2d;
const COLON = 0x3a;
const PLUS = 0x2b;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;
const SPACE = 0x20;
const POINT = 0x2e;
/** `yyyy-mm-ddThh:mm:ss` */
const WHOLE_SECONDS_LENGTH = 19;

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
const daysInMonth = (year: number, month: number): number => (month === 2 && isLeap(year) ? 29 : (MONTH_DAYS[month - 1] ?? 0));

/** Days since the epoch of a date of the proleptic Gregorian calendar. Years are counted from March, so that the leap day is last. */
function epochDay(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

/** The number that `count` digits make; NaN when they are not all digits. */
function digits(text: Buffer, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at += 1) {
    const digit = (text[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

const bounded = (seconds: number, micros: number): Instant | TimeFault =>
  seconds < SECONDS_MIN || seconds >= SECONDS_END ? 'OUT_OF_RANGE' : { seconds, micros };

/**
 * RFC 3339 in `text[start, end)`: `T` or a space between date and time, 0 to 9 digits of a second, and a zone: `Z`,
 * `+hh:mm` or `+hhmm`. A time without a zone is none, because to assume one would be to invent the time, unless the vendor
 * documents all times as UTC (`rfc3339_utc`).
 */
export function parseRfc3339(text: Buffer, start: number, end: number, as: Conversion): Instant | TimeFault {
  if (end - start < WHOLE_SECONDS_LENGTH || text[start + 4] !== DASH || text[start + 7] !== DASH) return 'TYPE_MISMATCH';
  const separator = text[start + 10] as number;
  if (((separator & 0xdf) !== LETTER_T && separator !== SPACE) || text[start + 13] !== COLON || text[start + 16] !== COLON)
    return 'TYPE_MISMATCH';
  const year = digits(text, start, 4);
  const month = digits(text, start + 5, 2);
  const day = digits(text, start + 8, 2);
  const time = digits(text, start + 11, 2) * 3_600 + digits(text, start + 14, 2) * 60 + digits(text, start + 17, 2);
  if (Number.isNaN(year + month + day + time) || day < 1 || day > daysInMonth(year, month)) return 'TYPE_MISMATCH';
  // A second of 60 is a leap second; arithmetic makes it the first of the next minute, as BigQuery does.
  if (digits(text, start + 11, 2) > 23 || digits(text, start + 14, 2) > 59 || digits(text, start + 17, 2) > 60) return 'TYPE_MISMATCH';

  let at = start + WHOLE_SECONDS_LENGTH;
  let micros = 0;
  if (text[at] === POINT) {
    const from = ++at;
    for (let scale = 100_000; at < end && !Number.isNaN(digits(text, at, 1)); scale /= 10, at += 1) {
      if (scale >= 1) micros += digits(text, at, 1) * scale;
    }
    if (at === from || at - from > 9) return 'TYPE_MISMATCH';
  }
  const offset = as === 'rfc3339_utc' && isUtc(text, at, end) ? 0 : zoneSeconds(text, at, end);
  return Number.isNaN(offset) ? 'TYPE_MISMATCH' : bounded(epochDay(year, month, day) * DAY_SECONDS + time - offset, micros);
}

/** Whether no zone is named, or it is named as BigQuery prints it: ` UTC`. */
function isUtc(text: Buffer, at: number, end: number): boolean {
  return at === end || (end - at === 4 && text.toString('latin1', at, end) === ' UTC');
}

/** Seconds east of UTC of the zone that fills `text[at, end)`; NaN when that is none. */
function zoneSeconds(text: Buffer, at: number, end: number): number {
  const sign = text[at] as number;
  if (end - at === 1) return (sign & 0xdf) === LETTER_Z ? 0 : Number.NaN;
  const colon = text[at + 3] === COLON ? 1 : 0;
  if ((sign !== PLUS && sign !== DASH) || end - at !== 5 + colon) return Number.NaN;
  const hours = digits(text, at + 1, 2);
  const minutes = digits(text, at + 3 + colon, 2);
  if (hours > 23 || minutes > 59) return Number.NaN;
  return (hours * 3_600 + minutes * 60) * (sign === DASH ? -1 : 1);
}

const DATE_BEGINNING = /^\d{4}-\d/;
const DECIMAL = /^(-?)(\d{1,20})(?:\.(\d{1,9}))?$/;
const UNIT_DIGITS: Readonly<Record<string, number>> = { epoch_s: 0, epoch_ms: 3, epoch_us: 6, epoch_ns: 9 };
const unitDigitsOf = (as: Conversion): number | undefined => (typeof as === 'string' ? UNIT_DIGITS[as] : undefined);

function parseEpoch(text: string, unitDigits: number): Instant | TimeFault {
  const match = DECIMAL.exec(text);
  if (match === null) return 'TYPE_MISMATCH';
  // Written as nanoseconds, whatever the unit, then split: no digit passes through a floating point number.
  const fraction = (match[3] ?? '').slice(0, 9 - unitDigits).padEnd(9 - unitDigits, '0');
  const nanos = BigInt(`${match[1]}${match[2]}${fraction}`);
  const micros = nanos / 1_000n - (nanos % 1_000n < 0n ? 1n : 0n);
  const seconds = micros / 1_000_000n - (micros % 1_000_000n < 0n ? 1n : 0n);
  return bounded(Number(seconds), Number(micros - seconds * 1_000_000n));
}

/** Whether times of this conversion are text, never a number. */
export function isTextTime(as: Conversion): boolean {
  return unitDigitsOf(as) === undefined;
}

/** Reads the text of a time by the given conversion; a code when it is none. */
export function parseTime(text: string, as: Conversion): Instant | TimeFault {
  const unitDigits = unitDigitsOf(as);
  const bytes = Buffer.from(text);
  if (typeof as === 'object' && 'local' in as) return parseLocal(bytes, as.local);
  if (unitDigits === undefined) return parseRfc3339(bytes, 0, bytes.length, as);
  // A count from the epoch has no zone, so where a tool on the way printed it as a date, that date is in UTC.
  return DATE_BEGINNING.test(text) ? parseRfc3339(bytes, 0, bytes.length, 'rfc3339_utc') : parseEpoch(text, unitDigits);
}

/** A time without a zone, in an IANA zone. A time that the zone's clocks skip is none; of one they show twice, the first counts. */
function parseLocal(text: Buffer, zone: string): Instant | TimeFault {
  const shown = parseRfc3339(text, 0, text.length, 'rfc3339_utc');
  if (typeof shown === 'string') return shown;
  // A zone is at most a day away from UTC, and changes at most once in that time: the offsets before and after are all there are.
  const offsets = [shown.seconds - DAY_SECONDS, shown.seconds + DAY_SECONDS].map((seconds) => zoneOffsetSeconds(zone, seconds));
  const moments = offsets
    .map((offset) => shown.seconds - offset)
    .filter((seconds) => seconds + zoneOffsetSeconds(zone, seconds) === shown.seconds);
  return moments.length === 0 ? 'TYPE_MISMATCH' : bounded(Math.min(...moments), shown.micros);
}

const zoneClocks = new Map<string, Intl.DateTimeFormat>();

/** Seconds east of UTC that the zone's clocks are at a moment. */
function zoneOffsetSeconds(zone: string, seconds: number): number {
  let clock = zoneClocks.get(zone);
  if (clock === undefined) {
    const parts = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
    clock = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...parts });
    zoneClocks.set(zone, clock);
  }
  const shown = new Map(clock.formatToParts(seconds * 1_000).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes): number => shown.get(name) ?? Number.NaN;
  const day = epochDay(part('year'), part('month'), part('day'));
  return day * DAY_SECONDS + part('hour') * 3_600 + part('minute') * 60 + part('second') - seconds;
}

/** The day written last, because events of one day come together. */
let lastDay = Number.NaN;
let lastDayText = Buffer.alloc(0);

/** Writes RFC 3339 in UTC, with no fraction or with six digits. */
export function writeTime(out: Bytes, { seconds, micros }: Instant): void {
  const day = Math.floor(seconds / DAY_SECONDS);
  if (day !== lastDay) {
    lastDay = day;
    lastDayText = Buffer.from(`${formatDay(day)}T`);
  }
  const rest = seconds - day * DAY_SECONDS;
  out.all(lastDayText);
  out.digits(Math.floor(rest / 3_600), 2);
  out.byte(COLON);
  out.digits(Math.floor(rest / 60) % 60, 2);
  out.byte(COLON);
  out.digits(rest % 60, 2);
  if (micros !== 0) {
    out.byte(POINT);
    out.digits(micros, 6);
  }
  out.byte(LETTER_Z);
}

/** The inverse of epochDay, as `yyyy-mm-dd`. */
function formatDay(days: number): string {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const pad = (value: number, width: number): string => String(value).padStart(width, '0');
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
}

/** Microseconds since the epoch. */
export function toMicros({ seconds, micros }: Instant): bigint {
  return BigInt(seconds) * 1_000_000n + BigInt(micros);
}
