/**
 * The status endpoint of a worker: `GET /healthz` and `GET /status` on the loopback interface. Read only; it knows names
 * and counts and no secrets. What costs a query is remembered for ten seconds, however often one asks.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../activities/clock';
import type { Deps } from '../activities/deps';
import { codeOf } from '../activities/errors';
import { version } from '../package.json';
import type { CoverageState } from '../schemas/views/coverage';
import { readCoverage, summarize } from './coverage';

export interface StreamSummary {
  readonly source: string;
  readonly stream: string;
  /** Hours per state. */
  readonly hours: Readonly<Record<CoverageState, number>>;
}

export interface StatusSources {
  readonly version: string;
  /** Activities in flight in this process, by task queue. */
  readonly running: () => Readonly<Record<string, number>>;
  readonly coverage: () => Promise<readonly StreamSummary[]>;
  readonly clock: Clock;
}

export interface StatusServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  close(): Promise<void>;
}

const COVERAGE_MS_MAX = 10_000;

/** The endpoint of a running worker. The coverage is that of all sources in the lake. */
export async function startStatus(
  deps: Deps,
  worker: { readonly port: number; readonly running: StatusSources['running'] },
): Promise<StatusServer> {
  return await serveStatus(worker.port, {
    version,
    running: worker.running,
    clock: deps.clock,
    coverage: async () => {
      const rows = await readCoverage(deps.bigquery, deps.config.lake);
      return summarize(rows).map(({ source, stream, counts }) => ({ source, stream, hours: counts }));
    },
  });
}

/** Listens on 127.0.0.1; port 0 takes a free one. Rejects when the port is taken. */
export async function serveStatus(port: number, sources: StatusSources): Promise<StatusServer> {
  const startedAtMs = sources.clock.now();
  const coverage = remember(sources);
  const server = createServer((request, response) => {
    void answer(request, response, async () => ({
      version: sources.version,
      startedAt: new Date(startedAtMs).toISOString(),
      taskQueues: sources.running(),
      ...(await coverage()),
    }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(bound)}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) =>
        server.close(() => {
          resolve();
        }),
      );
    },
  };
}

interface CoverageAnswer {
  readonly sources: readonly StreamSummary[];
  /** When the coverage was read; null when it never could be. */
  readonly sourcesReadAt: string | null;
  /** The code of the last failure to read it. */
  readonly sourcesError?: string;
}

/** One query at a time and at most one in ten seconds. A failure keeps what was known and says so. */
function remember({ coverage, clock }: StatusSources): () => Promise<CoverageAnswer> {
  let known: CoverageAnswer = { sources: [], sourcesReadAt: null };
  let askedAtMs = -Infinity;
  let asking: Promise<void> = Promise.resolve();
  const ask = async (): Promise<void> => {
    try {
      const sources = await coverage();
      known = { sources, sourcesReadAt: new Date(clock.now()).toISOString() };
    } catch (error) {
      known = { ...known, sourcesError: codeOf(error) ?? 'UNKNOWN' };
    }
  };
  return async () => {
    if (clock.now() - askedAtMs >= COVERAGE_MS_MAX) {
      askedAtMs = clock.now();
      asking = ask();
    }
    await asking;
    return known;
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, status: () => Promise<unknown>): Promise<void> {
  const reply = (code: number, body: unknown): void => {
    response.writeHead(code, {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.end(`${JSON.stringify(body)}\n`);
  };
  // A web page may point a host name of its own at 127.0.0.1; its requests carry that name.
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(request.headers.host ?? '')) {
    reply(403, { error: 'use the address 127.0.0.1' });
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    reply(405, { error: 'read only' });
    return;
  }
  const path = (request.url ?? '/').split('?', 1)[0];
  if (path === '/healthz') {
    reply(200, { ok: true });
    return;
  }
  if (path === '/status') {
    reply(200, await status());
    return;
  }
  reply(404, { error: 'there are /healthz and /status' });
}
