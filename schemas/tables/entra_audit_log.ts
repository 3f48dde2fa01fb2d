/**
 * Microsoft Entra ID directory audits: changes to users, groups, applications, roles and policies.
 * https://learn.microsoft.com/graph/api/resources/directoryaudit
 * https://learn.microsoft.com/entra/identity/monitoring-health/concept-diagnostic-settings-logs-options
 *
 * One record has three routes: Microsoft Graph gives it as it is, diagnostic settings put it below `properties`, and Log
 * Analytics names its members in PascalCase and gives objects as JSON text.
 */
import type { EnvelopeSource, Path } from '../table';
import { defineTable, EACH } from '../table';
import { instant, json, personal, record, repeated, text } from './shared/column';
import { EXPORT_COLUMNS, routes } from './shared/entra';
import { OCSF, ocsfByAction, type OcsfRule } from './shared/ocsf';

/** Where a member is an object; Log Analytics gives its JSON text. */
const objects = (name: string): readonly Path[] => [['properties', name], [name]];

const INITIATED_BY = record(
  'initiated_by',
  'Who did it: a user or an application.',
  [
    record(
      'user',
      'User.',
      [
        text('id', 'Object identifier.', personal),
        text('display_name', 'Display name.', { from: [['displayName']], ...personal }),
        text('user_principal_name', 'User principal name.', { from: [['userPrincipalName']], ...personal }),
        text('ip_address', 'Address the user came from.', { from: [['ipAddress']], ...personal }),
        text('user_type', 'Kind of user: member or guest.', { from: [['userType']] }),
        json('roles', 'Roles of the user.'),
        text('home_tenant_id', 'Tenant of a user of another tenant.', { from: [['homeTenantId']] }),
        text('home_tenant_name', 'Its name.', { from: [['homeTenantName']] }),
      ],
      personal,
    ),
    record('app', 'Application.', [
      text('app_id', 'Application (client) identifier.', { from: [['appId']] }),
      text('display_name', 'Display name.', { from: [['displayName']] }),
      text('service_principal_id', 'Object identifier of its service principal.', { from: [['servicePrincipalId']] }),
      text('service_principal_name', 'Name of its service principal.', { from: [['servicePrincipalName']] }),
    ]),
  ],
  { from: objects('initiatedBy') },
);

const TARGET_RESOURCES = record(
  'target_resources',
  'What it was done to, and what changed.',
  [
    text('id', 'Object identifier.', personal),
    text('display_name', 'Display name.', { from: [['displayName']], ...personal }),
    text('type', 'User, Device, Directory, Application, Role, Group, Policy, ServicePrincipal or Other.'),
    text('user_principal_name', 'User principal name of a user.', { from: [['userPrincipalName']], ...personal }),
    json('administrative_units', 'Administrative units the object is in.', { from: [['administrativeUnits']] }),
    text('group_type', 'Kind of group: unifiedGroups or azureAD.', { from: [['groupType']] }),
    record(
      'modified_properties',
      'Properties that were changed.',
      [
        text('display_name', 'Name of the property.', { from: [['displayName']] }),
        text('old_value', 'Value before, JSON text.', { from: [['oldValue']], ...personal }),
        text('new_value', 'Value after, JSON text.', { from: [['newValue']], ...personal }),
      ],
      { from: [['modifiedProperties']], ...repeated },
    ),
  ],
  { from: objects('targetResources'), ...repeated },
);

const COLUMNS = [
  text('id', 'Identifier of the record.', routes('id')),
  text('category', 'Kind of resource: UserManagement, RoleManagement, Policy, …; the name of the log where only that is said.', {
    from: [['properties', 'category'], ['category'], ['Category']],
  }),
  text('correlation_id', 'Identifier that records of one operation share across services.', routes('correlationId')),
  text('result', 'success, failure, timeout or unknownFutureValue.', routes('result')),
  text('result_reason', 'Why it failed or timed out; a justification where one was given.', { ...routes('resultReason'), ...personal }),
  text('activity_display_name', 'Name of the activity; equals action.', routes('activityDisplayName')),
  instant('activity_date_time', 'When it was done; equals event_time.', routes('activityDateTime')),
  text('logged_by_service', 'Service that wrote the record: Core Directory, PIM, Conditional Access, ….', routes('loggedByService')),
  text('operation_type', 'Add, Assign, Update, Unassign or Delete.', { from: [...routes('operationType').from, ['AADOperationType']] }),
  INITIATED_BY,
  TARGET_RESOURCES,
  record('additional_details', 'More about the activity, as pairs.', [text('key', 'Name.'), text('value', 'Value.', personal)], {
    from: objects('additionalDetails'),
    ...repeated,
  }),
  ...EXPORT_COLUMNS,
  text('resource_id', 'Diagnostic settings: the directory, as a resource of Azure.', { from: [['resourceId'], ['ResourceId']] }),
];

const below = (name: string, ...steps: Path): readonly Path[] => objects(name).map((path) => [...path, ...steps]);
const initiator = (...steps: Path): readonly Path[] => below('initiatedBy', ...steps);
const target = (...steps: Path): readonly Path[] => below('targetResources', ...steps);
const detail = (key: string): readonly Path[] => below('additionalDetails', { where: 'key', is: key }, 'value');

/** From the object where the record has one, from JSON text where Log Analytics made that of it. */
const orText = (column: string, from: readonly Path[], derivation: string): EnvelopeSource => ({
  cases: [{ when: { path: [column] }, then: { derive: derivation } }, { then: { from } }],
});

const { account, entity, group } = OCSF;
const OCSF_RULES: readonly OcsfRule[] = [
  { names: ['Add user', 'Create user', 'Invite external user'], uid: account.uid, activity: account.create },
  { names: ['Update user'], uid: account.uid, activity: account.update },
  { names: ['Delete user', 'Hard Delete user'], uid: account.uid, activity: account.delete },
  { names: ['Enable account'], uid: account.uid, activity: account.enable },
  { names: ['Disable account'], uid: account.uid, activity: account.disable },
  { names: ['Change user password', 'Change password (self-service)'], uid: account.uid, activity: account.passwordChange },
  {
    names: ['Reset user password', 'Reset password (by admin)', 'Reset password (self-service)'],
    uid: account.uid,
    activity: account.passwordReset,
  },
  { prefixes: ['Add member to role', 'Add eligible member to role'], uid: account.uid, activity: account.assignRoles },
  { prefixes: ['Remove member from role', 'Remove eligible member from role'], uid: account.uid, activity: account.removeRoles },
  { names: ['Add member to group'], uid: group.uid, activity: group.addUser },
  { names: ['Remove member from group'], uid: group.uid, activity: group.removeUser },
  { names: ['Add group', 'Create group'], uid: group.uid, activity: group.create },
  { names: ['Delete group'], uid: group.uid, activity: group.delete },
  { prefixes: ['Add ', 'Create '], uid: entity.uid, activity: entity.create },
  { prefixes: ['Update ', 'Set '], uid: entity.uid, activity: entity.update },
  { prefixes: ['Delete ', 'Remove '], uid: entity.uid, activity: entity.delete },
];

const ACTION: readonly Path[] = [...routes('activityDisplayName').from, ['operationName'], ['OperationName']];

const ENVELOPE: Readonly<Record<string, EnvelopeSource>> = {
  action: { from: ACTION },
  outcome: { ...routes('result'), map: { success: 'success', failure: 'failure', timeout: 'unknown' } },
  outcome_reason: routes('resultReason'),
  actor_id: orText(
    'InitiatedBy',
    [...initiator('user', 'id'), ...initiator('app', 'servicePrincipalId'), ...initiator('app', 'appId')],
    'entra.initiator_id',
  ),
  actor_email: {
    cases: [
      { when: { path: ['InitiatedBy'] }, then: { derive: 'entra.initiator_email' } },
      { then: { from: initiator('user', 'userPrincipalName'), as: 'email' } },
    ],
  },
  actor_name: orText(
    'InitiatedBy',
    [...initiator('user', 'displayName'), ...initiator('app', 'displayName'), ['identity']],
    'entra.initiator_name',
  ),
  actor_type: {
    cases: [
      ...initiator('user').map((path) => ({ when: { path }, then: { constant: 'user' } })),
      ...initiator('app').map((path) => ({ when: { path }, then: { constant: 'service_account' } })),
      { when: { path: ['InitiatedBy'] }, then: { derive: 'entra.initiator_type' } },
    ],
  },
  src_ip: {
    cases: [
      { when: { path: ['InitiatedBy'] }, then: { derive: 'entra.initiator_ip' } },
      { then: { from: [...initiator('user', 'ipAddress'), ['callerIpAddress'], ...detail('ipaddr')], as: 'ip' } },
    ],
  },
  user_agent: { from: [...routes('userAgent').from, ...detail('User-Agent')] },
  target_id: orText('TargetResources', target(0, 'id'), 'entra.target_id'),
  target_name: orText('TargetResources', [...target(0, 'displayName'), ...target(0, 'userPrincipalName')], 'entra.target_name'),
  target_type: orText('TargetResources', target(0, 'type'), 'entra.target_type'),
  ...ocsfByAction(ACTION, OCSF_RULES, { uid: entity.uid, activity: entity.other }),
  observables: {
    observables: [
      { type: 'ip', from: [...initiator('user', 'ipAddress'), ['callerIpAddress'], ...detail('ipaddr')] },
      { type: 'email', from: [...initiator('user', 'userPrincipalName'), ...target(EACH, 'userPrincipalName')] },
    ],
  },
};

export const entraAuditLog = defineTable({
  name: 'entra_audit_log',
  kind: 'event',
  description: 'Microsoft Entra ID audit log: changes to users, groups, applications, roles and policies of the directory.',
  origin: 'microsoft.entra.audit',
  partition: 'event_time',
  cluster: ['category', 'action', 'actor_id', 'target_id'],
  requirePartitionFilter: true,
  time: { from: [...routes('activityDateTime').from, ['time'], ['TimeGenerated']], as: 'rfc3339_utc' },
  key: { class: 'A', parts: [['id']], alternatives: [[['properties', 'id']], [['Id']]] },
  volatile: [],
  columns: COLUMNS,
  envelope: ENVELOPE,
  examples: [
    {
      question: 'Who was given a directory role, by whom?',
      sql: `SELECT event_time, actor_email, src_ip, action, target.type, target.display_name, target.user_principal_name
FROM lake.entra_audit_log, UNNEST(target_resources) AS target
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
  AND category = 'RoleManagement'
  AND STARTS_WITH(action, 'Add ')
ORDER BY event_time`,
    },
    {
      question: 'Which applications got new credentials?',
      sql: `SELECT event_time, actor_id, src_ip, target_id, target_name, outcome
FROM lake.entra_audit_log
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 30 DAY)
  AND (action LIKE 'Update application%Certificates and secrets management%' OR action LIKE 'Add service principal credentials%')
ORDER BY event_time`,
    },
    {
      question: 'Were conditional access policies or federation settings changed?',
      sql: `SELECT event_time, actor_email, src_ip, action, target_name, outcome
FROM lake.entra_audit_log
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
  AND (action LIKE '%conditional access policy%' OR action IN ('Set federation settings on domain', 'Set domain authentication'))
ORDER BY event_time`,
    },
  ],
});
