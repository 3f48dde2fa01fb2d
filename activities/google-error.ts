/**
 * What Google's clients throw, read without trusting its class: an `ApiError` with a number, a `GaxiosError` with a status,
 * a fetch error with a system code, or the failure of a finished job, which has reasons only. Their objects hold requests
 * with headers, so none of them travels on as a cause: `plainCause` keeps the words and drops the rest.
 */

export interface GoogleError {
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined;
  /** Google's machine-readable reason, for example `accessDenied` or `notFound`. */
  readonly reason: string | undefined;
  /** A system or client code such as `ECONNREFUSED`, when there was no answer. */
  readonly systemCode: string | undefined;
  /** The service's own words, cut. */
  readonly message: string;
}

const MESSAGE_CHARS_MAX = 300;

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function asStatus(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === 'number' && status >= 100 && status < 600 ? status : undefined;
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Reads any thrown value. */
export function readGoogleError(error: unknown): GoogleError {
  const code = member(error, 'code');
  const response = member(error, 'response');
  const status =
    asStatus(member(error, 'status')) ?? asStatus(code) ?? asStatus(member(response, 'status')) ?? asStatus(member(response, 'statusCode'));
  const errors = member(error, 'errors');
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  // An OAuth token endpoint answers `{"error":"invalid_grant"}`.
  const reason = asText(member(first, 'reason')) ?? asText(member(member(response, 'data'), 'error'));
  const systemCode = asStatus(code) === undefined ? asText(code) : undefined;
  const text = asText(member(error, 'message')) ?? 'no message';
  return { status, reason, systemCode, message: oneLine(text) };
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > MESSAGE_CHARS_MAX ? `${line.slice(0, MESSAGE_CHARS_MAX)}...` : line;
}

/** An error that says the same and holds no request, response or header. */
export function plainCause(read: GoogleError): Error {
  const parts = [read.status, read.reason, read.systemCode].filter((part) => part !== undefined);
  const cause = new Error(parts.length === 0 ? read.message : `${read.message} (${parts.join(', ')})`);
  delete cause.stack;
  return cause;
}

/** The four things a caller can do about a failed call. */
export type GoogleFault = 'denied' | 'missing' | 'unavailable' | 'refused';

const FAULT_OF_REASON: Readonly<Record<string, GoogleFault>> = {
  accessDenied: 'denied',
  forbidden: 'denied',
  required: 'denied',
  authError: 'denied',
  invalid_grant: 'denied',
  invalid_client: 'denied',
  unauthorized_client: 'denied',
  billingNotEnabled: 'denied',
  notFound: 'missing',
  invalid: 'refused',
  invalidQuery: 'refused',
  duplicate: 'refused',
  backendError: 'unavailable',
  internalError: 'unavailable',
  rateLimitExceeded: 'unavailable',
  userRateLimitExceeded: 'unavailable',
  jobRateLimitExceeded: 'unavailable',
  quotaExceeded: 'unavailable',
  stopped: 'unavailable',
  timeout: 'unavailable',
};

/**
 * The reason decides first (a spent quota is a 403 as a missing permission is), then the status. No answer at all, and an
 * answer nobody could read, count as unavailable: the callers' time budgets bound how often that is tried again.
 */
export function faultOf(read: GoogleError): GoogleFault {
  const byReason = read.reason === undefined ? undefined : FAULT_OF_REASON[read.reason];
  if (byReason !== undefined) return byReason;
  const { status } = read;
  if (status === 401 || status === 403) return 'denied';
  if (status === 404) return 'missing';
  if (status === undefined || status === 408 || status === 429 || status >= 500) return 'unavailable';
  return 'refused';
}
