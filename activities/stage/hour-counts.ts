/**
 * Rows per event hour with the XOR of their key bits. Order does not matter and two reads of the same events give the
 * same numbers, so that hours can be compared between reads and between ways in without looking at a row.
 */
import type { HourCount } from './unit';

const HOUR_US = 3_600_000_000n;
const HOUR_MS = 3_600_000;

interface Count {
  rows: number;
  high: number;
  low: number;
}

export class HourCounts {
  /** By hours since the epoch. */
  readonly #counts = new Map<number, Count>();

  constructor(saved: readonly HourCount[]) {
    for (const { hour, rows, fingerprint } of saved) {
      this.#counts.set(Date.parse(hour) / HOUR_MS, {
        rows,
        high: Number.parseInt(fingerprint.slice(0, 8), 16),
        low: Number.parseInt(fingerprint.slice(8), 16),
      });
    }
  }

  /** Counts one row: its event time in microseconds, and 64 bits of its key as two unsigned halves. */
  add(eventTimeUs: bigint, keyHigh: number, keyLow: number): void {
    // Division of a bigint truncates towards zero; event times before 1970 were rejected.
    this.#combine(Number(eventTimeUs / HOUR_US), { rows: 1, high: keyHigh, low: keyLow });
  }

  merge(other: HourCounts): void {
    for (const [hour, count] of other.#counts) this.#combine(hour, count);
  }

  clear(): void {
    this.#counts.clear();
  }

  /** Ascending by hour. */
  list(): HourCount[] {
    return [...this.#counts]
      .sort(([left], [right]) => left - right)
      .map(([hour, { rows, high, low }]) => ({
        hour: new Date(hour * HOUR_MS).toISOString(),
        rows,
        fingerprint: hex(high) + hex(low),
      }));
  }

  /** Event days (`yyyy-mm-dd`) counted. */
  days(): Set<string> {
    return new Set([...this.#counts.keys()].map((hour) => new Date(hour * HOUR_MS).toISOString().slice(0, 10)));
  }

  #combine(hour: number, added: Readonly<Count>): void {
    const count = this.#counts.get(hour);
    if (count === undefined) {
      this.#counts.set(hour, { ...added });
      return;
    }
    count.rows += added.rows;
    count.high = (count.high ^ added.high) >>> 0;
    count.low = (count.low ^ added.low) >>> 0;
  }
}

function hex(half: number): string {
  return (half >>> 0).toString(16).padStart(8, '0');
}
