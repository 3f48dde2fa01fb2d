/**
 * The contract of a connector: data about one API, plus one async generator that pages through it.
 *
 * A connector knows nothing of Temporal, Cloud Storage or BigQuery. It does not sleep, retry, write, read the environment
 * or read the clock: `ctx` does that for it. Its cursor is saved by the framework after the page's rows are durable, so a
 * generator must be able to start at any cursor it has ever yielded.
 */
import type { z } from 'zod';

/** Five ways a source can be read; `window` is the first to be built. */
export type Shape = 'window' | 'tail' | 'feed' | 'snapshot' | 'objects';

/** What the bounds of a stream mean: event time, the vendor's processing order, or nothing. */
export type Axis = 'event' | 'arrival' | 'none';

/** When an hour is due to be read again. Ages count from the end of the hour. */
export interface SettlePolicy {
  /** A read that starts this long after an hour's end makes the hour complete. */
  readonly lagMs: number;
  /** The hour is read again when it reaches each of these ages, ascending. */
  readonly agesMs: readonly number[];
  /** The source promises that nothing arrives later than this. */
  readonly horizonMs: number;
}

/** One part of a source with a state of its own. */
export interface Stream {
  readonly name: string;
  /** Name of the table its items become rows of. */
  readonly table: string;
}

/** A permission or scope the credential needs, and what for. */
export interface Permission {
  readonly name: string;
  readonly purpose: string;
}

/** One page as a generator yields it. */
export interface Page {
  /** Batches of raw slices, in the vendor's order: each slice is the exact JSON text of one item, whitespace outside strings removed. Drained once. */
  readonly items: AsyncIterable<readonly Buffer[]>;
  /** Asked once, after `items` ended: the opaque cursor the next page starts at, or null when the window is exhausted. */
  readonly next: () => string | null;
}

/** A half-open window `[from, to)` as RFC 3339 UTC text, and the cursor to go on from (null: the window's start). */
export interface WindowRead {
  readonly from: string;
  readonly to: string;
  readonly cursor: string | null;
}

/** A response whose body has not been read yet. Status is always 2xx: everything else was thrown as a coded error. */
export interface VendorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded (gunzipped) body, capped in bytes and in ratio; throws SRC_BODY_TRUNCATED when it ends early. */
  readonly body: AsyncIterable<Buffer>;
}

export interface VendorRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query on the configured origin. */
  readonly path: string;
  /** Sent as a JSON body. */
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Given the status and the first bytes of a refused answer, the code it stands for; undefined: the general rule. */
  readonly classify?: (status: number, body: string) => 'SRC_CURSOR_EXPIRED' | undefined;
}

export interface ConnectorContext<Config> {
  readonly config: Config;
  readonly stream: Stream;
  readonly http: { request(request: VendorRequest): Promise<VendorResponse> };
  readonly records: {
    /**
     * Reads a JSON object of which the member `name` is an array: yields the array's elements as raw slices, keeps the
     * other top-level members. `rest()` may be asked after `items` ended. A missing member is an empty array.
     */
    jsonArray(
      response: VendorResponse,
      name: string,
    ): { items: AsyncIterable<readonly Buffer[]>; rest: () => Readonly<Record<string, unknown>> };
  };
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: (message: string, fields?: Readonly<Record<string, string | number>>) => void;
  readonly signal: AbortSignal;
}

export interface Connector<Config = unknown> {
  /** `<vendor>.<api>`. */
  readonly id: string;
  readonly title: string;
  /** The vendor's pages that the facts below rest on. */
  readonly documentation: readonly string[];
  readonly shape: Shape;
  readonly axis: Axis;
  readonly config: z.ZodType<Config>;
  /** All streams the connector can have; a source may name fewer. */
  readonly streams: readonly Stream[];
  /** The origin its requests go to, for a given configuration. */
  readonly origin: (config: Config) => string;
  readonly permissions: readonly Permission[];
  /** OAuth scopes asked for when the credential is a Google identity. */
  readonly scopes: readonly string[];
  /** How far back the vendor still has events, per stream name. */
  readonly retentionMs: (stream: string) => number;
  readonly settle: SettlePolicy;
  readonly window: {
    /** The largest window one unit reads. */
    readonly maxMs: number;
    /** The smallest window a failing one is halved down to. */
    readonly minMs: number;
  };
  /** Items per call, at most. */
  readonly pageSize: number;
  readonly pages: (read: WindowRead, ctx: ConnectorContext<Config>) => AsyncGenerator<Page, void, void>;
}

/** Checks nothing at run time; gives the literal its type and the author completion. */
export function defineConnector<Config>(connector: Connector<Config>): Connector<Config> {
  return connector;
}
