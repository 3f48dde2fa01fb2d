import { describeSamples } from './conformance';
import { entryIdentity } from './folders/cloud-logging';
import { gcpLbArmor } from './folders/gcp_lb_armor';

describeSamples(gcpLbArmor, { records: 5, rows: 5, conflicts: 1, identity: entryIdentity });
