/**
 * What the operator configures, as a schema. Reading the file, and saying at which line it is wrong, is worker/'s work;
 * what the values mean is written here once. Secrets are references, never values.
 */
import { z } from 'zod';

const DURATION = /^(\d+)(ms|s|m|h|d)$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration such as `90s`, `5m`, `24h` or `30d`; undefined when it is not one. */
export function parseDurationMs(text: string): number | undefined {
  const match = DURATION.exec(text);
  const unitMs = match?.[2] === undefined ? undefined : UNIT_MS[match[2]];
  return match?.[1] === undefined || unitMs === undefined ? undefined : Number(match[1]) * unitMs;
}

const durationMs = z.string().transform((text, ctx) => {
  const ms = parseDurationMs(text);
  if (ms === undefined) {
    ctx.addIssue({ code: 'custom', message: 'write a duration as a whole number and ms, s, m, h or d, for example 5m' });
    return z.NEVER;
  }
  return ms;
});

/** Where a secret is found. A relative file path counts from the folder of the configuration file. */
const secretRef = z.union([z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })]);
export type SecretRef = z.infer<typeof secretRef>;

const identifier = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'use lower-case letters, digits and dashes, starting with a letter');
const dataset = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,1023}$/, 'use letters, digits and underscores');
const httpUrl = z.url({ protocol: /^https?$/ });

const policyTag = z
  .string()
  .regex(
    /^projects\/[^/]+\/locations\/[^/]+\/taxonomies\/[^/]+\/policyTags\/[^/]+$/,
    'write projects/.../locations/.../taxonomies/.../policyTags/...',
  );

/** Hours are read again for days; an hour whose rows are gone by then would be inserted for ever and never be settled. */
const RETENTION_DAYS_MIN = 7;
const RETENTION_DAYS_MAX = 36_500;

const retentionDays = z.union([z.int().min(RETENTION_DAYS_MIN).max(RETENTION_DAYS_MAX), z.literal('never')], {
  error: `write a whole number of days from ${String(RETENTION_DAYS_MIN)} to ${String(RETENTION_DAYS_MAX)}, or never`,
});

/** `a.b.*`, or a list of names where one has a dot in it; `*` is every element of an array and every member of an object. */
const redactionPath = z
  .union([
    z
      .string()
      .min(1)
      .transform((text) => text.split('.')),
    z.array(z.string()).min(1),
  ])
  .refine((path) => !path.includes(''), { error: 'write names of members with dots between them, for example user.emails.*' });

const redactionRule = z.strictObject({
  path: redactionPath,
  method: z.union([z.enum(['drop', 'pseudonym']), z.strictObject({ truncate: z.int().min(0) }), z.strictObject({ mask: z.int().min(0) })], {
    error: 'write `drop`, `pseudonym`, `{ truncate: 8 }` or `{ mask: 4 }`',
  }),
});

const redaction = z.strictObject({
  /** What pseudonyms are made with: at least 32 bytes. Destroying it makes them nobody's; a new one comes with a new id. */
  pseudonymKey: z
    .strictObject({
      id: z.string().regex(/^[a-z0-9]{1,16}$/, 'write 1 to 16 lower-case letters and digits, for example k1'),
      secret: secretRef,
    })
    .optional(),
  /** Detectors of secrets that are not wanted. */
  detectorsOff: z.array(z.string()).default([]),
  /** Rules by table; of several for one value the first is followed. */
  tables: z.record(z.string(), z.array(redactionRule)).default({}),
});
export type RedactionConfig = z.infer<typeof redaction>;

/** How requests to a vendor are authorised. */
const vendorAuth = z.union([z.literal('application-default'), z.strictObject({ bearer: secretRef })]);

const source = z.strictObject({
  id: identifier,
  connector: z.string(),
  tenant: identifier,
  every: durationMs.default(300_000),
  /** The first moment of interest, RFC 3339; default one day before the stream is first planned. */
  since: z.iso.datetime({ offset: true }).optional(),
  paused: z.boolean().default(false),
  auth: vendorAuth.default('application-default'),
  streams: z.array(z.string()).min(1).optional(),
  /** Checked by the connector's own schema. */
  config: z.record(z.string(), z.unknown()).default({}),
});
export type SourceConfig = z.infer<typeof source>;

export const configSchema = z.strictObject({
  lake: z.strictObject({
    project: z.string().min(1),
    location: z.string().default('US'),
    datasets: z
      .strictObject({ lake: dataset.default('lake'), staging: dataset.default('staging'), ops: dataset.default('ops') })
      .prefault({}),
    buckets: z.strictObject({ state: z.string().min(3), stage: z.string().min(3) }),
    /** The lake's identity key: at least 32 bytes, never rotated (every event key is an HMAC under it). */
    identityKey: secretRef,
    auth: z.enum(['application-default', 'none']).default('application-default'),
    endpoints: z.strictObject({ bigquery: httpUrl, storage: httpUrl }).optional(),
    /** Whether large tables refuse a query without a partition filter. */
    requirePartitionFilter: z.boolean().default(true),
    /** After this long a job that never ends is given up and tried under the next id. */
    jobDeadline: durationMs.default(600_000),
    /** Set on every dataset, table and view, beside our own. */
    labels: z.record(z.string(), z.string()).default({}),
    /** The policy tag of columns by sensitivity; set where a column has none. */
    policyTags: z.strictObject({ internal: policyTag, personal: policyTag, secret: policyTag }).partial().prefault({}),
    /** Days that the partitions of a table are kept, by table. */
    retentionDays: z.record(z.string(), retentionDays).default({}),
  }),
  temporal: z
    .strictObject({
      address: z.string().default('127.0.0.1:7233'),
      namespace: z.string().default('default'),
      tls: z.boolean().default(false),
      apiKey: secretRef.optional(),
    })
    .prefault({}),
  worker: z
    .strictObject({
      /** Units fetched at once per process, for live and for bulk work each. */
      fetchConcurrency: z.int().min(1).max(64).default(4),
      publishConcurrency: z.int().min(1).max(16).default(2),
      /** A fetch whose worker is silent for this long is given to another. */
      heartbeatTimeout: durationMs.default(60_000),
      /** How long one unit may take over all attempts. */
      fetchBudget: durationMs.default(21_600_000),
      /** How long one tick may go on planning. */
      tickBudget: durationMs.default(3_600_000),
      /** How long a workflow task waits for the worker that holds its cache before another may take it. */
      stickyTimeout: durationMs.default(10_000),
      /** Where the status endpoint listens; absent: nowhere. */
      statusPort: z.int().min(0).max(65_535).optional(),
    })
    .prefault({}),
  redaction: redaction.prefault({}),
  sources: z.array(source),
});

export type Config = z.infer<typeof configSchema>;
