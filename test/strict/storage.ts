/**
 * Cloud Storage as it is, in front of a server that is more forgiving: objects under a retention period are neither
 * replaced nor deleted (403 retentionPolicyNotMet), and one object name takes one mutation a second (429
 * rateLimitExceeded). Missing buckets and preconditions are the server's own.
 *
 * Mutations of one name are judged one after the other. Unverified: that a failing precondition answers 412 before the
 * other two refusals, as it does here; clients must bear either order.
 */
import type { SeenRequest } from './faults';
import { ask, googleError, held, startProxy, type Answer, type Proxy } from './proxy';

export interface StrictStorageOptions {
  /** Base address of the storage server. */
  readonly target: string;
  /** Retention period by bucket name. */
  readonly retention?: Readonly<Record<string, number>>;
  /** Mutations a second per object name; default 1. */
  readonly writesPerSecondPerObject?: number;
  /** Milliseconds since the epoch; default the system's clock. */
  readonly now?: () => number;
}

interface Mutation {
  readonly bucket: string;
  readonly object: string;
  /** Metadata may change under retention; content may not. */
  readonly content: boolean;
}

interface ObjectState {
  readonly generation: string;
  readonly createdMs: number;
}

export async function startStrictStorage(options: StrictStorageOptions): Promise<Proxy> {
  const intervalMs = 1000 / (options.writesPerSecondPerObject ?? 1);
  const now = options.now ?? Date.now;
  const lastMs = new Map<string, number>();
  const queues = new Map<string, Promise<unknown>>();
  const sessions = new Map<string, Mutation>();

  async function judged(request: SeenRequest, mutation: Mutation, forward: () => Promise<Answer>): Promise<Answer> {
    const key = `${mutation.bucket}/${mutation.object}`;
    const refused = await refusal(request, mutation, key);
    if (refused !== undefined) return refused;
    const answer = await forward();
    if (request.query.get('uploadType') === 'resumable' && request.method === 'POST') {
      const session = sessionOf(answer.headers.location);
      if (session !== undefined) sessions.set(session, mutation);
      return answer;
    }
    // Held until it is whole: the next mutation of the name may only be judged when this one has happened.
    const whole = await held(answer);
    if (whole.status >= 200 && whole.status < 300) lastMs.set(key, now());
    return whole;
  }

  async function refusal(request: SeenRequest, mutation: Mutation, key: string): Promise<Answer | undefined> {
    const last = lastMs.get(key);
    const tooSoon = last !== undefined && now() - last < intervalMs;
    const periodMs = mutation.content ? options.retention?.[mutation.bucket] : undefined;
    if (!tooSoon && periodMs === undefined) return undefined;
    const object = await stateOf(options.target, mutation);
    const expected = request.query.get('ifGenerationMatch');
    if (expected !== null && expected !== (object?.generation ?? '0')) return undefined;
    if (object !== undefined && periodMs !== undefined && object.createdMs + periodMs > now()) {
      const end = new Date(object.createdMs + periodMs).toISOString();
      const message = `Object '${key}' is subject to bucket's retention policy or object retention and cannot be deleted or overwritten until ${end}`;
      return googleError(403, 'retentionPolicyNotMet', message);
    }
    if (!tooSoon) return undefined;
    const message = `The object ${key} exceeded the rate limit for object mutation operations (create, update, and delete). Please reduce your request rate.`;
    return googleError(429, 'rateLimitExceeded', message, { domain: 'usageLimits' });
  }

  return startProxy(options.target, {
    async around(request, forward) {
      const mutation = mutationOf(request, sessions);
      if (mutation === undefined) return forward();
      const key = `${mutation.bucket}/${mutation.object}`;
      const turn = (queues.get(key) ?? Promise.resolve()).then(async () => judged(request, mutation, forward));
      const settled = turn.catch(() => undefined);
      queues.set(key, settled);
      return turn.finally(() => {
        if (queues.get(key) === settled) queues.delete(key);
      });
    },
  });
}

async function stateOf(target: string, mutation: Mutation): Promise<ObjectState | undefined> {
  const { status, json } = await ask(target, `/storage/v1/b/${mutation.bucket}/o/${encodeURIComponent(mutation.object)}`);
  if (status !== 200) return undefined;
  const { generation, timeCreated } = json as { generation?: string; timeCreated?: string };
  return { generation: String(generation), createdMs: Date.parse(String(timeCreated)) };
}

function sessionOf(location: string | undefined): string | undefined {
  return location === undefined ? undefined : (new URL(location, 'http://127.0.0.1').searchParams.get('upload_id') ?? undefined);
}

/** The object a request changes, or undefined when it changes none. */
function mutationOf(request: SeenRequest, sessions: ReadonlyMap<string, Mutation>): Mutation | undefined {
  const { method, path, query } = request;
  const upload = /^\/(?:resumable\/)?upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(path);
  if (upload !== null) {
    const session = query.get('upload_id');
    if (session !== null) return sessions.get(session);
    const object = query.get('name') ?? (request.json as { name?: string } | undefined)?.name;
    return object === undefined ? undefined : { bucket: decodeURIComponent(upload[1] ?? ''), object, content: true };
  }
  const [, bucket, object, rest = ''] = /^\/storage\/v1\/b\/([^/]+)\/o\/([^/]+)(\/.*)?$/.exec(path) ?? [];
  if (bucket === undefined || object === undefined) return undefined;
  const own = { bucket: decodeURIComponent(bucket), object: decodeURIComponent(object) };
  if (rest === '' && method === 'DELETE') return { ...own, content: true };
  if (rest === '' && (method === 'PATCH' || method === 'PUT')) return { ...own, content: false };
  if (rest === '/compose') return { ...own, content: true };
  const copy = /^\/(?:rewriteTo|copyTo)\/b\/([^/]+)\/o\/([^/]+)$/.exec(rest);
  if (copy === null) return undefined;
  return { bucket: decodeURIComponent(copy[1] ?? ''), object: decodeURIComponent(copy[2] ?? ''), content: true };
}
