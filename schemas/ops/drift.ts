/**
 * `ops.drift`: what records had and no column asked for, or had in another type. Paths and counts, never values. Written by
 * publish with the fact of the unit that met it.
 */
import type { Column } from '../table';
import { count, text, time } from './columns';

export const DRIFT_COLUMNS: readonly Column[] = [
  time('recorded_at', 'When the unit was published.', 'REQUIRED'),
  text('batch', 'The publish transaction.'),
  text('table_name', 'Table of the records.', 'REQUIRED'),
  text('source', 'Configured source.', 'REQUIRED'),
  text('stream', 'Part of the source.', 'REQUIRED'),
  text('unit', 'Read that met it.', 'REQUIRED'),
  text('path', 'Names of members with dots between them; `*` for an element, or for a name that may itself be data.', 'REQUIRED'),
  text('code', 'JSON type met.', 'REQUIRED'),
  count('count', 'How often.'),
  count('length_max', 'Length of the longest text met, in bytes.'),
  text('characters', 'What kind of characters the texts were made of.'),
];
