/**
 * `ops.coverage`: for every hour of every stream, what is known of it. One row per source, stream and hour from the moment
 * the stream was opened up to now, made from the facts of `ops.units` alone.
 *
 * An hour is `complete` when reads that started at least the settle lag after its end together cover it, `settled` when
 * reads that started after the horizon cover it and found nothing new (a read of a part nothing had read before settles
 * that part at once), `partial` when reads cover some of it or cover it too early, `missing` when none does, and `open`
 * while it runs or is younger than the lag. The first hour of a stream is judged from the opening on. The lag and the
 * horizon are those in force at the time of each read. Joins are on equal keys, so that BigQuery can distribute them.
 */
import type { ViewDefinition } from './view';

/** From worst to best; `quarantined` and `out_of_retention` follow with the facts they rest on. */
export const COVERAGE_STATES = ['missing', 'partial', 'open', 'complete', 'settled'] as const;
export type CoverageState = (typeof COVERAGE_STATES)[number];

/** From the facts: streams with their hours, reads by the hours they touch, and what each found. */
const factsSql = (units: string, now: string): string => `streams AS (
  SELECT
    source, stream,
    MIN(IF(fact = 'stream_opened', window_from, NULL)) AS opened_at,
    IFNULL(ARRAY_AGG(settle_lag_ms IGNORE NULLS ORDER BY recorded_at DESC LIMIT 1)[SAFE_OFFSET(0)], 0) AS lag_ms
  FROM ${units}
  GROUP BY source, stream
),
hours AS (
  SELECT
    s.source, s.stream, s.lag_ms, hour_start,
    GREATEST(hour_start, s.opened_at) AS judged_from,
    TIMESTAMP_ADD(hour_start, INTERVAL 1 HOUR) AS judged_to
  FROM streams AS s
  CROSS JOIN UNNEST(GENERATE_TIMESTAMP_ARRAY(TIMESTAMP_TRUNC(s.opened_at, HOUR), ${now}, INTERVAL 1 HOUR)) AS hour_start
  WHERE s.opened_at IS NOT NULL
),
reads AS (
  SELECT
    source, stream, unit,
    MIN(window_from) AS window_from, MAX(window_to) AS window_to, MIN(read_started_at) AS read_started_at,
    MAX(IFNULL(settle_lag_ms, 0)) AS lag_ms, MAX(IFNULL(horizon_ms, 0)) AS horizon_ms, MAX(seq) AS seq
  FROM ${units}
  WHERE fact = 'published' AND window_from < window_to
  GROUP BY source, stream, unit
),
found AS (
  SELECT u.source, u.stream, u.unit, h.hour AS hour_start, SUM(h.inserted) AS inserted
  FROM ${units} AS u
  CROSS JOIN UNNEST(u.hours) AS h
  WHERE u.fact = 'published'
  GROUP BY source, stream, unit, hour_start
),
inserted AS (
  SELECT source, stream, hour_start, SUM(inserted) AS inserted FROM found GROUP BY source, stream, hour_start
),
read_hours AS (
  SELECT r.*, hour_start
  FROM reads AS r
  CROSS JOIN UNNEST(GENERATE_TIMESTAMP_ARRAY(TIMESTAMP_TRUNC(r.window_from, HOUR), TIMESTAMP_SUB(r.window_to, INTERVAL 1 MICROSECOND), INTERVAL 1 HOUR)) AS hour_start
)`;

/**
 * From the reads of an hour to the microseconds of it that are covered: by any read, by reads that make it complete, and
 * by reads that settle it. Pieces in the order of their starts each add what lies beyond the furthest end so far.
 */
const COVERED_SQL = `pieces AS (
  SELECT
    r.source, r.stream, r.hour_start, r.unit, r.read_started_at, r.seq,
    GREATEST(r.window_from, h.judged_from) AS piece_from,
    LEAST(r.window_to, h.judged_to) AS piece_to,
    r.read_started_at >= TIMESTAMP_ADD(h.judged_to, INTERVAL r.lag_ms MILLISECOND) AS after_lag,
    r.read_started_at >= TIMESTAMP_ADD(h.judged_to, INTERVAL r.horizon_ms MILLISECOND) AS after_horizon,
    IFNULL(f.inserted, 0) AS inserted
  FROM read_hours AS r
  JOIN hours AS h ON h.source = r.source AND h.stream = r.stream AND h.hour_start = r.hour_start
  LEFT JOIN found AS f ON f.source = r.source AND f.stream = r.stream AND f.unit = r.unit AND f.hour_start = r.hour_start
  WHERE r.window_from < h.judged_to AND r.window_to > h.judged_from
),
corrections AS (
  SELECT DISTINCT p.source, p.stream, p.hour_start, p.unit
  FROM pieces AS p
  JOIN pieces AS earlier
    ON earlier.source = p.source AND earlier.stream = p.stream AND earlier.hour_start = p.hour_start
  WHERE p.after_horizon AND p.inserted > 0
    AND earlier.piece_from < p.piece_to AND earlier.piece_to > p.piece_from
    AND (earlier.read_started_at < p.read_started_at OR (earlier.read_started_at = p.read_started_at AND earlier.unit < p.unit))
),
graded AS (
  SELECT p.source, p.stream, p.hour_start, p.piece_from, p.piece_to, p.read_started_at, p.seq, grade
  FROM pieces AS p
  LEFT JOIN corrections AS c ON c.source = p.source AND c.stream = p.stream AND c.hour_start = p.hour_start AND c.unit = p.unit
  CROSS JOIN UNNEST(['read', 'complete', 'settled']) AS grade
  WHERE grade = 'read' OR (grade = 'complete' AND p.after_lag) OR (grade = 'settled' AND p.after_horizon AND c.unit IS NULL)
),
chained AS (
  SELECT
    source, stream, hour_start, grade, piece_from, piece_to, read_started_at, seq,
    MAX(piece_to) OVER (
      PARTITION BY source, stream, hour_start, grade ORDER BY piece_from, piece_to
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS reached
  FROM graded
),
spans AS (
  SELECT
    source, stream, hour_start, grade, read_started_at, seq,
    GREATEST(0, TIMESTAMP_DIFF(piece_to, GREATEST(piece_from, IFNULL(reached, piece_from)), MICROSECOND)) AS added_us
  FROM chained
),
covered AS (
  SELECT
    source, stream, hour_start,
    SUM(IF(grade = 'read', added_us, 0)) AS read_us,
    SUM(IF(grade = 'complete', added_us, 0)) AS complete_us,
    SUM(IF(grade = 'settled', added_us, 0)) AS settled_us,
    COUNTIF(grade = 'read') AS reads,
    MAX(read_started_at) AS last_read_started_at,
    MAX(seq) AS seq
  FROM spans
  GROUP BY source, stream, hour_start
)`;

const judgedSql = (now: string): string => `measured AS (
  SELECT
    h.source, h.stream, h.hour_start, h.judged_to,
    TIMESTAMP_DIFF(h.judged_to, h.judged_from, MICROSECOND) AS judged_us,
    TIMESTAMP_ADD(h.judged_to, INTERVAL h.lag_ms MILLISECOND) > ${now} AS young,
    IFNULL(c.read_us, 0) AS read_us, IFNULL(c.complete_us, 0) AS complete_us, IFNULL(c.settled_us, 0) AS settled_us,
    IFNULL(c.reads, 0) AS reads, IFNULL(i.inserted, 0) AS inserted, c.last_read_started_at, c.seq
  FROM hours AS h
  LEFT JOIN covered AS c ON c.source = h.source AND c.stream = h.stream AND c.hour_start = h.hour_start
  LEFT JOIN inserted AS i ON i.source = h.source AND i.stream = h.stream AND i.hour_start = h.hour_start
)
SELECT
  source, stream, hour_start AS hour,
  CASE
    WHEN settled_us >= judged_us THEN 'settled'
    WHEN complete_us >= judged_us THEN 'complete'
    WHEN young THEN 'open'
    WHEN read_us > 0 THEN 'partial'
    ELSE 'missing'
  END AS state,
  CAST(FLOOR(judged_us / 1000000) AS INT64) AS judged_seconds,
  CAST(FLOOR(read_us / 1000000) AS INT64) AS covered_seconds,
  reads, inserted, last_read_started_at, seq
FROM measured`;

/** The query of the view. `now` is a TIMESTAMP expression: the view's own clock, or another for a test. */
export function coverageSql(units: string, now = 'CURRENT_TIMESTAMP()'): string {
  return `WITH\n${factsSql(units, now)},\n${COVERED_SQL},\n${judgedSql(now)}`;
}

export const coverageView: ViewDefinition = {
  name: 'coverage',
  dataset: 'ops',
  description: 'What is known of every hour of every stream: settled, complete, partial, missing, or still open.',
  sql: (names) => coverageSql(`\`${names.project}.${names.ops}.units\``),
};
