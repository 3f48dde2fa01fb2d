/**
 * The activities, as workflows know them. This file is the boundary to Temporal: it beats from the first line of the work
 * to the last, hands the cancellation signal in, and converts coded errors to failures once.
 */
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { codeOf, ERRORS, TidemarkError } from './errors';
import { fetchUnit, type FetchInput, type FetchResult } from './fetch-unit';
import type { Attempt, Deps } from './deps';
import { publish, type PublishInput, type PublishResult } from './lake/publish';
import { plan, type PlanInput, type PlanResult } from './plan/plan';
import { planReplay, type PlanReplayInput, type PlanReplayResult } from './replay/plan-replay';

export type { FetchResult, PlanReplayInput, PlanReplayResult, PlanResult, PublishResult };

export interface Activities {
  readonly plan: (input: PlanInput) => Promise<PlanResult>;
  readonly planReplay: (input: PlanReplayInput) => Promise<PlanReplayResult>;
  readonly fetchUnit: (input: FetchInput) => Promise<FetchResult>;
  readonly publish: (input: PublishInput) => Promise<PublishResult>;
}

export function createActivities(deps: Deps): Activities {
  return {
    plan: (input) => attempt(deps, () => plan(input, deps)),
    planReplay: (input) => attempt(deps, () => planReplay(input, deps)),
    fetchUnit: (input) => attempt(deps, (run) => fetchUnit(input, deps, run)),
    publish: (input) => attempt(deps, (run) => publish(input, deps, run)),
  };
}

async function attempt<Result>(deps: Deps, work: (run: Attempt) => Promise<Result>): Promise<Result> {
  const context = Context.current();
  const { info } = context;
  // Liveness only: nothing is ever read back from a heartbeat. A third of the time-out leaves room for two lost beats.
  const everyMs = Math.max(500, Math.floor((info.heartbeatTimeoutMs ?? 60_000) / 3));
  const beat = setInterval(() => context.heartbeat(), everyMs);
  context.heartbeat();
  try {
    return await work({
      signal: context.cancellationSignal,
      name: `${info.activityId}-${String(info.attempt)}-${deps.processName}`,
      number: info.attempt,
    });
  } catch (error) {
    if (context.cancellationDetails?.workerShutdown === true) throw toFailure(interrupted(error));
    if (context.cancellationSignal.aborted) throw new CancelledFailure('the attempt was cancelled');
    if (codeOf(error) === undefined) deps.log.error({ activity: info.activityType, err: error }, 'a fault of this program');
    throw toFailure(error);
  } finally {
    clearInterval(beat);
  }
}

/** A stopping worker gives the work back at once: reported as cancelled, it would wait for its heartbeat to be missed. */
function interrupted(error: unknown): TidemarkError {
  return new TidemarkError('UNIT_INTERRUPTED', 'the worker is stopping', { cause: error });
}

/**
 * A coded error as Temporal's failure: type = code; retry rule from the registry; the vendor's wait when it asked for one.
 * The text of an error without a code stays in the worker's log: it may quote what it failed on, and histories hold no data.
 */
export function toFailure(error: unknown): ApplicationFailure {
  const code = codeOf(error);
  const coded =
    code === undefined
      ? new TidemarkError('PROGRAM_FAULT', 'an error without a code; its text is in the log of the worker')
      : (error as TidemarkError);
  return ApplicationFailure.create({
    type: coded.code,
    message: coded.message,
    nonRetryable: !ERRORS[coded.code].retryable,
    details: [coded.context],
    ...(coded.retryAfterMs === undefined ? {} : { nextRetryDelay: coded.retryAfterMs }),
  });
}
