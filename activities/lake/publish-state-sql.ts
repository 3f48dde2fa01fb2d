/**
 * What publish does for a state table, inside the transaction: which of the arrived observations say something new, and which
 * rows the listings call for beside them. Whatever order units arrive in, the rows that are stored tell the same history as all
 * observations in the order of their times.
 *
 * An observation of a complete listing that changes nothing is not stored: the fact of the listing in ops.units stands for it.
 * So what every listing saw can be told again from the rows and the facts (`points`): an object in a state of presence, whose
 * stream knew it, and that has no row at the listing's time, was seen as it was; one that was deleted was not seen. Then all
 * that is known is put in order, states are made of it, and what changes a state and is no row yet becomes one.
 *
 * A stream knows an object from the first row it gave of it, which is therefore stored even when it changes nothing, like
 * observations outside of complete listings: nothing else would remember them. A listing with rejects does not say
 * what it lacks, since a reject may be it; such objects get a row that says nothing, so that nobody takes them for seen.
 */
import { tableColumns } from '../../schemas/envelope';
import { STATE_KIND_SQL, STATE_KINDS, STATE_ORDER_SQL, STATE_PLACE_SQL, statesSql } from '../../schemas/views/state';
import type { PublishTables } from './publish-sql';

/** Whether a row was made by publish, by the class of its key. */
export const madeKeysSql = `SUBSTR(event_key, 1, 2) IN (${Object.values(STATE_KINDS)
  .map((letter) => `'${letter}.'`)
  .join(', ')})`;

/** Makes the temporary tables `arrived`, as of other tables, `made` (rows to make) and `made_counts` (per unit). */
export function stateArrivedSql(tables: PublishTables): string {
  const { project, datasets, table } = tables;
  const lake = `\`${project}.${datasets.lake}.${table.name}\``;
  return [
    observedSql(tables),
    listingsSql(table.name, `\`${project}.${datasets.ops}.units\``),
    storedSql(lake),
    sightsSql(),
    pointsSql(),
    arrivalsSql(),
    judgedSql(),
    outcomesSql(),
  ].join('\n');
}

/** The staged rows of fresh units. Rows of one object and time are one observation. */
function observedSql({ project, datasets, rows }: PublishTables): string {
  if (rows === undefined) {
    return `CREATE TEMP TABLE observed AS
SELECT * FROM (SELECT '' AS object_name, 0 AS object_row, '' AS unit, '' AS source, '' AS stream, '' AS tenant, '' AS object_id,
  CURRENT_TIMESTAMP() AS observed_at, TRUE AS present, '' AS event_key, '' AS content_hash, 1 AS copy, '' AS first_hash, TRUE AS first_present) WHERE FALSE;`;
  }
  const twins = 'OVER (PARTITION BY event_key ORDER BY ingest.unit, ingest.object, ingest.row)';
  return `CREATE TEMP TABLE observed AS
SELECT ingest.object AS object_name, ingest.row AS object_row, ingest.unit AS unit, source, stream, tenant, object_id, observed_at, present, event_key, content_hash,
  ROW_NUMBER() ${twins} AS copy, FIRST_VALUE(content_hash) ${twins} AS first_hash, FIRST_VALUE(present) ${twins} AS first_present
FROM \`${project}.${datasets.staging}.${rows}\`
WHERE ingest.unit IN UNNEST(fresh);`;
}

/** Complete listings, published and fresh ones, from the earliest time this batch says something about. */
function listingsSql(table: string, units: string): string {
  const text = (name: string): string => `JSON_VALUE(u, '$.${name}')`;
  return `CREATE TEMP TABLE listings AS
WITH complete AS (
  SELECT unit, source, stream, tenant, connector, observed_at, IFNULL(snapshot_pinned, FALSE) AS is_pinned, IFNULL(rejected, 0) AS rejected, FALSE AS is_new
  FROM ${units}
  WHERE fact = 'published' AND table_name = '${table}' AND snapshot_complete AND observed_at IS NOT NULL
  UNION ALL
  SELECT ${text('unit')}, ${text('source')}, ${text('stream')}, ${text('tenant')}, ${text('connector')}, TIMESTAMP(${text('observed_at')}),
    IFNULL(${text('snapshot_pinned')} = 'true', FALSE), IFNULL(CAST(${text('rejected')} AS INT64), 0), TRUE
  FROM UNNEST(JSON_QUERY_ARRAY(@units)) AS u
  WHERE ${text('unit')} IN UNNEST(fresh) AND ${text('snapshot_complete')} = 'true' AND ${text('observed_at')} IS NOT NULL
),
begins AS (
  SELECT MIN(observed_at) AS since FROM (SELECT observed_at FROM observed UNION ALL SELECT observed_at FROM complete WHERE is_new)
)
SELECT c.* FROM complete AS c CROSS JOIN begins AS b
WHERE c.observed_at >= b.since
QUALIFY ROW_NUMBER() OVER (PARTITION BY c.tenant, c.source, c.stream, c.observed_at ORDER BY c.is_new, c.unit) = 1;`;
}

/** All rows of the objects this batch says something about: those it has, and those its listings may lack. */
function storedSql(lake: string): string {
  return `CREATE TEMP TABLE stored AS
WITH affected AS (
  SELECT tenant, object_id FROM observed
  UNION DISTINCT
  SELECT t.tenant, t.object_id FROM ${lake} AS t
  JOIN (SELECT DISTINCT tenant, source, stream FROM listings WHERE is_new) AS l ON l.tenant = t.tenant AND l.source = t.source AND l.stream = t.stream
)
SELECT t.tenant, t.object_id, t.observed_at, t.source, t.stream, t.event_key, t.content_hash, t.present, ${STATE_KIND_SQL} AS kind
FROM ${lake} AS t JOIN affected AS a ON a.tenant = t.tenant AND a.object_id = t.object_id;`;
}

/** From when on each stream knows each object: with this batch, and without it. */
function sightsSql(): string {
  return `CREATE TEMP TABLE sights AS
SELECT tenant, object_id, source, stream, MIN(observed_at) AS known_from, MIN(IF(was_stored, observed_at, NULL)) AS was_known_from
FROM (
  SELECT tenant, object_id, source, stream, observed_at, TRUE AS was_stored FROM stored WHERE kind IN ('seen', 'gone')
  UNION ALL
  SELECT tenant, object_id, source, stream, observed_at, FALSE FROM observed
)
GROUP BY tenant, object_id, source, stream;`;
}

/** What each listing says of each object its stream knew and that has no row of it. */
function pointsSql(): string {
  const same = (left: string, right: string): string =>
    ['tenant', 'object_id', 'source', 'stream'].map((name) => `${left}.${name} = ${right}.${name}`).join(' AND ');
  return `CREATE TEMP TABLE points AS
WITH open_points AS (
  SELECT s.tenant, s.object_id, l.observed_at, l.source, l.stream, l.unit, l.connector, l.is_pinned, l.rejected, l.is_new,
    NOT l.is_new AND IFNULL(s.was_known_from <= l.observed_at, FALSE) AS was_known
  FROM sights AS s
  JOIN listings AS l ON l.tenant = s.tenant AND l.source = s.source AND l.stream = s.stream AND l.observed_at > s.known_from
  LEFT JOIN stored AS k ON ${same('k', 's')} AND k.observed_at = l.observed_at
  LEFT JOIN (SELECT DISTINCT tenant, object_id, source, stream, observed_at FROM observed) AS o
    ON l.is_new AND ${same('o', 's')} AND o.observed_at = l.observed_at
  WHERE k.object_id IS NULL AND o.object_id IS NULL
),
timeline AS (
  SELECT tenant, object_id, observed_at, source, stream, kind, content_hash, event_key, ${STATE_PLACE_SQL} AS place FROM stored
  UNION ALL
  SELECT tenant, object_id, observed_at, source, stream, 'point', CAST(NULL AS STRING), CAST(NULL AS STRING), 3 FROM open_points WHERE was_known
),
before AS (
${statesSql('timeline')}
)
SELECT p.*, b.head_hash AS content_hash, b.head_key AS event_key,
  CASE
    WHEN STARTS_WITH(b.state, 'present ') THEN 'again'
    WHEN p.rejected > 0 THEN 'unseen'
    WHEN p.is_pinned THEN 'pinned'
    ELSE 'miss'
  END AS kind
FROM open_points AS p
LEFT JOIN before AS b ON b.kind = 'point' AND ${same('b', 'p')} AND b.observed_at = p.observed_at;`;
}

/** The staged rows with their fate where it is known by now: an object is one thing at one time. */
function arrivalsSql(): string {
  const equal = (left: string): string => `IF(o.content_hash = ${left}_hash AND o.present = ${left}_present, 'duplicate', 'conflict')`;
  return `CREATE TEMP TABLE arrivals AS
SELECT o.*, IF(o.present, 'seen', 'gone') AS kind, l.unit IS NOT NULL AS is_listed, s.known_from = o.observed_at AS is_first,
  CASE
    WHEN k.event_key IS NOT NULL THEN ${equal('k.stored')}
    WHEN p.object_id IS NOT NULL THEN ${equal('p.listed')}
    WHEN o.copy > 1 THEN ${equal('o.first')}
  END AS fate
FROM observed AS o
LEFT JOIN (SELECT event_key, content_hash AS stored_hash, present AS stored_present FROM stored) AS k ON k.event_key = o.event_key
LEFT JOIN (SELECT tenant, object_id, source, stream, observed_at, content_hash AS listed_hash, TRUE AS listed_present FROM points WHERE kind = 'again') AS p
  ON p.tenant = o.tenant AND p.object_id = o.object_id AND p.source = o.source AND p.stream = o.stream AND p.observed_at = o.observed_at
LEFT JOIN listings AS l ON l.tenant = o.tenant AND l.source = o.source AND l.stream = o.stream AND l.observed_at = o.observed_at
LEFT JOIN sights AS s ON s.tenant = o.tenant AND s.object_id = o.object_id AND s.source = o.source AND s.stream = o.stream;`;
}

/** Everything in order; whether each is a row, is to become one, or is told by others. The key of a point is that of the row it repeats. */
function judgedSql(): string {
  const upTo = `OVER (${STATE_ORDER_SQL} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`;
  return `CREATE TEMP TABLE judged AS
WITH known AS (
  SELECT tenant, object_id, observed_at, source, stream, kind, content_hash, event_key, 'stored' AS origin, '' AS unit, '' AS connector, '' AS fresh_unit,
    '' AS object_name, 0 AS object_row, FALSE AS is_kept
  FROM stored
  UNION ALL
  SELECT tenant, object_id, observed_at, source, stream, kind, content_hash, event_key, 'point', unit, connector, IF(is_new, unit, ''), '', 0, FALSE
  FROM points
  UNION ALL
  SELECT tenant, object_id, observed_at, source, stream, kind, content_hash, event_key, 'arrived', unit, '', unit, object_name, object_row,
    NOT is_listed OR is_first OR kind = 'gone'
  FROM arrivals WHERE fate IS NULL
),
placed AS (SELECT *, ${STATE_PLACE_SQL} AS place FROM known),
states AS (
${statesSql('placed')}
),
compared AS (SELECT *, IFNULL(LAG(state) OVER (${STATE_ORDER_SQL}), '') AS state_before FROM states),
decided AS (
  SELECT *, CASE
      WHEN origin = 'stored' THEN TRUE
      WHEN kind = 'unseen' THEN state != 'deleted'
      ELSE is_kept OR state != state_before
    END AS is_row
  FROM compared
)
SELECT *,
  LAST_VALUE(IF(is_row AND kind IN ('seen', 'again'), event_key, NULL) IGNORE NULLS) ${upTo} AS last_key,
  LAST_VALUE(NULLIF(fresh_unit, '') IGNORE NULLS) ${upTo} AS cause
FROM decided;`;
}

function outcomesSql(): string {
  const classes = Object.entries(STATE_KINDS).map(([kind, letter]) => `WHEN '${kind}' THEN '${letter}.'`);
  const identity = `CONCAT(tenant, '\\n', object_id, '\\n', source, '\\n', stream, '\\n', CAST(UNIX_MICROS(observed_at) AS STRING))`;
  return `CREATE TEMP TABLE arrived AS
SELECT object_name, object_row, unit, event_key, content_hash, fate FROM arrivals WHERE fate IS NOT NULL
UNION ALL
SELECT object_name, object_row, unit, event_key, content_hash, IF(is_row, 'inserted', 'duplicate') FROM judged WHERE origin = 'arrived';
CREATE TEMP TABLE made AS
SELECT tenant, object_id, observed_at, source, stream, connector, unit, kind, last_key, cause, kind IN ('again', 'unseen') AS is_copy,
  CONCAT(CASE kind ${classes.join(' ')} END, TO_HEX(SHA256(${identity}))) AS made_key
FROM judged WHERE origin = 'point' AND is_row;
CREATE TEMP TABLE made_counts AS
SELECT cause AS unit, COUNTIF(kind != 'again') AS absences, COUNTIF(kind = 'again') AS reasserted FROM made GROUP BY cause;`;
}

/**
 * A row that says an object was missed has no record and none of its columns, but the content it had last; one that says it was
 * seen again, or that nothing is known, has all of the row it repeats, and where the line of that one is. Runs after the arrived
 * rows are inserted, which may be what is repeated.
 */
export function insertMadeSql({ project, datasets, table }: PublishTables): string {
  const lake = `\`${project}.${datasets.lake}.${table.name}\``;
  const own: Readonly<Record<string, string>> = {
    ...Object.fromEntries(['object_id', 'tenant', 'source', 'stream', 'connector', 'observed_at'].map((name) => [name, `m.${name}`])),
    event_time: 'm.observed_at',
    event_key: 'm.made_key',
    content_hash: 't.content_hash',
    present: 'm.is_copy',
    ingest: `STRUCT(m.unit AS unit, IF(m.is_copy, t.ingest.object, NULL) AS object, IF(m.is_copy, t.ingest.row, NULL) AS \`row\`,
    IF(m.is_copy, t.ingest.fetched_at, NULL) AS fetched_at, t.ingest.schema_version AS schema_version, IF(m.is_copy, t.ingest.notes, []) AS notes)`,
    batch: '@batch',
    ingested_at: 'CURRENT_TIMESTAMP()',
  };
  const names = tableColumns(table).map(({ name }) => name);
  const repeated = new Set(tableColumns(table).flatMap(({ name, mode }) => (mode === 'REPEATED' ? [name] : [])));
  const values = names.map((name) => own[name] ?? `IF(m.is_copy, t.\`${name}\`, ${repeated.has(name) ? '[]' : 'NULL'})`);
  return `INSERT INTO ${lake} (${names.map((name) => `\`${name}\``).join(', ')})
SELECT ${values.join(', ')}
FROM made AS m JOIN ${lake} AS t ON t.event_key = m.last_key;`;
}
