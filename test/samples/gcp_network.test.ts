import { describeSamples } from './conformance';
import { entryIdentity } from './folders/cloud-logging';
import { gcpNetwork } from './folders/gcp_network';

describeSamples(gcpNetwork, { records: 8, rows: 8, conflicts: 0, identity: entryIdentity });
