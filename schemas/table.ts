/**
 * What a table definition is: data, from which the BigQuery table, the load schema, the projector, the row types and the
 * documentation are made. Files in schemas/tables/ hold one definition each.
 */

/** `json_text` columns are STRING columns that hold the JSON text of a sub-tree (what a Cloud Logging sink does with free-form members). */
export type ColumnType = 'STRING' | 'INT64' | 'FLOAT64' | 'BOOL' | 'TIMESTAMP' | 'JSON' | 'RECORD';
export type Mode = 'NULLABLE' | 'REQUIRED' | 'REPEATED';
export type Sensitivity = 'public' | 'internal' | 'personal' | 'secret';

/**
 * One step of a path: a member's name; an element's number (0 is the first); the first element of an array whose member `where` is
 * the text `is` (`{ where: 'name', is: 'USER_EMAIL' }`); or EACH.
 */
export type Step = string | number | { readonly where: string; readonly is: string };

/** In the path of a table's `each` array: the element the row is for. In `observables`: every element, or every member's value. */
export const EACH = '*';

/** A path into the record: steps from the root. */
export type Path = readonly Step[];

/**
 * How a source value becomes a column value. Absent: the JSON type that matches the column type. `rfc3339_utc` is for vendors
 * that document all times as UTC: text from which a tool on the way dropped the zone is UTC; for `rfc3339` it is no time.
 * `epoch_s`, `epoch_ms`, `epoch_us` and `epoch_ns` also take the RFC 3339 text that a tool on the way made of the count, as UTC.
 * `text` takes numbers and booleans too, as their text. `bool_text` takes true and false as text, in any case of letters.
 * `enum` replaces one word by another; a word it does not know is NULL with a note. `local` is a time without a zone, in the
 * IANA zone named (`Europe/Berlin`); of a time that a clock shows twice, the first.
 */
export type Conversion =
  | 'rfc3339'
  | 'rfc3339_utc'
  | 'epoch_s'
  | 'epoch_ms'
  | 'epoch_us'
  | 'epoch_ns'
  | 'int64_text'
  | 'bool_text'
  | 'json_text'
  | 'text'
  | { readonly enum: Readonly<Record<string, string>> }
  | { readonly local: string };

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

/** A question about one value of the record. A path alone: it is present and not null. Text is compared as it is. */
export type Condition =
  | { readonly path: Path }
  | { readonly path: Path; readonly absent: true }
  | { readonly path: Path; readonly equals: readonly (string | number | boolean)[] }
  | { readonly path: Path; readonly prefix: readonly string[] };

export type ObservableType = 'ip' | 'domain' | 'url' | 'email' | 'hash';

/**
 * Where an envelope column comes from. Nothing is invented: a source that finds nothing gives NULL.
 *
 * - `from`: the first path with text that is not empty, or with a number. `as` takes a value only if it is one (`ip`: an address,
 *   without brackets and port; `email`: has a local part and a domain), and `lower` lower-cases. `map` replaces; what it does not
 *   know is NULL. Booleans are mapped by 'true' and 'false'.
 * - `cases`: the first case whose `when` holds; a case without `when` always holds.
 * - `observables`: for that column only; values that are not of their type are left out.
 * - `derive`: a function of activities/transform/derivations, for what data cannot say.
 */
export type EnvelopeSource =
  | {
      readonly from: readonly Path[];
      readonly as?: 'ip' | 'email' | 'lower';
      readonly map?: Readonly<Record<string, string | number>>;
    }
  | { readonly constant: string | number }
  | { readonly cases: readonly { readonly when?: Condition; readonly then: EnvelopeSource }[] }
  | { readonly observables: readonly { readonly type: ObservableType; readonly from: readonly Path[] }[] }
  | { readonly derive: string };

/** A question an analyst has, and the query that answers it. Tables are written `lake.<name>`. A test runs every one. */
export interface Example {
  readonly question: string;
  readonly sql: string;
}

export interface TableDefinition {
  readonly name: string;
  readonly kind: 'event' | 'state';
  readonly description: string;
  /** The origin system: part of every key, so that two routes of one event meet and two systems' equal lines do not. */
  readonly origin: string;
  /** The TIMESTAMP column the table is partitioned on by day. It always equals `event_time`; `observed_at` in a state table. */
  readonly partition: string;
  readonly cluster: readonly string[];
  readonly requirePartitionFilter: boolean;
  /** Partitions older than this are deleted by BigQuery; absent: never, unless the configuration says so. */
  readonly retentionDays?: number;
  /** Where event time comes from. In a state table: the time of the observation where the read does not set one for all. */
  readonly time: { readonly from: readonly Path[]; readonly as: Conversion };
  /**
   * A record with an array of events becomes one row per element; paths say EACH for the element. The number of the element is
   * the last part of the key and the value of the column `index`. A record without that array is one row, and its key class C.
   */
  readonly each?: { readonly path: Path; readonly index: string };
  /**
   * Class A: the vendor documents the id as unique. Class B: documented or observed composite. Without it, or with a part missing:
   * class C. Null in a state table, whose rows are identified by object and time. `alternatives` are other places of the
   * same parts, in the same order, where another route to the lake puts or names them otherwise; the first complete set counts.
   */
  readonly key: {
    readonly class: 'A' | 'B';
    readonly parts: readonly Path[];
    readonly alternatives?: readonly (readonly Path[])[];
  } | null;
  /** State tables only: what identifies the object. Each part is the first of its paths that is present. */
  readonly object?: readonly (readonly Path[])[];
  /** Paths that may differ between two reads of one event; left out of `content_hash`. */
  readonly volatile: readonly Path[];
  /** Members that stay in `raw` only, on purpose: not reported as drift. */
  readonly rawOnly?: readonly Path[];
  readonly columns: readonly Column[];
  readonly envelope: Readonly<Record<string, EnvelopeSource>>;
  readonly examples?: readonly Example[];
}

/** Keeps the literal types of a definition, which `RowOf` makes the row's type of. */
export function defineTable<const Definition extends TableDefinition>(definition: Definition): Definition {
  return definition;
}
