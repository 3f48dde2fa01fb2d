import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import path from 'node:path';
import type { Change } from '../../activities/lake/migration-step';
import { startLake, type Lake, type LakeOptions } from '../../infra/local/lake';
import { temporalDatabaseOf } from '../../infra/local/servers';
import { apply } from '../../worker/reconcile/apply';
import { NO_DIFFERENCES, openStack, registerNamespace, workerLog, type Stack } from '../setup/stack';
import { hold, holdAnswer, jobDone, type Injection, type SeenRequest } from '../strict/faults';

const APPLY_TRIES_MAX = 15;
const TEMPORAL_CODES: readonly string[] = ['TEMPORAL_NAMESPACE_MISSING', 'TEMPORAL_UNREACHABLE'];

const HOUR_MS = 3_600_000;
const LAG_MS = 300_000;
/** Two reads of six hours for each of two streams. */
const SPAN_MS = 12 * HOUR_MS;
const SINCE_MS = Date.parse('2026-03-11T00:00:00Z') - SPAN_MS;

const isPublish = (request: SeenRequest): boolean => request.job?.id.startsWith('tidemark_publish_') === true;
const isUnitWrite = (request: SeenRequest): boolean =>
  request.method === 'POST' && request.query.get('name')?.endsWith('/unit.json') === true;

// Temporal decides what runs next; it is never the record of what was done.
describe("Temporal's database, deleted and made anew in the middle of a tick", () => {
  let options: LakeOptions;
  let lake: Lake;
  let stack: Stack;

  beforeAll(async () => {
    options = { dir: mkdtempSync(path.join(tmpdir(), 'tidemark-temporal-')), project: 'demo', ends: 'with-this-process' };
    lake = await startLake(options);
  });
  afterAll(async () => {
    await lake.stop();
  });

  beforeEach(async () => {
    stack = await openStack({
      lake,
      streams: ['activity', 'system_event'],
      api: { eventsPerDay: 1_500, lateShare: 0 },
      pageSize: 50,
      source: { since: new Date(SINCE_MS).toISOString() },
    });
  });
  afterEach(async () => {
    await stack.close();
  });

  /** As after the loss of a disk: the same address, and nothing known of namespaces, schedules or runs. */
  async function loseTemporal(): Promise<void> {
    await lake.stop(['temporal']);
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(temporalDatabaseOf(lake.dir) + suffix, { force: true });
    // The guard of the first start ends the servers of this one as well.
    lake = await startLake({ ...options, ends: 'when-stopped' });
  }

  /** What an operator does then: the namespace, and `tidemark apply`. */
  async function setUpAgain(): Promise<void> {
    const { temporal } = stack.loaded.config;
    await registerNamespace(temporal.address, temporal.namespace);
    const changes = (await applyWhenTemporalKnows()).filter(({ action }) => action !== 'unchanged');
    // The lake is as it was: only Temporal had forgotten something.
    expect(changes).toMatchObject([{ kind: 'schedule', name: 'collect/acme', action: 'created' }]);
  }

  /** A worker that polled meanwhile makes Temporal remember for some seconds that there is no such namespace. */
  async function applyWhenTemporalKnows(): Promise<readonly Change[]> {
    for (let tries = 1; ; tries += 1) {
      const outcome = await apply(stack.loaded, { env: {} });
      if (outcome.ok) return outcome.changes;
      const { problems } = outcome;
      if (tries === APPLY_TRIES_MAX || problems.some(({ code }) => !TEMPORAL_CODES.includes(code)))
        throw new AggregateError(problems, problems.map(({ code, message }) => `${code}: ${message}`).join('; '));
      await delay(1_000);
    }
  }

  async function expectTruth(): Promise<void> {
    const tick = await stack.collect().catch((error: unknown) => {
      throw new Error(`${String((error as { cause?: unknown }).cause)}\n${workerLog(stack)}`);
    });
    expect(tick).toMatchObject({ failures: 0 });
    expect(await stack.differences(SINCE_MS, stack.nowMs - LAG_MS)).toEqual(NO_DIFFERENCES);
    expect(await stack.collect()).toMatchObject({ units: 0, failures: 0 });
  }

  const MOMENTS: readonly (readonly [string, (stack: Stack) => Injection])[] = [
    ['while a unit is fetched', ({ storage }) => storage.inject({ match: isUnitWrite, action: hold })],
    [
      'after the publish transaction, before its answer',
      ({ bigqueryProxy }) => bigqueryProxy.inject({ match: isPublish, action: holdAnswer(jobDone) }),
    ],
  ];

  it.each(MOMENTS)('loses and doubles nothing %s, when the worker was lost with it', async (_moment, inject) => {
    const fault = inject(stack);
    const worker = await stack.startWorker();
    await stack.startCollect();
    await fault.reached;
    await worker.kill('SIGKILL');
    fault.drop();
    await loseTemporal();
    await setUpAgain();
    await stack.startWorker();
    await expectTruth();
  });

  it('loses and doubles nothing when the worker stays up, and needs no restart to take the next tick', async () => {
    const fault = stack.bigqueryProxy.inject({ match: (request) => isPublish(request) && request.method === 'POST', action: hold });
    await stack.startWorker();
    await stack.startCollect();
    await fault.reached;
    await loseTemporal();
    await setUpAgain();
    // The transaction of the lost tick goes out while the new one plans, from a ledger that lacks it.
    const tick = await stack.startCollect();
    fault.release();
    await tick.result();
    await expectTruth();
  });
});
