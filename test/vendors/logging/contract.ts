/** What the simulated Logging API is started with, and what it offers to those who test against it. */
import type { CallsReport } from './calls';
import type { FaultOrder, FaultRates } from './faults';
import type { LateBand } from './timeline';
import type { Truth, TruthQuery } from './truth';

export interface LoggingApiOptions {
  /** 0 or absent: a free one. */
  readonly port?: number;
  readonly seed: string | number;
  /** Organization number; `123456789012` by default. */
  readonly organization?: string;
  /** Project ids with logs of their own; four by default. */
  readonly projects?: readonly string[];
  /** Begin of the logs, milliseconds since the epoch, rounded down to the minute. */
  readonly startMs: number;
  /** Exclusive end, rounded up to the minute; without it entries go on for ever (those after now are not visible). */
  readonly endMs?: number;
  /** Entries of the organization's own logs on a working day, all four together; varies by some percent from day to day. */
  readonly eventsPerDay: number;
  /** Each project's entries as a share of the organization's; 0.1 by default. */
  readonly projectShare?: number;
  /** Activity on Saturdays and Sundays against working days; 0.4 by default, 1 for the same count on every day. */
  readonly weekendFactor?: number;
  /** Share of entries that become visible late; 0.002 by default. */
  readonly lateShare?: number;
  /** How late, in seconds: `[share, from, to]`, shares adding up to 1, evenly within each band; some beyond a day by default. */
  readonly lateBandsS?: readonly LateBand[];
  /** Share of entries stored in pieces; 0.0003 by default. */
  readonly splitShare?: number;
  /** Share of pages that are empty and carry a token; 0.02 by default. At most three in a row. */
  readonly emptyPageShare?: number;
  /** Share of answers sent in small slices; 0.1 by default. */
  readonly slicedShare?: number;
  /** Whether the organization's name also returns its projects' logs; false by default. */
  readonly aggregated?: boolean;
  /** Bearer token that is accepted. */
  readonly token: string;
  /** Containers the token may read; all by default. */
  readonly readable?: readonly string[];
  /** The API's clock, milliseconds since the epoch; the system's by default. */
  readonly now?: () => number;
  readonly faults?: FaultRates;
  /** Wait of the slow faults; 2,000 by default. */
  readonly faultDelayMs?: number;
  /** Calls per minute of real time (not of the API's clock, which may stand still); unlimited by default. */
  readonly quotaPerMinute?: number;
}

export interface LoggingApi {
  /** Origin, without a slash at the end. */
  readonly url: string;
  readonly organization: string;
  now(): number;
  /** Stops the API's clock at a moment, or lets it run again with null. */
  setNow(ms: number | null): void;
  truth(query: TruthQuery): Truth;
  calls(): CallsReport;
  resetCalls(): void;
  /** Makes the next calls fail. */
  fault(order: FaultOrder): void;
  setFaultRates(rates: FaultRates): void;
  /** Forgets ordered faults that have not struck. */
  clearFaults(): void;
  /** Closes all connections. */
  close(): Promise<void>;
}
