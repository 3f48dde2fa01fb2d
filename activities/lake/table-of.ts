/** Table definitions by name, for code that was given the name by a plan or a unit. */
import { tableNamed } from '../../schemas/tables';
import type { TableDefinition } from '../../schemas/table';
import { TidemarkError } from '../errors';

/** Throws TABLE_UNKNOWN. */
export function tableOf(name: string): TableDefinition {
  const table = tableNamed(name);
  if (table === undefined) throw new TidemarkError('TABLE_UNKNOWN', `there is no definition of table ${name}`, { context: { table: name } });
  return table;
}
