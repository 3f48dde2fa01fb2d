/** The search for the lines BigQuery refuses, over loads that refuse what holds a bad line. */
import fc from 'fast-check';
import { gunzipSync } from 'node:zlib';
import { refusedLines, type LoadBudget, type RefusedLine } from '../../../activities/lake/refused-lines';
import { memoryStore } from '../../setup/memory-store';

const BAD = '!';

interface Searched {
  readonly found: readonly RefusedLine[];
  readonly loads: number;
}

async function search(bad: readonly boolean[], budgetLeft: number): Promise<Searched> {
  const stage = memoryStore();
  const budget: LoadBudget = { left: budgetLeft };
  let loads = 0;
  const lines = bad.map((isBad, row) => Buffer.from(`${String(row)}${isBad ? BAD : ''}`));
  const found = await refusedLines(lines, {
    stage,
    folder: 'unit',
    budget,
    load: (parts) => {
      loads += 1;
      const text = parts.map(({ name }) => gunzipSync(stage.objects.get(name)?.data ?? Buffer.alloc(0)).toString()).join('');
      return Promise.resolve(text.includes(BAD) ? undefined : 'staging');
    },
  });
  return { found, loads };
}

/** A part with at least one line that was refused whole. */
const parts = fc.array(fc.boolean(), { minLength: 1, maxLength: 120 }).filter((bad) => bad.includes(true));

describe('refusedLines()', () => {
  it('finds each bad line alone and no good one when it may load as often as it must', async () => {
    await fc.assert(
      fc.asyncProperty(parts, async (bad) => {
        const { found } = await search(bad, Number.POSITIVE_INFINITY);
        expect(found).toEqual(bad.flatMap((isBad, row) => (isBad ? [{ row, alone: true }] : [])));
      }),
    );
  });

  it('with loads for less gives ranges that hold all bad lines, calls no good line bad alone, and ends', async () => {
    await fc.assert(
      fc.asyncProperty(parts, fc.nat(60), async (bad, budget) => {
        const { found, loads } = await search(bad, budget);
        const rows = new Set(found.map(({ row }) => row));
        expect(bad.flatMap((isBad, row) => (isBad && !rows.has(row) ? [row] : []))).toEqual([]);
        expect(found.filter(({ row, alone }) => alone && bad[row] !== true)).toEqual([]);
        expect(found.map(({ row }) => row)).toEqual([...rows].sort((left, right) => left - right));
        // Of each range that is still open, a last line may be looked at.
        expect(loads).toBeLessThanOrEqual(budget + Math.ceil(Math.log2(bad.length)));
      }),
    );
  });

  it('finds one bad line of ten thousand in as many loads as halving takes', async () => {
    const { found, loads } = await search(
      Array.from({ length: 10_000 }, (_, row) => row === 7_321),
      200,
    );
    expect(found).toEqual([{ row: 7_321, alone: true }]);
    expect(loads).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(10_000)));
  });

  it('blames nobody where each line loads alone', async () => {
    const { found } = await search([false, false, false], Number.POSITIVE_INFINITY);
    expect(found).toEqual([]);
  });
});
