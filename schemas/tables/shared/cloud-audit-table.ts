/**
 * What the four audit log tables share: names and shape of a Cloud Logging sink to BigQuery, and the envelope.
 */
import { defineTable, type EnvelopeSource, type Example, type Path } from '../../table';
import { AUDIT_LOG, AUDIT_LOG_PATHS } from './audit-log';
import { ENTRY_COLUMNS, LOG_ENTRY, LOG_NAME, RESOURCE, TEXT_PAYLOAD } from './log-entry';
import { OCSF } from './ocsf';

const COLUMNS = [LOG_NAME, RESOURCE, AUDIT_LOG, TEXT_PAYLOAD, ...ENTRY_COLUMNS];

const inMessage = (...steps: Path): readonly Path[] => AUDIT_LOG_PATHS.map((path) => [...path, ...steps]);

const ENVELOPE: Readonly<Record<string, EnvelopeSource>> = {
  action: { from: inMessage('methodName') },
  outcome: { derive: 'cloud_audit.outcome' },
  outcome_reason: { from: inMessage('status', 'message') },
  actor_id: {
    from: [...inMessage('authenticationInfo', 'principalSubject'), ...inMessage('authenticationInfo', 'principalEmail')],
  },
  actor_email: { derive: 'cloud_audit.actor_email' },
  actor_type: { derive: 'cloud_audit.actor_type' },
  src_ip: { derive: 'cloud_audit.src_ip' },
  dst_ip: { derive: 'cloud_audit.dst_ip' },
  user_agent: { from: inMessage('requestMetadata', 'callerSuppliedUserAgent') },
  target_id: { from: inMessage('resourceName') },
  target_name: { derive: 'cloud_audit.target_name' },
  target_type: { from: [['resource', 'type']] },
  event_severity: { derive: 'cloud_logging.severity' },
  ocsf_class_uid: { constant: OCSF.api.uid },
  ocsf_activity_id: { derive: 'cloud_audit.ocsf_activity_id' },
  observables: { derive: 'cloud_audit.observables' },
};

/** One of the audit logs; `envelope` replaces single mappings. */
export function cloudAuditTable(
  log: 'activity' | 'data_access' | 'system_event' | 'policy',
  description: string,
  examples: readonly Example[],
  envelope: Readonly<Record<string, EnvelopeSource>> = {},
) {
  return defineTable({
    name: `cloudaudit_googleapis_com_${log}`,
    ...LOG_ENTRY,
    description,
    cluster: ['action', 'actor_email', 'src_ip'],
    // The type of the message is the same in every entry, and a sink leaves it out.
    rawOnly: inMessage('@type'),
    columns: COLUMNS,
    envelope: { ...ENVELOPE, ...envelope },
    examples,
  });
}
