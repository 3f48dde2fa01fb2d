/**
 * `unit.json`: all that is known of one read while it runs and after it ended. Small, in the state bucket, guarded by
 * generation preconditions. Its order with the parts is fixed: a part is durable first, then the document advances.
 */

import type { Finding } from '../transform/findings';

/** Why a unit is read. Live work has slots of its own. */
export type Lane = 'live' | 'reread' | 'backfill' | 'replay';

/** A durable gzip NDJSON object. Objects no unit lists are garbage. */
export interface Part {
  /** Object name in the stage bucket. */
  readonly name: string;
  /** `rows` load into the table, `rejects` into ops.rejects. */
  readonly kind: 'rows' | 'rejects';
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  readonly crc32c: string;
  /** Event days (`yyyy-mm-dd`) of its rows, ascending; empty for rejects. */
  readonly days: readonly string[];
}

/** Counts of one read. received = rows + rejected, always. */
export interface UnitCounts {
  readonly calls: number;
  readonly pages: number;
  readonly received: number;
  readonly rows: number;
  readonly rejected: number;
}

/** Rows of one event hour and the XOR of 64 bits of each of their keys, as 16 hex digits. */
export interface HourCount {
  /** Start of the hour, RFC 3339 UTC. */
  readonly hour: string;
  readonly rows: number;
  readonly fingerprint: string;
}

/** What a unit is: fixed when it is planned. */
export interface UnitSpec {
  /** Unique within source and stream; made of the bounds and of what had been read before, so that planning twice names it alike. */
  readonly unit: string;
  readonly source: string;
  readonly stream: string;
  readonly connector: string;
  readonly tenant: string;
  readonly table: string;
  readonly lane: Lane;
  /** Bounds `[from, to)`, RFC 3339 UTC. */
  readonly from: string;
  readonly to: string;
  /** A snapshot's: the one time all its observations have, RFC 3339 UTC. */
  readonly observedAt?: string;
  readonly replay?: ReplaySpec;
}

/** What a unit of lane `replay` deals with. */
export interface ReplaySpec {
  /** `texts`: the items come from `ops.rejects`. `window`: the unit's window is read from the vendor again. */
  readonly from: 'texts' | 'window';
  /** The rejects, as an object of the stage bucket with a line each (STAGED_REPLAY_COLUMNS). */
  readonly rejects: Pick<Part, 'name' | 'rows' | 'crc32c'>;
}

export interface UnitDocument extends UnitSpec {
  readonly format: 1;
  /** When the pass that gave the parts began: what completeness is judged by. RFC 3339 UTC. */
  readonly readStartedAt: string;
  readonly readFinishedAt: string | null;
  readonly configDigest: string;
  readonly schemaDigest: string;
  /** Absent in documents of older versions. */
  readonly redactionDigest?: string;
  /** Opaque text of the vendor; null before the first page and at the end. */
  readonly cursor: string | null;
  readonly nextSequence: number;
  readonly parts: readonly Part[];
  /** Parts that others took the place of, because some lines could not be loaded. They stay: rows and rejects name their lines. */
  readonly replaced?: readonly Part[];
  readonly counts: UnitCounts;
  readonly hours: readonly HourCount[];
  /** What the transform met that people should know of; never a value. Absent in documents of older versions. */
  readonly findings?: readonly Finding[];
  /** A snapshot's: whether the listing reached its end, and whether the vendor pinned it to `observedAt`. */
  readonly snapshot?: { readonly complete: boolean; readonly pinned: boolean };
  /** How often the pass had to start over because the vendor refused the cursor or the configuration changed. */
  readonly restarts: number;
  /** Attempts in a row that failed at the same cursor; shutdowns do not count. */
  readonly stuck: number;
  /** Who wrote this version: an attempt's own random name, and a name per write. */
  readonly owner: string;
  readonly writeId: string;
  readonly complete: boolean;
}
