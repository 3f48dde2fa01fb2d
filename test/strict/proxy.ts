/**
 * A loopback reverse proxy: passes requests and answers through as streams, keeps a log, applies faults, and asks the
 * rules of one service (bigquery.ts, storage.ts) what the cloud would have refused.
 *
 * Order for each request: fault before the server, rules, server, fault after the server, client. A client that is gone
 * takes a half-sent body with it to the server, as a broken connection would. Connections to the server are not
 * reused, so an idle connection the server closes can never look like a fault.
 */
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished, pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFaults, type Fault, type Injection, type InjectionOptions, type SeenAnswer, type SeenJob, type SeenRequest } from './faults';

/** An answer on its way to the client. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer | Readable;
}

/** What one service enforces. `forward` may be called once. */
export interface Rules {
  around(request: SeenRequest, forward: () => Promise<Answer>): Promise<Answer>;
  /** The job a request is about; called before `around`, for faults to match on. */
  job?(request: Omit<SeenRequest, 'job'>): SeenJob | undefined;
}

export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly job: SeenJob | undefined;
  /** What the client got; 0 when its connection broke; undefined while it waits. */
  status: number | undefined;
  /** From arrival to the end of the answer; undefined while it waits. */
  ms: number | undefined;
  /** Kind of the fault that acted on it. */
  fault: string | undefined;
}

export interface Proxy {
  /** Base address for the client's `apiEndpoint`. */
  readonly url: string;
  inject(options: InjectionOptions): Injection;
  /** Every request since the start or the last `forget()`, in order of arrival. */
  requests(): readonly LoggedRequest[];
  forget(): void;
  /** Breaks what is held and closes. */
  close(): Promise<void>;
}

/** JSON bodies are read whole: a load of 10,000 URIs is a few megabytes. */
const JSON_BYTES_MAX = 64 * 1024 * 1024;
/** Other bodies are held for matching up to this size and streamed beyond it. */
const PEEK_BYTES_MAX = 256 * 1024;

/** An error answer as Google's JSON APIs write it. */
export function googleError(
  code: number,
  reason: string,
  message: string,
  more: { domain?: string; location?: string; status?: string } = {},
): Answer {
  const one = { message, domain: more.domain ?? 'global', reason, ...(more.location === undefined ? {} : { location: more.location }) };
  return jsonAnswer(code, { error: { code, message, errors: [one], ...(more.status === undefined ? {} : { status: more.status }) } });
}

export function jsonAnswer(status: number, body: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json; charset=UTF-8' }, body: Buffer.from(JSON.stringify(body)) };
}

/** Reads an answer's body into memory; its JSON is undefined when it is none. */
export async function held(answer: Answer): Promise<Answer & { body: Buffer; json: unknown }> {
  const body = Buffer.isBuffer(answer.body) ? answer.body : await buffer(answer.body);
  return { ...answer, body, json: parseJson(body) };
}

function parseJson(body: Buffer | undefined): unknown {
  if (body === undefined || body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** One small request to the server itself, for rules that must know its state. */
export async function ask(target: string, path: string): Promise<{ status: number; json: unknown }> {
  const answer = await send(target, 'GET', path, {}, undefined);
  const { status, json } = await held(answer);
  return { status, json };
}

async function send(
  target: string,
  method: string,
  path: string,
  headers: IncomingHttpHeaders,
  body: Buffer | Readable | undefined,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const upstream = httpRequest(target + path, { method, headers: { ...headers, host: new URL(target).host }, agent: false }, (answer) => {
    resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: answer });
  });
  upstream.on('error', reject);
  if (body instanceof Readable) {
    pipeline(body, upstream).catch((error: unknown) => {
      upstream.destroy();
      reject(error);
    });
  } else {
    upstream.end(body);
  }
  return promise;
}

export async function startProxy(target: string, rules: Rules): Promise<Proxy> {
  const faults = createFaults();
  const log: LoggedRequest[] = [];
  let url = '';
  const server = createServer((req, res) => {
    // A failure on the way breaks the client's connection, as a failing network would.
    serve(req, res).catch(() => res.destroy());
  });
  // Longer than a client keeps an idle connection, so that closing it never races with a request.
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 0;

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const startedMs = performance.now();
    const gone = new AbortController();
    res.on('close', () => gone.abort());
    const { seen, body } = await readRequest(req, rules);
    const entry: LoggedRequest = {
      method: seen.method,
      path: seen.path,
      query: seen.query,
      job: seen.job,
      status: undefined,
      ms: undefined,
      fault: undefined,
    };
    log.push(entry);
    res.on('close', () => {
      entry.status = res.writableFinished ? res.statusCode : 0;
      entry.ms = performance.now() - startedMs;
    });
    const answer = await faulty(faults.find(seen), entry, gone.signal, async () =>
      rules.around(seen, async () => send(target, seen.method, req.url ?? '/', forwardable(req.headers, body), body)),
    );
    if (answer === undefined) res.destroy();
    else await deliver(res, answer, target, url);
  }

  await listen(server);
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    inject: (options) => faults.inject(options),
    requests: () => [...log],
    forget: () => void log.splice(0),
    async close() {
      faults.dropAll();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Undefined: the connection breaks. */
async function faulty(
  fault: Fault | undefined,
  entry: LoggedRequest,
  gone: AbortSignal,
  pass: () => Promise<Answer>,
): Promise<Answer | undefined> {
  if (fault === undefined) return pass();
  const { action } = fault;
  switch (action.kind) {
    case 'hold':
      if (!fault.take()) return pass();
      entry.fault = action.kind;
      return (await fault.wait(gone)) ? pass() : undefined;
    case 'delay':
      if (!fault.take()) return pass();
      entry.fault = action.kind;
      await sleep(action.ms);
      return pass();
    case 'refuse': {
      if (!fault.take()) return pass();
      entry.fault = action.kind;
      const refused =
        typeof action.body === 'string'
          ? { status: action.status, headers: {}, body: Buffer.from(action.body) }
          : jsonAnswer(action.status, action.body);
      return { ...refused, headers: { ...refused.headers, ...action.headers } };
    }
    case 'holdAnswer':
    case 'loseAnswer': {
      const answer = await held(await pass());
      const seen: SeenAnswer = { status: answer.status, json: answer.json };
      if (!action.until(seen) || !fault.take()) return answer;
      entry.fault = action.kind;
      return action.kind === 'holdAnswer' && (await fault.wait(gone)) ? answer : undefined;
    }
  }
}

async function listen(server: Server): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', resolve);
  return promise;
}

async function readRequest(req: IncomingMessage, rules: Rules): Promise<{ seen: SeenRequest; body: Buffer | Readable | undefined }> {
  const { pathname, searchParams } = new URL(req.url ?? '/', 'http://127.0.0.1');
  const type = req.headers['content-type'] ?? '';
  const isJson = type.startsWith('application/json');
  const { body, rest } = await peekBody(req, isJson ? JSON_BYTES_MAX : PEEK_BYTES_MAX);
  const parts = rest === undefined && type.startsWith('multipart/related') ? relatedParts(body, type) : [];
  const bare = {
    method: req.method ?? 'GET',
    path: pathname,
    query: searchParams,
    body: rest === undefined ? body : undefined,
    json: isJson ? parseJson(body) : parseJson(parts[0]),
    media: parts[1],
  };
  const whole = req.headers['transfer-encoding'] === undefined && req.headers['content-length'] === undefined ? undefined : body;
  return { seen: { ...bare, job: rules.job?.(bare) }, body: rest ?? whole };
}

/** The body when it ends within `bytesMax`; else a stream of all of it. */
async function peekBody(req: IncomingMessage, bytesMax: number): Promise<{ body: Buffer; rest: Readable | undefined }> {
  const chunks: Buffer[] = [];
  let size = 0;
  const iterator = (req as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  for (;;) {
    const next = await iterator.next();
    if (next.done === true) return { body: Buffer.concat(chunks), rest: undefined };
    chunks.push(next.value);
    size += next.value.length;
    if (size > bytesMax) break;
  }
  async function* whole(): AsyncGenerator<Buffer> {
    yield* chunks;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { body: Buffer.concat(chunks), rest: Readable.from(whole(), { objectMode: false }) };
}

/** Bodies of the parts of a multipart/related request. */
function relatedParts(body: Buffer, type: string): Buffer[] {
  const boundary = /boundary="?([^";]+)"?/.exec(type)?.[1];
  if (boundary === undefined) return [];
  const marker = Buffer.from(`--${boundary}`);
  const parts: Buffer[] = [];
  for (let from = body.indexOf(marker); from >= 0;) {
    const to = body.indexOf(marker, from + marker.length);
    if (to < 0) break;
    const part = body.subarray(from + marker.length, to);
    const start = part.indexOf('\r\n\r\n');
    if (start >= 0) parts.push(part.subarray(start + 4, part.length - 2));
    from = to;
  }
  return parts;
}

/** Headers that describe one connection are not passed on; a body held in memory gets its length. */
function forwardable(headers: IncomingHttpHeaders, body: Buffer | Readable | undefined): IncomingHttpHeaders {
  const { connection: _connection, 'keep-alive': _keepAlive, expect: _expect, ...rest } = headers;
  if (!Buffer.isBuffer(body)) return rest;
  const { 'transfer-encoding': _transfer, ...plain } = rest;
  return { ...plain, 'content-length': String(body.length) };
}

/** A resumable session's address is rewritten, so that its content passes here too. */
async function deliver(res: ServerResponse, answer: Answer, target: string, url: string): Promise<void> {
  const { connection: _connection, 'keep-alive': _keepAlive, ...headers } = answer.headers;
  if (headers.location !== undefined) headers.location = rebased(headers.location, target, url);
  if (Buffer.isBuffer(answer.body)) {
    delete headers['transfer-encoding'];
    headers['content-length'] = String(answer.body.length);
    // An answer without content may not announce a length.
    if (answer.status === 204 || answer.status === 304) delete headers['content-length'];
    res.writeHead(answer.status, headers);
    res.end(answer.body);
    await finished(res);
  } else {
    res.writeHead(answer.status, headers);
    await pipeline(answer.body, res);
  }
}

function rebased(location: string, target: string, url: string): string {
  const address = new URL(location, target);
  return address.host === new URL(target).host ? url + address.pathname + address.search : location;
}
