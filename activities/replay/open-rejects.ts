/** What `ops` knows of rejects that a replay may deal with, and their texts. Key conflicts are outcomes and never among them. */
import { BASE64_DETAIL } from '../../schemas/ops/rejects';
import type { Deps } from '../deps';
import { TidemarkError } from '../errors';
import { lakeCall } from '../lake/client';

/** One open reject, without its text. Times are RFC 3339 UTC. */
export interface OpenReject {
  readonly rejectId: string;
  /** The publish transaction that recorded it. */
  readonly batch: string;
  readonly source: string;
  readonly stream: string;
  readonly connector: string;
  readonly tenant: string;
  /** Read that met it. */
  readonly unit: string;
  /** Whether its text is the whole item as it was received. */
  readonly itemWhole: boolean;
  readonly itemBytes: number;
  /** The window its read was for; null where it was for none. */
  readonly from: string | null;
  readonly to: string | null;
  /** The time of the listing that it was in; null where it was in none. */
  readonly observedAt: string | null;
}

/** Place in the order of open rejects: whatever comes after it has not been planned. */
export type RejectPosition = readonly [unit: string, rejectId: string, batch: string];

export interface OpenRejectsFilter {
  readonly table: string;
  readonly source?: string;
  readonly reason?: string;
  /** Only what was recorded before, RFC 3339: what a replay refuses again is not replayed by it once more. */
  readonly recordedBefore: string;
  readonly after?: RejectPosition;
}

const ISO = (column: string): string => `FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%E3SZ', ${column})`;

/** At most `limit` open rejects in the order of their positions. Throws LAKE_*. */
export async function readOpenRejects(deps: Deps, filter: OpenRejectsFilter, limit: number): Promise<OpenReject[]> {
  const { project, datasets, location } = deps.config.lake;
  const query = `
SELECT r.reject_id AS rejectId, r.batch AS batch, r.source AS source, r.stream AS stream, IFNULL(r.connector, '') AS connector,
  IFNULL(r.tenant, '') AS tenant, r.unit AS unit, r.item_whole AS itemWhole, r.item_bytes AS itemBytes,
  ${ISO('f.window_from')} AS \`from\`, ${ISO('f.window_to')} AS \`to\`, ${ISO('f.observed_at')} AS observedAt
FROM \`${project}.${datasets.ops}.open_rejects\` AS r
LEFT JOIN \`${project}.${datasets.ops}.units\` AS f ON f.fact = 'published' AND f.table_name = r.table_name AND f.unit = r.unit
WHERE r.table_name = @table AND r.reason != 'KEY_CONFLICT' AND r.recorded_at < TIMESTAMP(@recordedBefore)
  AND (@source = '' OR r.source = @source) AND (@reason = '' OR r.reason = @reason)
  AND (r.unit > @unit OR (r.unit = @unit AND (r.reject_id > @rejectId OR (r.reject_id = @rejectId AND r.batch > @batch))))
ORDER BY r.unit, r.reject_id, r.batch
LIMIT ${String(limit)}`;
  const [unit, rejectId, batch] = filter.after ?? ['', '', ''];
  const { table, source = '', reason = '', recordedBefore } = filter;
  const params = { table, source, reason, recordedBefore, unit, rejectId, batch };
  return await lakeCall(`view ${datasets.ops}.open_rejects`, async () => {
    const [rows] = (await deps.bigquery.query({ query, params, location })) as [OpenReject[], ...unknown[]];
    return rows;
  });
}

/** A reject's text, as the item was received. */
export interface RejectedItem {
  readonly rejectId: string;
  readonly batch: string;
  readonly item: Buffer;
  /** When it was received, RFC 3339 UTC. */
  readonly fetchedAt: string;
}

export interface RejectRef {
  readonly reject_id: string;
  readonly rejected_batch: string;
}

/** The texts of rejects, in the order they were received in. Throws LAKE_ROWS_DIFFER where one is there no more. */
export async function readRejectedItems(deps: Deps, table: string, refs: readonly RejectRef[]): Promise<RejectedItem[]> {
  const { project, datasets, location } = deps.config.lake;
  const name = `${datasets.ops}.rejects`;
  const query = `
SELECT reject_id, batch, item, ENDS_WITH(IFNULL(detail, ''), '${BASE64_DETAIL}') AS is_base64,
  FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%E3SZ', fetched_at) AS fetched_at
FROM \`${project}.${name}\`
WHERE table_name = @table AND reject_id IN UNNEST(@ids) AND item IS NOT NULL
ORDER BY fetched_at, unit, object_name, object_row`;
  const params = { table, ids: [...new Set(refs.map(({ reject_id }) => reject_id))] };
  const rows = await lakeCall(name, async () => {
    const [found] = (await deps.bigquery.query({ query, params, location })) as [TextRow[], ...unknown[]];
    return found;
  });
  const keyOf = (id: string, batch: string): string => `${id}\0${batch}`;
  const wanted = new Set(refs.map(({ reject_id, rejected_batch }) => keyOf(reject_id, rejected_batch)));
  const items = rows
    .filter(({ reject_id, batch }) => wanted.has(keyOf(reject_id, batch)))
    .map(({ reject_id, batch, item, is_base64, fetched_at }) => ({
      rejectId: reject_id,
      batch,
      item: Buffer.from(item, is_base64 ? 'base64' : 'utf8'),
      fetchedAt: fetched_at,
    }));
  if (items.length === wanted.size) return items;
  throw new TidemarkError(
    'LAKE_ROWS_DIFFER',
    `${String(wanted.size)} rejects are to be replayed, but ${name} has ${String(items.length)}`,
    {
      context: { table },
    },
  );
}

interface TextRow {
  readonly reject_id: string;
  readonly batch: string;
  readonly item: string;
  readonly is_base64: boolean;
  readonly fetched_at: string;
}
