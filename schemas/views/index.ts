/** All views, in the order they can be created in. */
import type { TableDefinition } from '../table';
import { coverageView } from './coverage';
import { eventViews } from './events';
import { openRejectsView } from './rejects';
import { stateViews } from './state';
import type { ViewDefinition } from './view';

/** Views over the ops dataset, which every lake has. */
const OPS_VIEWS: readonly ViewDefinition[] = [coverageView, openRejectsView];

/** The views of a lake with these tables. */
export function viewsOf(tables: readonly TableDefinition[]): readonly ViewDefinition[] {
  return [...OPS_VIEWS, ...tables.filter(({ kind }) => kind === 'state').flatMap(stateViews), ...eventViews(tables)];
}
