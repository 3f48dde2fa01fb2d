/** Admin Activity audit logs: changes of configuration and metadata. Always written; kept 400 days by Cloud Logging. */
import { cloudAuditTable } from './shared/cloud-audit-table';

export const cloudauditActivity = cloudAuditTable('activity', 'Google Cloud Admin Activity audit logs: who changed what.');
