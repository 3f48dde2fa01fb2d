/**
 * The publish transaction as text. Everything it decides, it decides inside the transaction: which units are new to the
 * ledger, which keys are new to the table. The lock row makes two publishers of one table conflict, so that one commits.
 *
 * Parameters: @batch STRING, @units STRING (a JSON array of PublishedUnit).
 */
import type { TableDefinition } from '../../schemas/table';
import { STAGED_REJECT_COLUMNS } from '../../schemas/ops/rejects';
import { openRejectsFrom } from '../../schemas/views/rejects';
import { findingsSql } from './findings-sql';
import { insertMadeSql, madeKeysSql, stateArrivedSql } from './publish-state-sql';

export interface PublishTables {
  readonly project: string;
  readonly datasets: { readonly lake: string; readonly staging: string; readonly ops: string };
  readonly table: TableDefinition;
  /** Vendor and envelope columns a part's line holds, without the staging-only ones. */
  readonly columns: readonly string[];
  /** Staging table of the rows; undefined when the batch has none. */
  readonly rows: string | undefined;
  /** Staging table of the rejects; undefined when the batch has none. */
  readonly rejects: string | undefined;
  /** Staging table of the rejects that replay units of the batch deal with; undefined when it has no such unit. */
  readonly replays?: string | undefined;
  /** Event days of the rows, `yyyy-mm-dd`. */
  readonly days: readonly string[];
}

export function publishSql(tables: PublishTables): string {
  const { project, datasets, table } = tables;
  const isState = table.kind === 'state';
  const ops = (name: string): string => `\`${project}.${datasets.ops}.${name}\``;
  return `
DECLARE fresh ARRAY<STRING>;
BEGIN TRANSACTION;
UPDATE ${ops(`lock_${table.name}`)} SET seq = seq + 1 WHERE TRUE;
SET fresh = ARRAY(
  SELECT JSON_VALUE(u, '$.unit') FROM UNNEST(JSON_QUERY_ARRAY(@units)) AS u
  WHERE JSON_VALUE(u, '$.unit') NOT IN (
    SELECT f.unit FROM ${ops('units')} AS f WHERE f.fact = 'published' AND f.table_name = '${table.name}' AND f.unit IS NOT NULL
  )
);
${isState ? stateArrivedSql(tables) : arrivedSql(tables)}
${tables.rows === undefined ? '' : insertRowsSql(tables, tables.rows)}
${isState ? insertMadeSql(tables) : ''}
${tables.rows === undefined ? '' : conflictsSql(tables, tables.rows, ops('rejects'))}
${tables.replays === undefined ? '' : replaysSql(tables, tables.replays, ops('replays'))}
${tables.rejects === undefined ? '' : rejectsSql(tables, tables.rejects, { rejects: ops('rejects'), replays: ops('replays') })}
${landedSql(tables)}
${factsSql(tables, ops)}
${findingsSql(table.name, ops)}
COMMIT TRANSACTION;
`;
}

/** One row per staged row of a fresh unit: its final key and what becomes of it. */
function arrivedSql(tables: PublishTables): string {
  const { project, datasets, table, rows } = tables;
  if (rows === undefined) {
    return `CREATE TEMP TABLE arrived AS
SELECT * FROM (SELECT '' AS object_name, 0 AS object_row, '' AS unit, '' AS event_key, '' AS content_hash, '' AS fate) WHERE FALSE;`;
  }
  // Byte-equal class C records of one unit are as many events: they are numbered. Equal keys of other classes are one event.
  return `CREATE TEMP TABLE arrived AS
WITH numbered AS (
  SELECT ingest.object AS object_name, ingest.row AS object_row, ingest.unit AS unit, event_key, content_hash, key_class,
    ROW_NUMBER() OVER (PARTITION BY ingest.unit, event_key ORDER BY ingest.object, ingest.row) AS twin
  FROM \`${project}.${datasets.staging}.${rows}\`
  WHERE ingest.unit IN UNNEST(fresh)
),
keyed AS (
  SELECT object_name, object_row, unit, content_hash,
    IF(key_class = 'C' AND twin > 1, CONCAT(event_key, '.', CAST(twin AS STRING)), event_key) AS event_key
  FROM numbered
),
ranked AS (
  SELECT object_name, object_row, unit, content_hash, event_key,
    ROW_NUMBER() OVER (PARTITION BY event_key ORDER BY unit, object_name, object_row) AS copy,
    FIRST_VALUE(content_hash) OVER (PARTITION BY event_key ORDER BY unit, object_name, object_row) AS first_hash
  FROM keyed
),
known AS (
  SELECT event_key AS known_key, content_hash AS known_hash
  FROM \`${project}.${datasets.lake}.${table.name}\`
  WHERE ${daysSql(table.partition, tables.days)}
)
SELECT object_name, object_row, unit, event_key, content_hash,
  CASE
    WHEN known_key IS NULL AND copy = 1 THEN 'inserted'
    WHEN content_hash = IFNULL(known_hash, first_hash) THEN 'duplicate'
    ELSE 'conflict'
  END AS fate
FROM ranked LEFT JOIN known ON known_key = event_key;`;
}

function insertRowsSql(tables: PublishTables, rows: string): string {
  const { project, datasets, table, columns } = tables;
  const selected = columns.map((column) => (column === 'event_key' ? 'a.event_key' : `s.\`${column}\``)).join(', ');
  return `INSERT INTO \`${project}.${datasets.lake}.${table.name}\` (${columns.map((column) => `\`${column}\``).join(', ')}, batch, ingested_at)
SELECT ${selected}, @batch, CURRENT_TIMESTAMP()
FROM \`${project}.${datasets.staging}.${rows}\` AS s
JOIN arrived AS a ON s.ingest.object = a.object_name AND s.ingest.row = a.object_row
WHERE a.fate = 'inserted';`;
}

/** A known key with other content is kept as a reject, once per content. */
function conflictsSql(tables: PublishTables, rows: string, rejects: string): string {
  const { project, datasets, table } = tables;
  return `INSERT INTO ${rejects} (recorded_at, batch, reject_id, table_name, connector, source, stream, tenant, unit, object_name, object_row, reason, event_key, event_time, item, fetched_at)
SELECT CURRENT_TIMESTAMP(), @batch, CONCAT('KEY_CONFLICT.', a.event_key, '.', a.content_hash), '${table.name}', s.connector, s.source, s.stream, s.tenant, a.unit,
  a.object_name, a.object_row, 'KEY_CONFLICT', a.event_key, s.event_time, TO_JSON_STRING(s.raw), s.ingest.fetched_at
FROM \`${project}.${datasets.staging}.${rows}\` AS s
JOIN arrived AS a ON s.ingest.object = a.object_name AND s.ingest.row = a.object_row
WHERE a.fate = 'conflict'
  AND CONCAT('KEY_CONFLICT.', a.event_key, '.', a.content_hash) NOT IN (SELECT reject_id FROM ${rejects})
QUALIFY ROW_NUMBER() OVER (PARTITION BY a.event_key, a.content_hash ORDER BY a.unit, a.object_name, a.object_row) = 1;`;
}

/** What the fresh replay units deal with is open no more. */
function replaysSql(tables: PublishTables, staged: string, replays: string): string {
  const { project, datasets, table } = tables;
  return `INSERT INTO ${replays} (recorded_at, batch, table_name, unit, reject_id, rejected_batch)
SELECT CURRENT_TIMESTAMP(), @batch, '${table.name}', unit, reject_id, rejected_batch
FROM \`${project}.${datasets.staging}.${staged}\`
WHERE unit IN UNNEST(fresh);`;
}

/**
 * Byte-equal rejects of one unit are as many items, as twins are among rows: they are numbered, and found again by the same
 * numbers. A reject that is open already is not recorded twice; one that a replay has dealt with, and that is refused again, is
 * open again.
 */
function rejectsSql(tables: PublishTables, staged: string, { rejects, replays }: { rejects: string; replays: string }): string {
  const { project, datasets } = tables;
  const columns = STAGED_REJECT_COLUMNS.map((column) => column.name).join(', ');
  return `INSERT INTO ${rejects} (recorded_at, batch, ${columns})
WITH numbered AS (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY unit, reject_id ORDER BY object_name, object_row) AS twin
  FROM \`${project}.${datasets.staging}.${staged}\`
  WHERE unit IN UNNEST(fresh)
),
named AS (
  SELECT * EXCEPT (twin) REPLACE (IF(twin > 1, CONCAT(reject_id, '.', CAST(twin AS STRING)), reject_id) AS reject_id) FROM numbered
)
SELECT CURRENT_TIMESTAMP(), @batch, ${columns}
FROM named
WHERE reject_id NOT IN (SELECT r.reject_id FROM ${openRejectsFrom(rejects, replays)})
QUALIFY ROW_NUMBER() OVER (PARTITION BY reject_id ORDER BY unit, object_name, object_row) = 1;`;
}

/** What the table holds of this batch now: counted from the table itself, not from what was meant to be inserted. */
function landedSql(tables: PublishTables): string {
  const { project, datasets, table, rows } = tables;
  if (rows === undefined) {
    return `CREATE TEMP TABLE landed AS SELECT * FROM (SELECT '' AS unit, CURRENT_TIMESTAMP() AS hour, 0 AS inserted) WHERE FALSE;`;
  }
  return `CREATE TEMP TABLE landed AS
SELECT ingest.unit AS unit, TIMESTAMP_TRUNC(event_time, HOUR) AS hour, COUNT(*) AS inserted
FROM \`${project}.${datasets.lake}.${table.name}\`
WHERE batch = @batch AND ${daysSql(table.partition, tables.days)}${table.kind === 'state' ? ` AND NOT ${madeKeysSql}` : ''}
GROUP BY unit, hour;`;
}

/** One fact per fresh unit. Joins only: BigQuery does not take correlated subqueries over tables. */
function factsSql(tables: PublishTables, ops: (name: string) => string): string {
  const text = (name: string): string => `JSON_VALUE(u, '$.${name}')`;
  const number = (name: string): string => `CAST(JSON_VALUE(u, '$.${name}') AS INT64)`;
  const time = (name: string): string => `TIMESTAMP(JSON_VALUE(u, '$.${name}'))`;
  const fromUnit: readonly (readonly [column: string, expression: string])[] = [
    ...['source', 'stream', 'tenant', 'connector', 'unit', 'lane', 'axis', 'config_digest', 'schema_digest'].map(
      (name) => [name, text(name)] as const,
    ),
    ...['window_from', 'window_to', 'read_started_at', 'read_finished_at', 'observed_at'].map((name) => [name, time(name)] as const),
    ...['snapshot_complete', 'snapshot_pinned'].map((name) => [name, `CAST(${text(name)} AS BOOL)`] as const),
    ...['settle_lag_ms', 'horizon_ms', 'calls', 'pages', 'received', 'rejected', 'rows_staged'].map(
      (name) => [name, number(name)] as const,
    ),
  ];
  const isState = tables.table.kind === 'state';
  return `INSERT INTO ${ops('units')} (recorded_at, fact, table_name, batch, ${fromUnit.map(([column]) => column).join(', ')}, inserted, duplicates, conflicts, seq, hours${isState ? ', absences, reasserted' : ''})
WITH counted AS (
  SELECT unit, COUNTIF(fate = 'duplicate') AS duplicates, COUNTIF(fate = 'conflict') AS conflicts FROM arrived GROUP BY unit
),
new_rows AS (SELECT unit, SUM(inserted) AS inserted FROM landed GROUP BY unit),
staged_hours AS (
  SELECT JSON_VALUE(u, '$.unit') AS unit, TIMESTAMP(JSON_VALUE(h, '$.hour')) AS hour,
    CAST(JSON_VALUE(h, '$.rows') AS INT64) AS rows_staged, JSON_VALUE(h, '$.fingerprint') AS fingerprint
  FROM UNNEST(JSON_QUERY_ARRAY(@units)) AS u, UNNEST(JSON_QUERY_ARRAY(u, '$.hours')) AS h
),
hours AS (
  SELECT s.unit, ARRAY_AGG(STRUCT(s.hour AS hour, s.rows_staged AS rows_staged, IFNULL(l.inserted, 0) AS inserted, s.fingerprint AS fingerprint) ORDER BY s.hour) AS hours
  FROM staged_hours AS s LEFT JOIN landed AS l ON l.unit = s.unit AND l.hour = s.hour
  GROUP BY s.unit
)
SELECT CURRENT_TIMESTAMP(), 'published', '${tables.table.name}', @batch, ${fromUnit.map(([, expression]) => expression).join(', ')},
  IFNULL(n.inserted, 0), IFNULL(c.duplicates, 0), IFNULL(c.conflicts, 0), k.seq, IFNULL(h.hours, [])${isState ? ', IFNULL(m.absences, 0), IFNULL(m.reasserted, 0)' : ''}
FROM UNNEST(JSON_QUERY_ARRAY(@units)) AS u
CROSS JOIN ${ops(`lock_${tables.table.name}`)} AS k
LEFT JOIN counted AS c ON c.unit = JSON_VALUE(u, '$.unit')
LEFT JOIN new_rows AS n ON n.unit = JSON_VALUE(u, '$.unit')
LEFT JOIN hours AS h ON h.unit = JSON_VALUE(u, '$.unit')${isState ? `\nLEFT JOIN made_counts AS m ON m.unit = JSON_VALUE(u, '$.unit')` : ''}
WHERE JSON_VALUE(u, '$.unit') IN UNNEST(fresh);`;
}

/** Days as the fewest ranges of the partition column, so that only their partitions are read. */
function daysSql(column: string, days: readonly string[]): string {
  const ranges: { from: string; to: string }[] = [];
  for (const day of [...days].sort()) {
    const next = new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
    const last = ranges.at(-1);
    if (last?.to === day) last.to = next;
    else ranges.push({ from: day, to: next });
  }
  const text = ranges.map(
    ({ from, to }) => `(\`${column}\` >= TIMESTAMP '${from} 00:00:00+00' AND \`${column}\` < TIMESTAMP '${to} 00:00:00+00')`,
  );
  return `(${text.join(' OR ')})`;
}
