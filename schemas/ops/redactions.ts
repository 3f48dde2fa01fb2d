/** `ops.redactions`: what was redacted where. Paths and counts, never values. Written by publish with the fact of the unit. */
import type { Column } from '../table';
import { count, text, time } from './columns';

export const REDACTIONS_COLUMNS: readonly Column[] = [
  time('recorded_at', 'When the unit was published.', 'REQUIRED'),
  text('batch', 'The publish transaction.'),
  text('table_name', 'Table of the records.', 'REQUIRED'),
  text('source', 'Configured source.', 'REQUIRED'),
  text('stream', 'Part of the source.', 'REQUIRED'),
  text('unit', 'Read that met it.', 'REQUIRED'),
  text('path', 'Names of members with dots between them; `*` for an element, or for a name that may itself be data.', 'REQUIRED'),
  text('rule', 'The rule or detector that redacted.', 'REQUIRED'),
  count('count', 'How often.'),
];
