import fc from 'fast-check';
import { dueWindows, type DuePolicy, type PastRead, type StreamState } from '../../../activities/plan/due';
import { subtract, union } from '../../../activities/plan/intervals';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOON = Date.parse('2026-03-10T12:00:00Z');

const POLICY: DuePolicy = {
  settle: { lagMs: 5 * MINUTE, agesMs: [HOUR, 6 * HOUR, 24 * HOUR], horizonMs: 24 * HOUR },
  windowMaxMs: 6 * HOUR,
  retentionMs: 30 * DAY,
};

const read = (fromHours: number, toHours: number, startedHours: number): PastRead => ({
  from: NOON + fromHours * HOUR,
  to: NOON + toHours * HOUR,
  startedAt: NOON + startedHours * HOUR,
});

/** What is due at noon, as `lane from..to` in hours from noon. */
function due(state: StreamState, now = NOON, policy = POLICY): string[] {
  return dueWindows(now, state, policy).map(
    ({ lane, from, to }) => `${lane} ${String((from - NOON) / HOUR)}..${String((to - NOON) / HOUR)}`,
  );
}

const LAG = -5 / 60;

describe('dueWindows()', () => {
  it('reads a new stream from its opening to now minus the lag, newest first, cut on the clock', () => {
    expect(due({ since: NOON - 14 * HOUR, reads: [] })).toEqual([`live -6..${String(LAG)}`, 'backfill -12..-6', 'backfill -14..-12']);
  });

  it('finds nothing due right after a read', () => {
    expect(due({ since: NOON - HOUR, reads: [{ from: NOON - HOUR, to: NOON - 5 * MINUTE, startedAt: NOON }] })).toEqual([]);
  });

  it('reads what has passed since the last tick', () => {
    const state = { since: NOON - HOUR, reads: [{ from: NOON - HOUR, to: NOON - 10 * MINUTE, startedAt: NOON - 5 * MINUTE }] };
    expect(dueWindows(NOON, state, POLICY)).toEqual([
      { lane: 'live', from: NOON - 10 * MINUTE, to: NOON - 5 * MINUTE, readBefore: undefined },
    ]);
  });

  it('reads an hour again when it reaches an age at which it has not been read', () => {
    const state = { since: NOON - 2 * HOUR, reads: [read(-2, -1, -0.9), read(-1, LAG, 0)] };
    // The hour -2..-1 is one hour old now and was read when it was six minutes old.
    expect(due(state)).toEqual(['reread -2..-1']);
    expect(due({ ...state, reads: [...state.reads, read(-2, -1, 0)] })).toEqual([]);
  });

  it('reads again only the part of an hour that was read too early', () => {
    const state = { since: NOON - 2 * HOUR, reads: [read(-2, -1.5, -1.4), read(-1.5, LAG, 0)] };
    expect(due(state)).toEqual(['reread -2..-1.5']);
  });

  it('settles an old hour by its first read', () => {
    const state = { since: NOON - 48 * HOUR, reads: [read(-48, LAG, 0)] };
    expect(due(state)).toEqual([]);
    // A day later the hours that were younger than 24 h at that read are due once more, in as few windows as allowed.
    const again = due(state, NOON + 24 * HOUR).filter((window) => window.startsWith('reread'));
    expect(again).toEqual(
      ['reread -6..0', 'reread -12..-6', 'reread -18..-12', 'reread -24..-18'].map((text) => text.replace('..0', `..${String(LAG)}`)),
    );
  });

  it('reads an hour once more when its read at the last age still found rows, and no more when that finds none', () => {
    const hour = NOON - 48 * HOUR;
    const first = read(-48, -47, -46.9);
    const late = { ...read(-48, -47, -20), found: new Set([hour]) };
    const state = { since: hour, reads: [first, late, read(-47, LAG, 0)] };
    // The last step between ages is 18 hours: due from two hours before noon on.
    expect(due(state)).toEqual(['reread -48..-47']);
    expect(due(state, NOON - 3 * HOUR).filter((window) => window.includes('-48'))).toEqual([]);
    expect(due({ ...state, reads: [...state.reads, read(-48, -47, -1)] })).toEqual([]);
    // A first read that came late finds rows of course.
    expect(due({ ...state, reads: [late, read(-47, LAG, 0)] })).toEqual([]);
  });

  it('does not read beyond the retention of the vendor', () => {
    expect(due({ since: NOON - 40 * DAY, reads: [] }, NOON, { ...POLICY, retentionMs: 2 * HOUR })).toEqual([`live -2..${String(LAG)}`]);
  });

  it('calls a hole a gap even when nothing is newer than the lag allows', () => {
    expect(due({ since: NOON - 3 * HOUR, reads: [read(-3, -2, 0), read(-1, LAG, 0)] })).toEqual(['backfill -2..-1']);
  });

  it('names when a window was read last, so that each read of it has a name of its own', () => {
    const state = { since: NOON - 2 * HOUR, reads: [read(-2, -1, -0.9), read(-1, LAG, 0)] };
    expect(dueWindows(NOON, state, POLICY)[0]?.readBefore).toBe(NOON - 0.9 * HOUR);
  });

  it('converges: after reading what is due nothing is due, and all time up to the lag has been read', () => {
    const past = fc.record({
      from: fc.integer({ min: -60, max: 0 }),
      length: fc.integer({ min: 1, max: 30 }),
      startedAgo: fc.integer({ min: 0, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(past, { maxLength: 6 }), (pasts) => {
        const since = NOON - 50 * HOUR;
        const reads = pasts.map(({ from, length, startedAgo }) => read(from, Math.min(from + length, LAG), -startedAgo));
        const windows = dueWindows(NOON, { since, reads }, POLICY);
        const after = [...reads, ...windows.map(({ from, to }) => ({ from, to, startedAt: NOON }))];
        expect(dueWindows(NOON, { since, reads: after }, POLICY)).toEqual([]);
        expect(subtract([{ from: since, to: NOON - 5 * MINUTE }], after)).toEqual([]);
        expect(windows.every(({ from, to }) => to - from <= POLICY.windowMaxMs && from >= since && to <= NOON - 5 * MINUTE)).toBe(true);
        // No moment is asked for twice in one plan.
        expect(union(windows).reduce((sum, { from, to }) => sum + to - from, 0)).toBe(
          windows.reduce((sum, { from, to }) => sum + to - from, 0),
        );
      }),
    );
  });
});
