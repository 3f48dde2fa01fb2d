/** Waiting for a run on a terminal, and printing what it did or why it failed. */
import type { RunResult } from '../../workflows/run-plan';
import { ORCHESTRATE_QUEUE } from '../reconcile/schedules';
import type { TemporalHandle } from '../temporal';
import { reportFailedRun } from './collect-report';
import { EXIT } from './exit';
import { createProgress, type Io } from './io';

export interface FoundRun {
  readonly workflowId: string;
  readonly runId: string;
  /** Whether it ran before we asked. */
  readonly wasRunning: boolean;
}

export interface Follow<Result extends RunResult> {
  readonly io: Io;
  readonly temporal: TemporalHandle;
  readonly found: FoundRun;
  /** What a run is called: `tick`, `replay`. */
  readonly what: string;
  /** False: its id is printed, and that is all. */
  readonly wait: boolean;
  readonly json?: true;
  readonly format: (result: Result) => string;
}

/** The exit code. */
export async function followRun<Result extends RunResult>(follow: Follow<Result>): Promise<number> {
  const { io, temporal, found, what, wait, json, format } = follow;
  const { workflowId, runId } = found;
  if (found.wasRunning) io.err(`a ${what} is running already; ${wait ? 'waiting for it' : 'no other was started'}\n`);
  if (!wait) {
    io.out(json === true ? `${JSON.stringify({ workflowId, runId })}\n` : `${workflowId} ${runId}\n`);
    return EXIT.ok;
  }
  await warnWithoutWorker(io, temporal);
  const progress = createProgress(io);
  const startedAtMs = Date.now();
  const ticker = setInterval(() => {
    progress.show(`${workflowId} runs, ${String(Math.round((Date.now() - startedAtMs) / 1_000))} s`);
  }, 1_000);
  let result: Result;
  try {
    result = (await temporal.client.workflow.getHandle(workflowId, runId).result()) as Result;
  } catch (error) {
    progress.clear();
    return reportFailedRun(io, error, { temporal, found, json: json === true });
  } finally {
    clearInterval(ticker);
    progress.clear();
  }
  io.out(json === true ? `${JSON.stringify({ workflowId, runId, ...result }, null, 2)}\n` : format(result));
  return EXIT.ok;
}

const TASK_QUEUE_TYPE_WORKFLOW = 1;

/** Says that nobody would do the work, instead of waiting without a word. */
async function warnWithoutWorker(io: Io, temporal: TemporalHandle): Promise<void> {
  const { pollers } = await temporal.connection.workflowService.describeTaskQueue({
    namespace: temporal.namespace,
    taskQueue: { name: ORCHESTRATE_QUEUE },
    taskQueueType: TASK_QUEUE_TYPE_WORKFLOW,
  });
  if (pollers.length === 0) io.err('no worker is connected to Temporal: start one with `tidemark worker`; waiting for it\n');
}
