/** Logs of Google Cloud networks: flows, firewall, NAT and DNS. */
import { cloudLoggingFolder } from './cloud-logging';

export const gcpNetwork = cloudLoggingFolder('gcp_network');
