/**
 * Azure resource logs (diagnostic logs) in their common schema: what services such as Storage, Key Vault or App Service log
 * about requests to a resource, the data plane that the Activity log does not see.
 * https://learn.microsoft.com/azure/azure-monitor/platform/resource-logs-schema
 * https://learn.microsoft.com/azure/storage/blobs/monitor-blob-storage-reference
 *
 * No member is documented as unique, so records are identified as a whole. `properties` has other members for every
 * service and is JSON; columns and envelope know those of Storage.
 */
import type { EnvelopeSource, Path } from '../table';
import { defineTable } from '../table';
import { integer, json, personal, record, text } from './shared/column';
import { OCSF, ocsfByAction } from './shared/ocsf';

const from = (...paths: readonly Path[]): { readonly from: readonly Path[] } => ({ from: paths });

const IDENTITY = record(
  'identity',
  'How the request was authorised, and for whom.',
  [
    text('type', 'Storage: OAuth, Kerberos, SAS, Account Key, Anonymous, ….'),
    text('token_hash', 'Storage: which key or signature was used, as a hash.', from(['tokenHash'])),
    record('requester', 'Storage: who asked, where OAuth says so.', [
      text('object_id', 'Object identifier.', { ...from(['objectId']), ...personal }),
      text('upn', 'User principal name.', personal),
      text('app_id', 'Application.', from(['appId'])),
      text('tenant_id', 'Tenant.', from(['tenantId'])),
      text('audience', 'Audience of the token.'),
    ]),
    json('claims', 'Claims of the token, where the service gives them.', { ...from(['claim'], ['claims']), ...personal }),
  ],
  personal,
);

const COLUMNS = [
  text('resource_id', 'Resource that wrote the record.', from(['resourceId'])),
  text('category', 'Log of the service: StorageRead, StorageWrite, AuditEvent, ….'),
  text('operation_name', 'Operation: GetBlob, SecretGet, …; equals action.', from(['operationName'])),
  text('operation_version', 'Version of the API.', from(['operationVersion'])),
  text('schema_version', 'Version of the schema of the record.', from(['schemaVersion'])),
  text('result_type', 'Status of the operation.', { ...from(['resultType']), as: 'text' }),
  text('result_signature', 'More about the status.', { ...from(['resultSignature']), as: 'text' }),
  text('result_description', 'What the result says.', from(['resultDescription'])),
  integer('status_code', 'Storage: HTTP status.', from(['statusCode'])),
  text('status_text', 'Storage: the status in a word; one for every way to succeed or to be refused.', from(['statusText'])),
  integer('duration_ms', 'Time the operation took, in milliseconds.', from(['durationMs'])),
  text('caller_ip_address', 'Address of the caller, of Storage with the port.', { ...from(['callerIpAddress']), ...personal }),
  text('correlation_id', 'Identifier that records of one operation share.', from(['correlationId'])),
  IDENTITY,
  text('level', 'Critical, Error, Warning, Informational or Verbose.'),
  text('location', 'Region of the resource.'),
  text('tenant_id', 'Tenant.', from(['tenantId'])),
  text('protocol', 'Storage: protocol of the request.'),
  text('uri', 'Storage: address that was asked for. A shared access signature in it is a secret.', { ...personal }),
  text('account_name', 'Storage: account.', from(['properties', 'accountName'])),
  text('object_key', 'Storage: path of the object.', { ...from(['properties', 'objectKey']), ...personal }),
  text('service_type', 'Storage: blob, file, queue or table.', from(['properties', 'serviceType'])),
  text('metric_response_type', 'Storage: Success, AuthorizationError, ClientOtherError, ….', from(['properties', 'metricResponseType'])),
  text('tls_version', 'Storage: version of TLS.', from(['properties', 'tlsVersion'])),
  text('authentication_type', 'Other services: how the request was authenticated.', from(['properties', 'authenticationType'])),
  json('properties', 'More about the event, other members in every service.', personal),
];

const STATUS: Path = ['statusCode'];
const RESPONSE_TYPE: Path = ['properties', 'metricResponseType'];
const { api, file } = OCSF;

const ENVELOPE: Readonly<Record<string, EnvelopeSource>> = {
  action: from(['operationName']),
  outcome: {
    cases: [
      { when: { path: RESPONSE_TYPE, prefix: ['Success'] }, then: { constant: 'success' } },
      { when: { path: RESPONSE_TYPE }, then: { constant: 'failure' } },
      { when: { path: STATUS, equals: [200, 201, 202, 204, 206] }, then: { constant: 'success' } },
      { when: { path: STATUS, equals: [400, 401, 403, 404, 405, 409, 412, 416, 429, 500, 503] }, then: { constant: 'failure' } },
      {
        then: {
          ...from(['resultType']),
          as: 'lower',
          map: { success: 'success', succeeded: 'success', failure: 'failure', failed: 'failure' },
        },
      },
    ],
  },
  outcome_reason: from(['statusText'], ['resultDescription'], RESPONSE_TYPE),
  actor_id: from(
    ['identity', 'requester', 'objectId'],
    ['identity', 'claim', 'http://schemas.microsoft.com/identity/claims/objectidentifier'],
    ['identity', 'requester', 'appId'],
    ['identity', 'claim', 'appid'],
    ['identity', 'tokenHash'],
  ),
  actor_email: {
    ...from(['identity', 'requester', 'upn'], ['identity', 'claim', 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn']),
    as: 'email',
  },
  actor_type: {
    cases: [
      { when: { path: ['identity', 'type'], equals: ['Anonymous'] }, then: { constant: 'anonymous' } },
      { when: { path: ['identity', 'requester', 'upn'] }, then: { constant: 'user' } },
    ],
  },
  src_ip: { ...from(['callerIpAddress']), as: 'ip' },
  user_agent: from(['properties', 'userAgentHeader'], ['properties', 'clientInfo'], ['properties', 'UserAgent']),
  target_id: from(['properties', 'objectKey'], ['uri'], ['resourceId']),
  target_name: from(['properties', 'accountName']),
  target_type: { derive: 'azure.target_type' },
  event_severity: {
    ...from(['level']),
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
  ...ocsfByAction(
    [['operationName']],
    [
      { names: ['GetBlob', 'GetFile', 'ReadFile'], uid: file.uid, activity: file.download },
      { names: ['PutBlob', 'PutBlock', 'PutBlockList', 'AppendFile', 'CreatePathFile'], uid: file.uid, activity: file.upload },
      { names: ['DeleteBlob', 'DeletePath', 'DeleteFile'], uid: file.uid, activity: file.delete },
      { names: ['CopyBlob'], uid: file.uid, activity: file.copy },
      { prefixes: ['Get', 'List', 'get', 'list'], uid: api.uid, activity: api.read },
      { prefixes: ['Create', 'create'], uid: api.uid, activity: api.create },
      { prefixes: ['Put', 'Set', 'put', 'set'], uid: api.uid, activity: api.update },
      { prefixes: ['Delete', 'delete'], uid: api.uid, activity: api.delete },
    ],
    { uid: api.uid, activity: api.other },
  ),
  observables: {
    observables: [
      { type: 'ip', from: [['callerIpAddress']] },
      { type: 'email', from: [['identity', 'requester', 'upn']] },
    ],
  },
};

export const azureResourceLog = defineTable({
  name: 'azure_resource_log',
  kind: 'event',
  description: 'Azure resource logs: requests to the data of services such as Storage and Key Vault.',
  origin: 'microsoft.azure.resource',
  partition: 'event_time',
  cluster: ['category', 'action', 'target_name', 'src_ip'],
  requirePartitionFilter: true,
  time: { from: [['time']], as: 'rfc3339_utc' },
  key: null,
  volatile: [],
  columns: COLUMNS,
  envelope: ENVELOPE,
  examples: [
    {
      question: 'Which addresses downloaded the most blobs by shared key or signature?',
      sql: `SELECT src_ip, account_name, identity.type, COUNT(DISTINCT object_key) AS objects
FROM lake.azure_resource_log
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY)
  AND operation_name = 'GetBlob'
  AND identity.type IN ('SAS', 'Account Key', 'AccountKey')
GROUP BY src_ip, account_name, identity.type
ORDER BY objects DESC`,
    },
    {
      question: 'What was deleted from storage, and from where?',
      sql: `SELECT event_time, src_ip, account_name, object_key, user_agent, outcome
FROM lake.azure_resource_log
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
  AND category = 'StorageDelete'
ORDER BY event_time`,
    },
  ],
});
