/**
 * The part of the publish transaction that records what the transform met: drift and redactions, per unit, from the member
 * `findings` of @units. Runs after `fresh` is set.
 */

/**
 * Different paths that are recorded per table and day. Records choose their own member names, so what is new on a day is
 * bounded; what the day has already is counted on.
 */
const PATHS_PER_DAY_MAX = 1_000;

export function findingsSql(table: string, ops: (name: string) => string): string {
  return `INSERT INTO ${ops('drift')} (recorded_at, batch, table_name, source, stream, unit, path, code, count, length_max, characters)
WITH found AS (
${foundSql('drift')}
),
known AS (
  SELECT path, code FROM ${ops('drift')}
  WHERE table_name = '${table}' AND recorded_at >= TIMESTAMP_TRUNC(CURRENT_TIMESTAMP(), DAY)
  GROUP BY path, code
),
ranked AS (
  SELECT f.*, k.path IS NOT NULL AS is_known,
    DENSE_RANK() OVER (PARTITION BY k.path IS NOT NULL ORDER BY f.path, f.code) AS place
  FROM found AS f LEFT JOIN known AS k ON k.path = f.path AND k.code = f.code
),
recorded AS (SELECT COUNT(*) AS paths FROM known)
SELECT CURRENT_TIMESTAMP(), @batch, '${table}', r.source, r.stream, r.unit, r.path, r.code, r.met, r.length_max, r.characters
FROM ranked AS r CROSS JOIN recorded AS d
WHERE r.is_known OR d.paths + r.place <= ${PATHS_PER_DAY_MAX};
INSERT INTO ${ops('redactions')} (recorded_at, batch, table_name, source, stream, unit, path, rule, count)
WITH found AS (
${foundSql('redaction')}
)
SELECT CURRENT_TIMESTAMP(), @batch, '${table}', source, stream, unit, path, code, met FROM found;`;
}

function foundSql(kind: 'drift' | 'redaction'): string {
  return `  SELECT JSON_VALUE(u, '$.source') AS source, JSON_VALUE(u, '$.stream') AS stream, JSON_VALUE(u, '$.unit') AS unit,
    JSON_VALUE(f, '$.path') AS path, JSON_VALUE(f, '$.code') AS code, CAST(JSON_VALUE(f, '$.count') AS INT64) AS met,
    CAST(JSON_VALUE(f, '$.lengthMax') AS INT64) AS length_max, JSON_VALUE(f, '$.characters') AS characters
  FROM UNNEST(JSON_QUERY_ARRAY(@units)) AS u, UNNEST(JSON_QUERY_ARRAY(u, '$.findings')) AS f
  WHERE JSON_VALUE(u, '$.unit') IN UNNEST(fresh) AND JSON_VALUE(f, '$.kind') = '${kind}'`;
}
