import { describeSamples } from './conformance';
import { entryIdentity } from './folders/cloud-logging';
import { gcpAudit } from './folders/gcp_audit';

describeSamples(gcpAudit, { records: 188, rows: 152, conflicts: 12, identity: entryIdentity });
