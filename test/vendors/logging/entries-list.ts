/**
 * The method `entries:list`: from a request to a page, a refusal, or an answer that goes wrong. The order of checks is that
 * of the real API: credential, quota, then the request itself. A refused call changes nothing.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { acceptsGzip, sendBody } from './answer';
import type { Calls } from './calls';
import type { LoggingApiOptions } from './contract';
import { answerBytes, type EntryOptions } from './entry';
import {
  ApiError,
  invalidArgument,
  permissionDenied,
  rateLimited,
  serverError,
  tokenMismatch,
  tokenRefused,
  unauthenticated,
} from './errors';
import type { Fault, Faults } from './faults';
import { type PageToken, type PageTokens, TOKEN_LIFETIME_MS } from './page-token';
import { positionOf, scan } from './query';
import { type Containers, type ListRequest, readListRequest } from './request';
import { fraction, hashOf, hashText } from './seeded';
import type { Slot, Timeline } from './timeline';

/** What answering a request needs. */
export interface Service {
  readonly options: LoggingApiOptions;
  readonly seed: number;
  readonly entryOptions: EntryOptions;
  readonly containers: Containers;
  readonly timeline: Timeline;
  readonly tokens: PageTokens;
  readonly faults: Faults;
  readonly calls: Calls;
  readonly quota: { take(): boolean };
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Number of the next call. */
  nextCall: number;
}

const EMPTY_IN_A_ROW_MAX = 3;
const BODY_BYTES_MAX = 1_000_000;

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const buffer = chunk as Buffer;
    bytes += buffer.length;
    if (bytes > BODY_BYTES_MAX) throw invalidArgument('Request payload is too large');
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

interface PageResult {
  readonly slots: readonly Slot[];
  readonly nextPageToken: string | null;
  readonly first: boolean;
}

/** The token of a request, or that of a beginning; refuses what is foreign, expired, or was issued for something else. */
function tokenOf(service: Service, request: ListRequest): PageToken {
  if (request.pageToken === null) return { digest: request.digest, issuedAtMs: service.now(), position: null, searches: 0 };
  const opened = service.tokens.open(request.pageToken);
  if (!opened.ok || service.now() - opened.token.issuedAtMs >= TOKEN_LIFETIME_MS) throw tokenRefused();
  if (opened.token.digest !== request.digest) throw tokenMismatch();
  return opened.token;
}

/** Whether the API is "still searching": decided by the token, so a repeated call gets the same answer. */
function isStillSearching(service: Service, token: PageToken): boolean {
  if (token.searches >= EMPTY_IN_A_ROW_MAX) return false;
  const place = hashText(`${token.digest} ${JSON.stringify(token.position)}`);
  return fraction(hashOf(service.seed, 31, place, token.searches)) < (service.options.emptyPageShare ?? 0.02);
}

function pageOf(service: Service, request: ListRequest): PageResult {
  const token = tokenOf(service, request);
  const seal = (next: Pick<PageToken, 'position' | 'searches'>): string =>
    service.tokens.seal({ digest: request.digest, issuedAtMs: service.now(), ...next });
  const first = request.pageToken === null;
  if (isStillSearching(service, token)) {
    return { slots: [], nextPageToken: seal({ position: token.position, searches: token.searches + 1 }), first };
  }
  const slots: Slot[] = [];
  for (const slot of scan(service.timeline, request.query, service.now(), token.position)) {
    const last = slots.at(-1);
    // One entry more than fits proves that a next page exists; a page that takes the last entry has no token.
    if (slots.length === request.pageSize && last !== undefined)
      return { slots, nextPageToken: seal({ position: positionOf(last), searches: 0 }), first };
    slots.push(slot);
  }
  return { slots, nextPageToken: null, first };
}

/** Refuses as a fault demands; a fault of delivery is left to the sending. */
async function refuseBy(service: Service, fault: Fault | null, response: ServerResponse): Promise<void> {
  switch (fault?.kind) {
    case 'rate-limited':
      throw rateLimited(service.options.quotaPerMinute ?? 60);
    case 'status-500':
      throw serverError(500);
    case 'status-502':
      throw serverError(502);
    case 'status-503':
      throw serverError(503);
    case 'expired-token':
      throw tokenRefused();
    case 'forbidden':
      throw permissionDenied(`organizations/${service.entryOptions.organization}`);
    case 'reset':
      await delay(1, undefined, { signal: service.signal });
      response.socket?.resetAndDestroy();
      return;
    case 'slow-headers':
    case 'stalled-body':
    case 'truncated-text':
    case 'truncated-encoding':
    case 'truncated-connection':
    case undefined:
      return;
  }
}

/** The request, or the error to answer with once authorisation and quota have been looked at, as the real API orders it. */
function parsed(body: string, containers: Containers): ListRequest | ApiError {
  try {
    return readListRequest(body, containers);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

export async function list(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
  note: (stream: string) => void,
): Promise<void> {
  const call = service.nextCall;
  service.nextCall += 1;
  const read = parsed(await readBody(request), service.containers);
  const stream = read instanceof ApiError ? 'none' : read.stream;
  note(stream);
  if (request.headers.authorization !== `Bearer ${service.options.token}`) throw unauthenticated();
  const hasToken = !(read instanceof ApiError) && read.pageToken !== null;
  if (!service.quota.take()) throw rateLimited(service.options.quotaPerMinute ?? 0);
  // After the quota: an ordered fault is not to be spent on a call that is refused anyway.
  const fault = service.faults.next({ call, stream, hasToken });
  await refuseBy(service, fault, response);
  if (fault?.kind === 'reset') {
    service.calls.broken(stream);
    return;
  }
  if (read instanceof ApiError) throw read;
  const nowMs = service.now();
  const page = pageOf(service, read);
  const outcome = await sendBody(response, {
    body: answerBytes(page.slots, page.nextPageToken, service.entryOptions),
    sliced: fraction(hashOf(service.seed, 32, call)) < (service.options.slicedShare ?? 0.1),
    gzip: acceptsGzip(request),
    fault,
    signal: service.signal,
  });
  if (outcome === 'broken') service.calls.broken(stream);
  else if (outcome === 'aborted') service.calls.aborted(stream);
  else {
    const { readKey, query, pageSize } = read;
    service.calls.answered({
      stream,
      readKey,
      query,
      pageSize,
      nowMs,
      entries: page.slots.length,
      first: page.first,
      terminal: page.nextPageToken === null,
    });
  }
}
