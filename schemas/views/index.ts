/** All views, in the order they can be created in. */
import { coverageView } from './coverage';
import { openRejectsView } from './rejects';
import type { ViewDefinition } from './view';

export const VIEWS: readonly ViewDefinition[] = [coverageView, openRejectsView];
