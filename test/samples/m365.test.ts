import { describeSamples } from './conformance';
import { m365 } from './folders/m365';

describeSamples(m365, { records: 15, rows: 15, conflicts: 1, identity: ({ Id, id, OfficeId }) => Id ?? id ?? OfficeId });
