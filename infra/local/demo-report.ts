/** The end of the demo: the lake against the vendor's truth, and one detection on what came in. */
import type { BigQuery } from '@google-cloud/bigquery';
import type { Storage } from '@google-cloud/storage';
import { gzipSync } from 'node:zlib';
import type { Config } from '../../activities/config';
import { LOG_IDS } from '../../test/vendors/logging-api';
import { SOURCE, type Demo } from './demo-organization';

const HOUR_MS = 3_600_000;
const TRUTH_TABLE = 'demo_truth';

interface StreamReport {
  readonly stream: string;
  readonly served: number;
  readonly rows: number;
  readonly missing: number;
  readonly doubled: number;
  readonly rejects: number;
  readonly hoursComplete: number;
  readonly hours: number;
  readonly calls: number;
  readonly repeated: number;
  readonly callsLeast: number;
}

export interface DemoReport {
  readonly streams: readonly StreamReport[];
  /** Items received over all reads of this run, re-reads included. */
  readonly received: number;
  readonly found: { readonly rereads: number; readonly late: number };
  readonly faults: readonly string[];
}

/**
 * Compares hour by hour what the vendor shows with what the lake holds, over the hours that have had their read at the age
 * of one hour: by the declared lateness nothing of them can come any more.
 */
export async function compareWithTruth(clients: { bigquery: BigQuery; storage: Storage }, config: Config, demo: Demo): Promise<DemoReport> {
  const fromMs = demo.startMs;
  const toMs = Math.floor((demo.endMs - HOUR_MS) / HOUR_MS) * HOUR_MS;
  await loadTruth(clients, config, demo, { fromMs, toMs });
  const { lake, ops, staging } = config.lake.datasets;
  const query = async <Row>(sql: string): Promise<Row[]> =>
    (await clients.bigquery.query({ query: sql, location: config.lake.location }))[0] as Row[];
  const within = `>= TIMESTAMP_MILLIS(${String(fromMs)})`;
  const before = `< TIMESTAMP_MILLIS(${String(toMs)})`;

  const streams: StreamReport[] = [];
  for (const stream of LOG_IDS) {
    const [compared] = await query<{ served: number; held: number; missing: number; doubled: number; invented: number }>(
      `WITH held AS (
         SELECT CONCAT(logName, '|', JSON_VALUE(raw, '$.timestamp'), '|', insertId) AS identity, COUNT(*) AS copies
         FROM ${lake}.cloudaudit_googleapis_com_${stream} WHERE timestamp ${within} AND timestamp ${before} GROUP BY identity
       ),
       truth AS (SELECT identity FROM ${staging}.${TRUTH_TABLE} WHERE stream = '${stream}')
       SELECT COUNT(t.identity) AS served, IFNULL(SUM(h.copies), 0) AS held, COUNTIF(h.identity IS NULL) AS missing,
         COUNTIF(h.copies > 1) AS doubled, COUNTIF(t.identity IS NULL) AS invented
       FROM truth AS t FULL OUTER JOIN held AS h ON h.identity = t.identity`,
    );
    const [facts] = await query<{ rejected: number }>(
      `SELECT IFNULL(SUM(rejected), 0) AS rejected FROM ${ops}.units WHERE fact = 'published' AND source = '${SOURCE}' AND stream = '${stream}'`,
    );
    const [hours] = await query<{ hours: number; complete: number }>(
      `SELECT COUNT(*) AS hours, COUNTIF(state IN ('complete', 'settled')) AS complete FROM ${ops}.coverage
       WHERE source = '${SOURCE}' AND stream = '${stream}' AND hour ${before}`,
    );
    const calls = demo.api.calls().streams[stream];
    const refused = Object.values(calls?.refused ?? {}).reduce((sum, count) => sum + count, 0);
    streams.push({
      stream,
      served: compared?.served ?? 0,
      rows: compared?.held ?? 0,
      missing: compared?.missing ?? 0,
      doubled: (compared?.doubled ?? 0) + (compared?.invented ?? 0),
      rejects: facts?.rejected ?? 0,
      hoursComplete: hours?.complete ?? 0,
      hours: hours?.hours ?? 0,
      calls: calls?.answered ?? 0,
      repeated: refused + (calls?.broken ?? 0) + (calls?.aborted ?? 0),
      callsLeast: calls?.least ?? 0,
    });
  }
  const [rereads] = await query<{ rereads: number; late: number }>(
    `SELECT COUNT(*) AS rereads, IFNULL(SUM(inserted), 0) AS late FROM ${ops}.units WHERE fact = 'published' AND lane = 'reread' AND source = '${SOURCE}'`,
  );
  const [unbalanced] = await query<{ n: number }>(
    `SELECT COUNT(*) AS n FROM ${ops}.units
     WHERE fact = 'published' AND (received != rows_staged + rejected OR rows_staged != inserted + duplicates + conflicts)`,
  );
  return {
    streams,
    received: demo.api.calls().total.entries,
    found: { rereads: rereads?.rereads ?? 0, late: rereads?.late ?? 0 },
    faults: faultsOf(streams, unbalanced?.n ?? 0, demo),
  };
}

function faultsOf(streams: readonly StreamReport[], unbalanced: number, demo: Demo): string[] {
  const faults: string[] = [];
  for (const { stream, served, rows, missing, doubled, rejects, hoursComplete, hours } of streams) {
    if (missing > 0) faults.push(`${stream}: ${String(missing)} events the vendor shows are not in the lake`);
    if (doubled > 0) faults.push(`${stream}: ${String(doubled)} events are in the lake twice, or were never the vendor's`);
    if (rows + rejects < served)
      faults.push(`${stream}: ${String(served)} served, but ${String(rows)} rows and ${String(rejects)} rejects`);
    if (hoursComplete !== hours || hours === 0) faults.push(`${stream}: ${String(hoursComplete)} of ${String(hours)} hours complete`);
  }
  if (unbalanced > 0) faults.push(`${String(unbalanced)} facts do not balance`);
  const total = streams.reduce((sum, stream) => sum + stream.served, 0);
  if (demo.firstRun && total < 100_000) faults.push(`the organization made ${String(total)} events, fewer than 100,000`);
  return faults;
}

/** The vendor's own list of what it shows, as a table beside the lake. */
async function loadTruth(
  { bigquery, storage }: { bigquery: BigQuery; storage: Storage },
  config: Config,
  demo: Demo,
  range: { fromMs: number; toMs: number },
): Promise<void> {
  const truth = demo.api.truth({ fromNs: BigInt(range.fromMs) * 1_000_000n, toNs: BigInt(range.toMs) * 1_000_000n });
  const lines: string[] = [];
  for (const { identity, stream } of truth.entries()) lines.push(JSON.stringify({ identity, stream }), '\n');
  const name = `demo/truth-${String(Date.now())}.ndjson.gz`;
  const { project, buckets, datasets, location } = config.lake;
  await storage
    .bucket(buckets.stage)
    .file(name)
    .save(gzipSync(lines.join('')), { resumable: false, contentType: 'application/gzip' });
  const [job] = await bigquery.createJob({
    location,
    configuration: {
      load: {
        destinationTable: { projectId: project, datasetId: datasets.staging, tableId: TRUTH_TABLE },
        sourceUris: [`gs://${buckets.stage}/${name}`],
        sourceFormat: 'NEWLINE_DELIMITED_JSON',
        writeDisposition: 'WRITE_TRUNCATE',
        schema: {
          fields: [
            { name: 'identity', type: 'STRING' },
            { name: 'stream', type: 'STRING' },
          ],
        },
      },
    },
  });
  await new Promise<void>((resolve, reject) => {
    job.on('complete', () => resolve()).on('error', reject);
  });
}

export function printTable(report: DemoReport, seconds: number, say: (text: string) => void): void {
  const head = [
    'stream',
    'served by API',
    'rows in lake',
    'missing',
    'doubled',
    'rejects',
    'hours complete',
    'calls',
    'least',
    'refused or broken',
  ];
  const body = report.streams.map((stream) => [
    stream.stream,
    ...[stream.served, stream.rows, stream.missing, stream.doubled, stream.rejects].map(String),
    `${String(stream.hoursComplete)}/${String(stream.hours)}`,
    ...[stream.calls, stream.callsLeast, stream.repeated].map(String),
  ]);
  const sum = (of: (stream: StreamReport) => number): number => report.streams.reduce((total, stream) => total + of(stream), 0);
  const total = [
    'all',
    ...[sum((s) => s.served), sum((s) => s.rows), sum((s) => s.missing), sum((s) => s.doubled), sum((s) => s.rejects)].map(String),
    `${String(sum((s) => s.hoursComplete))}/${String(sum((s) => s.hours))}`,
    ...[sum((s) => s.calls), sum((s) => s.callsLeast), sum((s) => s.repeated)].map(String),
  ];
  const widths = head.map((title, column) => Math.max(title.length, ...[...body, total].map((line) => (line[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ');
  say('');
  for (const cells of [head, ...body, total]) say(line(cells));
  const ratio =
    sum((s) => s.calls) /
    Math.max(
      1,
      sum((s) => s.callsLeast),
    );
  say(
    `\n${String(report.received)} events received in ${seconds.toFixed(1)} s: ${(report.received / seconds).toFixed(0)} a second, kills included. ` +
      `Calls answered against the least possible: ${ratio.toFixed(2)}.`,
  );
  say(`Late events found by ${String(report.found.rereads)} re-reads so far: ${String(report.found.late)}.`);
}

/** Who gave away powerful or public access: a query as a detection engineer would write it for a Cloud Logging sink. */
export async function printDetection(bigquery: BigQuery, config: Config, demo: Demo, say: (text: string) => void): Promise<void> {
  const query = `
SELECT COALESCE(protopayload_auditlog.authenticationInfo.principalEmail, protopayload_auditlog.authenticationInfo.principalSubject, '(not said)') AS actor, delta.role AS role, delta.member AS member, COUNT(*) AS grants
FROM ${config.lake.datasets.lake}.cloudaudit_googleapis_com_activity,
  UNNEST(protopayload_auditlog.servicedata_v1_iam.policyDelta.bindingDeltas) AS delta
WHERE timestamp >= TIMESTAMP_MILLIS(${String(demo.endMs - 24 * HOUR_MS)}) AND timestamp < TIMESTAMP_MILLIS(${String(demo.endMs)})
  AND delta.action = 'ADD'
  AND (delta.role IN ('roles/owner', 'roles/editor') OR delta.member IN ('allUsers', 'allAuthenticatedUsers'))
GROUP BY actor, role, member
ORDER BY grants DESC, actor, role, member
LIMIT 5`;
  const [rows] = await bigquery.query({ query, location: config.lake.location });
  say('\nDetection: powerful or public access granted in the last 24 hours');
  for (const row of rows as Readonly<Record<string, unknown>>[]) {
    say(`  ${String(row['grants']).padStart(4)} x  ${String(row['actor'])}  gave  ${String(row['role'])}  to  ${String(row['member'])}`);
  }
  if (rows.length === 0) say('  none');
}
