/**
 * `collect`: one tick of one source. Plans from the ledger, runs the plan (run-plan.ts), and plans again until nothing is due or
 * the tick's time is spent.
 *
 * It holds no state of its own: a missed, doubled or late tick is harmless, because the ledger says what is due and units
 * are named by what they read. Only names, counts and codes pass through here.
 */
import { continueAsNew, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { add, failed, NOTHING, PLAN_TIMING, runPlan, type RunResult } from './run-plan';

export interface CollectInput {
  readonly source: string;
  /** The moment to plan for, RFC 3339; absent: now. For rehearsals that live through days in minutes. */
  readonly asOf?: string;
  /** Set by continue-as-new only: when the tick began, and what it has done. */
  readonly tick?: { readonly startedAt: string; readonly sofar: RunResult };
}

const { plan } = proxyActivities<Activities>(PLAN_TIMING);

export async function collect(input: CollectInput): Promise<RunResult> {
  const startedAt = input.tick?.startedAt ?? workflowInfo().startTime.toISOString();
  let result = input.tick?.sofar ?? NOTHING;
  for (;;) {
    const planned = await plan({ source: input.source, startedAt, ...(input.asOf === undefined ? {} : { asOf: input.asOf }) });
    if (planned.plan === null) break;
    const done = await runPlan({ ...planned, plan: planned.plan });
    result = add(result, { ...done, plans: 1 });
    // A failed unit would be planned again at once: the next tick tries it, with the vendor given some rest.
    if (done.failures > 0) break;
    if (workflowInfo().continueAsNewSuggested) {
      return await continueAsNew<typeof collect>({ ...input, tick: { startedAt, sofar: result } });
    }
  }
  if (result.failures > 0) throw failed(result);
  return result;
}
