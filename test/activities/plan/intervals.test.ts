import fc from 'fast-check';
import { cut, intersect, subtract, union, type Interval } from '../../../activities/plan/intervals';

const SPAN = 40;
const interval = fc.tuple(fc.nat(SPAN), fc.nat(SPAN)).map(([from, to]) => ({ from, to }));
const intervals = fc.array(interval, { maxLength: 8 });

/** The moments a list covers: the plain meaning that the functions must keep. */
function moments(list: readonly Interval[]): Set<number> {
  const covered = new Set<number>();
  for (const { from, to } of list) for (let at = from; at < to; at += 1) covered.add(at);
  return covered;
}

function isSet(list: readonly Interval[]): boolean {
  return list.every(({ from, to }, index) => from < to && (index === 0 || (list[index - 1]?.to ?? Infinity) < from));
}

describe('interval sets', () => {
  it('union() covers what any interval covers, ascending and apart', () => {
    fc.assert(
      fc.property(intervals, (list) => {
        expect(moments(union(list))).toEqual(moments(list));
        expect(isSet(union(list))).toBe(true);
      }),
    );
  });

  it('subtract() covers what the whole covers and the holes do not', () => {
    fc.assert(
      fc.property(intervals, intervals, (whole, holes) => {
        expect(moments(subtract(whole, holes))).toEqual(moments(whole).difference(moments(holes)));
        expect(isSet(subtract(whole, holes))).toBe(true);
      }),
    );
  });

  it('intersect() covers what both cover', () => {
    fc.assert(
      fc.property(intervals, intervals, (left, right) => {
        expect(moments(intersect(left, right))).toEqual(moments(left).intersection(moments(right)));
      }),
    );
  });

  it('cut() keeps every moment, in order, in pieces no larger than asked', () => {
    fc.assert(
      fc.property(interval, fc.integer({ min: 1, max: SPAN }), (one, sizeMax) => {
        const pieces = cut(one, sizeMax);
        expect(moments(pieces)).toEqual(moments([one]));
        expect(pieces.every(({ from, to }) => from < to && to - from <= sizeMax)).toBe(true);
        expect(pieces.slice(1).every((piece, index) => piece.from === pieces[index]?.to)).toBe(true);
      }),
    );
  });

  it('cut() cuts a long interval at the same places when it has grown', () => {
    const places = (to: number): number[] => cut({ from: 3, to }, 10).map((piece) => piece.from);
    expect(places(37)).toEqual([3, 10, 20, 30]);
    expect(places(44)).toEqual([3, 10, 20, 30, 40]);
  });
});
