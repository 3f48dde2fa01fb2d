/** Kubernetes audit events out of rule tests for EKS; most were trimmed to what their rule looks at. */
import { isIP } from 'node:net';
import type { SampleFolder } from '../folder';

interface AuditEvent {
  readonly stageTimestamp?: string;
  readonly requestReceivedTimestamp?: string;
  readonly user?: { readonly username?: string };
  readonly sourceIPs?: readonly string[];
  readonly userAgent?: string;
  readonly objectRef?: { readonly name?: string; readonly resource?: string };
  readonly responseStatus?: { readonly code?: number };
  readonly verb?: string;
}

const parse = (item: Buffer): AuditEvent => JSON.parse(item.toString()) as AuditEvent;

/** Whether the event says when it happened; also asked of events that Azure delivers. */
export const k8sAuditHasTime = (item: Buffer): boolean => {
  const { stageTimestamp, requestReceivedTimestamp } = parse(item);
  return (stageTimestamp ?? requestReceivedTimestamp) !== undefined;
};

export const k8sAudit: SampleFolder = {
  folder: 'k8s_audit',
  excluded: { 'content_hub_eks.ndjson': 'a log line of a container, no audit event' },
  read: ({ name, lines }) =>
    lines.map((line) => {
      const item = Buffer.from(line);
      // Events of rule tests were trimmed to what the rule looks at: of most nobody can say when they were.
      const sample = { file: name, table: 'k8s_audit', item };
      if (!k8sAuditHasTime(item)) return { ...sample, reject: 'NO_EVENT_TIME' };
      return parse(item).verb === undefined ? { ...sample, lacks: ['action'] } : sample;
    }),
  expects: ({ item }) => {
    const { user, sourceIPs, userAgent, objectRef, responseStatus, verb } = parse(item);
    const columns: [string, boolean][] = [
      ['actor_id', user?.username !== undefined],
      ['actor_type', user?.username !== undefined],
      ['src_ip', isIP(sourceIPs?.[0] ?? '') !== 0],
      ['user_agent', userAgent !== undefined],
      ['target_name', objectRef?.name !== undefined],
      ['target_type', objectRef?.resource !== undefined],
      ['outcome', responseStatus?.code !== undefined],
      ['ocsf_activity_id', verb !== undefined],
    ];
    return columns.filter(([, said]) => said).map(([name]) => name);
  },
};
