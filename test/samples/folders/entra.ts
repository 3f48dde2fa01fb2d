/**
 * Entra ID and Azure: exports of diagnostic settings out of rule tests, rows of Log Analytics, answers of the Activity Log API.
 * A Kubernetes audit event that AKS logs is JSON text within the export: that text is the record.
 */
import { isIP } from 'node:net';
import type { Sample, SampleFolder } from '../folder';
import { k8sAuditHasTime } from './k8s_audit';

interface AzureRecord {
  readonly category?: string | { readonly value: string };
  readonly time?: string;
  readonly event_timestamp?: string;
  readonly TimeGenerated?: string;
  readonly operationName?: string;
  readonly callerIpAddress?: string;
  readonly calleripaddress?: string;
  readonly caller?: string;
  readonly http_request?: { readonly client_ip_address?: string };
  readonly identity?: string | { readonly claims?: Readonly<Record<string, string>>; readonly tokenHash?: string };
  readonly InitiatedBy?: string;
  readonly resourceId?: string;
  readonly properties?: {
    readonly log?: string;
    readonly userId?: string;
    readonly servicePrincipalId?: string;
    readonly userPrincipalName?: string;
    readonly userAgent?: string | null;
    readonly status?: { readonly errorCode?: number };
    readonly result?: string;
    readonly initiatedBy?: { readonly user?: { readonly id?: string; readonly userPrincipalName?: string; readonly ipAddress?: string } };
    readonly targetResources?: readonly { readonly id?: string }[];
    readonly metricResponseType?: string;
  };
}

const parse = (item: Buffer): AzureRecord => JSON.parse(item.toString()) as AzureRecord;

const STORAGE = /^Storage(Read|Write|Delete)$/;

function tableOf(file: string, { category, properties }: AzureRecord): string {
  if (file !== 'panther_azure_activity.ndjson' && file !== 'plaso_azure_activity.jsonl') {
    return typeof category === 'string' && category.endsWith('SignInLogs') ? 'entra_sign_in_log' : 'entra_audit_log';
  }
  // Some rule tests for Storage leave the category out.
  const ofStorage = properties?.metricResponseType !== undefined || (typeof category === 'string' && STORAGE.test(category));
  return ofStorage ? 'azure_resource_log' : 'azure_activity';
}

function sampleOf(file: string, line: string): Sample {
  const item = Buffer.from(line);
  const record = parse(item);
  if (record.category === 'kube-audit' && record.properties?.log !== undefined) {
    const inner = Buffer.from(record.properties.log);
    return { file, table: 'k8s_audit', item: inner, ...(k8sAuditHasTime(inner) ? {} : { reject: 'NO_EVENT_TIME' as const }) };
  }
  const timed = (record.time ?? record.event_timestamp ?? record.TimeGenerated) !== undefined;
  // Records of rule tests were trimmed to what the rule looks at: of some nobody can say when they were.
  return { file, table: tableOf(file, record), item, ...(timed ? {} : { reject: 'NO_EVENT_TIME' as const }) };
}

/** What a record says by where a reader would look for it. */
function saidBy(record: AzureRecord, table: string): readonly [string, boolean][] {
  const { properties = {}, identity } = record;
  const user = properties.initiatedBy?.user;
  const address = record.callerIpAddress ?? record.calleripaddress ?? record.http_request?.client_ip_address ?? user?.ipAddress ?? '';
  const claims = typeof identity === 'object' ? identity.claims : undefined;
  const people = Object.entries(claims ?? {}).filter(([name]) => /(upn|emailaddress|objectidentifier|appid|name)$/.test(name));
  return [
    ['src_ip', isIP(address.replace(/:\d+$/, '')) !== 0],
    ['actor_id', Boolean(user?.id ?? properties.userId ?? properties.servicePrincipalId ?? record.caller ?? record.InitiatedBy)],
    ['actor_id', people.length > 0 || (typeof identity === 'object' && identity.tokenHash !== undefined)],
    ['actor_email', [user?.userPrincipalName, properties.userPrincipalName, record.caller].some((one) => one?.includes('@') === true)],
    ['actor_type', user !== undefined || properties.userPrincipalName !== undefined || record.InitiatedBy !== undefined],
    ['user_agent', Boolean(properties.userAgent)],
    ['outcome', properties.status?.errorCode !== undefined || (table === 'entra_audit_log' && properties.result === 'success')],
    ['outcome', properties.metricResponseType !== undefined],
    ['target_id', table !== 'entra_sign_in_log' && (properties.targetResources?.[0]?.id !== undefined || record.InitiatedBy !== undefined)],
    ['target_id', table === 'azure_activity' && record.resourceId !== undefined],
    ['target_name', table === 'azure_activity' && record.resourceId !== undefined],
    ['target_type', table === 'azure_activity' && record.resourceId?.toLowerCase().includes('/providers/') === true],
    ['ocsf_activity_id', true],
  ];
}

export const entra: SampleFolder = {
  folder: 'entra',
  excluded: {},
  read: ({ name, lines }) => lines.map((line) => sampleOf(name, line)),
  expects: ({ item, table }) =>
    saidBy(parse(item), table)
      .filter(([, said]) => said)
      .map(([name]) => name),
};
