/**
 * What BigQuery refuses of a dataset, table or view that is made or changed, and a more forgiving server takes: labels out of
 * their rules, policy tags on records, expirations that are no time, and clustering or partitioning on what cannot be.
 */

interface MetadataField {
  readonly name?: string;
  readonly type?: string;
  readonly mode?: string;
  readonly description?: string;
  readonly policyTags?: { readonly names?: readonly string[] };
  readonly fields?: readonly MetadataField[];
}

interface MetadataBody {
  readonly labels?: Readonly<Record<string, unknown>>;
  readonly description?: string;
  readonly schema?: { readonly fields?: readonly MetadataField[] };
  readonly timePartitioning?: { readonly field?: string; readonly expirationMs?: unknown };
  readonly clustering?: { readonly fields?: readonly string[] };
}

const LABEL_KEY = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const LABEL_VALUE = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;
const POLICY_TAG = /^projects\/[^/]+\/locations\/[^/]+\/taxonomies\/[^/]+\/policyTags\/[^/]+$/;
const COLUMN_NAME = /^[\p{L}_][\p{L}\p{N}\p{M}_ -]{0,299}$/u;
const RESERVED_PREFIX = /^(_table_|_file_|_partition|_row_timestamp|__root__|_colidentifier)/i;
const CLUSTERABLE = new Set(['STRING', 'INTEGER', 'INT64', 'BOOLEAN', 'BOOL', 'TIMESTAMP', 'DATE', 'DATETIME', 'NUMERIC', 'BIGNUMERIC']);
const [COLUMNS_MAX, NESTING_MAX, LABELS_MAX, CLUSTERING_MAX] = [10_000, 15, 64, 4];
const [COLUMN_DESCRIPTION_MAX, TABLE_DESCRIPTION_MAX] = [1_024, 16_384];

const PLACE = /^\/bigquery\/v2\/projects\/[^/]+\/datasets(\/[^/]+(\/tables(\/[^/]+)?)?)?$/;

/** Whether a request makes or changes a dataset or table. */
export function changesMetadata(method: string, path: string): boolean {
  return (method === 'POST' || method === 'PATCH' || method === 'PUT') && PLACE.test(path);
}

/** Why the service would refuse it; undefined when it would not. */
export function metadataRefusal(body: unknown): string | undefined {
  const { labels, schema, description = '', timePartitioning, clustering } = body as MetadataBody;
  const fields = schema?.fields ?? [];
  if (description.length > TABLE_DESCRIPTION_MAX) return 'The description is too long.';
  if (countOf(fields) > COLUMNS_MAX) return `Too many total leaf fields: ${String(countOf(fields))}.`;
  return (
    labelRefusal(labels ?? {}) ??
    fieldsRefusal(fields, 1) ??
    expirationRefusal(timePartitioning?.expirationMs) ??
    (fields.length === 0 ? undefined : layoutRefusal(fields, timePartitioning?.field, clustering?.fields ?? []))
  );
}

const countOf = (fields: readonly MetadataField[]): number => fields.reduce((sum, field) => sum + 1 + countOf(field.fields ?? []), 0);

function labelRefusal(labels: Readonly<Record<string, unknown>>): string | undefined {
  const entries = Object.entries(labels);
  if (entries.length > LABELS_MAX) return 'Too many labels.';
  for (const [key, value] of entries) {
    if (!LABEL_KEY.test(key)) return `Invalid label key "${key}".`;
    if (value !== null && !(typeof value === 'string' && LABEL_VALUE.test(value))) return `Invalid value of label "${key}".`;
  }
  return undefined;
}

function fieldsRefusal(fields: readonly MetadataField[], depth: number): string | undefined {
  if (depth > NESTING_MAX) return 'Schema nesting is too deep.';
  const seen = new Set<string>();
  for (const field of fields) {
    const { name = '', type = '', description = '', policyTags } = field;
    if (!COLUMN_NAME.test(name) || RESERVED_PREFIX.test(name)) return `Invalid field name "${name}".`;
    if (seen.has(name.toLowerCase())) return `Duplicate field name "${name}".`;
    seen.add(name.toLowerCase());
    if (description.length > COLUMN_DESCRIPTION_MAX) return `The description for field ${name} is too long.`;
    const isRecord = type === 'RECORD' || type === 'STRUCT';
    if (isRecord && (field.fields ?? []).length === 0) return `Field ${name} is type RECORD but has no schema.`;
    if (isRecord && policyTags !== undefined) return `Policy tags can only be set on leaf fields, not on ${name}.`;
    const tags = policyTags?.names ?? [];
    if (tags.length > 1) return `At most one policy tag is allowed on ${name}.`;
    if (!tags.every((tag) => POLICY_TAG.test(tag))) return `Invalid policy tag on ${name}.`;
    const inner = fieldsRefusal(field.fields ?? [], depth + 1);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** Null in a patch takes the expiration away. */
function expirationRefusal(expirationMs: unknown): string | undefined {
  if (expirationMs === undefined || expirationMs === null || (typeof expirationMs === 'string' && /^[1-9]\d*$/.test(expirationMs)))
    return undefined;
  return 'Invalid value for expirationMs.';
}

function layoutRefusal(fields: readonly MetadataField[], partition: string | undefined, cluster: readonly string[]): string | undefined {
  const find = (name: string): MetadataField | undefined => fields.find((field) => field.name?.toLowerCase() === name.toLowerCase());
  if (partition !== undefined) {
    const field = find(partition);
    if (field === undefined || field.mode === 'REPEATED' || !['TIMESTAMP', 'DATE', 'DATETIME'].includes(field.type ?? ''))
      return `The field specified for partitioning cannot be used: ${partition}.`;
  }
  if (cluster.length > CLUSTERING_MAX) return 'Too many clustering fields.';
  const wrong = cluster.find((name) => {
    const field = find(name);
    return field === undefined || field.mode === 'REPEATED' || !CLUSTERABLE.has(field.type ?? '');
  });
  return wrong === undefined ? undefined : `The field specified for clustering cannot be used: ${wrong}.`;
}
