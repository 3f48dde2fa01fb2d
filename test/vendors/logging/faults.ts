/**
 * What goes wrong, and when: by seeded probability per call, or as ordered ("the next n calls"). Ordered faults come first.
 * A fault is chosen per call, not per request text, so a retry of the same request is a new draw.
 */
import { fraction, hashOf } from './seeded';

export const FAULT_KINDS = [
  /** 429 without any header that says when to come back. */
  'rate-limited',
  /** 500 and 503 in Google's error shape, 502 as the page of HTML that a front end sends. */
  'status-500',
  'status-502',
  'status-503',
  /** A wait before the first byte; a wait in the middle of the body. */
  'slow-headers',
  'stalled-body',
  /** The connection is reset instead of an answer. */
  'reset',
  /** The JSON text ends early, in a correct encoding and a correct HTTP message. */
  'truncated-text',
  /** The encoded bytes end early (an incomplete gzip stream), in a correct HTTP message. */
  'truncated-encoding',
  /** The connection ends in the middle of the body. */
  'truncated-connection',
  /** A page token is refused as if it had expired. Strikes calls that carry one. */
  'expired-token',
  /** 403: the permission for the log is not there. */
  'forbidden',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Probability per call, for any number of kinds. */
export type FaultRates = Partial<Readonly<Record<FaultKind, number>>>;

export interface FaultOrder {
  readonly kind: FaultKind;
  /** Calls to strike; 1 by default. */
  readonly count?: number;
  /** Strikes only calls whose filter names this log id (`activity`, ...). */
  readonly stream?: string;
  /** Wait of the slow kinds; by default the API's `faultDelayMs`. */
  readonly delayMs?: number;
}

export interface Fault {
  readonly kind: FaultKind;
  readonly delayMs: number;
}

/** What a call looks like before it is answered. */
export interface FaultTarget {
  readonly call: number;
  readonly stream: string;
  readonly hasToken: boolean;
}

export interface Faults {
  order(order: FaultOrder): void;
  setRates(rates: FaultRates): void;
  /** Forgets all orders that have not struck yet. */
  clear(): void;
  next(target: FaultTarget): Fault | null;
}

export const isFaultKind = (value: unknown): value is FaultKind => FAULT_KINDS.some((kind) => kind === value);

export function createFaults(seed: number, initial: FaultRates, delayMs: number): Faults {
  let rates = initial;
  let orders: { order: FaultOrder; left: number }[] = [];
  const strikes = (kind: FaultKind, target: FaultTarget): boolean => kind !== 'expired-token' || target.hasToken;
  return {
    order(order) {
      orders.push({ order, left: order.count ?? 1 });
    },
    setRates(next) {
      rates = next;
    },
    clear() {
      orders = [];
    },
    next(target) {
      const due = orders.find(({ order }) => strikes(order.kind, target) && (order.stream === undefined || order.stream === target.stream));
      if (due !== undefined) {
        due.left -= 1;
        if (due.left <= 0) orders = orders.filter((order) => order !== due);
        return { kind: due.order.kind, delayMs: due.order.delayMs ?? delayMs };
      }
      let drawn = fraction(hashOf(seed, 21, target.call));
      for (const kind of FAULT_KINDS) {
        const rate = rates[kind] ?? 0;
        if (drawn < rate) return strikes(kind, target) ? { kind, delayMs } : null;
        drawn -= rate;
      }
      return null;
    },
  };
}
