import fc from 'fast-check';

import { nextWaitMs, RETRY_LIMITS, retryAfterMs } from '../../../activities/http/retry';

const NOW = Date.parse('2026-11-20T12:00:00Z');

describe('retryAfterMs()', () => {
  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 1.5 ', 1_500],
    ['0.0001', 1],
    ['Fri, 20 Nov 2026 12:01:00 GMT', 60_000],
    ['Fri, 20 Nov 2026 11:00:00 GMT', 0],
  ])('reads %j', (value, expected) => {
    expect(retryAfterMs({ 'retry-after': value }, NOW)).toBe(expected);
  });

  it.each(['', '-1', '1e9', 'soon', '2026-11-20T12:01:00Z', '20 Nov 2026', 'Fri, 99 Nov 2026 12:01:00 GMT', '0x10', 'Infinity'])(
    'does not guess at %j',
    (value) => {
      expect(retryAfterMs({ 'retry-after': value }, NOW)).toBeUndefined();
    },
  );

  it("reads a date against the vendor's own clock where it shows it", () => {
    const headers = { 'retry-after': 'Fri, 20 Nov 2026 09:00:30 GMT', date: 'Fri, 20 Nov 2026 09:00:00 GMT' };
    expect(retryAfterMs(headers, NOW)).toBe(30_000);
  });
});

describe('nextWaitMs()', () => {
  it('never tries or waits more than its limits, whatever the vendor wishes and chance gives', () => {
    const limits = fc.record({
      triesMax: fc.integer({ min: 1, max: 9 }),
      waitMsMax: fc.nat(60_000),
      backoffMs: fc.integer({ min: 1, max: 5_000 }),
      backoffMsMax: fc.nat(20_000),
    });
    const wishes = fc.infiniteStream(fc.option(fc.nat(90_000), { nil: undefined }));
    fc.assert(
      fc.property(
        limits,
        wishes,
        fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
        (bounds, wish, chance) => {
          let waited = 0;
          let attempt = 1;
          for (; attempt < 100; attempt++) {
            const wishMs = wish.next().value;
            const waitMs = nextWaitMs(attempt, waited, wishMs, bounds, () => chance.next().value ?? 0);
            if (waitMs === undefined) break;
            if (wishMs !== undefined) expect(waitMs).toBe(wishMs);
            expect(waitMs).toBeGreaterThanOrEqual(0);
            waited += waitMs;
          }
          expect(attempt).toBeLessThanOrEqual(bounds.triesMax);
          expect(waited).toBeLessThanOrEqual(bounds.waitMsMax);
        },
      ),
    );
  });

  it('spreads its own waits over the whole of a doubling range', () => {
    const at = (random: number): (number | undefined)[] =>
      [1, 2, 3, 4].map((attempt) => nextWaitMs(attempt, 0, undefined, RETRY_LIMITS, () => random));
    expect(at(0)).toEqual([0, 0, 0, 0]);
    expect(at(0.5)).toEqual([250, 500, 1_000, 2_000]);
  });
});
