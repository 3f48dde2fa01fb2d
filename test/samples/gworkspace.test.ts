import { describeSamples } from './conformance';
import { gworkspace } from './folders/gworkspace';

describeSamples(gworkspace, { records: 103, rows: 71, conflicts: 0, identity: ({ id }) => id });
