/**
 * `ops.open_rejects`: rejects no replay has dealt with yet. An item that became a row is not among them; one that was
 * refused again is, once, by the row of its latest refusal. Key conflicts stay: they are outcomes and are never replayed.
 */
import { BASE64_DETAIL, REJECT_ITEM_BYTES_MAX, REJECTS_COLUMNS } from '../ops/rejects';
import type { ViewDefinition } from './view';

/** Bytes that a character cut at the limit may have taken. */
const CHARACTER_BYTES_MAX = 4;

/** What to select from: rejects `r` that are open. Arguments are quoted table names. */
export function openRejectsFrom(rejects: string, replays: string): string {
  return `${rejects} AS r
LEFT JOIN ${replays} AS p ON p.table_name = r.table_name AND p.reject_id = r.reject_id AND p.rejected_batch = r.batch
WHERE p.reject_id IS NULL`;
}

const COLUMNS = REJECTS_COLUMNS.map(({ name }) => name).filter((name) => name !== 'item' && name !== 'item_redacted');

export const openRejectsView: ViewDefinition = {
  name: 'open_rejects',
  dataset: 'ops',
  description: 'Rejects that no replay has dealt with yet, without their text.',
  sql: ({ project, ops }) => `SELECT ${COLUMNS.map((name) => `r.${name}`).join(', ')},
  IFNULL(ENDS_WITH(r.detail, '${BASE64_DETAIL}'), FALSE) AS item_base64,
  r.item IS NOT NULL AND NOT IFNULL(r.item_redacted, FALSE) AND BYTE_LENGTH(r.item) < ${REJECT_ITEM_BYTES_MAX - CHARACTER_BYTES_MAX} AS item_whole,
  IFNULL(BYTE_LENGTH(r.item), 0) AS item_bytes
FROM ${openRejectsFrom(`\`${project}.${ops}.rejects\``, `\`${project}.${ops}.replays\``)}`,
};
