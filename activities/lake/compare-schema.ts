/**
 * How a table that exists differs from its definition, column by column. Pure.
 *
 * Two differences may be settled without asking: a missing column that can be NULL is added, and a column that is required
 * in the table but not in the definition is relaxed. Everything else would need old rows rewritten, so it is refused, each
 * column by name. What the table has beyond the definition is kept as it is, properties of known columns included. A policy
 * tag is set where there is none; another one is an operator's decision and stays.
 */
import type { SchemaField } from './bigquery-schema';

export interface SchemaComparison {
  /** The full field list to send; equal to the existing one when nothing is to be changed. */
  readonly merged: SchemaField[];
  /** Paths such as `resource.labels.zone`. */
  readonly added: readonly string[];
  readonly relaxed: readonly string[];
  /** Columns whose description differs. */
  readonly described: readonly string[];
  /** Columns that get a policy tag. */
  readonly tagged: readonly string[];
  /** Columns that have another policy tag than the one configured, and keep it. */
  readonly otherwiseTagged: readonly string[];
  /** Columns the definition does not know. */
  readonly extra: readonly string[];
  /** What may not be changed, one text per column. */
  readonly refused: readonly string[];
}

/** Standard SQL and legacy names of one type. */
const TYPE_ALIAS: Readonly<Record<string, string>> = {
  INT64: 'INTEGER',
  FLOAT64: 'FLOAT',
  BOOL: 'BOOLEAN',
  STRUCT: 'RECORD',
};

const canonicalType = (type: string): string => TYPE_ALIAS[type.toUpperCase()] ?? type.toUpperCase();
const modeOf = (field: { readonly mode?: string }): string => field.mode?.toUpperCase() ?? 'NULLABLE';

/** Column names differ by more than case, or they are one column. */
const fold = (name: string): string => name.toLowerCase();

const KINDS = ['added', 'relaxed', 'described', 'tagged', 'otherwiseTagged'] as const;
type Settled = (typeof KINDS)[number];

const noPaths = (): string[] => [];

export function compareSchema(existing: readonly SchemaField[], wanted: readonly SchemaField[], prefix = ''): SchemaComparison {
  const merged: SchemaField[] = [];
  const found = { added: noPaths(), relaxed: noPaths(), described: noPaths(), tagged: noPaths(), otherwiseTagged: noPaths() };
  const [extra, refused] = [noPaths(), noPaths()];
  const wantedByName = new Map(wanted.map((field) => [fold(field.name), field]));

  for (const field of existing) {
    const path = `${prefix}${field.name}`;
    const target = wantedByName.get(fold(field.name));
    if (target === undefined) {
      extra.push(path);
      merged.push(field);
      continue;
    }
    wantedByName.delete(fold(field.name));
    const difference = typeOrModeDifference(field, target);
    if (difference !== undefined) {
      refused.push(`${path} ${difference}`);
      merged.push(field);
      continue;
    }
    const inner = compareSchema(field.fields ?? [], target.fields ?? [], `${path}.`);
    for (const key of KINDS) found[key].push(...inner[key]);
    extra.push(...inner.extra);
    refused.push(...inner.refused);
    const own = settleField(field, target);
    for (const key of own.settled) found[key].push(path);
    merged.push({ ...own.field, ...(field.fields === undefined ? {} : { fields: inner.merged }) });
  }
  for (const field of wantedByName.values()) {
    const path = `${prefix}${field.name}`;
    if (modeOf(field) === 'REQUIRED') refused.push(`${path} is missing and required: rows that exist have no value for it`);
    else found.added.push(path);
    merged.push(field);
  }
  return { merged, ...found, extra, refused };
}

/** What may be settled of one column without asking. */
function settleField(field: SchemaField, target: SchemaField): { readonly field: SchemaField; readonly settled: readonly Settled[] } {
  const settled: Settled[] = [];
  const result = { ...field };
  if (modeOf(field) === 'REQUIRED' && modeOf(target) === 'NULLABLE') {
    result.mode = 'NULLABLE';
    settled.push('relaxed');
  }
  if (target.description !== undefined && target.description !== field.description) {
    result.description = target.description;
    settled.push('described');
  }
  const [has, wants] = [field.policyTags?.names[0], target.policyTags?.names[0]];
  if (wants !== undefined && has === undefined) {
    result.policyTags = { names: [wants] };
    settled.push('tagged');
  }
  if (wants !== undefined && has !== undefined && has !== wants) settled.push('otherwiseTagged');
  return { field: result, settled };
}

function typeOrModeDifference(field: SchemaField, target: SchemaField): string | undefined {
  const [has, wants] = [canonicalType(field.type), canonicalType(target.type)];
  if (has !== wants) return `is ${has}, the definition says ${wants}`;
  const [hasMode, wantsMode] = [modeOf(field), modeOf(target)];
  if (hasMode === wantsMode || (hasMode === 'REQUIRED' && wantsMode === 'NULLABLE')) return undefined;
  return `is ${hasMode}, the definition says ${wantsMode}`;
}
