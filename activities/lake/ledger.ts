/** Reading and opening streams in `ops.units`. Facts about units are written by publish only. */
import type { Deps, Source } from '../deps';
import type { PastRead, StreamState } from '../plan/due';
import { lakeCall } from './client';

interface LedgerRow {
  readonly stream: string;
  readonly fact: 'stream_opened' | 'published';
  readonly from_ms: number;
  readonly to_ms: number | null;
  readonly started_ms: number | null;
  /** Starts of the hours in which rows were new. */
  readonly found_ms: readonly number[];
}

/** What the ledger knows of each opened stream of a source. */
export async function readLedger(deps: Deps, source: string): Promise<Map<string, StreamState>> {
  const { project, datasets, location } = deps.config.lake;
  const query = `
SELECT stream, fact, UNIX_MILLIS(window_from) AS from_ms, UNIX_MILLIS(window_to) AS to_ms, UNIX_MILLIS(read_started_at) AS started_ms,
  ARRAY(SELECT UNIX_MILLIS(h.hour) FROM UNNEST(hours) AS h WHERE h.inserted > 0) AS found_ms
FROM \`${project}.${datasets.ops}.units\`
WHERE source = @source AND fact IN ('stream_opened', 'published')`;
  const [rows] = await lakeCall(`${datasets.ops}.units`, async () => await deps.bigquery.query({ query, params: { source }, location }));
  const opened = new Map<string, number>();
  const reads = new Map<string, PastRead[]>();
  for (const row of rows as LedgerRow[]) {
    if (row.fact === 'stream_opened') {
      // Opened twice by two ticks at once, or moved back by a backfill: the earliest counts.
      opened.set(row.stream, Math.min(row.from_ms, opened.get(row.stream) ?? row.from_ms));
    } else if (row.to_ms !== null && row.started_ms !== null) {
      const known = reads.get(row.stream);
      const read = { from: row.from_ms, to: row.to_ms, startedAt: row.started_ms, found: new Set(row.found_ms) };
      if (known === undefined) reads.set(row.stream, [read]);
      else known.push(read);
    }
  }
  return new Map([...opened].map(([stream, since]) => [stream, { since, reads: reads.get(stream) ?? [] }]));
}

/** Writes `stream_opened` for streams that have none. `since` in milliseconds since the epoch. */
export async function openStreams(deps: Deps, source: Source, streams: readonly string[], since: number): Promise<void> {
  const { project, datasets, location } = deps.config.lake;
  const { connector, config } = source;
  const query = `
INSERT INTO \`${project}.${datasets.ops}.units\` (recorded_at, fact, source, stream, connector, axis, window_from, settle_lag_ms, horizon_ms, config_digest)
SELECT CURRENT_TIMESTAMP(), 'stream_opened', @source, stream, @connector, @axis, TIMESTAMP(@since), @lag, @horizon, @config
FROM UNNEST(@streams) AS stream
WHERE stream NOT IN (SELECT stream FROM \`${project}.${datasets.ops}.units\` WHERE source = @source AND fact = 'stream_opened')`;
  const params = {
    source: config.id,
    connector: connector.id,
    axis: connector.axis,
    since: new Date(since).toISOString(),
    lag: connector.settle.lagMs,
    horizon: connector.settle.horizonMs,
    config: source.configDigest,
    streams,
  };
  await lakeCall(`${datasets.ops}.units`, async () => await deps.bigquery.query({ query, params, location }));
}
