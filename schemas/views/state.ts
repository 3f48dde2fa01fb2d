/**
 * State tables as they are asked: `<table>_history`, every state of every object with the time it held, and
 * `<table>_latest`, the last one of each object.
 *
 * A row of a state table is an observation, and its key's class says which kind (STATE_KINDS). Read in order, the rows of
 * an object say what state it is in after each of them; publish asks the same question with the same SQL, so that what is
 * stored and what is shown cannot differ in what a miss means.
 */
import { tableColumns } from '../envelope';
import type { TableDefinition } from '../table';
import type { ViewDefinition } from './view';

/**
 * Key classes of rows that publish made, beside A to C of rows that a record gave. `M`: a complete listing lacked the object.
 * `P`: so did one that the vendor pinned to its time. `R`: a listing saw the object as it was before a late row. `U`: a
 * listing with rejects lacked the object, which may be one of the rejects: it says nothing.
 */
export const STATE_KINDS = { miss: 'M', pinned: 'P', again: 'R', unseen: 'U' } as const;

/** What a stored row says of its object: `seen`, `gone` (the vendor says there is none), or what publish made. */
export const STATE_KIND_SQL = `CASE SUBSTR(event_key, 1, 2)
    WHEN '${STATE_KINDS.miss}.' THEN 'miss' WHEN '${STATE_KINDS.pinned}.' THEN 'pinned'
    WHEN '${STATE_KINDS.again}.' THEN 'again' WHEN '${STATE_KINDS.unseen}.' THEN 'unseen'
    ELSE IF(present, 'seen', 'gone') END`;

/** Of several rows of one object and time, what was seen goes last, so that it stands. */
export const STATE_PLACE_SQL = `CASE kind WHEN 'seen' THEN 2 WHEN 'gone' THEN 2 WHEN 'again' THEN 1 WHEN 'point' THEN 3 ELSE 0 END`;

/** The order of an object's rows, and the object. */
export const STATE_ORDER_SQL = 'PARTITION BY tenant, object_id ORDER BY observed_at, place, source, stream';

/**
 * The rows of `from` (tenant, object_id, observed_at, place, source, stream, kind, content_hash, event_key, ...) with `head_key`, that
 * of the row which last said what the object is, and `state`, that of the object after the row: `deleted`, or `present` or `missed` with
 * the content. Missed once, an object may merely have moved between two pages; it is deleted when the vendor says so, when a pinned
 * listing lacks it, or when two listings in a row do.
 */
export function statesSql(from: string): string {
  // What was seen or said to be gone begins a stretch; misses are counted within it.
  const within = `OVER (PARTITION BY tenant, object_id, stretch ORDER BY observed_at, place, source, stream ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`;
  return `SELECT *, CASE
    WHEN head_kind = 'gone' OR pinned_misses > 0 OR misses > 1 THEN 'deleted'
    WHEN misses = 1 THEN CONCAT('missed ', head_hash)
    ELSE CONCAT('present ', head_hash)
  END AS state
FROM (
  SELECT *, FIRST_VALUE(kind) ${within} AS head_kind, FIRST_VALUE(content_hash) ${within} AS head_hash, FIRST_VALUE(event_key) ${within} AS head_key,
    COUNTIF(kind IN ('miss', 'pinned')) ${within} AS misses, COUNTIF(kind = 'pinned') ${within} AS pinned_misses
  FROM (
    SELECT *, COUNTIF(kind IN ('seen', 'gone', 'again')) OVER (${STATE_ORDER_SQL} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS stretch
    FROM ${from}
  )
)`;
}

const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

/** The query of `<table>_history`. Rows that change nothing are not in it: `valid_from` is when the state began. */
export function historySql(table: TableDefinition, source: string): string {
  const columns = quoted(tableColumns(table).map(({ name }) => name));
  return `WITH rows_of_objects AS (
  SELECT *, ${STATE_PLACE_SQL} AS place FROM (SELECT *, ${STATE_KIND_SQL} AS kind FROM ${source})
),
states AS (
${statesSql('rows_of_objects')}
),
marked AS (
  SELECT *, state = 'deleted' AS deleted, IF(state = 'deleted', state, head_hash) AS shown FROM states
),
compared AS (
  SELECT *, LAG(shown) OVER (${STATE_ORDER_SQL}) AS shown_before FROM marked
),
bounded AS (
  SELECT *, observed_at AS valid_from, LEAD(observed_at) OVER (${STATE_ORDER_SQL}) AS valid_to
  FROM compared WHERE shown_before IS NULL OR shown != shown_before
)
SELECT valid_from, valid_to, deleted, ${columns}
FROM bounded WHERE valid_to IS NULL OR valid_to > valid_from`;
}

/** The views over one state table, in the order they can be created in. */
export function stateViews(table: TableDefinition): readonly ViewDefinition[] {
  const history = `${table.name}_history`;
  return [
    {
      name: history,
      dataset: 'lake',
      description: `Every state of every object of ${table.name}, from valid_from up to and without valid_to; NULL: it still holds.`,
      sql: ({ project, lake }) => historySql(table, `\`${project}.${lake}.${table.name}\``),
    },
    {
      name: `${table.name}_latest`,
      dataset: 'lake',
      description: `The last known state of every object of ${table.name}; objects that are no more are deleted.`,
      sql: ({ project, lake }) => `SELECT * EXCEPT (valid_to) FROM \`${project}.${lake}.${history}\` WHERE valid_to IS NULL`,
    },
  ];
}
