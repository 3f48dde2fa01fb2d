/**
 * From the raw slice of one item to the line of a part, or to a reject. The only place where a record changes form:
 * identify (keys over the unredacted record), redact, project (columns and envelope), splice the raw text.
 */

import type { REJECT_REASONS } from '../../schemas/ops/rejects';
import type { Finding } from './findings';

/** Where a row came from; becomes the row's `ingest` column. Read again for every outcome: the caller counts on in `take`. */
export interface RowOrigin {
  readonly unit: string;
  /** Object name of the part the line will be written to. */
  readonly object: string;
  /** Zero-based number of the line in that part. */
  readonly row: number;
  /** RFC 3339 UTC. */
  readonly fetchedAt: string;
  /** State tables: the one time all observations of a snapshot have, RFC 3339 UTC. Absent: each record has its own. */
  readonly observedAt?: string;
  /** Where the line will be written if the item turns out to be a reject; absent where the caller does not know it yet. */
  readonly reject?: { readonly object: string; readonly row: number };
}

export interface Row {
  readonly kind: 'row';
  /** One line of NDJSON without its line feed, ready for a load job. A view that the next outcome overwrites: copy it at once. */
  readonly line: Buffer;
  /** Event time in microseconds since the epoch. */
  readonly eventTimeUs: bigint;
  /** The first 64 bits of the event key, as two unsigned 32-bit halves. */
  readonly keyHigh: number;
  readonly keyLow: number;
}

/** Why an item is not a row. NO_OBJECT_ID: a record of a state table that does not say which object it is about. */
export type RejectReason = Exclude<(typeof REJECT_REASONS)[number], 'UNLOADABLE' | 'KEY_CONFLICT'>;

export interface Reject {
  readonly kind: 'reject';
  /** One line of NDJSON for ops.rejects, without its line feed. */
  readonly line: string;
  readonly reason: RejectReason;
}

/** Turns items into lines, one caller at a time. */
export interface Transform {
  /**
   * Hands every outcome of an item to `take`: one, or one per element where the table has `each`. Received items are counted by
   * outcomes. Never throws, whatever the bytes are. `nowMs` bounds event times in the future.
   */
  (item: Buffer, origin: RowOrigin, nowMs: number, take: (outcome: Row | Reject) => void): void;
  /** What was met since the last call: paths nobody knew, values that were redacted. Never a value. */
  takeFindings(): readonly Finding[];
}
