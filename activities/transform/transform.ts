/**
 * From the raw slice of one item to the line of a part, or to a reject. The only place where a record changes form:
 * identify (keys over the unredacted record), redact, project (columns and envelope), splice the raw text.
 */

/** Where a row came from; becomes the row's `ingest` column. */
export interface RowOrigin {
  readonly unit: string;
  /** Object name of the part the line will be written to. */
  readonly object: string;
  /** Zero-based number of the line in that part. */
  readonly row: number;
  /** RFC 3339 UTC. */
  readonly fetchedAt: string;
  /** Where the line will be written if the item turns out to be a reject; absent where the caller does not know it yet. */
  readonly reject?: { readonly object: string; readonly row: number };
}

export interface Row {
  readonly kind: 'row';
  /** One line of NDJSON without its line feed, ready for a load job. A view that the next call overwrites: copy it at once. */
  readonly line: Buffer;
  /** Event time in microseconds since the epoch. */
  readonly eventTimeUs: bigint;
  /** The first 64 bits of the event key, as two unsigned 32-bit halves. */
  readonly keyHigh: number;
  readonly keyLow: number;
}

/** Why an item is not a row. */
export type RejectReason = 'NOT_JSON' | 'NOT_AN_OBJECT' | 'NO_EVENT_TIME' | 'EVENT_TIME_OUT_OF_RANGE' | 'TOO_LARGE' | 'TOO_DEEP';

export interface Reject {
  readonly kind: 'reject';
  /** One line of NDJSON for ops.rejects, without its line feed. */
  readonly line: string;
  readonly reason: RejectReason;
}

/** Never throws, whatever the bytes are. `nowMs` bounds event times in the future. */
export type Transform = (item: Buffer, origin: RowOrigin, nowMs: number) => Row | Reject;
