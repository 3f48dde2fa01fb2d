/** All tables of the lake. A new table is a file beside this one and a line here. */
import type { TableDefinition } from '../table';
import { awsCloudtrail } from './aws_cloudtrail';
import { azureActivity } from './azure_activity';
import { azureResourceLog } from './azure_resource_log';
import { cloudauditActivity } from './cloudaudit_googleapis_com_activity';
import { cloudauditDataAccess } from './cloudaudit_googleapis_com_data_access';
import { cloudauditPolicy } from './cloudaudit_googleapis_com_policy';
import { cloudauditSystemEvent } from './cloudaudit_googleapis_com_system_event';
import { entraAuditLog } from './entra_audit_log';
import { entraSignInLog } from './entra_sign_in_log';
import { gcpAsset } from './gcp_asset';
import { gcpAssetAccessPolicy } from './gcp_asset_access_policy';
import { gcpAssetIamPolicy } from './gcp_asset_iam_policy';
import { gcpSccFinding } from './gcp_scc_finding';
import { githubAuditLog } from './github_audit_log';
import { githubWebhook } from './github_webhook';
import { gworkspaceActivity } from './gworkspace_activity';
import { k8sAudit } from './k8s_audit';
import { computeFirewall } from './compute_googleapis_com_firewall';
import { computeNatFlows } from './compute_googleapis_com_nat_flows';
import { computeVpcFlows } from './compute_googleapis_com_vpc_flows';
import { dnsQueries } from './dns_googleapis_com_dns_queries';
import { m365Audit } from './m365_audit';
import { oktaSystemLog } from './okta_system_log';
import { onepasswordAuditEvent } from './onepassword_audit_event';
import { onepasswordItemUsage } from './onepassword_item_usage';
import { onepasswordSigninAttempt } from './onepassword_signin_attempt';
import { requests } from './requests';
import { slackAuditLog } from './slack_audit_log';

export const TABLES: readonly TableDefinition[] = [
  cloudauditActivity,
  cloudauditDataAccess,
  cloudauditSystemEvent,
  cloudauditPolicy,
  computeFirewall,
  computeNatFlows,
  computeVpcFlows,
  dnsQueries,
  requests,
  gcpAsset,
  gcpAssetAccessPolicy,
  gcpAssetIamPolicy,
  gcpSccFinding,
  awsCloudtrail,
  azureActivity,
  azureResourceLog,
  entraAuditLog,
  entraSignInLog,
  githubAuditLog,
  githubWebhook,
  gworkspaceActivity,
  k8sAudit,
  m365Audit,
  oktaSystemLog,
  onepasswordAuditEvent,
  onepasswordItemUsage,
  onepasswordSigninAttempt,
  slackAuditLog,
];

/** The definition of a table. Names come from connectors and plans, which are made of this list: an unknown one is a fault of ours. */
export function findTable(name: string): TableDefinition {
  const table = TABLES.find((candidate) => candidate.name === name);
  if (table === undefined) throw new RangeError(`there is no definition of table ${name}`);
  return table;
}
