/** `ops.coverage` on a real server, against a model that looks at every five minutes of every hour by itself. */
import { BigQuery } from '@google-cloud/bigquery';
import fc from 'fast-check';
import { PassThroughClient } from 'google-auth-library';
import { coverageSql, type CoverageState } from '../../../schemas/views/coverage';
import { testLake, uniqueName } from '../../setup/lake';

const CELL_MS = 300_000;
const HOUR_MS = 3_600_000;
const CELLS_PER_HOUR = HOUR_MS / CELL_MS;
const BASE_MS = Date.UTC(2026, 0, 31, 20);

/** Times are cells since BASE_MS, so that windows meet, overlap and miss each other often. */
interface Read {
  readonly from: number;
  readonly cells: number;
  readonly startedAt: number;
  readonly lag: number;
  readonly horizon: number;
  /** Rows that were new, per hour touched. */
  readonly inserted: readonly number[];
}
interface StreamFacts {
  readonly opened: readonly number[];
  readonly reads: readonly Read[];
}
interface HourRow {
  readonly stream: string;
  readonly hour: string;
  readonly state: CoverageState;
  readonly judged_seconds: number;
  readonly covered_seconds: number;
  readonly reads: number;
  readonly inserted: number;
}

const at = (cell: number): string => new Date(BASE_MS + cell * CELL_MS).toISOString();
const streamName = (index: number): string => `s${String(index).padStart(2, '0')}`;
const hourOf = (cell: number): number => Math.floor(cell / CELLS_PER_HOUR);

const readFacts: fc.Arbitrary<Read> = fc.record({
  from: fc.integer({ min: -12, max: 60 }),
  cells: fc.constantFrom(1, 5, 12, 12, 24, 30),
  startedAt: fc.integer({ min: 0, max: 160 }),
  lag: fc.constantFrom(0, 1, 6),
  horizon: fc.constantFrom(12, 24, 60),
  inserted: fc.array(fc.constantFrom(0, 0, 3), { minLength: 4, maxLength: 4 }),
});
const streamFacts: fc.Arbitrary<StreamFacts> = fc.record({
  opened: fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 2 }),
  reads: fc.array(readFacts, { maxLength: 12 }),
});

/** The lag of the stream's latest fact; facts are recorded in the order openings, reads. */
function lagOf({ reads }: StreamFacts): number {
  return reads.at(-1)?.lag ?? 1;
}

function modelOf(stream: string, facts: StreamFacts, now: number): HourRow[] {
  const opened = Math.min(...facts.opened);
  const reads = facts.reads.map((read, index) => ({ ...read, to: read.from + read.cells, unit: `u${String(index).padStart(2, '0')}` }));
  const rows: HourRow[] = [];
  for (let hour = hourOf(opened); hour * CELLS_PER_HOUR <= now; hour++) {
    const end = (hour + 1) * CELLS_PER_HOUR;
    const cells = Array.from({ length: CELLS_PER_HOUR }, (_, index) => hour * CELLS_PER_HOUR + index).filter((cell) => cell >= opened);
    const covers = (read: (typeof reads)[number], cell: number): boolean => read.from <= cell && cell < read.to;
    const touching = reads.filter((read) => cells.some((cell) => covers(read, cell)));
    const found = (read: (typeof reads)[number]): number => read.inserted[hour - hourOf(read.from)] ?? 0;
    const settles = (read: (typeof reads)[number]): boolean => {
      if (read.startedAt < end + read.horizon) return false;
      if (found(read) === 0) return true;
      const own = cells.filter((cell) => covers(read, cell));
      const before = touching.filter(
        (other) => other.startedAt < read.startedAt || (other.startedAt === read.startedAt && other.unit < read.unit),
      );
      return !before.some((other) => own.some((cell) => covers(other, cell)));
    };
    const all = (by: (read: (typeof reads)[number]) => boolean): boolean => {
      const good = touching.filter(by);
      return cells.every((cell) => good.some((read) => covers(read, cell)));
    };
    const covered = cells.filter((cell) => touching.some((read) => covers(read, cell))).length;
    const state = all(settles)
      ? 'settled'
      : all((read) => read.startedAt >= end + read.lag)
        ? 'complete'
        : end + lagOf(facts) > now
          ? 'open'
          : covered > 0
            ? 'partial'
            : 'missing';
    rows.push({
      stream,
      hour: at(hour * CELLS_PER_HOUR),
      state,
      judged_seconds: (cells.length * CELL_MS) / 1_000,
      covered_seconds: (covered * CELL_MS) / 1_000,
      reads: touching.length,
      inserted: reads
        .filter((read) => hourOf(read.from) <= hour && hour <= hourOf(read.to - 1))
        .reduce((sum, read) => sum + found(read), 0),
    });
  }
  return rows;
}

/** All facts as one literal. */
function factsSql(streams: readonly StreamFacts[]): string {
  const rows = streams.flatMap((facts, index) => {
    const stream = streamName(index);
    const opened = facts.opened.map(
      (cell) =>
        `STRUCT(TIMESTAMP '${at(0)}', 'stream_opened', '${stream}', NULL, TIMESTAMP '${at(cell)}', NULL, NULL, ${String(CELL_MS)}, NULL, NULL, [])`,
    );
    const reads = facts.reads.map((read, unit) => {
      const to = read.from + read.cells;
      const hours = Array.from({ length: hourOf(to - 1) - hourOf(read.from) + 1 }, (_, offset) => hourOf(read.from) + offset);
      const counts = hours.map(
        (hour, offset) => `STRUCT(TIMESTAMP '${at(hour * CELLS_PER_HOUR)}' AS hour, ${String(read.inserted[offset] ?? 0)} AS inserted)`,
      );
      return `STRUCT(TIMESTAMP '${at(unit + 1)}', 'published', '${stream}', 'u${String(unit).padStart(2, '0')}', TIMESTAMP '${at(read.from)}', TIMESTAMP '${at(to)}', TIMESTAMP '${at(read.startedAt)}', ${String(read.lag * CELL_MS)}, ${String(read.horizon * CELL_MS)}, ${String(unit)}, [${counts.join(', ')}])`;
    });
    return [...opened, ...reads];
  });
  const type =
    'STRUCT<recorded_at TIMESTAMP, fact STRING, stream STRING, unit STRING, window_from TIMESTAMP, window_to TIMESTAMP, read_started_at TIMESTAMP, settle_lag_ms INT64, horizon_ms INT64, seq INT64, hours ARRAY<STRUCT<hour TIMESTAMP, inserted INT64>>>';
  return `SELECT 'acme-audit' AS source, * FROM UNNEST(ARRAY<${type}>[${rows.join(',\n')}])`;
}

describe('ops.coverage', () => {
  const { project, bigquery: apiEndpoint } = testLake();
  const bigquery = new BigQuery({ projectId: project, apiEndpoint, authClient: new PassThroughClient() });
  const dataset = uniqueName('coverage');

  beforeAll(async () => {
    await bigquery.createDataset(dataset);
  });
  afterAll(async () => {
    await bigquery.dataset(dataset).delete({ force: true });
  });

  async function measure(streams: readonly StreamFacts[], now: number): Promise<HourRow[]> {
    const units = `\`${project}.${dataset}.units\``;
    await bigquery.query(`CREATE OR REPLACE TABLE ${units} AS ${factsSql(streams)}`);
    const columns =
      "stream, FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%S.000Z', hour) AS hour, state, judged_seconds, covered_seconds, reads, inserted";
    const query = `SELECT ${columns} FROM (${coverageSql(units, `TIMESTAMP '${at(now)}'`)}) ORDER BY stream, hour`;
    const [rows] = (await bigquery.query(query)) as [HourRow[], ...unknown[]];
    return rows;
  }

  test('agrees with the model on facts of every kind', async () => {
    const seen = new Set<CoverageState>();
    await fc.assert(
      fc.asyncProperty(fc.array(streamFacts, { minLength: 16, maxLength: 16 }), fc.integer({ min: 20, max: 150 }), async (streams, now) => {
        const expected = streams
          .flatMap((facts, index) => modelOf(streamName(index), facts, now))
          .sort((left, right) => (left.stream + left.hour < right.stream + right.hour ? -1 : 1));
        for (const { state } of expected) seen.add(state);
        expect(await measure(streams, now)).toEqual(expected);
      }),
      { numRuns: 2, endOnFailure: true },
    );
    expect([...seen].sort()).toEqual(['complete', 'missing', 'open', 'partial', 'settled']);
  }, 60_000);

  test('is complete exactly from the lag on, and settled by the first read of an old hour', async () => {
    const hour: Read = { from: 0, cells: 12, startedAt: 0, lag: 1, horizon: 24, inserted: [7] };
    const streams = [12, 13, 35, 36].map((startedAt) => ({ opened: [0], reads: [{ ...hour, startedAt }] }));
    const rows = await measure(streams, 14);
    expect(rows.filter((row) => row.hour === at(0)).map(({ state }) => state)).toEqual(['partial', 'complete', 'complete', 'settled']);
  });

  test('is not settled by a late read that still found rows, and is by the next that finds none', async () => {
    const hour: Read = { from: 0, cells: 12, startedAt: 13, lag: 1, horizon: 24, inserted: [7] };
    const late = { ...hour, startedAt: 40, inserted: [1] };
    const quiet = { ...hour, startedAt: 50, inserted: [0] };
    const rows = await measure(
      [
        { opened: [0], reads: [hour, late] },
        { opened: [0], reads: [hour, late, quiet] },
      ],
      14,
    );
    expect(rows.filter((row) => row.hour === at(0)).map(({ state, inserted }) => [state, inserted])).toEqual([
      ['complete', 8],
      ['settled', 8],
    ]);
  });
});
