/** Finding the run a trigger began, or the one that was running: a schedule starts its runs on its own time and says so afterwards. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ScheduleDescription } from '@temporalio/client';
import { TidemarkError } from '../../activities/errors';
import { ORCHESTRATE_QUEUE } from '../reconcile/schedules';
import { isNotFound, temporalError, type TemporalHandle } from '../temporal';
import type { Io } from './io';

export interface FoundRun {
  readonly workflowId: string;
  readonly runId: string;
  /** Whether it ran before we asked. */
  readonly wasRunning: boolean;
}

const FIND_MS_MAX = 20_000;
const FIND_EVERY_MS = 200;

/** Throws TEMPORAL_NOT_APPLIED when there is no such schedule, TEMPORAL_* when Temporal fails. */
export async function triggerSchedule(temporal: TemporalHandle, id: string): Promise<FoundRun> {
  const handle = temporal.client.schedule.getHandle(id);
  try {
    const before = await handle.describe();
    const running = runsOf(before.info.runningActions)[0];
    if (running !== undefined) return { ...running, wasRunning: true };
    const known = new Set(runsOf(before.info.recentActions.map(({ action }) => action)).map(({ runId }) => runId));
    await handle.trigger('SKIP');
    const deadlineMs = Date.now() + FIND_MS_MAX;
    while (Date.now() < deadlineMs) {
      const after = await handle.describe();
      const started = runsOf(after.info.recentActions.map(({ action }) => action)).findLast(({ runId }) => !known.has(runId));
      // A tick of the schedule's own may have come first: then ours was skipped, and that one does the same work.
      if (started !== undefined) return { ...started, wasRunning: false };
      await delay(FIND_EVERY_MS);
    }
  } catch (error) {
    if (isNotFound(error))
      throw new TidemarkError('TEMPORAL_NOT_APPLIED', `there is no schedule ${id} in namespace ${temporal.namespace}`, {
        context: { schedule: id },
      });
    throw temporalError(error, temporal);
  }
  throw new TidemarkError(
    'TEMPORAL_UNREACHABLE',
    `the schedule ${id} was triggered and started nothing within ${String(FIND_MS_MAX / 1_000)} s`,
    { context: { schedule: id } },
  );
}

type Action = ScheduleDescription['info']['runningActions'][number];

function runsOf(actions: readonly Action[]): { workflowId: string; runId: string }[] {
  return actions.map(({ workflow }) => ({ workflowId: workflow.workflowId, runId: workflow.firstExecutionRunId }));
}

const TASK_QUEUE_TYPE_WORKFLOW = 1;

/** Says that nobody would do the work, instead of waiting without a word. */
export async function warnWithoutWorker(io: Io, temporal: TemporalHandle): Promise<void> {
  const { pollers } = await temporal.connection.workflowService.describeTaskQueue({
    namespace: temporal.namespace,
    taskQueue: { name: ORCHESTRATE_QUEUE },
    taskQueueType: TASK_QUEUE_TYPE_WORKFLOW,
  });
  if (pollers.length === 0) io.err('no worker is connected to Temporal: start one with `tidemark worker`; waiting for it\n');
}
