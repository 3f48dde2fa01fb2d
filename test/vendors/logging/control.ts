/**
 * The simulation's own endpoints, for use from another process:
 *
 *   GET  /truth?from&to[&stream][&resource][&at][&summary=1]   NDJSON: a summary, then one identity (JSON string) per entry
 *   GET  /calls      the books          DELETE /calls    starts them anew
 *   GET  /clock      { now }            POST   /clock    { "now": ms | RFC 3339 | null }
 *   POST /faults     { "order": {...} | [{...}], "rates": {...}, "clear": true }, each optional
 *
 * Times are RFC 3339 or milliseconds since the epoch.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LoggingApi } from './contract';
import { invalidArgument, notFound } from './errors';
import { FAULT_KINDS, type FaultOrder, type FaultRates, isFaultKind } from './faults';
import { parseRfc3339Ns } from './time';
import { LOG_IDS } from './timeline';
import { msToNs, type TruthQuery } from './truth';

const PATHS: ReadonlySet<string> = new Set(['/truth', '/calls', '/clock', '/faults']);

export const isControlPath = (pathname: string): boolean => PATHS.has(pathname);

function timeNs(name: string, value: unknown): bigint {
  if (typeof value === 'number') return msToNs(value);
  const text = typeof value === 'string' ? value : '';
  const ns = /^\d+$/.test(text) ? msToNs(Number(text)) : parseRfc3339Ns(text);
  if (ns === undefined) throw invalidArgument(`${name} must be RFC 3339 or milliseconds since the epoch`);
  return ns;
}

const timeMs = (name: string, value: unknown): number => Number(timeNs(name, value)) / 1e6;

async function jsonBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    throw invalidArgument('the body is not JSON');
  }
  throw invalidArgument('the body is not an object');
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(value)}\n`);
}

function truthQuery(params: URLSearchParams): TruthQuery {
  const streams = params.getAll('stream').map((name) => {
    const known = LOG_IDS.find((id) => id === name);
    if (known === undefined) throw invalidArgument(`stream must be one of ${LOG_IDS.join(', ')}`);
    return known;
  });
  const resourceNames = params.getAll('resource');
  const at = params.get('at');
  return {
    fromNs: timeNs('from', params.get('from')),
    toNs: timeNs('to', params.get('to')),
    ...(streams.length === 0 ? {} : { streams }),
    ...(resourceNames.length === 0 ? {} : { resourceNames }),
    ...(at === null ? {} : { atMs: timeMs('at', at) }),
  };
}

async function sendTruth(api: LoggingApi, params: URLSearchParams, response: ServerResponse): Promise<void> {
  const truth = api.truth(truthQuery(params));
  const summary = { at: new Date(truth.atMs).toISOString(), logs: truth.logs };
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  let batch = `${JSON.stringify(summary)}\n`;
  if (params.get('summary') === null) {
    for (const { identity } of truth.entries()) {
      batch += `${JSON.stringify(identity)}\n`;
      if (batch.length < 65_536) continue;
      if (!response.write(batch)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
      if (response.destroyed) return;
      batch = '';
    }
  }
  response.end(batch);
}

function orderOf(value: unknown): FaultOrder {
  const order = { ...(value as Record<string, unknown> | null) };
  const { kind, count, stream, delayMs } = order as { kind?: unknown; count?: unknown; stream?: unknown; delayMs?: unknown };
  if (!isFaultKind(kind)) throw invalidArgument(`kind must be one of ${FAULT_KINDS.join(', ')}`);
  return {
    kind,
    ...(typeof count === 'number' ? { count } : {}),
    ...(typeof stream === 'string' ? { stream } : {}),
    ...(typeof delayMs === 'number' ? { delayMs } : {}),
  };
}

function ratesOf(value: unknown): FaultRates {
  const rates: Record<string, number> = {};
  for (const [kind, rate] of Object.entries({ ...(value as Record<string, unknown> | null) })) {
    if (!isFaultKind(kind) || typeof rate !== 'number') throw invalidArgument(`rates are numbers of ${FAULT_KINDS.join(', ')}`);
    rates[kind] = rate;
  }
  return rates;
}

async function setFaults(api: LoggingApi, request: IncomingMessage): Promise<void> {
  const body = await jsonBody(request);
  const orders = body['order'] === undefined ? [] : [body['order']].flat().map(orderOf);
  const rates = body['rates'] === undefined ? undefined : ratesOf(body['rates']);
  if (body['clear'] === true) api.clearFaults();
  if (rates !== undefined) api.setFaultRates(rates);
  for (const order of orders) api.fault(order);
}

export async function handleControl(api: LoggingApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', api.url);
  switch (`${request.method ?? ''} ${pathname}`) {
    case 'GET /truth':
      await sendTruth(api, searchParams, response);
      return;
    case 'GET /calls':
      sendJson(response, api.calls());
      return;
    case 'DELETE /calls':
      api.resetCalls();
      sendJson(response, {});
      return;
    case 'POST /clock': {
      const { now } = (await jsonBody(request)) as { now?: unknown };
      api.setNow(now === null ? null : timeMs('now', now));
      sendJson(response, { now: api.now() });
      return;
    }
    case 'GET /clock':
      sendJson(response, { now: api.now() });
      return;
    case 'POST /faults':
      await setFaults(api, request);
      sendJson(response, {});
      return;
    default:
      throw notFound();
  }
}
