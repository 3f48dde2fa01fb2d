/**
 * Who requests are made as: a fixed bearer token, or the identity Google's libraries find on the machine.
 *
 * Tokens are fetched once for all who wait (single flight) and replaced when a vendor refuses one. No error of this module
 * carries the underlying error: those of token endpoints hold the request, and with it the credential.
 */
import { GoogleAuth } from 'google-auth-library';

import { TidemarkError } from '../errors';
import type { Secret } from '../secrets';
import { reasonOf } from './body';

export interface HttpAuth {
  /** The value of the Authorization header. Throws SRC_AUTH_REFUSED, SRC_UNAVAILABLE or SECRET_UNAVAILABLE. */
  readonly header: () => Promise<string>;
  /** Called once after a 401: the next `header()` must not rest on a token known before. */
  readonly refresh: () => Promise<void>;
}

/** A bearer token that is read again when refused, since a mounted secret may have been renewed meanwhile. */
export function bearerAuth(load: () => Promise<Secret>): HttpAuth {
  const loaded = singleFlight(load);
  let secret: Secret | undefined;
  return {
    header: async () => {
      secret ??= await loaded();
      return bearer(secret.reveal());
    },
    refresh: async () => {
      secret = await loaded();
    },
  };
}

/** The part of google-auth-library this module uses; it caches the token until shortly before it expires. */
export interface TokenSource {
  readonly getAccessToken: () => Promise<string | null | undefined>;
}

/** Application-default credentials with the given OAuth scopes. */
export function applicationDefaultAuth(
  scopes: readonly string[],
  create: () => TokenSource = () => new GoogleAuth({ scopes: [...scopes] }),
): HttpAuth {
  // A new source knows no token: the library offers no other way to drop a cached one that works for all credential types.
  let source = create();
  const token = singleFlight(async () => {
    const value = await source.getAccessToken().catch((error: unknown) => {
      throw tokenError(error);
    });
    if (typeof value !== 'string' || value === '')
      throw new TidemarkError('SRC_AUTH_REFUSED', 'The application-default credentials give no token.');
    return value;
  });
  const renewed = singleFlight(async () => {
    source = create();
    await token();
  });
  return { header: async () => bearer(await token()), refresh: renewed };
}

/** While one call is under way, others wait for its result instead of making their own. */
function singleFlight<T>(call: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | undefined;
  return () => {
    pending ??= call().finally(() => {
      pending = undefined;
    });
    return pending;
  };
}

/** Visible ASCII, as RFC 6750 allows it; anything else could not be sent, and an HTTP client's complaint would quote it. */
function bearer(token: string): string {
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new TidemarkError('SECRET_UNAVAILABLE', 'The bearer token holds characters that no header can carry.');
  return `Bearer ${token}`;
}

/** Codes of a token endpoint that cannot be reached. */
const UNREACHABLE = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH']);

function tokenError(error: unknown): TidemarkError {
  const status = statusOf(error);
  const reason = reasonOf(error);
  const context = { reason, ...(status === undefined ? {} : { status }) };
  const passes = status === undefined ? UNREACHABLE.has(reason) : status === 429 || status >= 500;
  if (passes) return new TidemarkError('SRC_UNAVAILABLE', 'The token endpoint does not answer.', { context });
  return new TidemarkError('SRC_AUTH_REFUSED', 'The application-default credentials are missing or give no token.', { context });
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('status' in error && typeof error.status === 'number') return error.status;
  return 'response' in error ? statusOf(error.response) : undefined;
}
