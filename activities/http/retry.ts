/**
 * How long to wait before a request is repeated. The vendor's own wish comes first; without one, exponential back-off
 * with full jitter, so that many workers refused at once do not come back at once. Waits longer than a call may take are
 * not waited here: the wish travels with the error and the caller hands it to the workflow engine.
 */

export interface RetryLimits {
  /** Attempts of one request, the first included. */
  readonly triesMax: number;
  /** All waits of one request together. */
  readonly waitMsMax: number;
  /** Upper bound of the first wait; doubled each time. */
  readonly backoffMs: number;
  /** Upper bound of any wait of our own choosing. */
  readonly backoffMsMax: number;
}

export const RETRY_LIMITS: RetryLimits = { triesMax: 5, waitMsMax: 30_000, backoffMs: 500, backoffMsMax: 8_000 };

/** The wait after attempt number `attempt` (from 1), or undefined when the request is given up. `random` gives [0, 1). */
export function nextWaitMs(
  attempt: number,
  waitedMs: number,
  wishMs: number | undefined,
  limits: RetryLimits,
  random: () => number,
): number | undefined {
  if (attempt >= limits.triesMax) return undefined;
  const bound = Math.min(limits.backoffMsMax, limits.backoffMs * 2 ** (attempt - 1));
  const waitMs = wishMs ?? Math.floor(random() * bound);
  return waitedMs + waitMs > limits.waitMsMax ? undefined : waitMs;
}

const SECONDS = /^\d{1,9}(?:\.\d{1,9})?$/;
/** IMF-fixdate, the one form RFC 9110 lets senders write. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Milliseconds a Retry-After header asks for: seconds (some vendors send fractions) or a date, which is read against the
 * answer's own Date header, since the two clocks may differ. Undefined when absent or unreadable; never negative.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const value = headers['retry-after']?.trim();
  if (value === undefined) return undefined;
  if (SECONDS.test(value)) return Math.ceil(Number(value) * 1_000);
  const until = httpDateMs(value);
  if (until === undefined) return undefined;
  return Math.max(0, until - (httpDateMs(headers['date'] ?? '') ?? nowMs));
}

function httpDateMs(value: string): number | undefined {
  const ms = HTTP_DATE.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
