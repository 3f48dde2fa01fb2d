/**
 * BigQuery jobs under ids of our own, so that asking twice runs once.
 *
 * An id that exists already is adopted: whoever started it, what it does is named by it. A failed or lost job consumes its
 * id; the next try takes the next number, and only when the earlier one has ended.
 */
import type { BigQuery, JobMetadata, JobRequest } from '@google-cloud/bigquery';
import type { Clock } from '../clock';
import { TidemarkError } from '../errors';
import { lakeCall, lakeError, lakeLookup } from './client';

const POLL_MS_MIN = 50;
const POLL_MS_MAX = 2_000;
const CANCEL_GRACE_MS = 10_000;

export interface JobRunner {
  readonly bigquery: BigQuery;
  readonly location: string;
  readonly clock: Clock;
  /** After this long a job counts as lost. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** How a job ended. `lost`: it did not end before the deadline and was cancelled; what it did must be looked up. */
export type JobOutcome =
  | { readonly kind: 'done'; readonly metadata: JobMetadata }
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string }
  | { readonly kind: 'lost' };

/** Runs the job, or adopts the one that has the id, and waits for its end. Throws LAKE_* errors when it cannot be started. */
export async function runJob(
  runner: JobRunner,
  jobId: string,
  configuration: JobRequest<NonNullable<JobMetadata['configuration']>>,
): Promise<JobOutcome> {
  let refused: unknown;
  try {
    await runner.bigquery.createJob({ jobId, location: runner.location, configuration });
  } catch (error) {
    // The id may exist (409), the answer may have been lost, or the job failed at once: the job itself says which.
    refused = error;
  }
  const startedAtMs = runner.clock.now();
  for (let pollMs = POLL_MS_MIN; ; pollMs = Math.min(pollMs * 2, POLL_MS_MAX)) {
    const metadata = await jobMetadata(runner, jobId);
    if (metadata === undefined) throw lakeError(refused, `job ${jobId}`);
    const { status } = metadata;
    // Truth, not undefined: servers write null for a job that has not failed.
    if (status?.errorResult) {
      const { reason, message } = status.errorResult;
      return { kind: 'failed', reason: reason ?? 'unknown', message: (message ?? '').slice(0, 500) };
    }
    if (status?.state === 'DONE') return { kind: 'done', metadata };
    if (runner.clock.now() - startedAtMs > runner.deadlineMs) return await cancelJob(runner, jobId);
    await runner.clock.sleep(pollMs, runner.signal);
  }
}

/** Asks for the end of a job and waits a while for it. */
async function cancelJob(runner: JobRunner, jobId: string): Promise<JobOutcome> {
  await lakeCall(`cancelling job ${jobId}`, async () => await runner.bigquery.job(jobId, { location: runner.location }).cancel());
  const until = runner.clock.now() + CANCEL_GRACE_MS;
  while (runner.clock.now() < until) {
    await runner.clock.sleep(POLL_MS_MAX, runner.signal);
    const metadata = await jobMetadata(runner, jobId);
    if (metadata?.status?.state === 'DONE') {
      return metadata.status.errorResult === undefined ? { kind: 'done', metadata } : { kind: 'lost' };
    }
  }
  return { kind: 'lost' };
}

/** Undefined when there is no such job. */
async function jobMetadata(runner: JobRunner, jobId: string): Promise<JobMetadata | undefined> {
  const job = runner.bigquery.job(jobId, { location: runner.location });
  return await lakeLookup(`job ${jobId}`, async () => ((await job.getMetadata()) as [JobMetadata, unknown])[0]);
}

/** Reasons of BigQuery that no further try changes. */
export function definitiveFailure(outcome: Extract<JobOutcome, { kind: 'failed' }>, what: string): TidemarkError | undefined {
  const context = { reason: outcome.reason };
  switch (outcome.reason) {
    case 'accessDenied':
      return new TidemarkError('LAKE_DENIED', `${what}: ${outcome.message}`, { context });
    case 'notFound':
      return new TidemarkError('LAKE_NOT_APPLIED', `${what}: ${outcome.message}`, { context });
    default:
      return undefined;
  }
}
