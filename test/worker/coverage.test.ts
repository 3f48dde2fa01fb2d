/** Hours merged to intervals and drawn as a grid. */
import fc from 'fast-check';
import { COVERAGE_STATES } from '../../schemas/views/coverage';
import { type CoverageHour, hourGrid, summarize } from '../../worker/coverage';
import { formatStream } from '../../worker/cli/coverage';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 0, 31, 22);

const hourAt = (index: number, state: CoverageHour['state'], inserted = 1, stream = 'activity'): CoverageHour => ({
  source: 'acme-audit',
  stream,
  hour: new Date(START_MS + index * HOUR_MS).toISOString().replace('.000', ''),
  state,
  judged_seconds: 3_600,
  covered_seconds: 0,
  reads: 0,
  inserted,
  last_read_started_at: null,
  seq: null,
});

test('summarize() merges neighbouring hours of one state, and never across a hole or a stream', () => {
  const rows = [
    hourAt(0, 'settled'),
    hourAt(1, 'settled', 5),
    hourAt(2, 'missing', 0),
    hourAt(4, 'missing', 0),
    hourAt(5, 'open', 0, 'policy'),
  ];
  expect(summarize(rows).map(({ stream, intervals }) => [stream, intervals])).toEqual([
    [
      'activity',
      [
        { state: 'settled', from: '2026-01-31T22:00:00Z', to: '2026-02-01T00:00:00Z', hours: 2, inserted: 6 },
        { state: 'missing', from: '2026-02-01T00:00:00Z', to: '2026-02-01T01:00:00Z', hours: 1, inserted: 0 },
        { state: 'missing', from: '2026-02-01T02:00:00Z', to: '2026-02-01T03:00:00Z', hours: 1, inserted: 0 },
      ],
    ],
    ['policy', [{ state: 'open', from: '2026-02-01T03:00:00Z', to: '2026-02-01T04:00:00Z', hours: 1, inserted: 0 }]],
  ]);
});

test('summarize() keeps every hour and every row of any sequence', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...COVERAGE_STATES), fc.nat(9)), { minLength: 1 }), (hours) => {
      const [summary] = summarize(hours.map(([state, inserted], index) => hourAt(index, state, inserted)));
      const { intervals = [], counts } = summary ?? {};
      expect(intervals.reduce((sum, { hours: n }) => sum + n, 0)).toBe(hours.length);
      expect(intervals.reduce((sum, { inserted }) => sum + inserted, 0)).toBe(hours.reduce((sum, [, inserted]) => sum + inserted, 0));
      for (const [index, { state }] of intervals.entries()) if (index > 0) expect(state).not.toBe(intervals[index - 1]?.state);
      for (const state of COVERAGE_STATES) expect(counts?.[state]).toBe(hours.filter(([one]) => one === state).length);
    }),
  );
});

test('hourGrid() draws a line a day and an hour a character, the newest days only', () => {
  const rows = [hourAt(0, 'settled'), hourAt(1, 'complete'), hourAt(2, 'partial'), hourAt(3, 'missing'), hourAt(4, 'open')];
  expect(hourGrid(rows, 14)).toEqual([`2026-01-31 |${' '.repeat(22)}#=|`, `2026-02-01 |-!o${' '.repeat(21)}|`]);
  expect(hourGrid(rows, 1)).toEqual([`2026-02-01 |-!o${' '.repeat(21)}|`]);
});

test('formatStream() prints counts, intervals and, where asked, the grid with its legend', () => {
  const [stream] = summarize([hourAt(0, 'complete', 12_345), hourAt(1, 'open', 0)]);
  if (stream === undefined) throw new Error('no stream');
  const lines = [
    'acme-audit activity: 1 complete, 1 open',
    'state     from               to                 hours   rows',
    'complete  2026-01-31T22:00Z  2026-01-31T23:00Z      1  12345',
    'open      2026-01-31T23:00Z  2026-02-01T00:00Z      1      0',
  ];
  expect(formatStream(stream, 0)).toBe([...lines, '', ''].join('\n'));
  expect(formatStream(stream, 7)).toBe([...lines, `2026-01-31 |${' '.repeat(22)}=o|`, '= complete  o open', '', ''].join('\n'));
});
