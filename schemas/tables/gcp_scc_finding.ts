/**
 * Findings of Security Command Center, as the API lists them and as notifications bring them. State, severity, mute and marks of a
 * finding change, so it is a state. It is observed when it is read; a notification says how the finding was at its event time, the only
 * time of it that moves with what was detected.
 * https://cloud.google.com/security-command-center/docs/reference/rest/v2/organizations.sources.findings
 */
import { defineTable, EACH, type Column, type Path } from '../table';
import { instant, json, personal, text } from './shared/column';
import { OCSF } from './shared/ocsf';

/** Beside its resource in answers and notifications, or on its own. */
const inFinding = (...steps: Path): readonly Path[] => [['finding', ...steps], steps];

type Make = (name: string, description: string, options?: { readonly from: readonly Path[] }) => Column;
const ofFinding = (make: Make, name: string, member: string, description: string): Column =>
  make(name, description, { from: inFinding(member) });

const JSON_MEMBERS: readonly (readonly [name: string, member: string, description: string])[] = [
  ['source_properties', 'sourceProperties', 'What the detector says, in its own words.'],
  ['security_marks', 'securityMarks', 'Marks people gave it.'],
  ['indicator', 'indicator', 'Addresses, domains and signatures that were met.'],
  ['mitre_attack', 'mitreAttack', 'Tactics and techniques of ATT&CK.'],
  ['vulnerability', 'vulnerability', 'The CVE it is about.'],
  ['access', 'access', 'Who did what from where.'],
  ['connections', 'connections', 'Network connections it is about.'],
  ['processes', 'processes', 'Processes it is about.'],
  ['iam_bindings', 'iamBindings', 'Bindings that were added or removed.'],
  ['exfiltration', 'exfiltration', 'Sources and targets of data that was taken.'],
  ['kubernetes', 'kubernetes', 'Objects of Kubernetes it is about.'],
  ['containers', 'containers', 'Containers it is about.'],
  ['files', 'files', 'Files it is about.'],
  ['database', 'database', 'Database and query it is about.'],
  ['compliances', 'compliances', 'Standards it violates.'],
  ['external_systems', 'externalSystems', 'Tickets in other systems.'],
  ['contacts', 'contacts', 'Whom to tell.'],
];

const COLUMNS: readonly Column[] = [
  ofFinding(text, 'name', 'name', 'Full name of the finding.'),
  ofFinding(text, 'canonical_name', 'canonicalName', 'Name below the nearest project, folder or organization.'),
  ofFinding(text, 'parent', 'parent', 'Source that found it.'),
  ofFinding(text, 'parent_display_name', 'parentDisplayName', 'Detector, as people call it.'),
  ofFinding(text, 'category', 'category', 'What was found.'),
  ofFinding(text, 'finding_class', 'findingClass', 'THREAT, VULNERABILITY, MISCONFIGURATION, OBSERVATION and others.'),
  ofFinding(text, 'state', 'state', 'ACTIVE or INACTIVE.'),
  ofFinding(text, 'severity', 'severity', 'CRITICAL, HIGH, MEDIUM, LOW or nothing.'),
  ofFinding(text, 'mute', 'mute', 'MUTED, UNMUTED or UNDEFINED.'),
  ofFinding(text, 'workflow_state', 'workflowState', 'State of the work on it; of older findings only.'),
  ofFinding(text, 'resource_name', 'resourceName', 'Full name of the resource.'),
  ofFinding(text, 'external_uri', 'externalUri', 'Page that says more.'),
  ofFinding(text, 'description', 'description', 'What it means, in words.'),
  ofFinding(text, 'next_steps', 'nextSteps', 'What to do about it, in words.'),
  ofFinding(instant, 'finding_time', 'eventTime', 'When it was detected, or last changed its state.'),
  ofFinding(instant, 'create_time', 'createTime', 'When it was first recorded.'),
  ofFinding(instant, 'mute_update_time', 'muteUpdateTime', 'When it was muted or unmuted.'),
  text('resource_type', 'Type of the resource.', { from: [['resource', 'type']] }),
  text('resource_display_name', 'Name of the resource, as people call it.', { from: [['resource', 'displayName']] }),
  text('resource_project', 'Full name of the project of the resource.', { from: [['resource', 'projectName']] }),
  text('resource_project_display_name', 'Id of the project of the resource.', { from: [['resource', 'projectDisplayName']] }),
  text('resource_location', 'Place of the resource.', { from: [['resource', 'location']] }),
  json('resource', 'The resource as the answer tells it.'),
  text('notification_config', 'Configuration that sent it, when it was a notification.', { from: [['notificationConfigName']] }),
  ...JSON_MEMBERS.map(([name, member, description]) => json(name, description, { from: inFinding(member), ...personal })),
];

export const gcpSccFinding = defineTable({
  name: 'gcp_scc_finding',
  kind: 'state',
  description: 'Findings of Google Security Command Center: each change of a finding that was seen.',
  origin: 'google.security_center',
  partition: 'observed_at',
  cluster: ['category', 'event_severity', 'target_id', 'object_id'],
  requirePartitionFilter: false,
  time: { from: inFinding('eventTime'), as: 'rfc3339_utc' },
  key: null,
  object: [inFinding('name')],
  volatile: [['notificationConfigName']],
  // Types of the detector's own words; the words are in source_properties.
  rawOnly: inFinding('propertyDataTypes'),
  columns: COLUMNS,
  envelope: {
    action: { from: inFinding('category') },
    actor_email: { from: inFinding('access', 'principalEmail'), as: 'email' },
    actor_id: { from: [...inFinding('access', 'principalSubject'), ...inFinding('access', 'principalEmail')] },
    src_ip: { from: inFinding('access', 'callerIp'), as: 'ip' },
    target_id: { from: inFinding('resourceName') },
    target_name: { from: [['resource', 'displayName']] },
    target_type: { from: [['resource', 'type']] },
    event_severity: { from: inFinding('severity'), map: { CRITICAL: 'critical', HIGH: 'high', MEDIUM: 'medium', LOW: 'low' } },
    ocsf_class_uid: { constant: OCSF.detection.uid },
    // An observation does not say whether the finding is new or changed.
    ocsf_activity_id: { from: inFinding('state'), map: { ACTIVE: OCSF.detection.other, INACTIVE: OCSF.detection.close } },
    observables: {
      observables: [
        { type: 'ip', from: [...inFinding('indicator', 'ipAddresses', EACH), ...inFinding('access', 'callerIp')] },
        { type: 'domain', from: inFinding('indicator', 'domains', EACH) },
        { type: 'email', from: inFinding('access', 'principalEmail') },
      ],
    },
  },
  examples: [
    {
      question: 'Which findings are open and serious now, and since when?',
      sql: `SELECT valid_from, category, event_severity, target_id, external_uri
FROM lake.gcp_scc_finding_latest
WHERE NOT deleted AND state = 'ACTIVE' AND IFNULL(mute, '') != 'MUTED' AND event_severity IN ('high', 'critical')
ORDER BY valid_from DESC`,
    },
  ],
});
