/**
 * What a person can do about a table that differs from its definition in a way that `apply` may not change: the steps, and
 * the exact statements that make the table anew from its own rows. Pure; nothing here is run by us.
 */
import type { Column } from '../../schemas/table';
import type { SchemaField } from './bigquery-schema';
import type { TableSpec } from './lake-spec';

/** `existing` are the fields the table has; `filterOn` its partition column, where a query must have a condition on it. */
export interface Found {
  readonly project: string;
  readonly existing: readonly SchemaField[];
  readonly filterOn?: string;
}

/** Lines for a person. `wanted` are the definition's fields. */
export function wayOut(spec: TableSpec, wanted: readonly SchemaField[], found: Found): string[] {
  const old = `${spec.name}_before`;
  const place = (table: string): string => `\`${found.project}.${spec.dataset}.${table}\``;
  const filter = found.filterOn === undefined ? '' : ` WHERE t.${quote(found.filterOn)} >= TIMESTAMP '1900-01-01'`;
  const columns = new Map(spec.columns.map((column) => [column.name, column]));
  const hasRaw = [...wanted, ...found.existing].filter(({ name, type }) => name === 'raw' && type === 'JSON').length === 2;
  const values = wanted.map((field) => {
    const has = found.existing.find(({ name }) => same(name, field.name));
    const value = valueOf('t', has, field);
    const column = columns.get(field.name);
    const inRaw = hasRaw && has !== undefined && column !== undefined && has.type !== field.type ? rawValue(column, field) : undefined;
    return `${inRaw === undefined ? value : `COALESCE(${value}, ${inRaw})`} AS ${quote(field.name)}`;
  });
  return [
    '  either give what differs another name in the definition: apply adds the new column, and rows that exist have NULL there;',
    '  or make the table anew from its rows; nothing is lost, since the old table stays:',
    '    1. stop the workers',
    `    2. ALTER TABLE ${place(spec.name)} RENAME TO ${quote(old)};`,
    '    3. tidemark apply',
    `    4. INSERT INTO ${place(spec.name)} (${wanted.map(({ name }) => quote(name)).join(', ')}) SELECT ${values.join(', ')} FROM ${place(old)} AS t${filter};`,
    '    5. compare the two, start the workers, and drop the old table when you no longer need it',
  ];
}

const quote = (name: string): string => `\`${name}\``;
const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

const SQL_TYPE: Readonly<Record<string, string>> = { INTEGER: 'INT64', FLOAT: 'FLOAT64', BOOLEAN: 'BOOL', STRUCT: 'RECORD' };
const typeOf = (field: SchemaField): string => SQL_TYPE[field.type.toUpperCase()] ?? field.type.toUpperCase();
const isRepeated = (field: SchemaField): boolean => field.mode === 'REPEATED';

/** The old value of a column as its new type; of a list that becomes one value the first, of one value a list. */
function valueOf(from: string, has: SchemaField | undefined, wants: SchemaField): string {
  if (has === undefined) return wants.mode === 'REQUIRED' ? 'NULL /* write its value here */' : nothing(wants);
  const value = `${from}.${quote(has.name)}`;
  if (isRepeated(has) && isRepeated(wants)) {
    if (isUnchanged(has, wants)) return value;
    return `ARRAY(SELECT ${single('e', has, wants)} FROM UNNEST(${value}) AS e)`;
  }
  if (isRepeated(has)) return single(`${value}[SAFE_OFFSET(0)]`, has, wants);
  if (isRepeated(wants)) return `IF(${value} IS NULL, [], [${single(value, has, wants)}])`;
  return single(value, has, wants);
}

const nothing = (wants: SchemaField): string => (isRepeated(wants) ? '[]' : 'NULL');

/** Equal in every type and in the order of members, so that the value can be taken as it is. */
function isUnchanged(has: SchemaField, wants: SchemaField): boolean {
  if (typeOf(has) !== typeOf(wants)) return false;
  const [inner, wanted] = [has.fields ?? [], wants.fields ?? []];
  return (
    inner.length === wanted.length &&
    inner.every((field, index) => {
      const target = wanted[index];
      return field.name === target?.name && isRepeated(field) === isRepeated(target) && isUnchanged(field, target);
    })
  );
}

function single(value: string, has: SchemaField, wants: SchemaField): string {
  if (isUnchanged(has, wants)) return value;
  const [from, to] = [typeOf(has), typeOf(wants)];
  if (from === 'RECORD' && to === 'RECORD') {
    const members = (wants.fields ?? []).map((field) => {
      const inner = has.fields?.find(({ name }) => same(name, field.name));
      return `${valueOf(value, inner, field)} AS ${quote(field.name)}`;
    });
    return `IF(${value} IS NULL, NULL, STRUCT(${members.join(', ')}))`;
  }
  if (to === 'STRING' && (from === 'RECORD' || from === 'JSON')) return `TO_JSON_STRING(${value})`;
  if (to === 'JSON') return from === 'STRING' ? `SAFE.PARSE_JSON(${value})` : `TO_JSON(${value})`;
  return from === 'RECORD' || to === 'RECORD' ? 'NULL' : `SAFE_CAST(${value} AS ${to})`;
}

const FROM_TEXT = new Set(['STRING', 'INT64', 'FLOAT64', 'BOOL']);

/** What `raw` has for a column whose old type could not hold it; undefined where its path or conversion says more than a cast. */
function rawValue(column: Column, field: SchemaField): string | undefined {
  const [path = [column.name]] = column.from ?? [];
  const names = path.filter((part) => typeof part === 'string' && /^[A-Za-z_]\w*$/.test(part)) as string[];
  const simple = column.as === undefined || column.as === 'int64_text' || column.as === 'bool_text' || column.as === 'text';
  if (names.length < path.length || !simple || isRepeated(field) || !FROM_TEXT.has(typeOf(field))) return undefined;
  return `SAFE_CAST(JSON_VALUE(t.\`raw\`, '$.${names.join('.')}') AS ${typeOf(field)})`;
}
