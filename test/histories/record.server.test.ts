import { hold, type SeenRequest } from '../strict/faults';
import { openStack, type Stack } from '../setup/stack';
import { startTemporalServer } from '../workflows/temporal-server';
import { storeHistory } from './stored';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = Date.parse('2026-03-11T00:00:00Z');

const TABLE = 'cloudaudit_googleapis_com_activity';

const isUnitWrite = (request: SeenRequest): boolean => request.method === 'POST' && request.query.get('name')?.endsWith('/unit.json') === true;

/** Two streams, few entries, and a history of a few hours: what matters is the order of things. */
const TWO_STREAMS = {
  streams: ['activity', 'system_event'],
  api: { eventsPerDay: 500, lateShare: 0, startMs: NOW_MS - DAY_MS, endMs: NOW_MS + DAY_MS },
  source: { since: new Date(NOW_MS - 2 * HOUR_MS).toISOString() },
  worker: { fetchConcurrency: 2 },
};

// Recording takes a while and writes into the checkout: it is done on purpose, with UPDATE_HISTORIES=1.
const recording = process.env['UPDATE_HISTORIES'] === '1' ? describe : describe.skip;

recording('histories for replay', () => {
  it('are recorded from ticks of a real installation', async () => {
    const stack = await openStack(TWO_STREAMS);
    try {
      await recordTicks(stack);
    } finally {
      await stack.close();
    }
  });

  it('are recorded from a tick that continues as new', async () => {
    // With the server's own threshold it would take a tick of thousands of units.
    const server = await startTemporalServer({ 'limit.historyCount.suggestContinueAsNew': 20 });
    const stack = await openStack({ ...TWO_STREAMS, temporalAddress: server.address });
    try {
      await stack.startWorker();
      const tick = await stack.startCollect();
      await tick.result();
      const runs = [];
      for await (const run of stack.temporal.workflow.list({ query: `WorkflowId = '${tick.workflowId}'` })) runs.push(run);
      runs.sort((left, right) => left.startTime.getTime() - right.startTime.getTime());
      expect(runs.map((run) => run.status.name)).toEqual(['CONTINUED_AS_NEW', 'COMPLETED']);
      const [first, second] = runs.map((run) => stack.temporal.workflow.getHandle(run.workflowId, run.runId));
      if (first === undefined || second === undefined) throw new Error('two runs were expected');
      await storeHistory('continued', first);
      await storeHistory('continuation', second);
    } finally {
      await stack.close();
      await server.close();
    }
  });
});

async function recordTicks(stack: Stack): Promise<void> {
  const keep = async (scene: Parameters<typeof storeHistory>[0], tick: { workflowId: string }): Promise<void> =>
    await storeHistory(scene, stack.temporal.workflow.getHandle(tick.workflowId));
  const worker = await stack.startWorker();

  const plain = await stack.startCollect();
  expect(await plain.result()).toMatchObject({ units: 2, failures: 0 });
  await keep('two-streams', plain);

  const idle = await stack.startCollect();
  expect(await idle.result()).toMatchObject({ plans: 0 });
  await keep('nothing-due', idle);

  const { lake, ops } = stack.loaded.config.lake.datasets;
  await stack.query(
    `INSERT INTO ${ops}.rejects (recorded_at, batch, reject_id, table_name, connector, source, stream, tenant, unit, reason, item, fetched_at)
     SELECT CURRENT_TIMESTAMP(), 'by hand', event_key, '${TABLE}', connector, source, stream, tenant, ingest.unit, 'NOT_JSON', TO_JSON_STRING(raw), ingest.fetched_at
     FROM ${lake}.${TABLE}`,
  );
  const replayed = await stack.temporal.workflow.start('replay', {
    taskQueue: 'orchestrate',
    workflowId: `replay/${TABLE}`,
    args: [{ table: TABLE }],
  });
  expect(await replayed.result()).toMatchObject({ units: 1, failures: 0, tables: [{ table: TABLE, inserted: 0 }] });
  await keep('replay', replayed);

  stack.api.setNow(stack.nowMs + HOUR_MS);
  const fault = stack.storage.inject({ match: isUnitWrite, action: hold });
  const killed = await stack.startCollect(stack.nowMs + HOUR_MS);
  await fault.reached;
  await worker.kill('SIGKILL');
  fault.drop();
  await stack.startWorker();
  expect(await killed.result()).toMatchObject({ failures: 0 });
  await keep('killed-worker', killed);

  stack.api.setNow(stack.nowMs + 14 * HOUR_MS);
  stack.api.fault({ kind: 'forbidden', stream: 'activity' });
  const blocked = await stack.startCollect(stack.nowMs + 14 * HOUR_MS);
  await expect(blocked.result()).rejects.toMatchObject({ cause: { type: 'SRC_PERMISSION_DENIED' } });
  await keep('blocked-stream', blocked);
}
