/**
 * Faults that tests put between a client and a server: an answer lost after the work was done, a request that arrives
 * late, a refusal. The product needs no fail points of its own.
 *
 * One injection applies to a request, the oldest that matches. An injection counts a request when it acts on it; one
 * with `until` lets answers pass, uncounted, until one satisfies it.
 */

/** A request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  /** Without the query, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Whole body, when it is small enough to be held; else undefined. */
  readonly body: Buffer | undefined;
  /** Parsed JSON body; of a multipart upload, its metadata. Undefined when there is none. */
  readonly json: unknown;
  /** The content of a multipart upload, when `body` is held. */
  readonly media: Buffer | undefined;
  /** The BigQuery job that is inserted or asked for, where the proxy has seen its insertion. */
  readonly job: SeenJob | undefined;
}

export interface SeenJob {
  readonly id: string;
  readonly type: 'load' | 'query' | 'other';
  /** SQL of a query job. */
  readonly sql: string;
  /** `dataset.table` a load job writes to. */
  readonly destination: string;
}

export interface SeenAnswer {
  readonly status: number;
  /** Undefined when the body is not JSON. */
  readonly json: unknown;
}

export type FaultAction =
  | { readonly kind: 'hold' }
  | { readonly kind: 'holdAnswer'; readonly until: (answer: SeenAnswer) => boolean }
  | { readonly kind: 'loseAnswer'; readonly until: (answer: SeenAnswer) => boolean }
  | { readonly kind: 'refuse'; readonly status: number; readonly body: unknown; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'delay'; readonly ms: number };

/** The request waits in front of the server. */
export const hold: FaultAction = { kind: 'hold' };

/** The server does its work; its answer waits. `until`: only an answer like this. */
export const holdAnswer = (until: (answer: SeenAnswer) => boolean = () => true): FaultAction => ({ kind: 'holdAnswer', until });

/** The server does its work; the client's connection breaks instead of the answer. */
export const loseAnswer = (until: (answer: SeenAnswer) => boolean = () => true): FaultAction => ({ kind: 'loseAnswer', until });

/** The server never sees the request. A body that is not text is sent as JSON. */
export const refuse = (answer: { status: number; body: unknown; headers?: Record<string, string> }): FaultAction => ({
  kind: 'refuse',
  status: answer.status,
  body: answer.body,
  headers: answer.headers ?? {},
});

export const delay = (ms: number): FaultAction => ({ kind: 'delay', ms });

/** For `until`: the answer says that the job has ended, well or badly, whichever endpoint gave it. */
export function jobDone(answer: SeenAnswer): boolean {
  const body = answer.json as { jobComplete?: unknown; status?: { state?: unknown } } | null | undefined;
  return body?.jobComplete === true || body?.status?.state === 'DONE';
}

export interface Injection {
  /** Resolves when the fault first takes hold of a request (`hold`) or of an answer. */
  readonly reached: Promise<void>;
  /** Requests acted on so far. */
  hits(): number;
  /** Lets go of what is held now and from now on. */
  release(): void;
  /** Breaks the connections of what is held now. */
  drop(): void;
  /** No further request is matched; what is held stays held. */
  remove(): void;
}

export interface InjectionOptions {
  readonly match: (request: SeenRequest) => boolean;
  readonly action: FaultAction;
  /** How many requests it acts on; default 1. */
  readonly times?: number;
}

/** What the proxy sees of an injection. */
export interface Fault {
  readonly action: FaultAction;
  /** Counts a request; false when the number is used up. */
  take(): boolean;
  /** Resolves to whether the request goes on (true) or its connection breaks (false). */
  wait(gone: AbortSignal): Promise<boolean>;
}

export interface Faults {
  inject(options: InjectionOptions): Injection;
  find(request: SeenRequest): Fault | undefined;
  dropAll(): void;
}

interface Entry extends Fault {
  readonly match: (request: SeenRequest) => boolean;
  left(): boolean;
}

export function createFaults(): Faults {
  const entries = new Set<Entry>();
  const injections = new Set<Injection>();
  return {
    inject(options) {
      const { entry, injection } = createInjection(options, () => entries.delete(entry));
      entries.add(entry);
      injections.add(injection);
      return injection;
    },
    find: (request) => [...entries].find((entry) => entry.left() && entry.match(request)),
    dropAll() {
      entries.clear();
      for (const injection of injections) injection.drop();
    },
  };
}

function createInjection(options: InjectionOptions, remove: () => void): { entry: Entry; injection: Injection } {
  const timesMax = options.times ?? 1;
  const held = new Set<(goesOn: boolean) => void>();
  const reached = Promise.withResolvers<void>();
  let hits = 0;
  let open = false;
  const settle = (goesOn: boolean): void => {
    for (const one of held) one(goesOn);
    held.clear();
  };
  const entry: Entry = {
    action: options.action,
    match: options.match,
    left: () => hits < timesMax,
    take() {
      if (hits >= timesMax) return false;
      hits += 1;
      reached.resolve();
      return true;
    },
    async wait(gone) {
      if (open) return true;
      if (gone.aborted) return false;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      held.add(resolve);
      gone.addEventListener('abort', () => resolve(false), { once: true });
      return promise.finally(() => held.delete(resolve));
    },
  };
  const injection: Injection = {
    reached: reached.promise,
    hits: () => hits,
    release() {
      open = true;
      settle(true);
    },
    drop: () => settle(false),
    remove,
  };
  return { entry, injection };
}

/**
 * A race: holds every matching request until `parties` of them have arrived, then lets all go at once. Resolves at that
 * moment. The first `skip` matching requests pass. Matching starts at once, so call it before the parties set out.
 */
export async function meet(
  proxy: { inject(options: InjectionOptions): Injection },
  options: { match: (request: SeenRequest) => boolean; parties?: number; skip?: number },
): Promise<void> {
  const parties = options.parties ?? 2;
  const all = Promise.withResolvers<void>();
  let skipped = 0;
  let arrived = 0;
  const injection = proxy.inject({
    times: parties,
    action: hold,
    match(request) {
      if (arrived >= parties || !options.match(request)) return false;
      if (skipped < (options.skip ?? 0)) {
        skipped += 1;
        return false;
      }
      arrived += 1;
      if (arrived === parties) all.resolve();
      return true;
    },
  });
  await all.promise;
  // The last party is counted while it is matched; it is held, or passes an open gate, right after.
  injection.release();
}
