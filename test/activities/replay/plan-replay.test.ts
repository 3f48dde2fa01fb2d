/** A plan of a replay and the reading of its texts, over a lake whose answers are given. */
import { gunzipSync } from 'node:zlib';
import { gcpAuditLogs } from '../../../activities/connectors/gcp/audit-logs';
import { systemClock } from '../../../activities/clock';
import { configSchema } from '../../../activities/config';
import type { Deps } from '../../../activities/deps';
import { TidemarkError } from '../../../activities/errors';
import { fetchUnit } from '../../../activities/fetch-unit';
import { readPlan } from '../../../activities/plan/plan-object';
import type { OpenReject } from '../../../activities/replay/open-rejects';
import { planReplay, type PlanReplayResult } from '../../../activities/replay/plan-replay';
import { createRedaction } from '../../../activities/transform/redact/redaction';
import { memoryStore } from '../../setup/memory-store';
import { entry } from '../transform/support';

const TABLE = 'cloudaudit_googleapis_com_activity';

const reject = (rejectId: string, more: Partial<OpenReject> = {}): OpenReject => ({
  rejectId,
  batch: 'b1',
  ...{ source: 'acme', stream: 'activity', connector: 'gcp.audit_logs', tenant: 'acme', unit: 'acme/activity/u1' },
  ...{ itemWhole: true, itemBytes: 100, from: '2026-11-01T00:00:00.000Z', to: '2026-11-01T01:00:00.000Z', observedAt: null },
  ...more,
});

interface Text {
  readonly reject_id: string;
  readonly batch: string;
  readonly item: string;
  readonly is_base64: boolean;
  readonly fetched_at: string;
}

const textOf = (rejectId: string, insertId: string, more: Partial<Text> = {}): Text => ({
  reject_id: rejectId,
  batch: 'b1',
  item: JSON.stringify(entry({ insertId })),
  is_base64: false,
  fetched_at: '2026-11-01T02:00:00.000Z',
  ...more,
});

/** A lake that has these rejects, and these texts of them. */
function lakeWith(rejects: readonly OpenReject[], texts: readonly Text[] = []) {
  const { lake, worker } = configSchema.parse({
    lake: { project: 'acme', buckets: { state: 'state', stage: 'stage' }, identityKey: { env: 'KEY' } },
    sources: [],
  });
  const stores = { state: memoryStore('state'), stage: memoryStore('stage') };
  const connector = gcpAuditLogs;
  const deps = {
    ...stores,
    config: { lake, worker },
    clock: systemClock,
    identityKey: Buffer.alloc(32, 7),
    redaction: () => ({ redaction: createRedaction({ detectors: 'all', rules: [] }), digest: 'none' }),
    bigquery: {
      query: ({ query }: { readonly query: string }) => Promise.resolve([query.includes('open_rejects') ? rejects : texts]),
    },
    source: (id: string) => {
      if (id !== 'acme') throw new TidemarkError('SOURCE_UNKNOWN', `there is no source ${id}`);
      return { connector, streams: connector.streams, configDigest: 'c' };
    },
  } as unknown as Deps;
  const planned = async (): Promise<PlanReplayResult> => await planReplay({ table: TABLE, startedAt: '2026-11-02T00:00:00.000Z' }, deps);
  return { ...stores, deps, planned };
}

const attempt = { signal: new AbortController().signal, name: 'a1', number: 1 };

test('a replay of a source that is not configured any more is refused, with the way out, before anything is written', async () => {
  const { planned, state, stage } = lakeWith([reject('a'), reject('b', { source: 'gone' })]);
  await expect(planned()).rejects.toMatchObject({
    code: 'SOURCE_UNKNOWN',
    message: 'rejects of source gone are open, and it is not configured any more: configure it again, or replay those of one source',
  });
  expect([state.objects.size, stage.objects.size]).toEqual([0, 0]);
});

test('a plan written twice is the same plan, and every unit names the list of its rejects', async () => {
  const { planned, deps, stage } = lakeWith([
    reject('a'),
    reject('b', { itemWhole: false }),
    reject('c', { itemWhole: false, from: null }),
  ]);
  const first = await planned();
  expect(first).toMatchObject({ units: 2, live: 0, rejects: 2, leftOut: { 'no window': 1 } });
  expect((await planned()).plan).toBe(first.plan);
  const { units } = await readPlan(deps.state, first.plan ?? '');
  for (const [index, id] of ['a', 'b'].entries()) {
    const list = stage.objects.get(units[index]?.replay?.rejects.name ?? '');
    expect(JSON.parse(list?.data.toString() ?? '')).toEqual({
      unit: `acme/activity/${units[index]?.unit ?? ''}`,
      reject_id: id,
      rejected_batch: 'b1',
    });
  }
});

test('nothing open makes no plan', async () => {
  expect(await lakeWith([]).planned()).toMatchObject({ plan: null, units: 0, rejects: 0, leftOut: {} });
});

test('texts become rows that say when they were received, a page per moment, and bytes that were kept as base64 are bytes again', async () => {
  const texts = [
    textOf('a', 'one'),
    textOf('b', 'two', { item: Buffer.from(JSON.stringify(entry({ insertId: 'two' }))).toString('base64'), is_base64: true }),
    textOf('c', 'three', { fetched_at: '2026-11-01T03:00:00.000Z' }),
    // The same id, recorded by another transaction: not asked for.
    textOf('c', 'other', { batch: 'b0' }),
  ];
  const { planned, deps, state, stage } = lakeWith([reject('a'), reject('b'), reject('c')], texts);
  const { plan } = await planned();
  expect(await fetchUnit({ plan: plan ?? '', index: 0, blocked: [] }, deps, attempt)).toMatchObject({ received: 3, calls: 0 });
  const unit = [...state.objects].find(([name]) => name.endsWith('/unit.json'))?.[1];
  const { parts, counts } = JSON.parse(unit?.data.toString() ?? '') as { parts: { name: string }[]; counts: unknown };
  expect(counts).toMatchObject({ pages: 2, received: 3, rows: 3, rejected: 0 });
  const lines = gunzipSync(stage.objects.get(parts[0]?.name ?? '')?.data ?? Buffer.alloc(0))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { insertId: string; ingest: { fetched_at: string } });
  expect(lines.map(({ insertId, ingest }) => [insertId, ingest.fetched_at])).toEqual([
    ['one', '2026-11-01T02:00:00.000Z'],
    ['two', '2026-11-01T02:00:00.000Z'],
    ['three', '2026-11-01T03:00:00.000Z'],
  ]);
});

test('a reject that is in the lake no more stops the unit: nothing is said to be dealt with that was not read', async () => {
  const { planned, deps, stage } = lakeWith([reject('a'), reject('b')], [textOf('a', 'one')]);
  const { plan } = await planned();
  await expect(fetchUnit({ plan: plan ?? '', index: 0, blocked: [] }, deps, attempt)).rejects.toMatchObject({ code: 'LAKE_ROWS_DIFFER' });
  expect([...stage.objects.keys()].filter((name) => name.includes('/part-'))).toEqual([]);
});
