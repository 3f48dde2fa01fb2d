/**
 * The type of a table's rows, derived from its definition by types alone, so that code over rows cannot name a column that is
 * not there. Values are as BigQuery's Node client gives them: a TIMESTAMP is an object with its text, JSON is text, and an
 * INT64 is a number, which the client refuses to make of one beyond 2^53 unless it is asked for them as text.
 */
import type { EnvelopeColumns, StateColumns } from './envelope';
import type { Column, ColumnType, TableDefinition } from './table';

interface Values {
  readonly STRING: string;
  readonly INT64: number;
  readonly FLOAT64: number;
  readonly BOOL: boolean;
  readonly TIMESTAMP: { readonly value: string };
  readonly JSON: string;
}

type Flat<Type> = { readonly [Key in keyof Type]: Type[Key] };

type ScalarOf<Type extends ColumnType> = Type extends keyof Values ? Values[Type] : never;

type ValueOf<Its extends Column> = Its['type'] extends 'RECORD'
  ? Its extends { readonly fields: infer Fields extends readonly Column[] }
    ? ColumnsRow<Fields>
    : never
  : ScalarOf<Its['type']>;

type CellOf<Its extends Column> = Its extends { readonly mode: 'REPEATED' }
  ? readonly ValueOf<Its>[]
  : Its extends { readonly mode: 'REQUIRED' }
    ? ValueOf<Its>
    : ValueOf<Its> | null;

/** Columns whose names are not known to the compiler give a row of anything. */
type ColumnsRow<Columns extends readonly Column[]> = string extends Columns[number]['name']
  ? Readonly<Record<string, unknown>>
  : Flat<{ [Its in Columns[number] as Its['name']]: CellOf<Its> }>;

/** A row of the table that `defineTable` made: the vendor's columns, the envelope, and in a state table the observation. */
export type RowOf<Table extends TableDefinition> = Flat<
  ColumnsRow<Table['columns']> & ColumnsRow<EnvelopeColumns> & (Table['kind'] extends 'state' ? ColumnsRow<StateColumns> : unknown)
>;
