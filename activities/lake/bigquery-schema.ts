/** From our column data to BigQuery's schema form. Used for tables, staging tables and load jobs alike. */
import type { Column } from '../../schemas/table';

export interface SchemaField {
  name: string;
  type: string;
  mode: string;
  description?: string;
  fields?: SchemaField[];
}

const LEGACY_TYPE: Readonly<Record<Column['type'], string>> = {
  STRING: 'STRING',
  INT64: 'INTEGER',
  FLOAT64: 'FLOAT',
  BOOL: 'BOOLEAN',
  TIMESTAMP: 'TIMESTAMP',
  JSON: 'JSON',
  RECORD: 'RECORD',
};

/** The fields of a BigQuery schema, as `tables.insert` and `jobs.insert` take them. */
export function schemaFields(columns: readonly Column[]): SchemaField[] {
  return columns.map((column) => ({
    name: column.name,
    type: LEGACY_TYPE[column.type],
    mode: column.mode ?? 'NULLABLE',
    description: column.description,
    ...(column.fields === undefined ? {} : { fields: schemaFields(column.fields) }),
  }));
}
