import fc from 'fast-check';
import { HourCounts } from '../../../activities/stage/hour-counts';

const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const row = fc.record({
  atUs: fc.bigInt({ min: 946_684_800_000_000n, max: 946_684_800_000_000n + 20_000_000_000n }),
  high: uint32,
  low: uint32,
});

function counted(rows: readonly { atUs: bigint; high: number; low: number }[]): HourCounts {
  const counts = new HourCounts([]);
  for (const { atUs, high, low } of rows) counts.add(atUs, high, low);
  return counts;
}

describe('counts per event hour', () => {
  it('do not depend on the order of rows, nor on how they were split', () => {
    fc.assert(
      fc.property(fc.array(row), fc.nat(), (rows, at) => {
        const split = at % (rows.length + 1);
        const whole = counted(rows).list();
        const merged = counted(rows.slice(split));
        merged.merge(counted(rows.slice(0, split)));
        expect(merged.list()).toEqual(whole);
        expect(new HourCounts(whole).list()).toEqual(whole);
        expect(whole.reduce((sum, hour) => sum + hour.rows, 0)).toBe(rows.length);
      }),
    );
  });

  it('differ when one key differs', () => {
    const [one] = counted([{ atUs: 946_684_800_000_000n, high: 1, low: 2 }]).list();
    const [other] = counted([{ atUs: 946_684_800_000_000n, high: 1, low: 3 }]).list();
    expect(one).toEqual({ hour: '2000-01-01T00:00:00.000Z', rows: 1, fingerprint: '0000000100000002' });
    expect(other?.fingerprint).not.toBe(one?.fingerprint);
  });

  it('put the last microsecond of an hour into that hour, and name the days', () => {
    const counts = counted([
      { atUs: 946_771_199_999_999n, high: 0, low: 0 },
      { atUs: 946_771_200_000_000n, high: 0, low: 0 },
    ]);
    expect(counts.list().map(({ hour }) => hour)).toEqual(['2000-01-01T23:00:00.000Z', '2000-01-02T00:00:00.000Z']);
    expect([...counts.days()]).toEqual(['2000-01-01', '2000-01-02']);
  });
});
