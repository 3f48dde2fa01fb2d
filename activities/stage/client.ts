/** The Cloud Storage client, and the one place where what it throws becomes an error of ours. */
import { EventEmitter } from 'node:events';
import { Storage } from '@google-cloud/storage';
import type { Config } from '../config';
import { type ErrorCode, TidemarkError } from '../errors';
import type { ClientOptions } from '../lake/client';
import { faultOf, type GoogleFault, plainCause, readGoogleError } from '../google-error';

/**
 * The client's own streams put eleven listeners on one emitter for each object read, and Node would call that a leak, once
 * per object. Twenty is still few enough to notice a real one.
 */
EventEmitter.defaultMaxListeners = 20;

/** A client for the state and stage buckets. `auth: none` sends no credentials and looks for none. */
export function createStorage(lake: Config['lake'], options: ClientOptions = { retry: true }): Storage {
  return new Storage({
    projectId: lake.project,
    timeout: 60_000,
    retryOptions: { autoRetry: options.retry, maxRetries: 3, totalTimeout: 30 },
    ...(lake.endpoints === undefined ? {} : { apiEndpoint: lake.endpoints.storage, useAuthWithCustomEndpoint: lake.auth !== 'none' }),
  });
}

const CODE: Readonly<Record<GoogleFault, ErrorCode>> = {
  denied: 'STAGE_DENIED',
  missing: 'STAGE_BUCKET_MISSING',
  unavailable: 'STAGE_UNAVAILABLE',
  refused: 'STAGE_REQUEST_REFUSED',
};

/**
 * What the client threw, as a STAGE_* error. A 404 means the bucket: whoever reads an object treats its absence as an
 * answer before coming here.
 */
export function storageError(error: unknown, bucket: string, object?: string): TidemarkError {
  const read = readGoogleError(error);
  const fault = faultOf(read);
  const place = object === undefined || fault === 'missing' ? `gs://${bucket}` : `gs://${bucket}/${object}`;
  const message = fault === 'missing' ? `the bucket ${place} does not exist` : `Cloud Storage failed at ${place}: ${read.message}`;
  return new TidemarkError(CODE[fault], message, {
    cause: plainCause(read),
    context: { bucket, ...(object === undefined ? {} : { object }), ...(read.status === undefined ? {} : { status: read.status }) },
  });
}
