/** Cloud Audit Logs out of rule tests and examples; some entries of other logs lie among them. */
import { cloudLoggingFolder } from './cloud-logging';

export const gcpAudit = cloudLoggingFolder('gcp_audit');
