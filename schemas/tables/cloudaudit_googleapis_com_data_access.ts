/** Data Access audit logs: reads of configuration, reads and writes of data. Mostly off until switched on per service. */
import { cloudAuditTable } from './shared/cloud-audit-table';

export const cloudauditDataAccess = cloudAuditTable('data_access', 'Google Cloud Data Access audit logs: who read or wrote which data.', [
  {
    question: 'Who read secrets, and from where?',
    sql: `SELECT actor_email, src_ip, target_id, COUNT(*) AS reads, MIN(timestamp) AS first_read, MAX(timestamp) AS last_read
FROM lake.cloudaudit_googleapis_com_data_access
WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY) AND ENDS_WITH(action, 'AccessSecretVersion')
GROUP BY actor_email, src_ip, target_id
ORDER BY reads DESC`,
  },
  {
    question: 'Which addresses does an identity come from that it did not use in the month before?',
    sql: `SELECT actor_email, src_ip, COUNT(*) AS calls
FROM lake.cloudaudit_googleapis_com_data_access
WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY) AND actor_email IS NOT NULL AND src_ip IS NOT NULL
  AND CONCAT(actor_email, ' ', src_ip) NOT IN (
    SELECT CONCAT(actor_email, ' ', src_ip)
    FROM lake.cloudaudit_googleapis_com_data_access
    WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 31 DAY)
      AND timestamp < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY)
      AND actor_email IS NOT NULL AND src_ip IS NOT NULL)
GROUP BY actor_email, src_ip
ORDER BY calls DESC`,
  },
]);
