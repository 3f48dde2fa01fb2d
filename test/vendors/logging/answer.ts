/**
 * Sending of an answer, well or badly: chunked, compressed when the client accepts it, now and then in slices that cut
 * multi-byte characters, and spoilt as a fault demands.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ApiError } from './errors';
import type { Fault } from './faults';

const gzipAsync = promisify(gzip);
/** Pieces a sliced answer begins with; what remains is sent at once, so that large pages do not take seconds. */
const SLICES_MAX = 60;

/** `complete`: all bytes were handed to the network; `broken`: spoilt on purpose; `aborted`: the client went away. */
export type Outcome = 'complete' | 'broken' | 'aborted';

export interface Delivery {
  readonly body: Buffer;
  readonly sliced: boolean;
  readonly gzip: boolean;
  readonly fault: Fault | null;
  /** Ends waits when the server is closed. */
  readonly signal: AbortSignal;
}

/** Whether `Accept-Encoding` names gzip and does not rule it out. */
export function acceptsGzip(request: IncomingMessage): boolean {
  const header = request.headers['accept-encoding'];
  const offers = (Array.isArray(header) ? header.join(',') : (header ?? '')).toLowerCase().split(',');
  return offers.some((offer) => /^\s*(?:gzip|\*)\s*(?:;|$)/.test(offer) && !/;\s*q=0(?:\.0*)?\s*$/.test(offer));
}

export function sendError(response: ServerResponse, error: ApiError): void {
  const challenge =
    error.status === 401 ? { 'www-authenticate': 'Bearer realm="https://accounts.google.com/", error="invalid_token"' } : {};
  response.writeHead(error.status, { 'content-type': error.contentType, 'content-length': Buffer.byteLength(error.body), ...challenge });
  response.end(error.body);
}

/** Where to cut a body: inside multi-byte characters first, else every 997 bytes; ascending. */
export function slicePoints(body: Buffer): number[] {
  const points: number[] = [];
  for (let i = 1; i < body.length && points.length < SLICES_MAX; i += 1) {
    const inCharacter = ((body[i] ?? 0) & 0xc0) === 0x80;
    if (inCharacter || i % 997 === 0) points.push(i);
  }
  return points;
}

function slicesOf(body: Buffer, points: readonly number[]): Buffer[] {
  const edges = [0, ...points, body.length];
  return edges.slice(1).map((edge, index) => body.subarray(edges[index], edge));
}

/** A length that leaves out at least the last byte that matters. */
const cutLength = (length: number, share: number): number => Math.max(0, Math.min(length - 3, Math.floor(length * share)));

async function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  if (response.destroyed || bytes.length === 0) return;
  if (response.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
}

async function end(response: ServerResponse): Promise<boolean> {
  if (!response.destroyed) {
    await new Promise<void>((resolve) => {
      response.once('close', resolve);
      response.end(resolve);
    });
  }
  return response.writableFinished;
}

/** Sends status 200 and the body. */
export async function sendBody(response: ServerResponse, { body: page, sliced, fault, signal, ...options }: Delivery): Promise<Outcome> {
  const kept = fault?.kind === 'truncated-text' ? page.subarray(0, cutLength(page.length, 0.6)) : page;
  const whole = options.gzip ? await gzipAsync(kept, { level: 1 }) : kept;
  const cut = fault?.kind === 'truncated-encoding' || fault?.kind === 'truncated-connection';
  const body = cut ? whole.subarray(0, cutLength(whole.length, 0.7)) : whole;
  if (fault?.kind === 'slow-headers') await delay(fault.delayMs, undefined, { signal });
  if (response.destroyed) return 'aborted';
  response.writeHead(200, {
    'content-type': 'application/json; charset=UTF-8',
    vary: 'Origin, X-Origin, Referer',
    ...(options.gzip ? { 'content-encoding': 'gzip' } : {}),
  });
  const points = fault?.kind === 'stalled-body' ? [Math.floor(body.length / 2)] : sliced ? slicePoints(body) : [];
  const slices = slicesOf(body, points);
  for (const [index, slice] of slices.entries()) {
    await write(response, slice);
    if (index === slices.length - 1) break;
    if (fault?.kind === 'stalled-body') await delay(fault.delayMs, undefined, { signal });
    else await turn();
  }
  if (fault?.kind === 'truncated-connection') {
    // A turn of the loop lets the bytes leave first: the client is to see half a body, not a refused connection.
    await delay(5, undefined, { signal });
    response.destroy();
    return 'broken';
  }
  const finished = await end(response);
  if (fault?.kind.startsWith('truncated-') === true) return 'broken';
  return finished ? 'complete' : 'aborted';
}
