/**
 * One process, four task queues: workflows with light activities, live fetches, bulk fetches, publishing. Each queue has
 * slots of its own, so that bulk work never holds a live slot.
 */
import path from 'node:path';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createActivities } from '../activities';
import type { Deps } from '../activities/deps';

/** Workflow code as the build bundled it (bundle-workflows.ts). */
const BUNDLE_FILE = path.join(__dirname, '..', 'workflow-bundle.js');

/** Cloud Run kills ten seconds after SIGTERM: fetches save and stop within the grace, then the process leaves. */
const SHUTDOWN_GRACE = '100ms';
const SHUTDOWN_FORCE = '8s';
/** Ticks are short and few; each cached workflow holds memory. */
const CACHED_WORKFLOWS_MAX = 50;
/** Tasks are few and long: more polls would only hold tasks of a worker that hangs. */
const POLLS = { type: 'simple-maximum', maximum: 2 } as const;

export interface RunningWorker {
  /** Resolves when the process was asked to stop and all queues have drained. */
  readonly finished: Promise<void>;
  /** Activities being worked on, by task queue. */
  readonly running: () => Readonly<Record<string, number>>;
  /** Asks all queues to drain, as a signal to the process does. */
  readonly stop: () => void;
}

export async function startWorker(deps: Deps, connection: NativeConnection): Promise<RunningWorker> {
  const { temporal, worker } = deps.config;
  const activities = createActivities(deps);
  const common = {
    connection,
    namespace: temporal.namespace,
    shutdownGraceTime: SHUTDOWN_GRACE,
    shutdownForceTime: SHUTDOWN_FORCE,
    maxHeartbeatThrottleInterval: Math.min(20_000, worker.heartbeatTimeout / 3),
    defaultHeartbeatThrottleInterval: Math.min(20_000, worker.heartbeatTimeout / 3),
    activityTaskPollerBehavior: POLLS,
    workflowTaskPollerBehavior: POLLS,
  } satisfies Partial<WorkerOptions>;

  const fetchQueue = (taskQueue: string): WorkerOptions => ({
    ...common,
    taskQueue,
    activities: { fetchUnit: activities.fetchUnit },
    maxConcurrentActivityTaskExecutions: worker.fetchConcurrency,
  });
  const options: WorkerOptions[] = [
    {
      ...common,
      taskQueue: 'orchestrate',
      workflowBundle: { codePath: BUNDLE_FILE },
      activities: { plan: activities.plan, planReplay: activities.planReplay },
      maxCachedWorkflows: CACHED_WORKFLOWS_MAX,
      stickyQueueScheduleToStartTimeout: worker.stickyTimeout,
    },
    fetchQueue('fetch-live'),
    fetchQueue('fetch-bulk'),
    {
      ...common,
      taskQueue: 'publish',
      activities: { publish: activities.publish },
      maxConcurrentActivityTaskExecutions: worker.publishConcurrency,
    },
  ];
  const workers = await Promise.all(options.map(async (one) => await Worker.create(one)));
  const finished = Promise.all(workers.map(async (one) => await one.run())).then(() => undefined);
  return {
    finished,
    running: () => Object.fromEntries(workers.map((one) => [one.options.taskQueue, one.getStatus().numInFlightActivities])),
    stop: () => {
      for (const one of workers) one.shutdown();
    },
  };
}
