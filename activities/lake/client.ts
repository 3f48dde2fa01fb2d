/**
 * The BigQuery client, and the one place where what it throws becomes an error of ours. Which endpoint and which
 * credentials are used is configuration; nothing else in activities/ knows of either.
 */
import { BigQuery } from '@google-cloud/bigquery';
import { PassThroughClient } from 'google-auth-library';
import type { Config } from '../config';
import { type ErrorCode, TidemarkError } from '../errors';
import { faultOf, type GoogleFault, plainCause, readGoogleError } from '../google-error';

export interface ClientOptions {
  /** False where a person waits: a service that does not answer is then said at once, not after a quarter of a minute. */
  readonly retry: boolean;
}

/** A client for the lake's project. `auth: none` sends no credentials and looks for none. */
export function createBigQuery(lake: Config['lake'], options: ClientOptions = { retry: true }): BigQuery {
  return new BigQuery({
    projectId: lake.project,
    location: lake.location,
    retryOptions: { autoRetry: options.retry, maxRetries: 3, totalTimeout: 30 },
    ...(lake.endpoints === undefined ? {} : { apiEndpoint: lake.endpoints.bigquery }),
    ...(lake.auth === 'none' ? { authClient: new PassThroughClient() } : {}),
  });
}

const CODE: Readonly<Record<GoogleFault, ErrorCode>> = {
  denied: 'LAKE_DENIED',
  missing: 'LAKE_NOT_APPLIED',
  unavailable: 'LAKE_UNAVAILABLE',
  refused: 'LAKE_REQUEST_REFUSED',
};

/** What the client threw, as a LAKE_* error. `what` names the job, table or dataset the call was about. */
export function lakeError(error: unknown, what: string, context: Readonly<Record<string, string | number | boolean>> = {}): TidemarkError {
  const read = readGoogleError(error);
  return new TidemarkError(CODE[faultOf(read)], `BigQuery failed at ${what}: ${read.message}`, {
    cause: plainCause(read),
    context: { ...context, ...(read.status === undefined ? {} : { status: read.status }) },
  });
}

/** Runs a call of the client; what it throws leaves as a LAKE_* error. */
export async function lakeCall<Result>(what: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw lakeError(error, what);
  }
}

/** As lakeCall, but a 404 is an answer: undefined. */
export async function lakeLookup<Result>(what: string, call: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await call();
  } catch (error) {
    if (faultOf(readGoogleError(error)) === 'missing') return undefined;
    throw lakeError(error, what);
  }
}
