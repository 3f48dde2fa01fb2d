/** What publish noted beside the rows, as people look at it: open rejects by reason, and drift by path. Never texts or values. */
import type { BigQuery } from '@google-cloud/bigquery';
import type { Config } from '../activities/config';
import { lakeCall } from '../activities/lake/client';

/** What is asked of rejects and drift; an absent member asks for all. */
export interface FoundFilter {
  readonly source?: string;
  readonly table?: string;
  /** Recorded at or after, RFC 3339. */
  readonly since: string;
}

/** Open rejects of one table, source and stream with one reason. Times are RFC 3339 UTC. */
export interface RejectGroup {
  readonly table: string;
  readonly source: string;
  readonly stream: string;
  readonly reason: string;
  readonly count: number;
  /** Of these, the ones whose text is kept whole: they are replayed from it. The others need their window read again. */
  readonly whole: number;
  readonly first: string;
  readonly last: string;
  /** Where in the item, of the newest. */
  readonly detail: string | null;
}

const SECONDS = (column: string): string => `FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%SZ', ${column})`;

const FILTER = `(@source = '' OR source = @source) AND (@table = '' OR table_name = @table) AND recorded_at >= TIMESTAMP(@since)`;

const paramsOf = ({ source = '', table = '', since }: FoundFilter): Record<string, string> => ({ source, table, since });

/** Throws LAKE_*. Most frequent first within a table. */
export async function readRejectGroups(bigquery: BigQuery, lake: Config['lake'], filter: FoundFilter): Promise<RejectGroup[]> {
  const query = `
SELECT table_name AS \`table\`, source, stream, reason, COUNT(*) AS count, COUNTIF(item_whole) AS whole,
  ${SECONDS('MIN(recorded_at)')} AS \`first\`, ${SECONDS('MAX(recorded_at)')} AS \`last\`,
  ARRAY_AGG(detail ORDER BY recorded_at DESC LIMIT 1)[SAFE_OFFSET(0)] AS detail
FROM \`${lake.project}.${lake.datasets.ops}.open_rejects\`
WHERE ${FILTER}
GROUP BY table_name, source, stream, reason
ORDER BY table_name, count DESC, source, stream, reason`;
  return await rowsOf<RejectGroup>(bigquery, lake, `view ${lake.datasets.ops}.open_rejects`, query, paramsOf(filter));
}

/** One open reject, by its place. */
export interface RejectPlace {
  readonly rejectId: string;
  readonly recordedAt: string;
  readonly table: string;
  readonly unit: string;
  readonly objectName: string | null;
  readonly objectRow: number | null;
  readonly reason: string;
  readonly detail: string | null;
}

/** The newest. Throws LAKE_*. */
export async function readNewestRejects(
  bigquery: BigQuery,
  lake: Config['lake'],
  filter: FoundFilter,
  limit: number,
): Promise<RejectPlace[]> {
  const query = `
SELECT reject_id AS rejectId, ${SECONDS('recorded_at')} AS recordedAt, table_name AS \`table\`, unit, object_name AS objectName, object_row AS objectRow, reason, detail
FROM \`${lake.project}.${lake.datasets.ops}.open_rejects\`
WHERE ${FILTER}
ORDER BY recorded_at DESC, reject_id
LIMIT ${String(limit)}`;
  return await rowsOf<RejectPlace>(bigquery, lake, `view ${lake.datasets.ops}.open_rejects`, query, paramsOf(filter));
}

/** What records of a table had at a path and no column asked for, or had in another type. */
export interface DriftPath {
  readonly table: string;
  readonly path: string;
  /** JSON type met. */
  readonly code: string;
  readonly count: number;
  /** Bytes of the longest text; null where none was met. */
  readonly lengthMax: number | null;
  readonly characters: string | null;
  readonly sources: readonly string[];
  readonly first: string;
  readonly last: string;
}

/** Throws LAKE_*. Most frequent first within a table. */
export async function readDrift(bigquery: BigQuery, lake: Config['lake'], filter: FoundFilter): Promise<DriftPath[]> {
  const query = `
SELECT table_name AS \`table\`, path, code, SUM(count) AS count, MAX(length_max) AS lengthMax,
  STRING_AGG(DISTINCT characters, ', ' ORDER BY characters) AS characters, ARRAY_AGG(DISTINCT source ORDER BY source) AS sources,
  ${SECONDS('MIN(recorded_at)')} AS \`first\`, ${SECONDS('MAX(recorded_at)')} AS \`last\`
FROM \`${lake.project}.${lake.datasets.ops}.drift\`
WHERE ${FILTER}
GROUP BY table_name, path, code
ORDER BY table_name, count DESC, path, code`;
  type Row = Omit<DriftPath, 'count' | 'lengthMax'> & { readonly count: unknown; readonly lengthMax: unknown };
  const rows = await rowsOf<Row>(bigquery, lake, `${lake.datasets.ops}.drift`, query, paramsOf(filter));
  // Sums come as numbers or as decimals, which Number() takes too.
  return rows.map((row) => ({ ...row, count: Number(row.count), lengthMax: row.lengthMax === null ? null : Number(row.lengthMax) }));
}

async function rowsOf<Row>(
  bigquery: BigQuery,
  lake: Config['lake'],
  what: string,
  query: string,
  params: Record<string, string>,
): Promise<Row[]> {
  return await lakeCall(what, async () => {
    const [rows] = (await bigquery.query({ query, params, location: lake.location })) as [Row[], ...unknown[]];
    return rows;
  });
}
