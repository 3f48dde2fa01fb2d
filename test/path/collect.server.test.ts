import { NO_DIFFERENCES, openStack, workerLog, type Stack } from '../setup/stack';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

describe('collect, end to end', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await openStack({ api: { lateShare: 0 } });
    await stack.startWorker();
  });
  afterAll(async () => {
    await stack.close();
  });

  it('brings every visible entry of a day into the lake once, with facts that balance', async () => {
    const result = await stack.collect().catch((error: unknown) => {
      throw new Error(`${String((error as { cause?: unknown }).cause)}\n${workerLog(stack)}`);
    });
    const untilMs = stack.nowMs - 5 * 60_000;
    expect(await stack.differences(stack.nowMs - DAY_MS, untilMs)).toEqual(NO_DIFFERENCES);
    expect(result).toMatchObject({ failures: 0, failed: [] });
  });

  it('finds nothing to do in the same tick again', async () => {
    stack.api.resetCalls();
    expect(await stack.collect()).toEqual({ plans: 0, units: 0, failed: [], failures: 0, tables: [], calls: 0 });
    expect(stack.api.calls().total.answered).toBe(0);
  });

  it('collects only what is new an hour later', async () => {
    stack.api.setNow(stack.nowMs + HOUR_MS);
    const result = await stack.collect(stack.nowMs + HOUR_MS);
    expect(await stack.differences(stack.nowMs - DAY_MS, stack.nowMs + HOUR_MS)).toEqual(NO_DIFFERENCES);
    expect(result.failures).toBe(0);
  });
});
