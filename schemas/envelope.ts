/**
 * The envelope: the columns every table has besides the vendor's own. Their names are reserved, compared without case as
 * BigQuery compares them. What a part's line may hold (`stagedColumns`) and what a table holds (`tableColumns`) are made
 * here and nowhere else, so that loads and tables cannot drift apart.
 */
import type { Column, ColumnType, Mode, Sensitivity, TableDefinition } from './table';

interface Extra {
  readonly mode?: Mode;
  readonly fields?: readonly Column[];
}

/** Its type keeps name, type and mode, which row.ts makes the row's type of. */
const column = <const Name extends string, const Type extends ColumnType, const Given extends Extra = object>(
  name: Name,
  type: Type,
  sensitivity: Sensitivity,
  description: string,
  extra?: Given,
) =>
  ({ name, type, sensitivity, description, ...extra }) as Omit<Column, 'name' | 'type' | 'mode' | 'fields'> & {
    readonly name: Name;
    readonly type: Type;
  } & Given;

/** Identity: set by the transform for every row, whatever the table's mapping says. */
const IDENTITY = [
  column('event_time', 'TIMESTAMP', 'internal', 'When it happened, in microseconds. The original text is in raw.', { mode: 'REQUIRED' }),
  column('event_key', 'STRING', 'public', 'Identity of the event: its class (A, B or C), a dot, and an HMAC under the key of the lake.', {
    mode: 'REQUIRED',
  }),
  column('content_hash', 'STRING', 'public', 'HMAC of the record without the paths that may differ between two reads of one event.', {
    mode: 'REQUIRED',
  }),
  column('connector', 'STRING', 'public', 'Code that read it.'),
  column('source', 'STRING', 'public', 'Configured source that read it.'),
  column('stream', 'STRING', 'public', 'Part of the source that it came from.'),
  column('tenant', 'STRING', 'internal', 'Whose it is.'),
];

const STATE = [
  column('object_id', 'STRING', 'internal', 'The object: its name or number at the vendor.', { mode: 'REQUIRED' }),
  column('observed_at', 'TIMESTAMP', 'internal', 'When the object was as the row says. Equals event_time.', { mode: 'REQUIRED' }),
  column('present', 'BOOL', 'internal', 'Whether the object was there. Rows that say it was not have no record.', { mode: 'REQUIRED' }),
];
/** State tables only: an observation says how an object was at a time. Also set for every row, by transform or publish. */
export const STATE_COLUMNS: readonly Column[] = STATE;

const MAPPED = [
  column('action', 'STRING', 'internal', 'What was done, in the words of the vendor.'),
  column('outcome', 'STRING', 'internal', 'success, failure or unknown; NULL where the record says nothing. Never invented.'),
  column('outcome_reason', 'STRING', 'internal', 'Why, in the words of the vendor.'),
  column('actor_id', 'STRING', 'personal', 'Who did it: the most stable identifier the record has.'),
  column('actor_email', 'STRING', 'personal', 'Who did it: e-mail address.'),
  column('actor_name', 'STRING', 'personal', 'Who did it: display name.'),
  column('actor_type', 'STRING', 'internal', 'What kind of actor: user, service_account, workload_identity, group, system or anonymous.'),
  column('src_ip', 'STRING', 'personal', 'Address it came from; NULL where the vendor gives a word instead of an address.'),
  column('src_port', 'INT64', 'internal', 'Port it came from.'),
  column('dst_ip', 'STRING', 'internal', 'Address it went to.'),
  column('dst_port', 'INT64', 'internal', 'Port it went to.'),
  column('user_agent', 'STRING', 'personal', 'Program the actor used, as it called itself.'),
  column('session_id', 'STRING', 'internal', 'Session it belongs to.'),
  column('device_id', 'STRING', 'personal', 'Device it came from.'),
  column('host_name', 'STRING', 'internal', 'Host it happened on.'),
  column('target_id', 'STRING', 'internal', 'What it was done to: identifier.'),
  column('target_name', 'STRING', 'internal', 'What it was done to: short name.'),
  column('target_type', 'STRING', 'internal', 'What it was done to: kind.'),
  column('event_severity', 'STRING', 'internal', 'informational, low, medium, high or critical, where the vendor says so.'),
  column('ocsf_class_uid', 'INT64', 'public', 'Class of the event in the Open Cybersecurity Schema Framework.'),
  column('ocsf_activity_id', 'INT64', 'public', 'Activity within that class.'),
  column('observables', 'RECORD', 'personal', 'What an indicator can be matched against.', {
    mode: 'REPEATED',
    fields: [
      column('type', 'STRING', 'public', 'ip, domain, url, email or hash.'),
      column('value', 'STRING', 'personal', 'The address, name or hash, in lower case where case does not matter.'),
    ],
  }),
];
/** What a table maps by `envelope`; the only names that mapping may use. */
export const MAPPED_COLUMNS: readonly Column[] = MAPPED;

/** The record itself and where it came from. */
const ORIGIN = [
  column(
    'raw',
    'JSON',
    'personal',
    'The whole record. What a JSON column cannot hold is {"_text": "<the text>"}, and ingest.notes says so.',
  ),
  column('ingest', 'RECORD', 'public', 'Where the row came from.', {
    fields: [
      column('unit', 'STRING', 'public', 'Read that gave the row.'),
      column('object', 'STRING', 'public', 'Object of the stage bucket that holds the line.'),
      column('row', 'INT64', 'public', 'Zero-based line in that object.'),
      column('fetched_at', 'TIMESTAMP', 'public', 'When the record was received.'),
      column('schema_version', 'STRING', 'public', 'Digest of the table definition the row was made by.'),
      column('notes', 'RECORD', 'public', 'Values that did not fit their column.', {
        mode: 'REPEATED',
        fields: [
          column('path', 'STRING', 'public', 'Column the note is about.'),
          column('code', 'STRING', 'public', 'TYPE_MISMATCH, OUT_OF_RANGE, TEXT_REPLACED, TRUNCATED, JSON_LIMIT or DUPLICATE_KEY.'),
        ],
      }),
    ],
  }),
];

/** Columns of every line of a part. */
export const ENVELOPE_COLUMNS: readonly Column[] = [...IDENTITY, ...MAPPED, ...ORIGIN];

const PUBLISH = [
  column('batch', 'STRING', 'public', 'The publish transaction that inserted the row.'),
  column('ingested_at', 'TIMESTAMP', 'public', 'When that transaction ran.'),
];
/** Set by publish, in the transaction that makes the row visible; no line of a part holds them. */
export const PUBLISH_COLUMNS: readonly Column[] = PUBLISH;

/** The same columns with their names and types, for row.ts. */
export type EnvelopeColumns = readonly (typeof IDENTITY | typeof MAPPED | typeof ORIGIN | typeof PUBLISH)[number][];
export type StateColumns = typeof STATE;

/** What publish needs to know of a row and the table does not keep. */
export const STAGING_ONLY_COLUMNS: readonly Column[] = [
  column('key_class', 'STRING', 'public', 'A, B or C: rows of class C that are equal are numbered, the others are the same event.', {
    mode: 'REQUIRED',
  }),
];

/** Names no vendor column may have, in lower case. `valid_from`, `valid_to` and `deleted` are columns of the views over state tables. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  ...[...ENVELOPE_COLUMNS, ...STATE_COLUMNS, ...PUBLISH_COLUMNS, ...STAGING_ONLY_COLUMNS].map(({ name }) => name.toLowerCase()),
  'valid_from',
  'valid_to',
  'deleted',
]);

const stateColumns = (table: TableDefinition): readonly Column[] => (table.kind === 'state' ? STATE_COLUMNS : []);

/** All columns of the table in the lake, in order. */
export function tableColumns(table: TableDefinition): readonly Column[] {
  return [...table.columns, ...stateColumns(table), ...ENVELOPE_COLUMNS, ...PUBLISH_COLUMNS];
}

/** All columns a line of a part may hold: the load schema of the table's staging tables. */
export function stagedColumns(table: TableDefinition): readonly Column[] {
  return [...table.columns, ...stateColumns(table), ...ENVELOPE_COLUMNS, ...STAGING_ONLY_COLUMNS];
}
