/**
 * What a table definition is: data, from which the BigQuery table, the load schema, the projector, the row types and the
 * documentation are made. Files in schemas/tables/ hold one definition each.
 */

/** `json_text` columns are STRING columns that hold the JSON text of a sub-tree (what a Cloud Logging sink does with free-form members). */
export type ColumnType = 'STRING' | 'INT64' | 'FLOAT64' | 'BOOL' | 'TIMESTAMP' | 'JSON' | 'RECORD';
export type Mode = 'NULLABLE' | 'REQUIRED' | 'REPEATED';
export type Sensitivity = 'public' | 'internal' | 'personal' | 'secret';

/** A path into the record: member names from the root. */
export type Path = readonly string[];

/**
 * How a source value becomes a column value. Absent: the JSON type that matches the column type. `rfc3339_utc` is for vendors
 * that document all times as UTC: text from which a tool on the way dropped the zone is UTC; for `rfc3339` it is no time.
 */
export type Conversion =
  'rfc3339' | 'rfc3339_utc' | 'epoch_s' | 'epoch_ms' | 'epoch_us' | 'epoch_ns' | 'int64_text' | 'bool_text' | 'json_text';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly mode?: Mode;
  readonly description: string;
  readonly sensitivity: Sensitivity;
  /** Where the value comes from; relative to the parent record's value inside RECORD columns. The first path that is present wins. */
  readonly from?: readonly Path[];
  readonly as?: Conversion;
  readonly fields?: readonly Column[];
}

/** Where an envelope column comes from: paths (first present, non-empty text wins), a constant, or a named derivation. */
export type EnvelopeSource = { readonly from: readonly Path[] } | { readonly constant: string | number } | { readonly derive: string };

export interface TableDefinition {
  readonly name: string;
  readonly kind: 'event' | 'state';
  readonly description: string;
  /** The origin system: part of every key, so that two routes of one event meet and two systems' equal lines do not. */
  readonly origin: string;
  /** The TIMESTAMP column the table is partitioned on by day. It always equals `event_time`. */
  readonly partition: string;
  readonly cluster: readonly string[];
  readonly requirePartitionFilter: boolean;
  /** Where event time comes from. */
  readonly time: { readonly from: readonly Path[]; readonly as: Conversion };
  /** Class A: the vendor documents the id as unique. Class B: documented or observed composite. Without it, or with a part missing: class C. */
  readonly key: { readonly class: 'A' | 'B'; readonly parts: readonly Path[] } | null;
  /** Paths that may differ between two reads of one event; left out of `content_hash`. */
  readonly volatile: readonly Path[];
  readonly columns: readonly Column[];
  readonly envelope: Readonly<Record<string, EnvelopeSource>>;
}
