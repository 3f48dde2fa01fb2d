/**
 * Requests of one unit to one vendor: what a connector gets as `ctx.http`.
 *
 * The origin is pinned: a request is a path, redirects are refused, and so the credential goes nowhere else. A request is
 * repeated here only until its body begins, within a small budget of tries and waits; afterwards every failure is the
 * caller's, who goes on from the cursor it saved. Error texts hold the vendor's short error message and nothing else of
 * what it sent. Network time-outs run on real time; waits and dates on the injected clock.
 */
import type { Dispatcher } from 'undici';

import type { Clock } from '../clock';
import type { VendorRequest, VendorResponse } from '../connectors/connector';
import { TidemarkError, type ErrorCode } from '../errors';
import type { HttpAuth } from './auth';
import { discardBody, encodingOf, readBody, readStart, reasonOf, type BodyLimits } from './body';
import { judge, parseVendorError, type Verdict } from './classify';
import { checkOrigin, pinnedPath } from './origin';
import { nextWaitMs, RETRY_LIMITS, retryAfterMs, type RetryLimits } from './retry';

export interface HttpLimits extends BodyLimits, RetryLimits {
  /** From the request to the status line. */
  readonly headersTimeoutMs: number;
  /** Silence within a body; not counted while the reader is the slow one. */
  readonly bodyTimeoutMs: number;
  /** One attempt from its start to the end of its body, the reader's time included. */
  readonly totalTimeoutMs: number;
}

export const HTTP_LIMITS: HttpLimits = {
  ...RETRY_LIMITS,
  headersTimeoutMs: 120_000,
  bodyTimeoutMs: 60_000,
  totalTimeoutMs: 900_000,
  bodyBytesMax: 2 * 1024 * 1024 * 1024,
  ratioMax: 200,
};

/** How much of a refused answer is read. */
const REFUSED_BYTES_MAX = 64 * 1024;

export interface HttpOptions {
  readonly origin: string;
  /** The agent of that origin. */
  readonly agent: Dispatcher;
  readonly auth: HttpAuth;
  readonly clock: Clock;
  /** Gives [0, 1); for the jitter. */
  readonly random: () => number;
  /** Ends everything; its reason is what is thrown. */
  readonly signal: AbortSignal;
  /** Asked before every attempt; waits its turn, or throws SRC_RATE_LIMITED. */
  readonly budget?: { readonly take: (signal: AbortSignal) => Promise<void> };
  readonly limits?: Partial<HttpLimits>;
  readonly log: (message: string, fields?: Readonly<Record<string, string | number>>) => void;
}

export interface VendorHttp {
  readonly request: (request: VendorRequest) => Promise<VendorResponse>;
  /** Attempts sent so far, refused ones included: what a quota counts. */
  readonly calls: () => number;
}

export function createHttp(options: HttpOptions): VendorHttp {
  const origin = checkOrigin(options.origin);
  const session: Session = { ...options, origin, limits: { ...HTTP_LIMITS, ...options.limits }, calls: 0 };
  return { request: (request) => perform(session, request), calls: () => session.calls };
}

interface Session extends Omit<HttpOptions, 'limits'> {
  readonly limits: HttpLimits;
  calls: number;
}

/** An attempt that gave no usable answer. */
interface Refusal extends Verdict {
  readonly error: TidemarkError;
}

type Outcome = { readonly response: VendorResponse } | { readonly refusal: Refusal };

async function perform(session: Session, request: VendorRequest): Promise<VendorResponse> {
  const path = pinnedPath(session.origin, request.path);
  let waitedMs = 0;
  let refreshed = false;
  for (let attempt = 1; ; attempt++) {
    session.signal.throwIfAborted();
    await session.budget?.take(session.signal);
    const outcome = await send(session, request, path);
    if ('response' in outcome) return outcome.response;
    const { refusal } = outcome;
    session.signal.throwIfAborted();
    if (refusal.code === 'SRC_AUTH_REFUSED' && !refreshed) {
      refreshed = true;
      await session.auth.refresh();
      continue;
    }
    const wishMs = refusal.error.retryAfterMs;
    const waitMs = refusal.retry ? nextWaitMs(attempt, waitedMs, wishMs, session.limits, session.random) : undefined;
    if (waitMs === undefined) throw refusal.error;
    session.log('a request is repeated', { code: refusal.code, attempt, waitMs });
    await sleep(session, waitMs);
    waitedMs += waitMs;
  }
}

async function sleep(session: Session, ms: number): Promise<void> {
  try {
    await session.clock.sleep(ms, session.signal);
  } catch (error) {
    session.signal.throwIfAborted();
    throw error;
  }
}

async function send(session: Session, request: VendorRequest, path: string): Promise<Outcome> {
  const { limits } = session;
  const authorization = await session.auth.header();
  session.signal.throwIfAborted();
  const ending = createEnding(session.signal, limits.totalTimeoutMs);
  session.calls++;
  let answer: Dispatcher.ResponseData;
  try {
    answer = await session.agent.request({
      origin: session.origin,
      path,
      method: request.method,
      headers: headersFor(request, authorization),
      body: request.json === undefined ? null : JSON.stringify(request.json),
      headersTimeout: limits.headersTimeoutMs,
      bodyTimeout: limits.bodyTimeoutMs,
      signal: ending.signal,
    });
  } catch (error) {
    ending.release();
    session.signal.throwIfAborted();
    const late = ending.late();
    return { refusal: late === undefined ? networkRefusal(error, request) : { code: 'SRC_UNAVAILABLE', retry: false, error: late } };
  }
  const { statusCode: status } = answer;
  const headers = flatten(answer.headers);
  const encoding = encodingOf(headers);
  const accepted = status >= 200 && status <= 299;
  let text = '';
  if (encoding === undefined) {
    discardBody(answer.body);
    ending.release();
    if (accepted) return { refusal: encodingRefusal(request) };
  } else {
    const body = readBody(answer.body, encoding, limits, {
      ended: ending.release,
      interrupted: () => (session.signal.aborted ? (session.signal.reason as unknown) : ending.late()),
    });
    if (accepted) return { response: { status, headers, body } };
    text = await readStart(body, REFUSED_BYTES_MAX);
  }
  return { refusal: refusalOf(request, { status, headers, text, authorization }, session.clock.now()) };
}

interface Refused {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly authorization: string;
}

function refusalOf(request: VendorRequest, refused: Refused, nowMs: number): Refusal {
  const { status, headers, authorization } = refused;
  // A vendor that repeats the credential in its complaint must not get it into a log.
  const vendor = parseVendorError(refused.text, authorization.slice(authorization.indexOf(' ') + 1));
  const special = request.classify?.(status, refused.text);
  const verdict = special === undefined ? judge(status, vendor.words) : { code: special, retry: false };
  const wishMs = verdict.retry ? (retryAfterMs(headers, nowMs) ?? vendor.retryAfterMs) : undefined;
  const said = vendor.message === '' ? '' : `: ${vendor.message}`;
  const word = vendor.words[0] === undefined ? '' : ` ${vendor.words[0]}`;
  const error = new TidemarkError(verdict.code, `The vendor answered ${String(status)}${word}${said}`, {
    context: { ...place(request), status },
    ...(wishMs === undefined ? {} : { retryAfterMs: wishMs }),
  });
  return { ...verdict, error };
}

/** Connections that another try will not make: what is wrong with them is configuration. */
const LASTING = new Set([
  'UND_ERR_INVALID_ARG',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

function networkRefusal(error: unknown, request: VendorRequest): Refusal {
  const reason = reasonOf(error);
  const code: ErrorCode = 'SRC_UNAVAILABLE';
  const wrapped = new TidemarkError(code, `The vendor gave no answer (${reason}).`, { context: { ...place(request), reason } });
  return { code, retry: !LASTING.has(reason), error: wrapped };
}

function encodingRefusal(request: VendorRequest): Refusal {
  const code: ErrorCode = 'SRC_BODY_TRUNCATED';
  return {
    code,
    retry: false,
    error: new TidemarkError(code, 'The answer is in an encoding that was not asked for.', { context: place(request) }),
  };
}

/** Where it happened; the query is left out, since vendors put tokens there. */
function place(request: VendorRequest): Readonly<Record<string, string>> {
  return { method: request.method, path: request.path.split('?', 1)[0] ?? '' };
}

function headersFor(request: VendorRequest, authorization: string): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json' };
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;
  if (request.json !== undefined) headers['content-type'] = 'application/json';
  // Google's front ends compress only for agents that name gzip.
  headers['user-agent'] = 'tidemark (gzip)';
  headers['accept-encoding'] = 'gzip';
  headers['authorization'] = authorization;
  return headers;
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Readonly<Record<string, string>> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

interface Ending {
  readonly signal: AbortSignal;
  /** The error of the total time-out, once it has passed. */
  readonly late: () => TidemarkError | undefined;
  /** Idempotent. */
  readonly release: () => void;
}

/** Ends an attempt when the caller does or when its time is over, and leaves nothing behind on the caller's signal. */
function createEnding(caller: AbortSignal, totalTimeoutMs: number): Ending {
  const controller = new AbortController();
  let late: TidemarkError | undefined;
  const follow = (): void => {
    controller.abort(caller.reason);
  };
  const timer = setTimeout(() => {
    late = new TidemarkError('SRC_UNAVAILABLE', 'The answer took too long.', { context: { totalTimeoutMs } });
    controller.abort(late);
  }, totalTimeoutMs);
  timer.unref();
  caller.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    late: () => late,
    release: () => {
      clearTimeout(timer);
      caller.removeEventListener('abort', follow);
    },
  };
}
