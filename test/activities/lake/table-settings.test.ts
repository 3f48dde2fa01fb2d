/** What of a table beside its columns may be changed, and how long its partitions are kept: longer is done, shorter is asked for. */
import type { TableMetadata } from '@google-cloud/bigquery';
import type { TableSpec } from '../../../activities/lake/lake-spec';
import { inParallel } from '../../../activities/lake/in-parallel';
import { compareSettings, type SettingsComparison } from '../../../activities/lake/table-settings';

const SPEC: TableSpec = {
  dataset: 'lake',
  name: 'acme_log',
  description: 'What acme logs.',
  columns: [],
  partition: 'ts',
  cluster: ['a'],
  requirePartitionFilter: true,
};
const LABELS = { 'managed-by': 'tidemark' };
const DAY_MS = 86_400_000;

const table = (more: object = {}): TableMetadata => ({
  type: 'TABLE',
  description: SPEC.description,
  labels: { ...LABELS, theirs: 'kept' },
  timePartitioning: { type: 'DAY', field: 'ts' },
  clustering: { fields: ['a'] },
  requirePartitionFilter: true,
  ...more,
});
const NOTHING: SettingsComparison = { patch: {}, changed: [], left: [], refused: [] };

test('a table as it should be needs nothing, and labels of others are no difference', () => {
  expect(compareSettings(table(), SPEC, { labels: LABELS, mayShorten: false })).toEqual(NOTHING);
});

test('what differs is changed: clustering, the filter, the description, and labels beside those of others', () => {
  const existing = table({ description: 'old', clustering: { fields: ['b'] }, requirePartitionFilter: false });
  expect(compareSettings(existing, SPEC, { labels: { ...LABELS, team: 'blue', theirs: 'ours' }, mayShorten: false })).toEqual({
    patch: {
      clustering: { fields: ['a'] },
      requirePartitionFilter: true,
      labels: { ...LABELS, team: 'blue', theirs: 'ours' },
      description: 'What acme logs.',
    },
    changed: [
      'clustering (b) becomes (a)',
      'requirePartitionFilter becomes true',
      'label team added',
      'label theirs becomes ours (is kept)',
      'description changed',
    ],
    left: [],
    refused: [],
  });
});

test.each([
  [{ type: 'VIEW' }, 'it is a VIEW, not a table'],
  [{ timePartitioning: undefined }, 'it is not partitioned, the definition says by DAY of ts'],
  [{ timePartitioning: { type: 'HOUR', field: 'ts' } }, 'it is partitioned by HOUR of ts, the definition says by DAY of ts'],
])('%j is refused: %s', (more, reason) => {
  expect(compareSettings(table(more), SPEC, { labels: LABELS, mayShorten: false }).refused).toEqual([reason]);
});

const kept = (days: number | undefined): object => ({
  timePartitioning: { type: 'DAY', field: 'ts', ...(days === undefined ? {} : { expirationMs: String(days * DAY_MS) }) },
});
const patched = (days: number | null, says: string): SettingsComparison => ({
  ...NOTHING,
  patch: { timePartitioning: { type: 'DAY', field: 'ts', expirationMs: days === null ? null : String(days * DAY_MS) } },
  changed: [says],
});
const refusedShorter = (has: string): SettingsComparison => ({
  ...NOTHING,
  retentionRefused: `partitions are ${has} and would be kept for 30 days: older ones would be deleted at once`,
});

test.each<[string, number | undefined, TableSpec['retentionDays'], boolean, SettingsComparison]>([
  ['as wanted', 30, 30, false, NOTHING],
  ['for ever, as wanted', undefined, 'never', false, NOTHING],
  ['longer', 30, 60, false, patched(60, 'partitions are now kept for 60 days (were kept for 30 days)')],
  ['for ever from now on', 30, 'never', false, patched(null, 'partitions are now kept for ever (were kept for 30 days)')],
  ['shorter', 60, 30, false, refusedShorter('kept for 60 days')],
  ['no longer for ever', undefined, 30, false, refusedShorter('kept for ever')],
  ['shorter, by name', 60, 30, true, patched(30, 'partitions are now kept for 30 days (were kept for 60 days)')],
  ['no longer for ever, by name', undefined, 30, true, patched(30, 'partitions are now kept for 30 days (were kept for ever)')],
  [
    'for a time that nobody here set',
    30,
    undefined,
    false,
    { ...NOTHING, left: ['partitions are kept for 30 days, which nothing here says, and stay so: write `never` to end it'] },
  ],
])('partitions kept %s', (_how, has, wanted, mayShorten, comparison) => {
  const spec = wanted === undefined ? SPEC : { ...SPEC, retentionDays: wanted };
  expect(compareSettings(table(kept(has)), spec, { labels: LABELS, mayShorten })).toEqual(comparison);
});

test('inParallel() keeps the order, never has more at once than it may, and begins nothing after a failure', async () => {
  let running = 0;
  let most = 0;
  const begun: number[] = [];
  const work = async (item: number): Promise<number> => {
    begun.push(item);
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 5 - item));
    running -= 1;
    if (item === 4) throw new RangeError('four');
    return item * 2;
  };
  expect([await inParallel([0, 1, 2, 3], 2, work), most]).toEqual([[0, 2, 4, 6], 2]);
  begun.length = 0;
  await expect(inParallel([4, 1, 2, 3], 1, work)).rejects.toThrow('four');
  expect([begun, running]).toEqual([[4], 0]);
  expect(await inParallel([], 2, work)).toEqual([]);
});
