/**
 * What a refused answer means, as data: status to code, and whether the same request is worth trying again at once.
 *
 * The vendor's own words come first where the status alone would mislead: some Google APIs say 403 when a quota is spent.
 * From a refused body only Google's documented error members are taken (https://cloud.google.com/apis/design/errors); the
 * rest of the body may quote the request or event data and goes nowhere.
 */
import type { ErrorCode } from '../errors';

export interface Verdict {
  readonly code: ErrorCode;
  /** Whether the request is repeated within this call. */
  readonly retry: boolean;
}

interface StatusRule extends Verdict {
  readonly from: number;
  readonly to: number;
}

/** The first rule whose range holds the status applies. Statuses outside all ranges are no answers of HTTP. */
export const STATUS_RULES: readonly StatusRule[] = [
  { from: 300, to: 399, code: 'SRC_ORIGIN_REFUSED', retry: false },
  { from: 401, to: 401, code: 'SRC_AUTH_REFUSED', retry: false },
  { from: 403, to: 403, code: 'SRC_PERMISSION_DENIED', retry: false },
  { from: 408, to: 408, code: 'SRC_UNAVAILABLE', retry: true },
  { from: 429, to: 429, code: 'SRC_RATE_LIMITED', retry: true },
  { from: 400, to: 499, code: 'SRC_REQUEST_REFUSED', retry: false },
  { from: 500, to: 599, code: 'SRC_UNAVAILABLE', retry: true },
];

/** Words of Google's errors that decide before the status does: `error.status`, and the older `error.errors[].reason`. */
export const WORD_RULES: Readonly<Record<string, Verdict>> = {
  RESOURCE_EXHAUSTED: { code: 'SRC_RATE_LIMITED', retry: true },
  rateLimitExceeded: { code: 'SRC_RATE_LIMITED', retry: true },
  userRateLimitExceeded: { code: 'SRC_RATE_LIMITED', retry: true },
  quotaExceeded: { code: 'SRC_RATE_LIMITED', retry: true },
  // A concurrency conflict of the vendor's, documented as to be tried again.
  ABORTED: { code: 'SRC_UNAVAILABLE', retry: true },
};

/** What is taken from a refused answer's body. */
export interface VendorError {
  /** Words to decide on, the most specific first. */
  readonly words: readonly string[];
  /** For people, cut short; empty when the body is not an error as documented. */
  readonly message: string;
  /** The wait asked for in a google.rpc.RetryInfo detail. */
  readonly retryAfterMs: number | undefined;
}

const MESSAGE_CHARS_MAX = 300;
const NO_ERROR: VendorError = { words: [], message: '', retryAfterMs: undefined };

/** Judges a status outside 2xx. */
export function judge(status: number, words: readonly string[]): Verdict {
  for (const word of words) {
    const rule = Object.hasOwn(WORD_RULES, word) ? WORD_RULES[word] : undefined;
    if (rule !== undefined) return rule;
  }
  return STATUS_RULES.find((rule) => status >= rule.from && status <= rule.to) ?? { code: 'SRC_UNAVAILABLE', retry: false };
}

/** Reads Google's error object; anything else is no error object. `token` is taken out of the message. Never throws. */
export function parseVendorError(body: string, token: string): VendorError {
  const error = member(parse(body), 'error');
  if (error === undefined) return NO_ERROR;
  const status = text(member(error, 'status'));
  const message = text(member(error, 'message'));
  const reasons = list(member(error, 'errors')).map((entry) => text(member(entry, 'reason')));
  return {
    words: [status, ...reasons].filter((word) => /^\w{1,64}$/.test(word)),
    // Before the cut, which might leave a part of the token behind.
    message: printable(token === '' ? message : message.replaceAll(token, '[secret]')),
    retryAfterMs: list(member(error, 'details'))
      .map(retryDelayMs)
      .find((ms) => ms !== undefined),
  };
}

/** A google.rpc.RetryInfo detail carries `retryDelay` as seconds with an `s`. */
function retryDelayMs(detail: unknown): number | undefined {
  if (!text(member(detail, '@type')).endsWith('/google.rpc.RetryInfo')) return undefined;
  const match = /^(\d{1,6}(?:\.\d{1,9})?)s$/.exec(text(member(detail, 'retryDelay')));
  return match === null ? undefined : Math.ceil(Number(match[1]) * 1_000);
}

function printable(message: string): string {
  const line = message.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return line.length > MESSAGE_CHARS_MAX ? `${line.slice(0, MESSAGE_CHARS_MAX)}…` : line;
}

function parse(body: string): unknown {
  try {
    const value: unknown = JSON.parse(body);
    // Streaming Google methods wrap the same object in an array.
    return Array.isArray(value) ? value[0] : value;
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
