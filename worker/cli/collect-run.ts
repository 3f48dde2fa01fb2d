/** Finding the run a trigger began, or the one that was running: a schedule starts its runs on its own time and says so afterwards. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ScheduleDescription } from '@temporalio/client';
import { TidemarkError } from '../../activities/errors';
import { isNotFound, temporalError, type TemporalHandle } from '../temporal';
import type { FoundRun } from './follow-run';

const FIND_MS_MAX = 20_000;
const TRIGGER_MS_MAX = 2_000;
const FIND_EVERY_MS = 200;

/** Throws TEMPORAL_NOT_APPLIED when there is no such schedule, TEMPORAL_* when Temporal fails. */
export async function triggerSchedule(temporal: TemporalHandle, id: string): Promise<FoundRun> {
  const deadlineMs = Date.now() + FIND_MS_MAX;
  try {
    do {
      const found = await triggerOnce(temporal, id);
      if (found !== undefined) return found;
    } while (Date.now() < deadlineMs);
  } catch (error) {
    if (isNotFound(error)) {
      throw new TidemarkError('TEMPORAL_NOT_APPLIED', `there is no schedule ${id} in namespace ${temporal.namespace}`, {
        context: { schedule: id },
      });
    }
    throw temporalError(error, temporal);
  }
  const message = `the schedule ${id} was triggered and started nothing within ${String(FIND_MS_MAX / 1_000)} s`;
  throw new TidemarkError('TEMPORAL_UNREACHABLE', message, { context: { schedule: id } });
}

/** Undefined when the trigger was skipped: a schedule may take a moment to notice that its last run has ended. */
async function triggerOnce(temporal: TemporalHandle, id: string): Promise<FoundRun | undefined> {
  const handle = temporal.client.schedule.getHandle(id);
  const before = await handle.describe();
  for (const run of runsOf(before.info.runningActions)) {
    if (await isRunning(temporal, run)) return { ...run, wasRunning: true };
  }
  const known = new Set(runsOf(before.info.recentActions.map(({ action }) => action)).map(({ runId }) => runId));
  await handle.trigger('SKIP');
  const deadlineMs = Date.now() + TRIGGER_MS_MAX;
  while (Date.now() < deadlineMs) {
    const after = await handle.describe();
    const started = runsOf(after.info.recentActions.map(({ action }) => action)).findLast(({ runId }) => !known.has(runId));
    // A tick of the schedule's own may have come first: then ours was skipped, and that one does the same work.
    if (started !== undefined) return { ...started, wasRunning: false };
    await delay(FIND_EVERY_MS);
  }
  return undefined;
}

/** A run of an earlier day may be gone from the server altogether; that one runs no more either. */
async function isRunning(temporal: TemporalHandle, run: { workflowId: string; runId: string }): Promise<boolean> {
  try {
    // The latest of the chain: a tick may have continued as new.
    return (await temporal.client.workflow.getHandle(run.workflowId).describe()).status.name === 'RUNNING';
  } catch (error) {
    if ((error as { name?: unknown }).name === 'WorkflowNotFoundError') return false;
    throw error;
  }
}

type Action = ScheduleDescription['info']['runningActions'][number];

function runsOf(actions: readonly Action[]): { workflowId: string; runId: string }[] {
  return actions.map(({ workflow }) => ({ workflowId: workflow.workflowId, runId: workflow.firstExecutionRunId }));
}
