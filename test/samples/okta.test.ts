import { describeSamples } from './conformance';
import { okta } from './folders/okta';

describeSamples(okta, { records: 66, rows: 54, conflicts: 10, identity: ({ uuid }) => uuid });
