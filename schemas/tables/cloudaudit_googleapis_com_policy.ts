/** Policy Denied audit logs: requests that a security policy such as VPC Service Controls denied, or would have in dry run. */
import { cloudAuditTable } from './shared/cloud-audit-table';

export const cloudauditPolicy = cloudAuditTable(
  'policy',
  'Google Cloud Policy Denied audit logs: which requests a security policy denied.',
  [
    {
      question: 'Who ran into a service perimeter, with which calls?',
      sql: `SELECT actor_email, src_ip, action, outcome, COUNT(*) AS requests, MAX(timestamp) AS last_request
FROM lake.cloudaudit_googleapis_com_policy
WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
GROUP BY actor_email, src_ip, action, outcome
ORDER BY requests DESC`,
    },
  ],
  {
    outcome: { derive: 'cloud_audit.outcome_of_denial' },
  },
);
