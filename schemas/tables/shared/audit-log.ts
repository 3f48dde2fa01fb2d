/**
 * `protopayload_auditlog`: the AuditLog message in the shape a Cloud Logging sink gives it. Free-form members (request,
 * response, metadata) are STRING columns with their JSON text, named with the suffix `Json`.
 * https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog
 * https://cloud.google.com/logging/docs/audit/understanding-audit-logs
 */
import type { Path } from '../../table';
import { BIGQUERY_AUDIT_DATA } from './bigquery-audit-data';
import { instant, integer, jsonText, personal, record, repeated, text } from './column';

const AUTHENTICATION_INFO = record('authenticationInfo', 'Who made the request.', [
  text('principalEmail', 'E-mail address of the user or service account; may be removed by the vendor.', personal),
  text('authoritySelector', 'Authority the caller asked for.'),
  text('serviceAccountKeyName', 'Key the service account signed in with.'),
  record(
    'serviceAccountDelegationInfo',
    'Identities the request went through, the first one first.',
    [
      text('principalSubject', 'Subject of the identity.', personal),
      record('firstPartyPrincipal', 'Identity of this vendor.', [text('principalEmail', 'E-mail address.', personal)]),
    ],
    repeated,
  ),
  text('principalSubject', 'Subject of the identity, for example user:..., serviceAccount:... or principal://....', personal),
  record('oauthInfo', 'OAuth client the request came through.', [text('oauthClientId', 'Client identifier.')]),
]);

const AUTHORIZATION_INFO = record(
  'authorizationInfo',
  'Permissions that were checked.',
  [
    text('resource', 'Resource of the check.'),
    text('permission', 'Permission that was checked.'),
    { name: 'granted', type: 'BOOL', as: 'bool_text', description: 'Whether it was granted.', sensitivity: 'internal' },
    record('resourceAttributes', 'Attributes of the resource.', [
      text('service', 'Service of the resource.'),
      text('name', 'Name of the resource.'),
      text('type', 'Type of the resource.'),
    ]),
    text('permissionType', 'Kind of permission, for example ADMIN_WRITE.'),
  ],
  repeated,
);

const REQUEST_METADATA = record('requestMetadata', 'Facts about the request.', [
  // `callerIP` is what some tools between Cloud Logging and us write.
  text('callerIp', 'Address of the caller, or a word such as private.', { from: [['callerIp'], ['callerIP']], ...personal }),
  text('callerSuppliedUserAgent', 'Program of the caller, as it called itself.', personal),
  text('callerNetwork', 'Network of the caller.'),
  record('requestAttributes', 'Attributes of the request.', [
    instant('time', 'When the service received the request.'),
    text('reason', 'Justification given with the request.', personal),
    text('id', 'Identifier of the request.'),
    text('method', 'HTTP method.'),
    text('path', 'Path of the URL.'),
    text('host', 'Host of the URL.'),
    text('scheme', 'Scheme of the URL.'),
    text('query', 'Query of the URL.', personal),
    text('protocol', 'Protocol.'),
    record('auth', 'Authentication of the request.', [
      text('principal', 'Principal.', personal),
      text('audiences', 'Audiences.', repeated),
      text('presenter', 'Presenter of the credential.'),
      text('accessLevels', 'Access levels that held.', repeated),
    ]),
  ]),
  record('destinationAttributes', 'Attributes of the destination.', [
    text('ip', 'Address.'),
    integer('port', 'Port.'),
    text('principal', 'Principal.', personal),
    text('regionCode', 'Region.'),
  ]),
]);

const BINDING_DELTAS = record(
  'bindingDeltas',
  'Bindings that changed.',
  [
    text('action', 'ADD or REMOVE.'),
    text('role', 'Role.'),
    text('member', 'Member, for example user:....', personal),
    record('condition', 'Condition of the binding.', [
      text('expression', 'Expression.'),
      text('title', 'Title.'),
      text('description', 'Description.'),
      text('location', 'Place of the expression.'),
    ]),
  ],
  repeated,
);

const SERVICE_DATA = [
  record(
    'servicedata_v1_iam',
    'Change of an IAM policy.',
    [
      record('policyDelta', 'The change.', [
        BINDING_DELTAS,
        record(
          'auditConfigDeltas',
          'Audit settings that changed.',
          [
            text('action', 'ADD or REMOVE.'),
            text('service', 'Service.'),
            text('exemptedMember', 'Member that is exempt.', personal),
            text('logType', 'Kind of log.'),
          ],
          repeated,
        ),
      ]),
    ],
    { from: [['serviceData']] },
  ),
  record(
    'servicedata_v1_iam_admin',
    'Change of an IAM role.',
    [
      record('permissionDelta', 'The change.', [
        text('addedPermissions', 'Permissions added.', repeated),
        text('removedPermissions', 'Permissions removed.', repeated),
      ]),
    ],
    { from: [['serviceData']] },
  ),
  record('servicedata_v1_bigquery', 'BigQuery job or read, in the older format.', BIGQUERY_AUDIT_DATA, { from: [['serviceData']] }),
];

const POLICY_VIOLATION_INFO = record('policyViolationInfo', 'Organisation policies that were violated.', [
  record('orgPolicyViolationInfo', 'Violations.', [
    text('resourceType', 'Type of the resource.'),
    record(
      'violationInfo',
      'The policies.',
      [
        text('constraint', 'Constraint.'),
        text('errorMessage', 'What was violated.'),
        text('checkedValue', 'Value that was checked.'),
        text('policyType', 'Kind of policy.'),
      ],
      repeated,
    ),
  ]),
]);

/** Where an entry has its message: in the API, in lower case as some tools print it, and in the shape of a sink. */
export const AUDIT_LOG_PATHS: readonly Path[] = [['protoPayload'], ['protopayload'], ['protopayload_auditlog']];

export const AUDIT_LOG = record(
  'protopayload_auditlog',
  'The audit log message.',
  [
    text('serviceName', 'Service that was called.'),
    text('methodName', 'Method that was called.'),
    text('resourceName', 'Resource it was called on.'),
    record('resourceLocation', 'Where the resource is.', [
      text('currentLocations', 'Locations after the call.', repeated),
      text('originalLocations', 'Locations before the call.', repeated),
    ]),
    integer('numResponseItems', 'Items in the response of a list call.'),
    record('status', 'Result of the call; absent or code 0 means success.', [
      integer('code', 'Code of google.rpc.Code.'),
      text('message', 'What went wrong.'),
    ]),
    AUTHENTICATION_INFO,
    AUTHORIZATION_INFO,
    REQUEST_METADATA,
    jsonText('requestJson', 'Request, as JSON text.', { from: [['request']], ...personal }),
    jsonText('responseJson', 'Response, as JSON text.', { from: [['response']], ...personal }),
    jsonText('metadataJson', 'Other facts the service gives, as JSON text.', { from: [['metadata']], ...personal }),
    ...SERVICE_DATA,
    POLICY_VIOLATION_INFO,
  ],
  { from: AUDIT_LOG_PATHS },
);
