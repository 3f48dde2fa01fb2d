/** `ops.rejects`: what could not be published, with the reason and the place, so that it can be replayed. */
import type { Column } from '../table';
import { count, flag, text, time } from './columns';

/** Why something is no row. The guide says what each means: docs/guides/rejects-and-drift.md. */
export const REJECT_REASONS = [
  'NOT_JSON',
  'NOT_AN_OBJECT',
  'NO_EVENT_TIME',
  'NO_OBJECT_ID',
  'EVENT_TIME_OUT_OF_RANGE',
  'TOO_LARGE',
  'TOO_DEEP',
  // Found by publish, not by the transform.
  'UNLOADABLE',
  'KEY_CONFLICT',
] as const;

/** Bytes of an item's text that are kept, or characters of its base64. */
export const REJECT_ITEM_BYTES_MAX = 1_048_576;

/** How the detail of a reject ends whose item is kept as base64, because its bytes are not UTF-8. */
export const BASE64_DETAIL = 'item is base64';

/** Columns a reject has before it is published: one line of a `rejects-...` part. */
export const STAGED_REJECT_COLUMNS: readonly Column[] = [
  text('reject_id', 'HMAC over scope, reason and item: the same reject found again has the same id.', 'REQUIRED'),
  text('table_name', 'Table the item was meant for.', 'REQUIRED'),
  text('connector', 'Code that read it.'),
  text('source', 'Configured source.', 'REQUIRED'),
  text('stream', 'Part of the source.', 'REQUIRED'),
  text('tenant', 'Whose it is.'),
  text('unit', 'Read that met it.', 'REQUIRED'),
  text('object_name', 'Object of the stage bucket that holds it.'),
  count('object_row', 'Zero-based line in that object.'),
  text('reason', 'Why, as a code.', 'REQUIRED'),
  text('detail', 'Where in the item, never its values.'),
  text('event_key', 'Key of the event, when it has one.'),
  time('event_time', 'Event time, when it has one.'),
  { name: 'item', type: 'STRING', description: 'The text of the item, cut at 1 MiB.', sensitivity: 'secret' },
  flag('item_redacted', 'Whether the text is not as it was received, or was withheld: then it is read again to be replayed.'),
  time('fetched_at', 'When it was received.'),
];

export const REJECTS_COLUMNS: readonly Column[] = [
  time('recorded_at', 'When the reject was published.', 'REQUIRED'),
  text('batch', 'The publish transaction.'),
  ...STAGED_REJECT_COLUMNS,
];
