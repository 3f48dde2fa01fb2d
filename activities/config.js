"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.configSchema = void 0;
exports.parseDurationMs = parseDurationMs;
/**
 * What the operator configures, as a schema. Reading the file, and saying at which line it is wrong, is worker/'s work;
 * what the values mean is written here once. Secrets are references, never values.
 */
const zod_1 = require("zod");
const DURATION = /^(\d+)(ms|s|m|h|d)$/;
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Milliseconds of a duration such as `90s`, `5m`, `24h` or `30d`; undefined when it is not one. */
function parseDurationMs(text) {
    const match = DURATION.exec(text);
    const unitMs = match?.[2] === undefined ? undefined : UNIT_MS[match[2]];
    return match?.[1] === undefined || unitMs === undefined ? undefined : Number(match[1]) * unitMs;
}
const durationMs = zod_1.z.string().transform((text, ctx) => {
    const ms = parseDurationMs(text);
    if (ms === undefined) {
        ctx.addIssue({ code: 'custom', message: 'write a duration as a whole number and ms, s, m, h or d, for example 5m' });
        return zod_1.z.NEVER;
    }
    return ms;
});
/** Where a secret is found. A relative file path counts from the folder of the configuration file. */
const secretRef = zod_1.z.union([zod_1.z.strictObject({ env: zod_1.z.string().min(1) }), zod_1.z.strictObject({ file: zod_1.z.string().min(1) })]);
const identifier = zod_1.z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'use lower-case letters, digits and dashes, starting with a letter');
const dataset = zod_1.z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,1023}$/, 'use letters, digits and underscores');
const httpUrl = zod_1.z.url({ protocol: /^https?$/ });
/** How requests to a vendor are authorised. */
const vendorAuth = zod_1.z.union([zod_1.z.literal('application-default'), zod_1.z.strictObject({ bearer: secretRef })]);
const source = zod_1.z.strictObject({
    id: identifier,
    connector: zod_1.z.string(),
    tenant: identifier,
    every: durationMs.default(300_000),
    /** The first moment of interest, RFC 3339; default one day before the stream is first planned. */
    since: zod_1.z.iso.datetime({ offset: true }).optional(),
    paused: zod_1.z.boolean().default(false),
    auth: vendorAuth.default('application-default'),
    streams: zod_1.z.array(zod_1.z.string()).min(1).optional(),
    /** Checked by the connector's own schema. */
    config: zod_1.z.record(zod_1.z.string(), zod_1.z.unknown()).default({}),
});
exports.configSchema = zod_1.z.strictObject({
    lake: zod_1.z.strictObject({
        project: zod_1.z.string().min(1),
        location: zod_1.z.string().default('US'),
        datasets: zod_1.z.strictObject({ lake: dataset.default('lake'), staging: dataset.default('staging'), ops: dataset.default('ops') }).prefault({}),
        buckets: zod_1.z.strictObject({ state: zod_1.z.string().min(3), stage: zod_1.z.string().min(3) }),
        /** The lake's identity key: at least 32 bytes, never rotated (every event key is an HMAC under it). */
        identityKey: secretRef,
        auth: zod_1.z.enum(['application-default', 'none']).default('application-default'),
        endpoints: zod_1.z.strictObject({ bigquery: httpUrl, storage: httpUrl }).optional(),
        /** Whether large tables refuse a query without a partition filter. */
        requirePartitionFilter: zod_1.z.boolean().default(true),
        /** After this long a job that never ends is given up and tried under the next id. */
        jobDeadline: durationMs.default(600_000),
    }),
    temporal: zod_1.z
        .strictObject({
        address: zod_1.z.string().default('127.0.0.1:7233'),
        namespace: zod_1.z.string().default('default'),
        tls: zod_1.z.boolean().default(false),
        apiKey: secretRef.optional(),
    })
        .prefault({}),
    worker: zod_1.z
        .strictObject({
        /** Units fetched at once per process, for live and for bulk work each. */
        fetchConcurrency: zod_1.z.int().min(1).max(64).default(4),
        publishConcurrency: zod_1.z.int().min(1).max(16).default(2),
        /** A fetch whose worker is silent for this long is given to another. */
        heartbeatTimeout: durationMs.default(60_000),
        /** How long one unit may take over all attempts. */
        fetchBudget: durationMs.default(21_600_000),
        /** How long one tick may go on planning. */
        tickBudget: durationMs.default(3_600_000),
        /** How long a workflow task waits for the worker that holds its cache before another may take it. */
        stickyTimeout: durationMs.default(10_000),
        /** Where the status endpoint listens; absent: nowhere. */
        statusPort: zod_1.z.int().min(0).max(65_535).optional(),
    })
        .prefault({}),
    sources: zod_1.z.array(source),
});
//# sourceMappingURL=config.js.map