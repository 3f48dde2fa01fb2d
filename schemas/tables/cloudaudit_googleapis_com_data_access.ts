/** Data Access audit logs: reads of configuration, reads and writes of data. Mostly off until switched on per service. */
import { cloudAuditTable } from './shared/cloud-audit-table';

export const cloudauditDataAccess = cloudAuditTable('data_access', 'Google Cloud Data Access audit logs: who read or wrote which data.');
