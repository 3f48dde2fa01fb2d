import type { Clock } from '../../../activities/clock';
import { openCheckpoint, readUnit, type UnitProgress } from '../../../activities/stage/checkpoint';
import type { UnitSpec } from '../../../activities/stage/unit';
import { memoryStore } from '../../setup/memory-store';

const SPEC: UnitSpec = {
  unit: 'u1',
  source: 'acme',
  stream: 'activity',
  connector: 'gcp.audit_logs',
  tenant: 'acme',
  table: 'cloudaudit_googleapis_com_activity',
  lane: 'live',
  from: '2026-03-10T12:00:00.000Z',
  to: '2026-03-10T13:00:00.000Z',
};
const NAME = 'v1/acme/activity/2026/03/10/u1/unit.json';
const PROGRESS: UnitProgress = {
  ...SPEC,
  format: 1,
  readStartedAt: '2026-03-10T13:05:00.000Z',
  readFinishedAt: null,
  configDigest: 'c',
  schemaDigest: 's',
  cursor: 'page-2',
  nextSequence: 1,
  parts: [],
  counts: { calls: 1, pages: 1, received: 0, rows: 0, rejected: 0 },
  hours: [],
  restarts: 0,
  stuck: 0,
  complete: false,
};

/** A clock that moves only when someone sleeps. */
function steppedClock(): Clock & { slept: number[] } {
  let now = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: (ms) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
}

describe('a checkpoint', () => {
  it('is found by the next attempt as it was saved', async () => {
    const store = memoryStore();
    const first = await openCheckpoint(store, SPEC, 'attempt-1', steppedClock());
    expect(first.saved).toBeUndefined();
    await first.advance(PROGRESS);
    const second = await openCheckpoint(store, SPEC, 'attempt-2', steppedClock());
    expect(second.saved).toMatchObject({ ...PROGRESS, owner: 'attempt-1' });
    expect([...store.objects.keys()]).toEqual([NAME]);
  });

  it('stops an attempt that another has overtaken, and keeps what the other saved', async () => {
    const store = memoryStore();
    const old = await openCheckpoint(store, SPEC, 'attempt-1', steppedClock());
    const young = await openCheckpoint(store, SPEC, 'attempt-2', steppedClock());
    await young.advance({ ...PROGRESS, cursor: 'page-3' });
    await expect(old.advance(PROGRESS)).rejects.toMatchObject({ code: 'UNIT_TAKEN' });
    expect((await readUnit(store, SPEC))?.cursor).toBe('page-3');
  });

  it('knows its own write again when the answer was lost', async () => {
    const store = memoryStore();
    const checkpoint = await openCheckpoint(store, SPEC, 'attempt-1', steppedClock());
    store.loseNextAnswer();
    await checkpoint.advance(PROGRESS);
    await checkpoint.advance({ ...PROGRESS, cursor: 'page-3' });
    expect((await readUnit(store, SPEC))?.cursor).toBe('page-3');
  });

  it('writes an object name at most once a second', async () => {
    const clock = steppedClock();
    const checkpoint = await openCheckpoint(memoryStore(), SPEC, 'attempt-1', clock);
    await checkpoint.advance(PROGRESS);
    await checkpoint.advance(PROGRESS);
    await clock.sleep(400);
    await checkpoint.advance(PROGRESS);
    expect(clock.slept).toEqual([1050, 400, 650]);
  });

  it.each([['not json'], ['{"format":2}'], ['null'], ['{"format":1,"parts":[]}']])('refuses %s as a unit document', async (text) => {
    const store = memoryStore();
    await store.write(NAME, Buffer.from(text), 'application/json', undefined);
    await expect(openCheckpoint(store, SPEC, 'attempt-1', steppedClock())).rejects.toMatchObject({ code: 'STAGE_OBJECT_BROKEN' });
  });
});
