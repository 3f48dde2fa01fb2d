/** What a crash, a lost answer or a double may not change: each ends with rows = truth and facts = truth. */
import type { WorkerProcess } from '../../infra/local/worker-process';
import { holdAnswer, hold, jobDone, loseAnswer, meet, type SeenRequest } from '../strict/faults';
import { NO_DIFFERENCES, openStack, type Stack, type StackOptions } from '../setup/stack';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LAG_MS = 300_000;
/** Between two tests: new hours are due, and some are due again. */
const STEP_MS = 3 * HOUR_MS;
const START_MS = Date.parse('2026-03-10T00:00:00Z');

/** One stream, small pages: several pages a unit, a few units. */
const SMALL: StackOptions = {
  streams: ['activity'],
  api: { eventsPerDay: 1_500, lateShare: 0, startMs: START_MS, endMs: START_MS + 4 * DAY_MS },
  pageSize: 50,
};

const isUnitWrite = (request: SeenRequest): boolean => request.method === 'POST' && objectName(request).endsWith('/unit.json');
const isPartWrite = (request: SeenRequest): boolean => request.method === 'POST' && objectName(request).endsWith('.ndjson.gz');
const isPublish = (request: SeenRequest): boolean => request.job?.id.startsWith('tidemark_publish_') === true;
const isPublishInsert = (request: SeenRequest): boolean => isPublish(request) && request.method === 'POST';

function objectName(request: SeenRequest): string {
  const inMetadata = (request.json as { name?: unknown } | undefined)?.name;
  return request.query.get('name') ?? (typeof inMetadata === 'string' ? inMetadata : '');
}

describe('faults on the path', () => {
  let stack: Stack;
  let nowMs: number;
  let workers: WorkerProcess[] = [];
  beforeAll(async () => {
    stack = await openStack(SMALL);
    ({ nowMs } = stack);
  });
  afterAll(async () => {
    await stack.close();
  });
  beforeEach(() => {
    nowMs += STEP_MS;
    stack.api.setNow(nowMs);
  });
  afterEach(async () => {
    await Promise.all(workers.map(async (worker) => await worker.kill('SIGKILL')));
    workers = [];
  });

  async function startWorker(): Promise<WorkerProcess> {
    const worker = await stack.startWorker();
    workers.push(worker);
    return worker;
  }

  async function expectTruth(): Promise<void> {
    expect(await stack.differences(START_MS, nowMs - LAG_MS)).toEqual(NO_DIFFERENCES);
    expect(await stack.collect(nowMs)).toMatchObject({ units: 0, failures: 0 });
  }

  /** Kills the worker at the moment `reached` resolves, lets another finish the tick. */
  async function killAt(reached: Promise<void>, letGo: () => void): Promise<void> {
    const worker = await startWorker();
    const tick = await stack.startCollect(nowMs);
    await reached;
    await worker.kill('SIGKILL');
    letGo();
    await startWorker();
    await tick.result();
  }

  it('kill -9 between a durable part and its unit.json loses and doubles nothing', async () => {
    const fault = stack.storage.inject({ match: isUnitWrite, action: hold });
    await killAt(fault.reached, () => fault.drop());
    await expectTruth();
  });

  it('kill -9 between unit.json and the heartbeat loses and doubles nothing', async () => {
    const fault = stack.storage.inject({ match: isUnitWrite, action: holdAnswer() });
    await killAt(fault.reached, () => fault.drop());
    await expectTruth();
  });

  it('kill -9 after the load and before the transaction loses and doubles nothing', async () => {
    const fault = stack.bigqueryProxy.inject({ match: isPublishInsert, action: hold });
    await killAt(fault.reached, () => fault.drop());
    await expectTruth();
  });

  it('kill -9 after the commit and before its answer loses and doubles nothing', async () => {
    const fault = stack.bigqueryProxy.inject({ match: isPublish, action: holdAnswer(jobDone) });
    await killAt(fault.reached, () => fault.drop());
    await expectTruth();
  });

  it('SIGTERM in the middle of a fetch saves what was read, and the next worker goes on from there', async () => {
    stack.api.fault({ kind: 'slow-headers', count: 3, delayMs: 3_000 });
    const worker = await startWorker();
    const tick = await stack.startCollect(nowMs);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await worker.kill('SIGTERM')).toBe(0);
    await startWorker();
    await tick.result();
    await expectTruth();
  });

  it('a 412 caused by the repetition of our own write is known as our own', async () => {
    const parts = stack.storage.inject({ match: isPartWrite, action: loseAnswer(), times: 2 });
    const units = stack.storage.inject({ match: isUnitWrite, action: loseAnswer(), times: 2 });
    await startWorker();
    expect(await stack.collect(nowMs)).toMatchObject({ failures: 0 });
    expect([parts.hits(), units.hits()]).toEqual([2, 2]);
    await expectTruth();
  });

  it('the answers of load and publish jobs may get lost', async () => {
    const jobs = stack.bigqueryProxy.inject({
      match: (request) => request.method === 'POST' && request.job?.id.startsWith('tidemark_') === true,
      action: loseAnswer(),
      times: 3,
    });
    await startWorker();
    expect(await stack.collect(nowMs)).toMatchObject({ failures: 0 });
    expect(jobs.hits()).toBe(3);
    await expectTruth();
  });

  it('the same tick twice at once, on two workers, is one tick: two publishers meet at one table', async () => {
    await startWorker();
    await startWorker();
    const met = meet(stack.bigqueryProxy, { match: isPublishInsert, parties: 2 });
    const ticks = [await stack.startCollect(nowMs), await stack.startCollect(nowMs)];
    await Promise.all(ticks.map(async (tick) => await tick.result()));
    await met;
    await expectTruth();
  });

  it('two attempts of one unit at once: the one that was thought dead stops at its next write', async () => {
    const zombie = await startWorker();
    let name = '';
    const first = stack.storage.inject({
      match: (request) => {
        if (!isUnitWrite(request)) return false;
        name = objectName(request);
        return true;
      },
      action: hold,
    });
    const tick = await stack.startCollect(nowMs);
    await first.reached;
    process.kill(zombie.pid, 'SIGSTOP');
    const second = stack.storage.inject({ match: (request) => isUnitWrite(request) && objectName(request) === name, action: holdAnswer() });
    await startWorker();
    // The second attempt has written; the first wakes up and sends its own write.
    await second.reached;
    process.kill(zombie.pid, 'SIGCONT');
    first.release();
    second.release();
    await tick.result();
    const writes = stack.storage.requests().filter((request) => request.method === 'POST' && request.status === 412);
    expect(writes.length).toBeGreaterThan(0);
    await expectTruth();
  });

  it('a namespace without history takes over where the lost one was', async () => {
    const fault = stack.bigqueryProxy.inject({ match: isPublishInsert, action: hold });
    const worker = await startWorker();
    const tick = await stack.startCollect(nowMs);
    await fault.reached;
    await worker.kill('SIGKILL');
    fault.drop();
    await stack.temporal.workflow.getHandle(tick.workflowId).terminate('the database is lost');
    await startWorker();
    expect(await stack.collect(nowMs)).toMatchObject({ failures: 0 });
    await expectTruth();
  });
});
