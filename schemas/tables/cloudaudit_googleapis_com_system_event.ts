/** System Event audit logs: changes that Google's systems make, not people. Always written. */
import { cloudAuditTable } from './shared/cloud-audit-table';

export const cloudauditSystemEvent = cloudAuditTable(
  'system_event',
  'Google Cloud System Event audit logs: what the platform itself changed.',
  [
    {
      question: 'Which machines did the platform restart, move or end?',
      sql: `SELECT timestamp, action, target_id, protopayload_auditlog.status.message
FROM lake.cloudaudit_googleapis_com_system_event
WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY) AND resource.type = 'gce_instance'
ORDER BY timestamp DESC`,
    },
  ],
);
