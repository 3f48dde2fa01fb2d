/** Admin Activity audit logs: changes of configuration and metadata. Always written; kept 400 days by Cloud Logging. */
import { cloudAuditTable } from './shared/cloud-audit-table';

export const cloudauditActivity = cloudAuditTable('activity', 'Google Cloud Admin Activity audit logs: who changed what.', [
  {
    question: 'Who was granted or lost which role, and by whom?',
    sql: `SELECT timestamp, actor_email, src_ip, target_id, delta.action, delta.role, delta.member
FROM lake.cloudaudit_googleapis_com_activity, UNNEST(protopayload_auditlog.servicedata_v1_iam.policyDelta.bindingDeltas) AS delta
WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 30 DAY)
ORDER BY timestamp DESC`,
  },
  {
    question: 'Which keys of service accounts were made?',
    sql: `SELECT timestamp, actor_email, src_ip, user_agent, target_id, outcome
FROM lake.cloudaudit_googleapis_com_activity
WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 90 DAY)
  AND ENDS_WITH(action, 'CreateServiceAccountKey')
ORDER BY timestamp DESC`,
  },
  {
    question: 'Who was refused most often, and what did they try?',
    sql: `SELECT actor_email, src_ip, action, COUNT(*) AS refused
FROM lake.cloudaudit_googleapis_com_activity
WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY) AND protopayload_auditlog.status.code = 7
GROUP BY actor_email, src_ip, action
ORDER BY refused DESC
LIMIT 50`,
  },
]);
