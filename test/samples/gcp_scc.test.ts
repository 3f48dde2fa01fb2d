import { describeSamples } from './conformance';
import { gcpScc } from './folders/gcp_scc';

describeSamples(gcpScc, { records: 20, rows: 20, conflicts: 0, identity: ({ finding }) => (finding as { readonly name: string }).name });
