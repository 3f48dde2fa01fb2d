import fc from 'fast-check';
import { dueWindows, type PastRead } from '../../../activities/plan/due';
import { tickTime } from '../../../activities/plan/plan';

const EVERY_MS = 300_000;
const STARTED_AT = Date.parse('2026-03-10T12:00:00.500Z');

describe('the moment a plan of a tick is made for', () => {
  it('is the beginning of the tick until the schedule would begin the next one', () => {
    expect([-5, 0, 1, EVERY_MS - 1].map((after) => tickTime(STARTED_AT, STARTED_AT + after, EVERY_MS))).toEqual(Array(4).fill(STARTED_AT));
    expect(tickTime(STARTED_AT, STARTED_AT + EVERY_MS, EVERY_MS)).toBe(STARTED_AT + EVERY_MS);
    expect(tickTime(STARTED_AT, STARTED_AT + 3.7 * EVERY_MS, EVERY_MS)).toBe(STARTED_AT + 3 * EVERY_MS);
  });

  it('lets a tick end: once its windows are read, nothing is due that became old enough while they were', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: EVERY_MS - 1 }), fc.integer({ min: 0, max: 600_000 }), (tookMs, lagMs) => {
        const policy = { settle: { lagMs, agesMs: [], horizonMs: lagMs }, windowMaxMs: 3_600_000, retentionMs: 86_400_000 };
        const since = STARTED_AT - 7_200_000;
        const first = dueWindows(tickTime(STARTED_AT, STARTED_AT, EVERY_MS), { since, reads: [] }, policy);
        const reads = first.map(({ from, to }): PastRead => ({ from, to, startedAt: STARTED_AT }));
        expect(first).not.toEqual([]);
        expect(dueWindows(tickTime(STARTED_AT, STARTED_AT + tookMs, EVERY_MS), { since, reads }, policy)).toEqual([]);
      }),
    );
  });
});
