/**
 * The registry of everything that can go wrong, and the one error class that carries its codes.
 *
 * A code says who can act and whether waiting helps. Callers decide on `code`, never on message text and never with
 * `instanceof` (errors cross package and realm boundaries). Context is small and never holds a secret or event data.
 * docs/reference/errors.md is generated from this registry; test/activities/errors.test.ts holds the two together.
 */

/** Who can make the error go away. */
export type Fixer = 'nobody: it passes' | 'operator' | 'vendor' | 'developer';

export interface ErrorKind {
  /** Whether the same call may succeed later without anyone acting. */
  readonly retryable: boolean;
  /** Whether a person must be told at its first occurrence. */
  readonly alert: boolean;
  readonly fixer: Fixer;
  /** What the person can do, as one sentence. */
  readonly hint: string;
}

const kind = (retryable: boolean, alert: boolean, fixer: Fixer, hint: string): ErrorKind => ({ retryable, alert, fixer, hint });

export const ERRORS = {
  CONFIG_INVALID: kind(false, true, 'operator', 'Correct the lines named; nothing was changed.'),
  CONFIG_NOT_FOUND: kind(false, true, 'operator', 'Pass --config, or run the command in the folder that holds tidemark.yaml.'),
  SECRET_UNAVAILABLE: kind(false, true, 'operator', 'Make the secret that the reference names readable to this process.'),
  IDENTITY_KEY_CHANGED: kind(
    false,
    true,
    'operator',
    'Use the identity key the lake was begun with: another key would give every event a second identity.',
  ),
  SOURCE_UNKNOWN: kind(false, true, 'operator', 'Use a source id from tidemark.yaml; `tidemark connectors` lists them.'),

  SRC_AUTH_REFUSED: kind(false, true, 'operator', 'The vendor does not accept the credential (401): renew it or correct its reference.'),
  SRC_PERMISSION_DENIED: kind(
    false,
    true,
    'operator',
    'The credential lacks a permission (403): grant what `tidemark connectors` lists for the connector.',
  ),
  SRC_REQUEST_REFUSED: kind(
    false,
    true,
    'developer',
    'The vendor calls the request malformed (4xx): compare the source configuration with its documentation.',
  ),
  SRC_RATE_LIMITED: kind(true, false, 'nobody: it passes', 'The quota is spent; the read goes on after the wait.'),
  SRC_UNAVAILABLE: kind(true, false, 'vendor', 'The vendor answers with 5xx, a time-out or a broken connection; the read goes on later.'),
  SRC_BODY_TRUNCATED: kind(true, false, 'vendor', 'The answer ended early or is not the announced format; the page is read again.'),
  SRC_BODY_TOO_LARGE: kind(false, true, 'operator', 'The answer exceeds the cap: lower the page size of the source.'),
  SRC_CURSOR_EXPIRED: kind(true, false, 'nobody: it passes', 'The vendor refuses the saved cursor; the unit is read again from its start.'),
  SRC_CURSOR_STUCK: kind(
    true,
    true,
    'vendor',
    'The vendor gives the cursor it was asked with, so the read would never end; it is tried again later.',
  ),
  SRC_ORIGIN_REFUSED: kind(false, true, 'developer', 'A request or redirect left the configured origin; credentials were not sent.'),

  UNIT_TAKEN: kind(
    true,
    false,
    'nobody: it passes',
    'Another attempt owns the unit; this one stopped and the next starts from what is saved.',
  ),
  UNIT_BALANCE_BROKEN: kind(
    false,
    true,
    'developer',
    'The balance received = rows + rejected does not hold; the unit was not completed. Report it with the unit name.',
  ),
  UNIT_INTERRUPTED: kind(
    true,
    false,
    'nobody: it passes',
    'The worker is stopping; what was read is saved and the unit goes on elsewhere.',
  ),

  STAGE_BUCKET_MISSING: kind(false, true, 'operator', 'Create the bucket named, or correct lake.buckets in tidemark.yaml.'),
  STAGE_DENIED: kind(
    false,
    true,
    'operator',
    'Grant the worker roles/storage.objectUser, and roles/storage.legacyBucketReader for apply, on the bucket named.',
  ),
  STAGE_UNAVAILABLE: kind(true, false, 'vendor', 'Cloud Storage does not answer; the write is tried again.'),
  STAGE_REQUEST_REFUSED: kind(false, true, 'developer', 'Cloud Storage calls the request malformed (4xx): see the object named.'),
  STAGE_OBJECT_BROKEN: kind(
    false,
    true,
    'operator',
    'A state object is missing or unreadable: see its name; restore it from a noncurrent version.',
  ),

  LAKE_DENIED: kind(
    false,
    true,
    'operator',
    'Grant the worker roles/bigquery.dataEditor on the datasets and roles/bigquery.jobUser on the project.',
  ),
  LAKE_UNAVAILABLE: kind(true, false, 'vendor', 'BigQuery does not answer; the job is looked up or tried again.'),
  LAKE_REQUEST_REFUSED: kind(
    false,
    true,
    'developer',
    'BigQuery calls the request or its SQL malformed (4xx): see the job or table named.',
  ),
  LAKE_NOT_APPLIED: kind(false, true, 'operator', 'A dataset or table is missing: run `tidemark apply`.'),
  LAKE_SCHEMA_REFUSED: kind(
    false,
    true,
    'operator',
    'The table differs from its definition in a way that apply may not change: see the columns named.',
  ),
  LAKE_LOAD_REFUSED: kind(false, true, 'developer', 'BigQuery refuses the staged parts: see the job named.'),
  LAKE_ROWS_DIFFER: kind(false, true, 'developer', 'A load took another number of rows than the parts hold; nothing was published.'),
  LAKE_PUBLISH_FAILED: kind(true, true, 'developer', 'The publish transaction failed several times: see the job named.'),

  PROGRAM_FAULT: kind(true, true, 'developer', 'Report the text that the log of the worker has at this time; the work is tried again.'),

  LEDGER_LOST: kind(
    false,
    true,
    'operator',
    'The state bucket holds units that the ledger does not know: restore ops.units by time travel before collecting again.',
  ),

  TEMPORAL_UNREACHABLE: kind(true, true, 'operator', 'Start Temporal or correct temporal.address in tidemark.yaml.'),
  TEMPORAL_DENIED: kind(
    false,
    true,
    'operator',
    'Temporal does not accept the API key or certificate: renew it or correct temporal.apiKey in tidemark.yaml.',
  ),
  TEMPORAL_NAMESPACE_MISSING: kind(false, true, 'operator', 'Create the namespace, or correct temporal.namespace in tidemark.yaml.'),
  TEMPORAL_SCHEDULE_TAKEN: kind(
    false,
    true,
    'operator',
    'Another installation owns the schedule: give this one a namespace of its own, or the source another id.',
  ),
  TEMPORAL_NOT_APPLIED: kind(false, true, 'operator', 'The schedule does not exist: run `tidemark apply`.'),

  LOCAL_PREREQUISITE_MISSING: kind(
    false,
    false,
    'operator',
    'Install what is named with the command below it, then run the same command again.',
  ),
  LOCAL_INSTALL_FAILED: kind(
    true,
    false,
    'operator',
    'See the output; when the package registry can be reached, run the same command again.',
  ),
  LOCAL_SERVER_FAILED: kind(true, false, 'operator', 'See the log named; `npm run local -- reset` starts over with an empty lake.'),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorOptions {
  readonly cause?: unknown;
  /** Names and numbers that say where. Never secrets, never event data. */
  readonly context?: Readonly<Record<string, string | number | boolean>>;
  /** The wait the vendor asked for. */
  readonly retryAfterMs?: number;
}

/** An error with a code from the registry. The message says what happened; the hint, what can be done. */
export class TidemarkError extends Error {
  readonly code: ErrorCode;
  readonly context: Readonly<Record<string, string | number | boolean>>;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TidemarkError';
    this.code = code;
    this.context = options.context ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }

  get hint(): string {
    return ERRORS[this.code].hint;
  }
}

/** The registry code an unknown error carries, if it carries one. */
export function codeOf(error: unknown): ErrorCode | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  const { code } = error;
  return typeof code === 'string' && Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : undefined;
}

/** Whether waiting may help. Errors without a code are unknown faults: tried again, and seen. */
export function isRetryable(error: unknown): boolean {
  const code = codeOf(error);
  return code === undefined || ERRORS[code].retryable;
}
