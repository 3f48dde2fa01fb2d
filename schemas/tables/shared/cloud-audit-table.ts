/**
 * What the four audit log tables share: names and shape of a Cloud Logging sink to BigQuery, identity, envelope.
 *
 * Identity is class B: Cloud Logging calls entries of one log with equal timestamp and insertId duplicates. A duplicate may
 * have been received at another time, so `receiveTimestamp` is volatile.
 */
import type { Column, EnvelopeSource, TableDefinition } from '../../table';
import { AUDIT_LOG } from './audit-log';
import { ENTRY_COLUMNS, LOG_NAME, RESOURCE, TEXT_PAYLOAD } from './log-entry';

const COLUMNS: readonly Column[] = [LOG_NAME, RESOURCE, AUDIT_LOG, TEXT_PAYLOAD, ...ENTRY_COLUMNS];

/** OCSF 6003: API Activity. */
const OCSF_API_ACTIVITY = 6003;

const ENVELOPE: Readonly<Record<string, EnvelopeSource>> = {
  action: { from: [['protoPayload', 'methodName']] },
  outcome: { derive: 'cloud_audit.outcome' },
  outcome_reason: { from: [['protoPayload', 'status', 'message']] },
  actor_id: {
    from: [
      ['protoPayload', 'authenticationInfo', 'principalSubject'],
      ['protoPayload', 'authenticationInfo', 'principalEmail'],
    ],
  },
  actor_email: { derive: 'cloud_audit.actor_email' },
  actor_type: { derive: 'cloud_audit.actor_type' },
  src_ip: { derive: 'cloud_audit.src_ip' },
  dst_ip: { derive: 'cloud_audit.dst_ip' },
  user_agent: { from: [['protoPayload', 'requestMetadata', 'callerSuppliedUserAgent']] },
  target_id: { from: [['protoPayload', 'resourceName']] },
  target_name: { derive: 'cloud_audit.target_name' },
  target_type: { from: [['resource', 'type']] },
  event_severity: { derive: 'cloud_logging.severity' },
  ocsf_class_uid: { constant: OCSF_API_ACTIVITY },
  ocsf_activity_id: { derive: 'cloud_audit.ocsf_activity_id' },
  observables: { derive: 'cloud_audit.observables' },
};

/** One of the audit logs; `envelope` replaces single mappings. */
export function cloudAuditTable(
  log: 'activity' | 'data_access' | 'system_event' | 'policy',
  description: string,
  envelope: Readonly<Record<string, EnvelopeSource>> = {},
): TableDefinition {
  return {
    name: `cloudaudit_googleapis_com_${log}`,
    kind: 'event',
    description,
    origin: 'google.cloud_logging',
    partition: 'timestamp',
    cluster: ['action', 'actor_email', 'src_ip'],
    requirePartitionFilter: true,
    time: { from: [['timestamp']], as: 'rfc3339_utc' },
    key: { class: 'B', parts: [['logName'], ['timestamp'], ['insertId']] },
    volatile: [['receiveTimestamp']],
    columns: COLUMNS,
    envelope: { ...ENVELOPE, ...envelope },
  };
}
