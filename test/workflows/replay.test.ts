import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker, type ReplayResult, type WorkflowBundle } from '@temporalio/worker';
import { historyText, storedHistory, storedScenes, type Scene } from '../histories/stored';
import { bundleOf } from './bundle';

/** What activities are called with and return, and what a workflow is started with and returns: names and counts. */
const PAYLOAD_BYTES_MAX = 2_048;

/** Recorded ticks, each with something that only its scene has: a recording of something else proves less than its name says. */
const SCENES: Readonly<Record<Scene, RegExp>> = {
  'two-streams': /"name": "publish"/,
  'nothing-due': /EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED/,
  'killed-worker': /"attempt": 2,\s+"lastFailure": \{\s+"message": "activity Heartbeat timeout"/,
  'blocked-stream': /EVENT_TYPE_WORKFLOW_EXECUTION_FAILED/,
  continued: /EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW/,
  continuation: /"continuedExecutionRunId"/,
  replay: /"name": "planReplay"/,
};

async function replay(bundle: WorkflowBundle, scenes: readonly Scene[]): Promise<ReplayResult[]> {
  const results: ReplayResult[] = [];
  const histories = scenes.map((scene) => ({ workflowId: scene, history: storedHistory(scene) }));
  for await (const result of Worker.runReplayHistories({ workflowBundle: bundle }, histories)) results.push(result);
  return results;
}

/** Every payload of a history, decoded to text. */
function payloadsOf(scene: Scene): string[] {
  const payloads: string[] = [];
  JSON.parse(historyText(scene), (key, value: unknown) => {
    if (key === 'data' && typeof value === 'string') payloads.push(Buffer.from(value, 'base64').toString());
    return value;
  });
  return payloads;
}

describe('recorded histories', () => {
  beforeAll(() => {
    // The violation that a test wants is a warning of the core's.
    const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' });
    Runtime.install({
      logger: new DefaultLogger('ERROR', () => undefined),
      shutdownSignals: [],
      telemetryOptions: { logging: { filter } },
    });
  });
  afterAll(async () => {
    await Runtime.instance().shutdown();
  });

  it('replay with the workflow code of the checkout', async () => {
    const scenes = storedScenes();
    const results = await replay(await bundleOf('workflows'), scenes);
    expect(results.map(({ workflowId, error }) => [workflowId, error?.name, error?.message])).toEqual(
      scenes.map((scene) => [scene, undefined, undefined]),
    );
  });

  it('refuse workflow code that asks for the same things in another order', async () => {
    const [tick, idle] = await replay(await bundleOf('test/workflows/changed'), ['two-streams', 'nothing-due']);
    expect(tick?.error?.name).toBe('DeterminismViolationError');
    // It plans as the real one does, so where nothing was due there is no difference to find.
    expect(idle?.error).toBeUndefined();
  });

  it('are those of the scenes they are named for', () => {
    expect(storedScenes()).toEqual(Object.keys(SCENES).sort());
    for (const [scene, shown] of Object.entries(SCENES)) expect(historyText(scene as Scene)).toMatch(shown);
    expect(payloadsOf('blocked-stream').filter((payload) => payload.includes('"skipped":true'))).toHaveLength(3);
  });

  it.each(storedScenes())('%s keeps the metadata without which a replay proves nothing', (scene) => {
    const { events } = storedHistory(scene);
    const completed = (events ?? []).flatMap((event) => event.workflowTaskCompletedEventAttributes ?? []);
    expect(completed[0]?.sdkMetadata?.coreUsedFlags?.length).toBeGreaterThan(0);
  });

  it.each(storedScenes())('%s holds names and counts, never event data', (scene) => {
    const payloads = payloadsOf(scene);
    expect(payloads.length).toBeGreaterThan(2);
    expect(payloads.filter((payload) => Buffer.byteLength(payload) >= PAYLOAD_BYTES_MAX)).toEqual([]);
    expect(payloads.filter((payload) => /@|protoPayload|insertId|nextPageToken/.test(payload))).toEqual([]);
  });

  it.each(storedScenes())('%s names no machine', (scene) => {
    expect(historyText(scene)).not.toMatch(/127\.0\.0\.1|localhost|\\n|"\/|\d+@(?!1\.)/);
  });
});
