/** Policy Denied audit logs: requests that a security policy such as VPC Service Controls denied, or would have in dry run. */
import { cloudAuditTable } from './shared/cloud-audit-table';

export const cloudauditPolicy = cloudAuditTable(
  'policy',
  'Google Cloud Policy Denied audit logs: which requests a security policy denied.',
  {
    outcome: { derive: 'cloud_audit.outcome_of_denial' },
  },
);
