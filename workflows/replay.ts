/**
 * `replay`: open rejects of one table through today's transform again. Plans them in the order they stand in, runs each plan
 * (run-plan.ts), and goes on after its last reject until none is left. A reject that is refused again was recorded after the replay
 * began, so it is not tried twice. Stopped anywhere and started again it goes on: what was dealt with is open no more.
 */
import { continueAsNew, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities, PlanReplayResult } from '../activities';
import { add, failed, NOTHING, PLAN_TIMING, runPlan, type RunResult } from './run-plan';

export interface ReplayInput {
  readonly table: string;
  /** Only rejects of this source. */
  readonly source?: string;
  /** Only rejects with this reason. */
  readonly reason?: string;
  /** Set by continue-as-new only. */
  readonly run?: {
    readonly startedAt: string;
    readonly sofar: ReplayResult;
    readonly after: NonNullable<PlanReplayResult['after']>;
  };
}

export interface ReplayResult extends RunResult {
  /** Rejects that were planned. */
  readonly rejects: number;
  /** Rejects that can be replayed neither from their text nor by their window, by why. */
  readonly leftOut: Readonly<Record<string, number>>;
}

const { planReplay } = proxyActivities<Activities>(PLAN_TIMING);

export async function replay(input: ReplayInput): Promise<ReplayResult> {
  const { run, ...chosen } = input;
  const startedAt = run?.startedAt ?? workflowInfo().startTime.toISOString();
  let result: ReplayResult = run?.sofar ?? { ...NOTHING, rejects: 0, leftOut: {} };
  let after = run?.after;
  do {
    const planned = await planReplay({ ...chosen, startedAt, ...(after === undefined ? {} : { after }) });
    const done = planned.plan === null ? NOTHING : { ...(await runPlan({ ...planned, plan: planned.plan })), plans: 1 };
    result = { ...add(result, done), rejects: result.rejects + planned.rejects, leftOut: sums(result.leftOut, planned.leftOut) };
    after = planned.after;
    if (after !== undefined && result.failures === 0 && workflowInfo().continueAsNewSuggested) {
      return await continueAsNew<typeof replay>({ ...chosen, run: { startedAt, sofar: result, after } });
    }
    // What failed once would fail again: the next replay tries it.
  } while (after !== undefined && result.failures === 0);
  if (result.failures > 0) throw failed(result);
  return result;
}

function sums(left: Readonly<Record<string, number>>, right: Readonly<Record<string, number>>): Record<string, number> {
  const total = { ...left };
  for (const [name, count] of Object.entries(right)) total[name] = (total[name] ?? 0) + count;
  return total;
}
