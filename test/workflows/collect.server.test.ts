import { ApplicationFailure, Context } from '@temporalio/activity';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { RunResult } from '../../workflows/run-plan';
import { testLake } from '../setup/lake';
import { startStubWorker, type Script, type ScriptUnit, type StubWorker } from './stub-worker';
import { startTemporalServer } from './temporal-server';

const units = (count: number, unit: Partial<ScriptUnit> = {}): ScriptUnit[] =>
  Array.from({ length: count }, () => ({ table: 'a', rows: 1, ...unit }));

const pause = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms));

/** A door that is shut until it is opened, and says when someone stands before it. */
function door(): { readonly open: () => void; readonly pass: () => Promise<void>; readonly reached: Promise<void> } {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  return {
    open,
    reached,
    pass: async () => {
      reach();
      await opened;
    },
  };
}

/** A refusal as the activities' boundary reports it. */
const refusal = (code: string, context: Readonly<Record<string, string>>, message = 'refused'): ApplicationFailure =>
  ApplicationFailure.create({ type: code, message, nonRetryable: true, details: [context] });

/** What a failed tick says it has done. */
async function failureOf(result: Promise<unknown>): Promise<{ readonly type: string; readonly result: RunResult }> {
  const error: unknown = await result.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const { type, details } = (error as { readonly cause: { readonly type: string; readonly details: readonly [RunResult] } }).cause;
  return { type, result: details[0] };
}

const published = (asked: readonly string[]): string[] => asked.filter((line) => line.startsWith('publish'));

beforeAll(() => {
  const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' });
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [], telemetryOptions: { logging: { forward: {}, filter } } });
});
afterAll(async () => {
  await Runtime.instance().shutdown();
});

describe('collect', () => {
  let worker: StubWorker;
  beforeAll(async () => {
    worker = await startStubWorker(testLake().temporal.address);
  });
  afterAll(async () => {
    await worker.close();
  });

  /** Runs a tick to its end. */
  async function run(script: Script, input = {}) {
    const tick = await worker.start(script, input);
    return { ...tick, result: await tick.handle.result() };
  }

  describe('fetching', () => {
    it('never has more units under way than the plan allows, and no fewer while there are some', async () => {
      const three = door();
      let running = 0;
      let runningMax = 0;
      const fetch = async (): Promise<void> => {
        runningMax = Math.max(runningMax, ++running);
        if (running === 3) three.open();
        await Promise.race([three.pass(), pause(5_000)]);
        // Long enough for a fourth to be seen.
        await pause(100);
        running -= 1;
      };
      const { result } = await run({ plans: [{ units: units(12), concurrency: 3 }], before: { fetch } });
      expect(runningMax).toBe(3);
      expect(result).toMatchObject({ units: 12, calls: 12, tables: [{ table: 'a', rows: 12 }] });
    });

    it('takes live units first, on their own queue', async () => {
      const { asked } = await run({ plans: [{ units: units(4), live: 2, concurrency: 1 }] });
      expect(asked.filter((line) => line.startsWith('fetch'))).toEqual(['fetch-live 0', 'fetch-live 1', 'fetch-bulk 2', 'fetch-bulk 3']);
    });

    it('asks a stream that was refused no more in this tick, and goes on with the others', async () => {
      const script: Script = {
        plans: [
          { units: [...units(1, { stream: 'x' }), ...units(1, { table: 'b', stream: 'y' }), ...units(2, { stream: 'x' })], concurrency: 1 },
        ],
        before: {
          fetch: async (index) => {
            if (index === 0) throw refusal('SRC_PERMISSION_DENIED', { unit: 'acme/x/first', stream: 'x' });
          },
        },
      };
      const { handle, inputs, asked } = await worker.start(script);
      const { type, result } = await failureOf(handle.result());
      expect(inputs.fetch.map((input) => input.blocked)).toEqual([[], ['x'], ['x'], ['x']]);
      expect(published(asked)).toEqual(['publish b 1']);
      expect(type).toBe('SRC_PERMISSION_DENIED');
      expect(result).toMatchObject({
        failures: 1,
        failed: [{ unit: 'acme/x/first', code: 'SRC_PERMISSION_DENIED' }],
        tables: [{ table: 'b', rows: 1 }],
      });
    });

    it('leaves what passes to retries: the tick knows nothing of it', async () => {
      let attempts = 0;
      const fetch = async (): Promise<void> => {
        attempts += 1;
        if (attempts === 1) throw ApplicationFailure.create({ type: 'SRC_UNAVAILABLE', nextRetryDelay: 10, details: [{ stream: 'x' }] });
      };
      const { result, inputs } = await run({ plans: [{ units: units(2, { stream: 'x' }), concurrency: 1 }], before: { fetch } });
      expect(result).toMatchObject({ failures: 0, tables: [{ rows: 2 }] });
      expect(inputs.fetch.map(({ index, blocked }) => [index, blocked.length])).toEqual([
        [0, 0],
        [0, 0],
        [1, 0],
      ]);
    });
  });

  describe('publishing', () => {
    it('does not let live rows wait for bulk work', async () => {
      const bulk = door();
      const tick = await worker.start({
        plans: [{ units: units(2), live: 1 }],
        before: {
          fetch: async (index) => {
            if (index === 1) await bulk.pass();
          },
          publish: async () => {
            bulk.open();
          },
        },
      });
      await tick.handle.result();
      expect(published(tick.asked)).toEqual(['publish a 0', 'publish a 1']);
    });

    it('publishes live rows that came in while bulk rows of the table were published, before more bulk work', async () => {
      const [live, bulk, firstBatch] = [door(), door(), door()];
      const tick = await worker.start({
        plans: [{ units: units(3, { rows: 60_000 }), live: 1, concurrency: 2 }],
        before: {
          fetch: async (index) => {
            if (index === 0) await live.pass();
            if (index === 2) await bulk.pass();
          },
          publish: async (_table, { indexes }) => {
            if (indexes.includes(1)) await firstBatch.pass();
            else bulk.open();
          },
        },
      });
      await Promise.all([live.reached, bulk.reached, firstBatch.reached]);
      live.open();
      await pause(200);
      firstBatch.open();
      await tick.handle.result();
      expect(published(tick.asked)).toEqual(['publish a 1', 'publish a 0', 'publish a 2']);
    });

    it('does not publish small bulk batches of other tables because live rows are due', async () => {
      const [live, bulk] = [door(), door()];
      const script: Script = {
        plans: [{ units: [...units(1, { table: 'live' }), ...units(2, { table: 'bulk' })], live: 1, concurrency: 2 }],
        before: {
          fetch: async (index) => {
            if (index === 0) await live.pass();
            if (index === 2) await bulk.pass();
          },
          publish: async (table) => {
            if (table === 'live') bulk.open();
          },
        },
      };
      const tick = await worker.start(script);
      await Promise.all([live.reached, bulk.reached]);
      live.open();
      await tick.handle.result();
      expect(published(tick.asked)).toEqual(['publish live 0', 'publish bulk 1,2']);
    });

    it('gathers bulk rows until they are worth a transaction, and the rest at the end', async () => {
      const { asked } = await run({ plans: [{ units: units(5, { rows: 40 }), concurrency: 1, rowsMin: 100 }] });
      expect(published(asked)).toEqual(['publish a 0,1,2', 'publish a 3,4']);
    });

    it('publishes one batch of a table at a time', async () => {
      const running = new Map<string, number>();
      const runningMax = new Map<string, number>();
      const publish = async (table: string): Promise<void> => {
        const now = (running.get(table) ?? 0) + 1;
        running.set(table, now);
        runningMax.set(table, Math.max(runningMax.get(table) ?? 0, now));
        await pause(60);
        running.set(table, now - 1);
      };
      const mixed = Array.from({ length: 12 }, (_, index) => ({ table: index % 2 === 0 ? 'a' : 'b', rows: 1 }));
      const { result, asked, inputs } = await run({ plans: [{ units: mixed, concurrency: 4, rowsMin: 1 }], before: { publish } });
      expect(Object.fromEntries(runningMax)).toEqual({ a: 1, b: 1 });
      expect(published(asked).length).toBeGreaterThan(2);
      expect(inputs.publish.flatMap((input) => input.indexes).sort((left, right) => left - right)).toEqual(mixed.map((_, index) => index));
      expect(result.tables.map(({ table, rows }) => [table, rows]).sort()).toEqual([
        ['a', 6],
        ['b', 6],
      ]);
    });

    it('goes on with the other tables when one cannot be published', async () => {
      const { handle } = await worker.start({
        plans: [{ units: [...units(1, { table: 'a' }), ...units(1, { table: 'b' })] }],
        before: {
          publish: async (table) => {
            if (table === 'a') throw refusal('LAKE_NOT_APPLIED', {});
          },
        },
      });
      const { type, result } = await failureOf(handle.result());
      expect(type).toBe('LAKE_NOT_APPLIED');
      expect(result).toMatchObject({ failures: 1, failed: [{ unit: 'a: 1 units', code: 'LAKE_NOT_APPLIED' }], tables: [{ table: 'b' }] });
    });
  });

  describe('planning', () => {
    it('asks again until nothing is due, always with the moment the tick began', async () => {
      const asOf = '2026-03-11T00:00:00.000Z';
      const { result, inputs } = await run({ plans: [{ units: units(2) }, { units: units(1, { table: 'b' }) }] }, { asOf });
      expect(result).toMatchObject({
        plans: 2,
        units: 3,
        calls: 3,
        tables: [
          { table: 'a', rows: 2 },
          { table: 'b', rows: 1 },
        ],
      });
      expect(inputs.plan).toHaveLength(3);
      expect(new Set(inputs.plan.map((input) => JSON.stringify([input.startedAt, input.asOf]))).size).toBe(1);
      expect(inputs.plan[0]?.asOf).toBe(asOf);
    });

    it('does not ask again after a failure: the failed unit would be due at once', async () => {
      const { handle, inputs } = await worker.start({
        plans: [{ units: units(1) }, { units: units(1) }],
        before: {
          fetch: async () => {
            throw refusal('SRC_AUTH_REFUSED', {});
          },
        },
      });
      expect((await failureOf(handle.result())).type).toBe('SRC_AUTH_REFUSED');
      expect(inputs.plan).toHaveLength(1);
    });

    it('ends with the reason when there can be no plan', async () => {
      const { handle } = await worker.start({
        plans: [],
        before: {
          plan: async () => {
            throw refusal('LEDGER_LOST', {});
          },
        },
      });
      await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'ActivityFailure', cause: { type: 'LEDGER_LOST' } } });
    });
  });

  it('keeps its result small however much fails', async () => {
    const tables = ['activity', 'data_access', 'system_event', 'policy'].map((log) => `cloudaudit_googleapis_com_${log}`);
    const { handle } = await worker.start({
      plans: [{ units: [...tables.map((table) => ({ table, rows: 123_456_789 })), ...units(12)], concurrency: 8 }],
      before: {
        fetch: async (index) => {
          if (index < tables.length) return;
          const unit = 'a-source-with-a-name/system_event/20260310T220000Z-20260311T005500Z-after-20260311T010000Z';
          throw refusal('SRC_PERMISSION_DENIED', { unit }, 'A vendor that explains itself at length. '.repeat(50));
        },
      },
    });
    const { result } = await failureOf(handle.result());
    expect(result.failures).toBe(12);
    expect(result.tables).toHaveLength(4);
    expect(result.failed.length).toBeGreaterThan(0);
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThan(2_048);
  });

  it('ends as cancelled when it is cancelled, and begins nothing more', async () => {
    const fetching = door();
    const tick = await worker.start({
      plans: [{ units: units(6, { rows: 60_000 }), concurrency: 2 }],
      before: {
        fetch: async (index) => {
          // A failure before does not make it a failed tick.
          if (index === 0) throw refusal('SRC_REQUEST_REFUSED', {});
          if (index === 1) return;
          if (index === 3) void fetching.pass();
          const context = Context.current();
          const beat = setInterval(() => {
            context.heartbeat();
          }, 50);
          await context.cancelled.catch(() => undefined);
          clearInterval(beat);
          // As `fetchUnit` does it: what was read is saved, and the attempt ends as interrupted.
          throw ApplicationFailure.create({ type: 'UNIT_INTERRUPTED' });
        },
      },
    });
    await fetching.reached;
    await pause(200);
    const before = [...tick.asked];
    await tick.handle.cancel();
    await expect(tick.handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect((await tick.handle.describe()).status.name).toBe('CANCELLED');
    expect(tick.asked).toEqual(before);
  });
});

describe('collect, when its history grows long', () => {
  it('continues as new between two plans, with what it did and the moment it began', async () => {
    const server = await startTemporalServer({ 'limit.historyCount.suggestContinueAsNew': 20 });
    const worker = await startStubWorker(server.address);
    try {
      const plans = [{ units: units(4) }, { units: units(4, { table: 'b' }) }];
      const { handle, inputs } = await worker.start({ plans });
      expect(await handle.result()).toEqual({
        plans: 2,
        units: 8,
        calls: 8,
        failures: 0,
        failed: [],
        tables: ['a', 'b'].map((table) => ({ table, rows: 4, inserted: 4, duplicates: 0, conflicts: 0, rejected: 0 })),
      });
      const { runId, startTime } = await handle.describe();
      const { events } = await handle.fetchHistory();
      const first = events?.[0]?.workflowExecutionStartedEventAttributes?.firstExecutionRunId;
      expect(first).not.toBe(runId);
      expect(new Set(inputs.plan.map((input) => input.startedAt)).size).toBe(1);
      expect(Date.parse(inputs.plan[0]?.startedAt ?? '')).toBeLessThan(startTime.getTime());
    } finally {
      await worker.close();
      await server.close();
    }
  });
});
