/** Coverage as people and the status endpoint read it: the rows of `ops.coverage`, hours merged to intervals, and a grid of hours. */
import type { BigQuery } from '@google-cloud/bigquery';
import type { Config } from '../activities/config';
import { lakeCall } from '../activities/lake/client';
import { COVERAGE_STATES, type CoverageState } from '../schemas/views/coverage';

export interface CoverageHour {
  readonly source: string;
  readonly stream: string;
  /** Start of the hour, RFC 3339 UTC to the second. */
  readonly hour: string;
  readonly state: CoverageState;
  /** Seconds of the hour since the stream was opened. */
  readonly judged_seconds: number;
  readonly covered_seconds: number;
  readonly reads: number;
  /** Rows with event times in the hour that are in the lake. */
  readonly inserted: number;
  readonly last_read_started_at: string | null;
  /** Largest commit sequence of its reads. */
  readonly seq: number | null;
}

export interface CoverageFilter {
  readonly source?: string;
  /** Hours from this moment on, RFC 3339. */
  readonly since?: string;
}

/** Hours of all streams or one source, ascending. Throws LAKE_* errors. */
export async function readCoverage(bigquery: BigQuery, lake: Config['lake'], filter: CoverageFilter = {}): Promise<CoverageHour[]> {
  const view = `\`${lake.project}.${lake.datasets.ops}.coverage\``;
  const query = `SELECT source, stream, FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%SZ', hour) AS hour, state, judged_seconds, covered_seconds, reads, inserted,
  FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%SZ', last_read_started_at) AS last_read_started_at, seq
FROM ${view}
WHERE (@source = '' OR source = @source) AND hour >= TIMESTAMP(@since)
ORDER BY source, stream, hour`;
  const params = { source: filter.source ?? '', since: filter.since ?? '2000-01-01T00:00:00Z' };
  return await lakeCall(`view ${lake.datasets.ops}.coverage`, async () => {
    const [rows] = (await bigquery.query({ query, params, location: lake.location })) as [CoverageHour[], ...unknown[]];
    return rows;
  });
}

/** Consecutive hours of one stream in one state. */
export interface CoverageInterval {
  readonly state: CoverageState;
  /** `[from, to)`, RFC 3339 UTC. */
  readonly from: string;
  readonly to: string;
  readonly hours: number;
  readonly inserted: number;
}

export interface StreamCoverage {
  readonly source: string;
  readonly stream: string;
  readonly hours: readonly CoverageHour[];
  readonly intervals: readonly CoverageInterval[];
  /** Hours per state. */
  readonly counts: Readonly<Record<CoverageState, number>>;
}

const HOUR_MS = 3_600_000;
const DAY_CHARS = 10;

const hourAfter = (hour: string): string => new Date(Date.parse(hour) + HOUR_MS).toISOString().replace('.000Z', 'Z');

/** Groups rows by stream and merges hours; rows are ascending within a stream, as readCoverage gives them. */
export function summarize(rows: readonly CoverageHour[]): StreamCoverage[] {
  const byStream = Map.groupBy(rows, (row) => JSON.stringify([row.source, row.stream]));
  return [...byStream.values()].flatMap((hours) => {
    const [first] = hours;
    return first === undefined
      ? []
      : [{ source: first.source, stream: first.stream, hours, intervals: mergeHours(hours), counts: countStates(hours) }];
  });
}

function mergeHours(hours: readonly CoverageHour[]): CoverageInterval[] {
  const intervals: CoverageInterval[] = [];
  for (const { hour, state, inserted } of hours) {
    const last = intervals.at(-1);
    if (last?.state === state && last.to === hour) {
      intervals[intervals.length - 1] = { ...last, to: hourAfter(hour), hours: last.hours + 1, inserted: last.inserted + inserted };
    } else {
      intervals.push({ state, from: hour, to: hourAfter(hour), hours: 1, inserted });
    }
  }
  return intervals;
}

function countStates(hours: readonly CoverageHour[]): Record<CoverageState, number> {
  const counts = Object.fromEntries(COVERAGE_STATES.map((state) => [state, 0])) as Record<CoverageState, number>;
  for (const { state } of hours) counts[state]++;
  return counts;
}

export const STATE_MARKS: Readonly<Record<CoverageState, string>> = { settled: '#', complete: '=', partial: '-', missing: '!', open: 'o' };

/** One line a day, one character an hour, newest day last. Hours before the stream was opened, and those to come, are blank. */
export function hourGrid(hours: readonly CoverageHour[], daysMax: number): string[] {
  const byDay = Map.groupBy(hours, (row) => row.hour.slice(0, DAY_CHARS));
  return [...byDay]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .slice(-daysMax)
    .map(([day, rows]) => {
      const marks = Array.from({ length: 24 }, () => ' ');
      for (const row of rows) marks[Number(row.hour.slice(DAY_CHARS + 1, DAY_CHARS + 3))] = STATE_MARKS[row.state];
      return `${day} |${marks.join('')}|`;
    });
}
