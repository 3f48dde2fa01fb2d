/** Requests to load balancers and verdicts of Cloud Armor; one file is a single entry over many lines. */
import { cloudLoggingFolder } from './cloud-logging';

export const gcpLbArmor = cloudLoggingFolder('gcp_lb_armor');
