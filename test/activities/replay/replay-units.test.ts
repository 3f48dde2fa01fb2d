/** Which units a table's open rejects become. */
import fc from 'fast-check';
import type { OpenReject } from '../../../activities/replay/open-rejects';
import { planUnits, type PlannedReplay, type ReplayBounds } from '../../../activities/replay/replay-units';

const BOUNDS: ReplayBounds = { table: 'a_table', unitsMax: 200, retainedFromMs: () => Date.parse('2026-03-01T00:00:00Z') };

const reject = (rejectId: string, more: Partial<OpenReject> = {}): OpenReject => ({
  rejectId,
  batch: 'b1',
  source: 'acme',
  stream: 'main',
  connector: 'example.log',
  tenant: 'acme',
  unit: 'acme/main/u1',
  itemWhole: true,
  itemBytes: 100,
  from: '2026-03-10T12:00:00.000Z',
  to: '2026-03-10T13:00:00.000Z',
  observedAt: null,
  ...more,
});

const idsOf = ({ rejects }: PlannedReplay): string[] => rejects.map(({ reject_id }) => reject_id);

describe('planUnits()', () => {
  it('replays whole texts of all windows together, and reads each window once for the others', () => {
    const rejects = [
      reject('a'),
      reject('b', { itemWhole: false }),
      reject('c', { itemWhole: false, unit: 'acme/main/u2' }),
      reject('d', { unit: 'acme/main/u3', from: '2026-03-11T12:00:00.000Z', to: '2026-03-11T13:00:00.000Z' }),
      reject('e', { itemWhole: false, unit: 'acme/main/u3', from: '2026-03-11T12:00:00.000Z', to: '2026-03-11T13:00:00.000Z' }),
    ];
    const { units, leftOut, after } = planUnits(rejects, true, BOUNDS);
    expect(units.map((unit) => [unit.from, unit.spec.from, unit.spec.to, idsOf(unit)])).toEqual([
      ['texts', '2026-03-10T12:00:00.000Z', '2026-03-10T12:00:00.000Z', ['a', 'd']],
      ['window', '2026-03-10T12:00:00.000Z', '2026-03-10T13:00:00.000Z', ['b', 'c']],
      ['window', '2026-03-11T12:00:00.000Z', '2026-03-11T13:00:00.000Z', ['e']],
    ]);
    expect([leftOut, after]).toEqual([{}, ['acme/main/u3', 'e', 'b1']]);
  });

  it('keeps sources, streams, tenants, connectors and the times of listings apart', () => {
    const others: Partial<OpenReject>[] = [
      { source: 'other' },
      { stream: 'other' },
      { tenant: 'other' },
      { connector: 'other.log' },
      { observedAt: '2026-03-10T00:00:00.000Z' },
    ];
    const { units } = planUnits([reject('a'), ...others.map((more, index) => reject(`o${String(index)}`, more))], true, BOUNDS);
    expect(units.map(({ spec }) => [spec.source, spec.stream, spec.tenant, spec.connector, spec.observedAt])).toEqual([
      ['acme', 'main', 'acme', 'example.log', undefined],
      ['other', 'main', 'acme', 'example.log', undefined],
      ['acme', 'other', 'acme', 'example.log', undefined],
      ['acme', 'main', 'other', 'example.log', undefined],
      ['acme', 'main', 'acme', 'other.log', undefined],
      ['acme', 'main', 'acme', 'example.log', '2026-03-10T00:00:00.000Z'],
    ]);
  });

  it('leaves out what has no whole text and a window nobody can read again, and says why', () => {
    const rejects = [
      reject('a', { itemWhole: false, from: '2026-02-01T00:00:00.000Z', to: '2026-02-01T01:00:00.000Z' }),
      reject('b', { itemWhole: false, from: null, to: null }),
      reject('c', { itemWhole: false, observedAt: '2026-03-10T00:00:00.000Z' }),
      // A whole text needs no window.
      reject('d', { from: null, to: null }),
    ];
    const { units, leftOut, after } = planUnits(rejects, true, BOUNDS);
    expect(units.map(idsOf)).toEqual([['d']]);
    expect(leftOut).toEqual({ 'beyond retention': 1, 'no window': 2 });
    expect(after).toEqual(['acme/main/u1', 'd', 'b1']);
  });

  it('names units by their rejects: again the same, and others once a reject was recorded again', () => {
    const nameOf = (rejects: readonly OpenReject[]): string | undefined => planUnits(rejects, true, BOUNDS).units[0]?.spec.unit;
    expect(nameOf([reject('a'), reject('b')])).toBe(nameOf([reject('a'), reject('b')]));
    expect(nameOf([reject('a', { batch: 'b2' })])).not.toBe(nameOf([reject('a')]));
  });

  it('holds at most a thousand texts or 8 MiB of them in a unit', () => {
    const many = Array.from({ length: 2_500 }, (_, index) => reject(`r${String(index).padStart(4, '0')}`));
    expect(planUnits(many, true, BOUNDS).units.map(({ rejects }) => rejects.length)).toEqual([1_000, 1_000, 500]);
    const large = Array.from({ length: 20 }, (_, index) => reject(`r${String(index).padStart(2, '0')}`, { itemBytes: 1_048_576 }));
    expect(planUnits(large, true, BOUNDS).units.map(({ rejects }) => rejects.length)).toEqual([8, 8, 4]);
  });

  it('plan by plan takes every reject once, with twins in one unit, whatever the order of reasons, windows and limits', () => {
    const shapes = fc.array(
      fc.record({
        unit: fc.constantFrom('u1', 'u2', 'u3', 'u4'),
        twins: fc.integer({ min: 1, max: 4 }),
        itemWhole: fc.boolean(),
        itemBytes: fc.constantFrom(10, 3_000_000),
        window: fc.nat(40),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(shapes, fc.integer({ min: 6, max: 50 }), fc.integer({ min: 1, max: 6 }), (groups, pageSize, unitsMax) => {
        const all = groups
          .flatMap(({ unit, twins, itemWhole, itemBytes, window }, number) =>
            Array.from({ length: twins }, (_, twin) =>
              reject(`id${String(number).padStart(3, '0')}${twin === 0 ? '' : `.${String(twin + 1)}`}`, {
                unit,
                itemWhole,
                itemBytes,
                from: new Date(Date.parse('2026-03-10T00:00:00Z') + window * 60_000).toISOString(),
                to: new Date(Date.parse('2026-03-10T01:00:00Z') + window * 60_000).toISOString(),
              }),
            ),
          )
          .sort((left, right) => (left.unit + left.rejectId < right.unit + right.rejectId ? -1 : 1));
        const planned: PlannedReplay[] = [];
        let left = all;
        while (left.length > 0) {
          const isAll = left.length <= pageSize;
          const { units, after } = planUnits(left.slice(0, pageSize), isAll, { ...BOUNDS, unitsMax });
          expect(units.length).toBeLessThanOrEqual(unitsMax);
          planned.push(...units);
          left = left.slice(left.findIndex(({ unit, rejectId }) => unit === after?.[0] && rejectId === after[1]) + 1);
        }
        const unitOf = planned.flatMap((unit, number) => idsOf(unit).map((id) => [id, number] as const));
        expect(unitOf.map(([id]) => id).sort()).toEqual(all.map(({ rejectId }) => rejectId).sort());
        const unitsOfGroup = Map.groupBy(unitOf, ([id]) => id.replace(/\.\d+$/, ''));
        for (const members of unitsOfGroup.values()) expect(new Set(members.map(([, number]) => number)).size).toBe(1);
      }),
    );
  });
});
