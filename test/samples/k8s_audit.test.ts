import { describeSamples } from './conformance';
import { k8sAudit } from './folders/k8s_audit';

describeSamples(k8sAudit, { records: 123, rows: 10, conflicts: 1, identity: ({ auditID, stage }) => [auditID, stage] });
