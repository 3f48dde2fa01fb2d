/** The folders of ../shared/samples that tables exist for. A new folder is a file in folders/ and a line here. */
import type { SampleFolder } from './folder';
import { awsCloudtrail } from './folders/aws_cloudtrail';
import { cai } from './folders/cai';
import { entra } from './folders/entra';
import { gcpAudit } from './folders/gcp_audit';
import { gcpLbArmor } from './folders/gcp_lb_armor';
import { gcpNetwork } from './folders/gcp_network';
import { gcpScc } from './folders/gcp_scc';
import { github } from './folders/github';
import { gworkspace } from './folders/gworkspace';
import { k8sAudit } from './folders/k8s_audit';
import { m365 } from './folders/m365';
import { okta } from './folders/okta';
import { onepassword } from './folders/onepassword';
import { slack } from './folders/slack';

export const FOLDERS: readonly SampleFolder[] = [
  awsCloudtrail,
  cai,
  entra,
  gcpAudit,
  gcpLbArmor,
  gcpNetwork,
  gcpScc,
  github,
  gworkspace,
  k8sAudit,
  m365,
  okta,
  onepassword,
  slack,
];

/** Of Google Cloud and Workspace: about half of all tables. */
export const isGoogle = ({ folder }: SampleFolder): boolean => /^(?:gcp_|cai$|gworkspace$)/.test(folder);
