/** A server on this machine that answers from a script, and what a client needs to talk to it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Clock } from '../../../activities/clock';
import { createHttpAgents } from '../../../activities/http/agents';
import type { HttpAuth } from '../../../activities/http/auth';
import { createHttp, type HttpOptions, type VendorHttp } from '../../../activities/http/client';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = (response: ServerResponse, request: Received) => void;

export interface Loopback {
  readonly origin: string;
  readonly received: Received[];
  /** Answers to come, one per request; the last one repeats. */
  script: Answer[];
  readonly close: () => Promise<void>;
}

export async function startLoopback(): Promise<Loopback> {
  const received: Received[] = [];
  const loopback: { script: Answer[] } = { script: [] };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const seen = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      received.push(seen);
      const answer = loopback.script.length > 1 ? loopback.script.shift() : loopback.script[0];
      if (answer === undefined) response.writeHead(500).end('no script');
      else answer(response, seen);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(loopback, {
    origin: `http://127.0.0.1:${String(port)}`,
    received,
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

export const answer =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };

/** An error as https://cloud.google.com/apis/design/errors documents it, indented as Google's front ends send it. */
export const googleError = (code: number, status: string, message: string, extra: Record<string, unknown> = {}): Answer =>
  answer(code, JSON.stringify({ error: { code, message, status, ...extra } }, null, 2), {
    'content-type': 'application/json; charset=UTF-8',
  });

export const TOKEN = 'ya29.correct-horse-battery-staple';

export interface Client {
  readonly http: VendorHttp;
  /** Waits asked of the clock, in order. */
  readonly waits: number[];
  readonly refreshes: () => number;
  readonly abort: AbortController;
  readonly logged: string[];
  readonly close: () => Promise<void>;
}

/** A client whose waits take no time and whose jitter is always the largest. */
export function clientFor(origin: string, options: Partial<HttpOptions> = {}): Client {
  const waits: number[] = [];
  const logged: string[] = [];
  const agents = createHttpAgents();
  const abort = new AbortController();
  const clock: Clock = {
    now: () => Date.parse('2026-11-20T12:00:00Z'),
    sleep: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
  };
  let refreshes = 0;
  const auth: HttpAuth = {
    header: () => Promise.resolve(`Bearer ${TOKEN}`),
    refresh: () => {
      refreshes++;
      return Promise.resolve();
    },
  };
  const http = createHttp({
    origin,
    agent: agents.agentFor(origin),
    auth,
    clock,
    random: () => 0.999999,
    signal: abort.signal,
    log: (message, fields) => logged.push(JSON.stringify([message, fields])),
    ...options,
  });
  return { http, waits, logged, abort, refreshes: () => refreshes, close: agents.close };
}

export async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** The error a promise is rejected with; a promise that is kept fails the test. */
export async function caught(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`expected a failure, got ${JSON.stringify(value)}`);
}
