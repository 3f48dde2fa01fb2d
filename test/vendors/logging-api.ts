/**
 * A simulated Cloud Logging API: `POST /v2/entries:list` over loopback, misbehaving as the real one does.
 *
 * Entries are pure functions of the seed, so what a reader must have found is known exactly (`truth()`), whatever went
 * wrong on the way. Visibility follows the API's own clock. Control endpoints (`/truth`, `/calls`, `/clock`, `/faults`)
 * stand beside the vendor's path and need no token.
 *
 * Facts rested on: the REST reference of entries.list, the Logging query language, AuditLog and LogEntry references, and
 * the error messages users quote in googleapis/java-logging#1852 (token mismatch) and snarfed/bridgy-fed#620 (quota).
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendError } from './logging/answer';
import { createCalls } from './logging/calls';
import type { LoggingApi, LoggingApiOptions } from './logging/contract';
import { handleControl, isControlPath } from './logging/control';
import { list, type Service } from './logging/entries-list';
import { ApiError, notFound } from './logging/errors';
import { createFaults } from './logging/faults';
import { createPageTokens } from './logging/page-token';
import { countVisible } from './logging/query';
import { createQuota } from './logging/quota';
import { hashText } from './logging/seeded';
import { MINUTE_MS } from './logging/time';
import { createTimeline, LATE_BANDS_S, LOG_IDS, logSource } from './logging/timeline';
import { truthOf } from './logging/truth';

export type { LoggingApi, LoggingApiOptions } from './logging/contract';
export { LOG_IDS } from './logging/timeline';

const PROJECTS = ['example-prod', 'example-data', 'example-dev', 'example-net'] as const;

async function handle(service: Service, api: LoggingApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', api.url);
  let stream = 'none';
  try {
    if (isControlPath(pathname)) {
      await handleControl(api, request, response);
      return;
    }
    if (request.method !== 'POST' || pathname !== '/v2/entries:list') throw notFound();
    await list(service, request, response, (name) => {
      stream = name;
    });
  } catch (error) {
    if (error instanceof ApiError && !response.headersSent) {
      if (!isControlPath(pathname)) service.calls.refused(stream, error.status);
      sendError(response, error);
      return;
    }
    // The client went away or the server is closing; anything else must not pass for a vendor's fault.
    response.destroy();
    if (!request.destroyed && !service.signal.aborted) throw error;
  }
}

function createService(options: LoggingApiOptions, now: () => number, signal: AbortSignal): Service {
  const seed = hashText(`seed ${String(options.seed)}`);
  const organization = options.organization ?? '123456789012';
  const projects = options.projects ?? PROJECTS;
  const perProject = options.eventsPerDay * (options.projectShare ?? 0.1);
  const containers = [`organizations/${organization}`, ...projects.map((id) => `projects/${id}`)];
  const sources = containers.flatMap((container, index) =>
    LOG_IDS.map((logId) => logSource(container, logId, index === 0 ? options.eventsPerDay : perProject)),
  );
  const timeline = createTimeline({
    seed,
    startMinute: Math.floor(options.startMs / MINUTE_MS),
    endMinute: options.endMs === undefined ? Infinity : Math.ceil(options.endMs / MINUTE_MS),
    weekendFactor: options.weekendFactor ?? 0.4,
    lateShare: options.lateShare ?? 0.002,
    lateBandsS: options.lateBandsS ?? LATE_BANDS_S,
    splitShare: options.splitShare ?? 0.0003,
  });
  return {
    options,
    seed,
    entryOptions: { organization, projects: projects.length === 0 ? PROJECTS : projects },
    containers: { sources, readable: new Set(options.readable ?? containers), aggregated: options.aggregated ?? false },
    timeline,
    tokens: createPageTokens(String(options.seed)),
    faults: createFaults(seed, options.faults ?? {}, options.faultDelayMs ?? 2000),
    calls: createCalls((query, atMs) => countVisible(timeline, query, atMs)),
    quota: options.quotaPerMinute === undefined ? { take: () => true } : createQuota(options.quotaPerMinute, () => performance.now()),
    now,
    signal,
    nextCall: 0,
  };
}

/** Starts the simulation on loopback. */
export async function startLoggingApi(options: LoggingApiOptions): Promise<LoggingApi> {
  const closing = new AbortController();
  let stoppedAtMs: number | null = null;
  const now = (): number => stoppedAtMs ?? (options.now ?? Date.now)();
  const service = createService(options, now, closing.signal);
  const server = createServer((request, response) => {
    void handle(service, api, request, response);
  });
  // Clients keep connections longer than Node's five seconds; a race at their end would look like an injected reset.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const api: LoggingApi = {
    url: `http://127.0.0.1:${String(port)}`,
    organization: service.entryOptions.organization,
    now,
    setNow(ms) {
      stoppedAtMs = ms;
    },
    truth: (query) => truthOf(service.timeline, service.containers, service.entryOptions, { ...query, atMs: query.atMs ?? now() }),
    calls: () => service.calls.report(),
    resetCalls: () => {
      service.calls.reset();
    },
    fault: (order) => {
      service.faults.order(order);
    },
    setFaultRates: (rates) => {
      service.faults.setRates(rates);
    },
    clearFaults: () => {
      service.faults.clear();
    },
    async close() {
      closing.abort();
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeAllConnections();
      await closed;
    },
  };
  return api;
}
