/** From our column data to BigQuery's schema form. Used for tables, staging tables and load jobs alike. */
import type { Column, Sensitivity } from '../../schemas/table';

export interface SchemaField {
  name: string;
  type: string;
  mode: string;
  description?: string;
  /** At most one name: https://docs.cloud.google.com/bigquery/docs/column-level-security */
  policyTags?: { names: string[] };
  fields?: SchemaField[];
}

/** The policy tag (`projects/.../policyTags/...`) of the columns of a sensitivity. */
export type PolicyTags = Readonly<Partial<Record<Sensitivity, string | undefined>>>;

const LEGACY_TYPE: Readonly<Record<Column['type'], string>> = {
  STRING: 'STRING',
  INT64: 'INTEGER',
  FLOAT64: 'FLOAT',
  BOOL: 'BOOLEAN',
  TIMESTAMP: 'TIMESTAMP',
  JSON: 'JSON',
  RECORD: 'RECORD',
};

const RANK: Readonly<Record<Sensitivity, number>> = { public: 0, internal: 1, personal: 2, secret: 3 };

/**
 * The fields of a BigQuery schema, as `tables.insert` and `jobs.insert` take them. BigQuery takes no policy tag on a
 * RECORD, so its members have theirs, and a member is at least as sensitive as the record it is in.
 */
export function schemaFields(columns: readonly Column[], policyTags: PolicyTags = {}, least: Sensitivity = 'public'): SchemaField[] {
  return columns.map((column) => {
    const sensitivity = RANK[column.sensitivity] < RANK[least] ? least : column.sensitivity;
    const tag = policyTags[sensitivity];
    return {
      name: column.name,
      type: LEGACY_TYPE[column.type],
      mode: column.mode ?? 'NULLABLE',
      description: column.description,
      ...(tag === undefined || column.type === 'RECORD' ? {} : { policyTags: { names: [tag] } }),
      ...(column.fields === undefined ? {} : { fields: schemaFields(column.fields, policyTags, sensitivity) }),
    };
  });
}
