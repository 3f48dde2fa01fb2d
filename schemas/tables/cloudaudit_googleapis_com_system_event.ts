/** System Event audit logs: changes that Google's systems make, not people. Always written. */
import { cloudAuditTable } from './shared/cloud-audit-table';

export const cloudauditSystemEvent = cloudAuditTable(
  'system_event',
  'Google Cloud System Event audit logs: what the platform itself changed.',
);
