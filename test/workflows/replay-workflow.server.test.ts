/** `replay` as a workflow: plan after plan until none is left, and no further where something failed. */
import { ApplicationFailure } from '@temporalio/activity';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { testLake } from '../setup/lake';
import { startStubWorker, type ScriptUnit, type StubWorker } from './stub-worker';
import { startTemporalServer } from './temporal-server';

const units = (count: number): ScriptUnit[] => Array.from({ length: count }, () => ({ table: 'a', rows: 5 }));

beforeAll(() => {
  const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' });
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [], telemetryOptions: { logging: { forward: {}, filter } } });
});
afterAll(async () => {
  await Runtime.instance().shutdown();
});

describe('replay', () => {
  let worker: StubWorker;
  beforeAll(async () => {
    worker = await startStubWorker(testLake().temporal.address);
  });
  afterAll(async () => {
    await worker.close();
  });

  it('plans again from where the last plan ended, also after one without units, and sums what was done', async () => {
    const run = await worker.startReplay({ plans: [{ units: units(2) }, { units: [], leftOut: 10 }, { units: units(1), leftOut: 3 }] });
    expect(await run.handle.result()).toEqual({
      plans: 2,
      units: 3,
      calls: 3,
      failures: 0,
      failed: [],
      tables: [{ table: 'a', rows: 15, inserted: 15, duplicates: 0, conflicts: 0, rejected: 0 }],
      rejects: 30,
      leftOut: { 'beyond retention': 13 },
    });
    expect(run.inputs.planReplay.map(({ after }) => after)).toEqual([
      undefined,
      ['unit', 'reject 0', 'batch'],
      ['unit', 'reject 1', 'batch'],
    ]);
    expect(new Set(run.inputs.planReplay.map(({ startedAt }) => startedAt)).size).toBe(1);
    expect(run.asked.filter((line) => line.startsWith('fetch')).every((line) => line.startsWith('fetch-bulk'))).toBe(true);
  });

  it('ends as failed after the plan in which a unit failed, with what was done until then', async () => {
    const run = await worker.startReplay({
      plans: [{ units: units(2) }, { units: units(2) }],
      before: {
        fetch: (index) =>
          index === 0
            ? Promise.reject(ApplicationFailure.create({ type: 'SRC_PERMISSION_DENIED', message: 'refused', nonRetryable: true }))
            : Promise.resolve(),
      },
    });
    await expect(run.handle.result()).rejects.toMatchObject({
      cause: {
        type: 'SRC_PERMISSION_DENIED',
        details: [{ failures: 1, rejects: 10, leftOut: {}, tables: [{ table: 'a', rows: 5 }] }],
      },
    });
    expect(run.inputs.planReplay).toHaveLength(1);
  });
});

it('a replay whose history grows long continues as new where it was, as the replay that began', async () => {
  const server = await startTemporalServer({ 'limit.historyCount.suggestContinueAsNew': 20 });
  const worker = await startStubWorker(server.address);
  try {
    const run = await worker.startReplay({ plans: [{ units: units(4) }, { units: units(4), leftOut: 1 }] });
    expect(await run.handle.result()).toMatchObject({ plans: 2, units: 8, rejects: 20, leftOut: { 'beyond retention': 1 } });
    const { runId } = await run.handle.describe();
    const { events } = await run.handle.fetchHistory();
    expect(events?.[0]?.workflowExecutionStartedEventAttributes?.firstExecutionRunId).not.toBe(runId);
    const [first, second] = run.inputs.planReplay;
    expect([second?.startedAt, second?.after]).toEqual([first?.startedAt, ['unit', 'reject 0', 'batch']]);
  } finally {
    await worker.close();
    await server.close();
  }
});
