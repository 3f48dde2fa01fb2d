/** What a run over the samples brought, asked of the lake itself, and how it is printed. */
import type { BigQuery } from '@google-cloud/bigquery';
import { MAPPED_COLUMNS } from '../../schemas/envelope';
import type { Config } from '../../activities/config';

export interface TableReport {
  readonly folder: string;
  readonly table: string;
  /** Counts of this run, from the facts. received = rows + rejected; rows = inserted + duplicates + conflicts. */
  readonly received: number;
  readonly inserted: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly rejected: number;
  /** Rejects in the lake by reason, of all runs. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Rows in the lake, of all runs. */
  readonly rows: number;
  /** Share of these rows that have the envelope column, 0 to 1. */
  readonly filled: Readonly<Record<string, number>>;
}

export interface SampleSource {
  readonly folder: string;
  readonly source: string;
  readonly tables: readonly string[];
}

/** Sums come as numbers or as decimals, which Number() takes too. */
interface Counts {
  readonly source: string;
  readonly table_name: string;
  readonly received: unknown;
  readonly inserted: unknown;
  readonly duplicates: unknown;
  readonly conflicts: unknown;
  readonly rejected: unknown;
}

export async function reportOf(
  bigquery: BigQuery,
  lake: Config['lake'],
  sources: readonly SampleSource[],
  since: string,
): Promise<TableReport[]> {
  const query = async <Row>(sql: string): Promise<Row[]> => (await bigquery.query({ query: sql, location: lake.location }))[0] as Row[];
  const counts = await query<Counts>(`
SELECT source, table_name, SUM(received) AS received, SUM(inserted) AS inserted, SUM(duplicates) AS duplicates, SUM(conflicts) AS conflicts, SUM(rejected) AS rejected
FROM ${lake.datasets.ops}.units WHERE fact = 'published' AND recorded_at >= TIMESTAMP '${since}' GROUP BY source, table_name`);
  const reasons = await query<{ source: string; table_name: string; reason: string; n: number }>(
    `SELECT source, table_name, reason, COUNT(*) AS n FROM ${lake.datasets.ops}.rejects GROUP BY source, table_name, reason ORDER BY reason`,
  );
  const reports: TableReport[] = [];
  for (const { folder, source, tables } of sources) {
    for (const table of tables) {
      const found = counts.find((row) => row.source === source && row.table_name === table);
      const own = reasons.filter((row) => row.source === source && row.table_name === table);
      const number = (name: Exclude<keyof Counts, 'source' | 'table_name'>): number => Number(found?.[name] ?? 0);
      const [filled] = await query<Record<string, unknown>>(
        `SELECT COUNT(*) AS row_count, ${MAPPED_COLUMNS.map(filledSql).join(', ')} FROM ${lake.datasets.lake}.${table} WHERE source = '${source}'`,
      );
      const rows = Number(filled?.['row_count'] ?? 0);
      reports.push({
        folder,
        table,
        received: number('received'),
        inserted: number('inserted'),
        duplicates: number('duplicates'),
        conflicts: number('conflicts'),
        rejected: number('rejected'),
        reasons: Object.fromEntries(own.map((row) => [row.reason, row.n])),
        rows,
        filled: Object.fromEntries(MAPPED_COLUMNS.map(({ name }) => [name, rows === 0 ? 0 : Number(filled?.[name] ?? 0) / rows])),
      });
    }
  }
  return reports;
}

const filledSql = ({ name, mode }: (typeof MAPPED_COLUMNS)[number]): string =>
  mode === 'REPEATED' ? `COUNTIF(ARRAY_LENGTH(${name}) > 0) AS ${name}` : `COUNTIF(${name} IS NOT NULL) AS ${name}`;

/** The envelope columns that are printed: a person looks at these first. */
const SHOWN: readonly (readonly [title: string, column: string])[] = [
  ['action', 'action'],
  ['outcome', 'outcome'],
  ['actor', 'actor_id'],
  ['e-mail', 'actor_email'],
  ['kind', 'actor_type'],
  ['src ip', 'src_ip'],
  ['agent', 'user_agent'],
  ['target', 'target_id'],
  ['severity', 'event_severity'],
  ['class', 'ocsf_class_uid'],
  ['activity', 'ocsf_activity_id'],
  ['observables', 'observables'],
];

/** A line per folder and table. Percentages are of the table's rows from this folder. */
export function printReport(reports: readonly TableReport[], say: (text: string) => void): void {
  const counts = ['received', 'inserted', 'duplicates', 'conflicts', 'rejected'] as const;
  const head = ['folder', 'table', ...counts, 'reasons of rejects in the lake', ...SHOWN.map(([title]) => `${title} %`)];
  const body = reports.map((report) => [
    report.folder,
    report.table,
    ...counts.map((name) => String(report[name])),
    Object.entries(report.reasons)
      .map(([reason, count]) => `${reason} ${String(count)}`)
      .join(', '),
    ...SHOWN.map(([, column]) => String(Math.round(100 * (report.filled[column] ?? 0)))),
  ]);
  const total = [
    'all',
    '',
    ...counts.map((name) => String(reports.reduce((sum, report) => sum + report[name], 0))),
    '',
    ...SHOWN.map(() => ''),
  ];
  const lines = [head, ...body, total];
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? '').length)));
  const isText = (column: number): boolean => column < 2 || column === 2 + counts.length;
  for (const cells of lines) {
    const padded = cells.map((cell, column) => (isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)));
    say(padded.join('  ').trimEnd());
  }
}
