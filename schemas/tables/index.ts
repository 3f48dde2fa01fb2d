/** All tables of the lake. A new table is a file beside this one and a line here. */
import type { TableDefinition } from '../table';
import { cloudauditActivity } from './cloudaudit_googleapis_com_activity';
import { cloudauditDataAccess } from './cloudaudit_googleapis_com_data_access';
import { cloudauditPolicy } from './cloudaudit_googleapis_com_policy';
import { cloudauditSystemEvent } from './cloudaudit_googleapis_com_system_event';

export const TABLES: readonly TableDefinition[] = [cloudauditActivity, cloudauditDataAccess, cloudauditSystemEvent, cloudauditPolicy];

/** The definition of a table. Names come from connectors and plans, which are made of this list: an unknown one is a fault of ours. */
export function findTable(name: string): TableDefinition {
  const table = TABLES.find((candidate) => candidate.name === name);
  if (table === undefined) throw new RangeError(`there is no definition of table ${name}`);
  return table;
}
