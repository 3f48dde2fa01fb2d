/**
 * Azure Activity log: what was done to the resources of subscriptions, and what Azure says about them (policy, health, alerts,
 * recommendations).
 * https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema
 * https://learn.microsoft.com/rest/api/monitor/activity-logs/list
 *
 * The REST API names members in camelCase with `{value, localizedValue}` objects, its Python client prints them in
 * snake_case, diagnostic settings flatten them (`time`, `resultType`, `identity`), and Log Analytics has columns in PascalCase.
 * `eventDataId` is the identity; diagnostic settings leave it out, so those records are identified as a whole.
 */
import type { EnvelopeSource, Path } from '../table';
import { defineTable } from '../table';
import { instant, integer, json, personal, record, text } from './shared/column';
import { OCSF } from './shared/ocsf';

/** A `{value, localizedValue}` member of the API, the same text elsewhere, and further places. */
const valued = (camel: string, snake: string, ...others: readonly Path[]): { readonly from: readonly Path[] } => ({
  from: [[camel, 'value'], [camel], [snake, 'value'], ...others],
});
const named = (...names: readonly string[]): { readonly from: readonly Path[] } => ({ from: names.map((name) => [name]) });

const CLAIMS: readonly Path[] = [['identity', 'claims'], ['claims']];
const claim = (...names: readonly string[]): readonly Path[] => names.flatMap((name) => CLAIMS.map((path) => [...path, name]));
const XMLSOAP = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims';
const OBJECT_ID = 'http://schemas.microsoft.com/identity/claims/objectidentifier';

const COLUMNS = [
  text('event_data_id', 'Identifier of the event.', named('eventDataId', 'event_data_id', 'EventDataId')),
  text('id', 'Identifier of the event as a resource, which ends in eventDataId and ticks.'),
  text(
    'operation_name',
    'Operation of the resource provider, such as Microsoft.Compute/virtualMachines/delete; equals action.',
    valued('operationName', 'operation_name', ['OperationNameValue']),
  ),
  text('operation_id', 'Identifier that the events of one operation share.', named('operationId', 'operation_id', 'OperationId')),
  text('operation_version', 'Version of the API.', named('operationVersion')),
  text(
    'category',
    'Administrative, Policy, Security, ServiceHealth, ResourceHealth, Alert, Autoscale or Recommendation.',
    valued('category', 'category', ['CategoryValue']),
  ),
  text('event_name', 'Name of the event: BeginRequest, EndRequest, ….', valued('eventName', 'event_name')),
  text('status', 'Started, In Progress, Succeeded, Failed, Active, Resolved, …; diagnostic settings: Start, Success, Failure.', {
    from: [['resultType'], ['status', 'value'], ['ActivityStatusValue']],
  }),
  text('sub_status', 'More about the status, mostly an HTTP status.', {
    from: [['resultSignature'], ['subStatus', 'value'], ['sub_status', 'value'], ['ActivitySubstatusValue']],
  }),
  text('result_description', 'What the result says.', named('resultDescription')),
  text('level', 'Critical, Error, Warning, Informational or Verbose.', named('level', 'Level')),
  text(
    'correlation_id',
    'Identifier that the events of one action share across operations.',
    named('correlationId', 'correlation_id', 'CorrelationId'),
  ),
  text('caller', 'Who did it: user principal name, or object identifier of an application.', { ...named('caller', 'Caller'), ...personal }),
  text('caller_ip_address', 'Address of the caller.', {
    from: [['callerIpAddress'], ['httpRequest', 'clientIpAddress'], ['http_request', 'client_ip_address'], ['CallerIpAddress']],
    ...personal,
  }),
  json('claims', 'Claims of the token of the caller; their names are URLs.', { from: CLAIMS, ...personal }),
  record(
    'authorization',
    'Permission the operation needed.',
    [
      text('action', 'Action that was checked.'),
      text('scope', 'Resource of the check.'),
      text('role', 'Role that allowed it.', { from: [['role'], ['evidence', 'role']] }),
      text('principal_id', 'Principal that has the role.', { from: [['evidence', 'principalId']], ...personal }),
      text('principal_type', 'User, Group, ServicePrincipal, ….', { from: [['evidence', 'principalType']] }),
    ],
    { from: [['identity', 'authorization'], ['authorization']] },
  ),
  record(
    'http_request',
    'Request to the resource manager.',
    [
      text('client_request_id', 'Identifier the client gave it.', { from: [['clientRequestId'], ['client_request_id']] }),
      text('client_ip_address', 'Address of the client.', { from: [['clientIpAddress'], ['client_ip_address']], ...personal }),
      text('method', 'HTTP method.'),
      text('uri', 'Address of the request.'),
    ],
    named('httpRequest', 'http_request'),
  ),
  text('resource_id', 'Resource it was done to.', named('resourceId', 'resource_id', '_ResourceId', 'ResourceId')),
  text('resource_type', 'Kind of that resource.', valued('resourceType', 'resource_type')),
  text('resource_group_name', 'Resource group.', named('resourceGroupName', 'resource_group_name', 'ResourceGroup')),
  text('resource_provider_name', 'Resource provider.', valued('resourceProviderName', 'resource_provider_name', ['ResourceProviderValue'])),
  text('subscription_id', 'Subscription.', named('subscriptionId', 'subscription_id', 'SubscriptionId')),
  text('tenant_id', 'Tenant.', named('tenantId', 'tenant_id')),
  text('location', 'Region of the resource.', named('location')),
  integer('duration_ms', 'Time the operation took, in milliseconds.', named('durationMs')),
  text('description', 'Description of the event.', named('description')),
  instant(
    'submission_timestamp',
    'When the event could be queried.',
    named('submissionTimestamp', 'submission_timestamp', 'EventSubmissionTimestamp'),
  ),
  json('properties', 'More about the event, other members in every category; requests and answers are JSON text in it.', {
    ...named('properties', 'Properties_d', 'Properties'),
    ...personal,
  }),
];

const { api } = OCSF;
/** Operations of the resource manager end in what they do; policies, health and alerts are not operations of anybody. */
const READ_STATUSES = { success: 'success', succeeded: 'success', failure: 'failure', failed: 'failure' } as const;
const BEGUN_STATUSES = { start: 'unknown', started: 'unknown', accept: 'unknown', accepted: 'unknown', 'in progress': 'unknown' } as const;

const ADDRESSES: readonly Path[] = [
  ['callerIpAddress'],
  ['httpRequest', 'clientIpAddress'],
  ['http_request', 'client_ip_address'],
  ['CallerIpAddress'],
  ...claim('ipaddr'),
];
const EMAILS: readonly Path[] = [
  ...claim(`${XMLSOAP}/upn`, `${XMLSOAP}/emailaddress`),
  ['caller'],
  ['Caller'],
  ...claim(`${XMLSOAP}/name`, 'name'),
];

const ENVELOPE: Readonly<Record<string, EnvelopeSource>> = {
  action: valued('operationName', 'operation_name', ['OperationNameValue']),
  outcome: {
    from: [['resultType'], ['status', 'value'], ['ActivityStatusValue']],
    as: 'lower',
    map: { ...READ_STATUSES, ...BEGUN_STATUSES },
  },
  outcome_reason: { from: [['resultDescription'], ['subStatus', 'value'], ['sub_status', 'value'], ['ActivitySubstatusValue']] },
  actor_id: {
    from: [...claim(OBJECT_ID), ['caller'], ['Caller'], ...claim(`${XMLSOAP}/upn`, `${XMLSOAP}/emailaddress`, 'appid', 'name')],
  },
  actor_email: { from: EMAILS, as: 'email' },
  actor_name: { from: claim('name') },
  actor_type: {
    cases: [
      ...claim('idtyp').map((path) => ({ when: { path, equals: ['app'] }, then: { constant: 'service_account' } })),
      ...claim('idtyp').map((path) => ({ when: { path, equals: ['user'] }, then: { constant: 'user' } })),
      ...claim(`${XMLSOAP}/upn`, 'altsecid', 'puid').map((path) => ({ when: { path }, then: { constant: 'user' } })),
      {
        then: {
          from: [
            ['identity', 'authorization', 'evidence', 'principalType'],
            ['authorization', 'evidence', 'principalType'],
          ],
          map: { User: 'user', Group: 'group', ServicePrincipal: 'service_account' },
        },
      },
    ],
  },
  src_ip: { from: ADDRESSES, as: 'ip' },
  target_id: named('resourceId', 'resource_id', '_ResourceId', 'ResourceId'),
  target_name: { derive: 'azure.target_name' },
  target_type: {
    cases: [
      { when: { path: ['resourceType', 'value'] }, then: { from: [['resourceType', 'value']] } },
      { when: { path: ['resource_type', 'value'] }, then: { from: [['resource_type', 'value']] } },
      { then: { derive: 'azure.target_type' } },
    ],
  },
  event_severity: {
    ...named('level', 'Level'),
    as: 'lower',
    map: {
      critical: 'critical',
      error: 'medium',
      warning: 'low',
      informational: 'informational',
      information: 'informational',
      verbose: 'informational',
    },
  },
  ocsf_class_uid: { constant: api.uid },
  ocsf_activity_id: { derive: 'azure.ocsf_activity_id' },
  observables: {
    observables: [
      { type: 'ip', from: ADDRESSES },
      { type: 'email', from: EMAILS },
    ],
  },
};

export const azureActivity = defineTable({
  name: 'azure_activity',
  kind: 'event',
  description: 'Azure Activity log: operations on the resources of subscriptions, policy effects, health, alerts and recommendations.',
  origin: 'microsoft.azure.activity',
  partition: 'event_time',
  cluster: ['category', 'action', 'actor_id', 'src_ip'],
  requirePartitionFilter: true,
  time: { from: [['eventTimestamp'], ['event_timestamp'], ['time'], ['TimeGenerated']], as: 'rfc3339_utc' },
  key: { class: 'A', parts: [['eventDataId']], alternatives: [[['event_data_id']], [['EventDataId']]] },
  volatile: [],
  columns: COLUMNS,
  envelope: ENVELOPE,
  examples: [
    {
      question: 'Who deleted locks, backups or diagnostic settings?',
      sql: `SELECT event_time, actor_id, actor_email, src_ip, action, target_id, outcome
FROM lake.azure_activity
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
  AND REGEXP_CONTAINS(LOWER(action), r'^microsoft\\.(authorization/locks|recoveryservices/.*|insights/diagnosticsettings)/delete$')
ORDER BY event_time`,
    },
    {
      question: 'Who read the keys of storage accounts?',
      sql: `SELECT actor_id, src_ip, target_id, COUNT(*) AS reads
FROM lake.azure_activity
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
  AND LOWER(action) = 'microsoft.storage/storageaccounts/listkeys/action'
GROUP BY actor_id, src_ip, target_id
ORDER BY reads DESC`,
    },
    {
      question: 'Which roles were assigned, by whom?',
      sql: `SELECT event_time, actor_email, src_ip, target_id, JSON_VALUE(properties, '$.requestbody') AS request
FROM lake.azure_activity
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
  AND LOWER(action) = 'microsoft.authorization/roleassignments/write'
ORDER BY event_time`,
    },
  ],
});
