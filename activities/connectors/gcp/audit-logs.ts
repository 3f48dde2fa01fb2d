/**
 * Cloud Audit Logs through the Logging API's `entries.list`.
 *
 * A window is a filter on `timestamp`, half-open, oldest first; ties are ordered by insertId. An answer without entries
 * but with a page token means that the search goes on: only a missing token ends it. A token lives 24 hours and belongs to
 * exactly the parameters it was issued for, so every page repeats them; a refused token starts the window over. The service
 * drops entries of equal project, timestamp and insertId within one result only, so re-reads give them again.
 *
 * The vendor promises no bound on how late an entry becomes visible: lag, ages and horizon below are our choice, and what
 * the re-reads find shows whether it holds.
 */
import { z } from 'zod';

import { TidemarkError } from '../../errors';
import { defineConnector, type ConnectorContext, type Page, type VendorRequest, type WindowRead } from '../connector';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The API's own limit on the text of a filter. */
const FILTER_CHARS_MAX = 20_000;
/** Longest form a bound takes: nanoseconds in UTC. */
const LONGEST_BOUND = '2000-01-01T00:00:00.000000000Z';

const CONTAINER = String.raw`(?:organizations/\d+|folders/\d+|projects/(?:[a-z][a-z0-9.-]*:)?[a-z][a-z0-9-]*|billingAccounts/[0-9A-Z]{6}(?:-[0-9A-Z]{6}){2})`;
const VIEW = /\/locations\/[A-Za-z0-9-]+\/buckets\/[A-Za-z0-9_.-]+\/views\/[A-Za-z0-9_.-]+$/;
const PARENT = new RegExp(`^${CONTAINER}(?:${VIEW.source.slice(0, -1)})?$`);

const STREAMS = ['activity', 'data_access', 'system_event', 'policy'] as const;

const parent = z.string().check((ctx) => {
  if (PARENT.test(ctx.value)) return;
  // Entries name their project by its id: a filter on the number would match none of them, and say nothing.
  const message = /^projects\/\d+/.test(ctx.value)
    ? 'write the project id, not its number'
    : 'write organizations/N, folders/N, projects/ID, billingAccounts/XXXXXX-XXXXXX-XXXXXX, or one of these followed by /locations/L/buckets/B/views/V';
  ctx.issues.push({ code: 'custom', input: ctx.value, message });
});

const config = z.strictObject({
  parents: z
    .array(parent)
    .min(1)
    .max(100)
    .refine((parents) => new Set(parents).size === parents.length, 'name each parent once')
    .refine((parents) => filterFor('system_event', parents, LONGEST_BOUND, LONGEST_BOUND).length <= FILTER_CHARS_MAX, {
      message: 'the filter for so many parents exceeds 20,000 characters: split them over several sources',
    })
    .describe(
      'Where entries are looked for: `organizations/N`, `folders/N`, `projects/ID`, `billingAccounts/XXXXXX-XXXXXX-XXXXXX`, or one of these followed by `/locations/L/buckets/B/views/V`. An organization or folder holds only its own entries unless a sink brings others there.',
    ),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .default('https://logging.googleapis.com')
    .refine((url) => URL.canParse(url) && new URL(url).href === `${new URL(url).origin}/`, 'write scheme, host and port only')
    .describe('Another origin that serves the same API, such as a Private Service Connect endpoint.'),
  pageSize: z.int().min(1).max(1_000).default(1_000).describe('Entries per call.'),
});
type AuditLogsConfig = z.infer<typeof config>;

/**
 * Log names carry the container an entry was written in. A view on a central bucket shows entries of many containers, so
 * there the log id alone is asked for, which no list of containers can narrow by mistake.
 */
function filterFor(stream: string, parents: readonly string[], from: string, to: string): string {
  const names = parents.map((name) => `logName="${name}/logs/cloudaudit.googleapis.com%2F${stream}"`);
  const log = parents.some((name) => VIEW.test(name)) ? `log_id("cloudaudit.googleapis.com/${stream}")` : `(${names.join(' OR ')})`;
  return `${log} AND timestamp >= "${from}" AND timestamp < "${to}"`;
}

async function* pages(read: WindowRead, ctx: ConnectorContext<AuditLogsConfig>): AsyncGenerator<Page, void, void> {
  const query = {
    resourceNames: ctx.config.parents,
    filter: filterFor(ctx.stream.name, ctx.config.parents, read.from, read.to),
    orderBy: 'timestamp asc',
    pageSize: ctx.config.pageSize,
  };
  for (let token = read.cursor; ;) {
    const response = await ctx.http.request(
      token === null ? request(query) : { ...request({ ...query, pageToken: token }), classify: tokenRefused },
    );
    const { items, rest } = ctx.records.jsonArray(response, 'entries');
    const next = (): string | null => nextToken(rest());
    yield { items, next };
    token = next();
    if (token === null) return;
  }
}

function request(json: Readonly<Record<string, unknown>>): VendorRequest {
  return { method: 'POST', path: '/v2/entries:list', json };
}

/** The same parameters were accepted when the token was issued, so what is invalid about them now is the token. */
function tokenRefused(status: number, body: string): 'SRC_CURSOR_EXPIRED' | undefined {
  return status === 400 && /"status":\s*"INVALID_ARGUMENT"/.test(body) ? 'SRC_CURSOR_EXPIRED' : undefined;
}

function nextToken(rest: Readonly<Record<string, unknown>>): string | null {
  const token = rest['nextPageToken'] ?? '';
  if (typeof token !== 'string') throw new TidemarkError('SRC_BODY_TRUNCATED', 'The answer has a page token that is not text.');
  return token === '' ? null : token;
}

/** Retention of the buckets these logs go to by default; a longer one that was configured is not used. */
const RETENTION_DAYS: Readonly<Record<string, number>> = { activity: 400, system_event: 400, data_access: 30, policy: 30 };

export const gcpAuditLogs = defineConnector<AuditLogsConfig>({
  id: 'gcp.audit_logs',
  title: 'Google Cloud Audit Logs',
  documentation: [
    'https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list',
    'https://cloud.google.com/logging/docs/view/logging-query-language',
    'https://cloud.google.com/logging/docs/audit',
    'https://cloud.google.com/logging/quotas',
    'https://cloud.google.com/logging/docs/access-control',
  ],
  shape: 'window',
  axis: 'event',
  config,
  streams: STREAMS.map((name) => ({ name, table: `cloudaudit_googleapis_com_${name}` })),
  origin: ({ endpoint }) => new URL(endpoint).origin,
  permissions: [
    { name: 'logging.logEntries.list', purpose: 'read audit logs except data_access: roles/logging.viewer on each parent' },
    { name: 'logging.privateLogEntries.list', purpose: 'read data_access: roles/logging.privateLogViewer on each parent' },
    { name: 'logging.views.access', purpose: 'read through a log view, where a parent is one: roles/logging.viewAccessor on the view' },
  ],
  scopes: ['https://www.googleapis.com/auth/logging.read'],
  retentionMs: (stream) => (RETENTION_DAYS[stream] ?? 30) * DAY_MS,
  settle: { lagMs: 5 * MINUTE_MS, agesMs: [1, 6, 24, 72].map((hours) => hours * HOUR_MS), horizonMs: 72 * HOUR_MS },
  window: { maxMs: 6 * HOUR_MS, minMs: MINUTE_MS },
  pageSize: 1_000,
  pages,
});
