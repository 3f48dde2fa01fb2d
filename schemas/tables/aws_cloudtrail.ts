/**
 * AWS CloudTrail: calls of AWS APIs, console sign-ins and what services did, by whichever route a record comes (delivery
 * files, EventBridge, LookupEvents).
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 *
 * Requests and responses have other members for every call, and the same member with several types, so they are JSON.
 * Times are UTC to the second. Logstash's CloudTrail codec moves `eventTime` to `@timestamp`; some tools print the names of
 * members in lower case.
 */
import type { EnvelopeSource, Path } from '../table';
import { defineTable } from '../table';
import { boolText, USER_IDENTITY } from './shared/aws-user-identity';
import { flag, json, personal, record, repeated, text } from './shared/column';
import { member } from './shared/member';
import { OCSF, ocsfByAction, type OcsfRule } from './shared/ocsf';

const COLUMNS = [
  text('event_version', 'Version of the record format.', member('eventVersion')),
  USER_IDENTITY,
  text('event_source', 'Service the request was made to, for example s3.amazonaws.com.', member('eventSource')),
  text('event_name', 'Action of that service; equals action.', member('eventName')),
  text('aws_region', 'Region the request was made to.', member('awsRegion')),
  text('source_ip_address', 'Address of the caller, or the name of an AWS service.', { ...member('sourceIPAddress'), ...personal }),
  text('error_code', 'Error of the service; absent when the request was answered without one.', member('errorCode')),
  text('error_message', 'What the error says.', { ...member('errorMessage'), ...personal }),
  json('request_parameters', 'Parameters of the request; other members for every action.', { ...member('requestParameters'), ...personal }),
  json('response_elements', 'Answer to requests that change something; may hold credentials that were issued.', {
    ...member('responseElements'),
    sensitivity: 'secret',
  }),
  json('additional_event_data', 'Facts that are part neither of the request nor of the answer.', {
    ...member('additionalEventData'),
    ...personal,
  }),
  text('request_id', 'Identifier the called service gave the request.', member('requestID')),
  text('event_id', 'Identifier of the record, a UUID.', member('eventID')),
  text(
    'event_type',
    'AwsApiCall, AwsServiceEvent, AwsConsoleAction, AwsConsoleSignIn, AwsVpceEvent or AwsCloudTrailInsight.',
    member('eventType'),
  ),
  text('api_version', 'Version of the API.', member('apiVersion')),
  flag('management_event', 'Whether it is a management event.', { ...member('managementEvent'), ...boolText }),
  flag('read_only', 'Whether the action only reads.', { ...member('readOnly'), ...boolText }),
  record(
    'resources',
    'Resources the event touched.',
    [
      text('arn', 'Amazon Resource Name.', { from: [['ARN'], ['arn']] }),
      text('arn_prefix', 'What the names of the resources begin with.', { from: [['ARNPrefix'], ['arnPrefix']] }),
      text('account_id', 'Account that owns the resource.', member('accountId')),
      text('type', 'Kind of resource, for example AWS::S3::Bucket.'),
    ],
    repeated,
  ),
  text(
    'recipient_account_id',
    'Account that received the record; differs from the caller in calls across accounts.',
    member('recipientAccountId'),
  ),
  json('service_event_details', 'What set a service event off and how it ended.', { ...member('serviceEventDetails'), ...personal }),
  text('shared_event_id', 'Identifier that the records of one action in several accounts share.', member('sharedEventID')),
  text('vpc_endpoint_id', 'VPC endpoint the request came through.', member('vpcEndpointId')),
  text('vpc_endpoint_account_id', 'Account of that endpoint.', member('vpcEndpointAccountId')),
  text('event_category', 'Management, Data, NetworkActivity or Insight.', member('eventCategory')),
  record(
    'addendum',
    'Why the record is an update of an earlier one.',
    [
      text('reason', 'DELIVERY_DELAY, UPDATED_DATA or SERVICE_OUTAGE.'),
      text('updated_fields', 'Names of the members that were updated.', { from: [['updatedFields']] }),
      text('original_request_id', 'Request of the earlier record.', { from: [['originalRequestID']] }),
      text('original_event_id', 'Identifier of the earlier record.', { from: [['originalEventID']] }),
    ],
    member('addendum'),
  ),
  flag('session_credential_from_console', 'Whether the credentials are of a console session.', {
    ...member('sessionCredentialFromConsole'),
    ...boolText,
  }),
  json('event_context', 'Tags and condition keys, where the event data store adds them.', member('eventContext')),
  json('edge_device_details', 'Edge device the request was made to.', member('edgeDeviceDetails')),
  json('insight_details', 'What an Insights event found unusual.', member('insightDetails')),
  record(
    'tls_details',
    'TLS of the request.',
    [
      text('tls_version', 'Version of TLS.', { from: [['tlsVersion']] }),
      text('cipher_suite', 'Cipher suite.', { from: [['cipherSuite']] }),
      text('client_provided_host_header', 'Host the client asked for.', { from: [['clientProvidedHostHeader']] }),
    ],
    member('tlsDetails'),
  ),
];

type Case = Extract<EnvelopeSource, { readonly cases: unknown }>['cases'][number];

const IDENTITY: Path = ['userIdentity'];
const REQUEST: Path = ['requestParameters'];
const RESPONSE: Path = ['responseElements'];
const request = (...names: readonly string[]): readonly Path[] => names.map((name) => [...REQUEST, name]);

/** Console sign-in events say how they ended in a member of their own name. */
const CONSOLE_ANSWERS = ['ConsoleLogin', 'SwitchRole', 'ExitRole', 'RenewRole', 'CheckMfa', 'PasswordUpdated', 'PasswordRecoveryCompleted'];
const answered = (name: string): Case => ({
  when: { path: [...RESPONSE, name] },
  then: { from: [[...RESPONSE, name]], as: 'lower', map: { success: 'success', failure: 'failure' } },
});
const ANSWERED: readonly Case[] = [
  ...CONSOLE_ANSWERS.map(answered),
  { when: { path: ['eventType'], equals: ['AwsApiCall'] }, then: { constant: 'success' } },
  { when: { path: ['eventtype'], equals: ['AwsApiCall'] }, then: { constant: 'success' } },
];

/**
 * An error is named, and an API call without one went through: no answer says "success". Other events without an error may
 * not have ended. A dry run, which is answered by an error, neither succeeded nor failed.
 */
const OUTCOME: EnvelopeSource = {
  cases: [
    { when: { path: ['errorCode'], equals: ['Client.DryRunOperation'] }, then: { constant: 'unknown' } },
    // Any text that is not empty begins with nothing; an empty one is how some tools write that there was no error.
    { when: { path: ['errorCode'], prefix: [''] }, then: { constant: 'failure' } },
    { when: { path: ['errorMessage'], prefix: [''] }, then: { constant: 'failure' } },
    ...ANSWERED,
  ],
};

/**
 * A role is taken by programs, except where IAM Identity Center made it for people or its session came by web identity. An
 * account that is not named is anybody (S3 writes so of unsigned requests); another account is a principal of a kind unknown.
 */
const ACTOR_TYPE: EnvelopeSource = {
  cases: [
    { when: { path: [...IDENTITY, 'accountId'], equals: ['anonymous', 'ANONYMOUS_PRINCIPAL'] }, then: { constant: 'anonymous' } },
    {
      when: { path: [...IDENTITY, 'sessionContext', 'sessionIssuer', 'userName'], prefix: ['AWSReservedSSO_'] },
      then: { constant: 'user' },
    },
    {
      when: { path: [...IDENTITY, 'sessionContext', 'webIdFederationData', 'federatedProvider'] },
      then: { constant: 'workload_identity' },
    },
    {
      when: { path: [...IDENTITY, 'type'] },
      then: {
        from: [[...IDENTITY, 'type']],
        map: {
          Root: 'user',
          IAMUser: 'user',
          FederatedUser: 'user',
          SAMLUser: 'user',
          WebIdentityUser: 'user',
          IdentityCenterUser: 'user',
          Directory: 'user',
          AssumedRole: 'service_account',
          Role: 'service_account',
          AWSService: 'system',
        },
      },
    },
    { when: { path: [...IDENTITY, 'invokedBy'] }, then: { constant: 'system' } },
  ],
};

const { account, api, authentication, group } = OCSF;
const OCSF_RULES: readonly OcsfRule[] = [
  { names: ['ConsoleLogin'], uid: authentication.uid, activity: authentication.logon },
  { names: ['CreateUser'], uid: account.uid, activity: account.create },
  { names: ['DeleteUser'], uid: account.uid, activity: account.delete },
  { names: ['ChangePassword'], uid: account.uid, activity: account.passwordChange },
  { names: ['UpdateLoginProfile'], uid: account.uid, activity: account.passwordReset },
  { names: ['EnableMFADevice'], uid: account.uid, activity: account.mfaEnable },
  { names: ['DeactivateMFADevice'], uid: account.uid, activity: account.mfaDisable },
  { names: ['AttachUserPolicy', 'PutUserPolicy'], uid: account.uid, activity: account.assignPrivileges },
  { names: ['DetachUserPolicy', 'DeleteUserPolicy'], uid: account.uid, activity: account.removePrivileges },
  { names: ['AddUserToGroup'], uid: group.uid, activity: group.addUser },
  { names: ['RemoveUserFromGroup'], uid: group.uid, activity: group.removeUser },
  {
    prefixes: ['Get', 'List', 'Describe', 'Head', 'Lookup', 'Search', 'Query', 'Scan', 'BatchGet', 'Select', 'View'],
    uid: api.uid,
    activity: api.read,
  },
  {
    prefixes: ['Create', 'Run', 'Allocate', 'Import', 'Register', 'Issue', 'Generate', 'Upload', 'Copy'],
    uid: api.uid,
    activity: api.create,
  },
  { prefixes: ['Delete', 'Terminate', 'Deregister', 'Release', 'Purge'], uid: api.uid, activity: api.delete },
  {
    prefixes: [
      'Update',
      'Modify',
      'Put',
      'Set',
      'Attach',
      'Detach',
      'Associate',
      'Disassociate',
      'Enable',
      'Disable',
      'Add',
      'Remove',
      'Tag',
      'Untag',
    ],
    uid: api.uid,
    activity: api.update,
  },
  {
    prefixes: ['Authorize', 'Revoke', 'Start', 'Stop', 'Reboot', 'Change', 'Replace', 'Reset', 'Restore', 'Share', 'Schedule', 'Cancel'],
    uid: api.uid,
    activity: api.update,
  },
];

const ENVELOPE: Readonly<Record<string, EnvelopeSource>> = {
  action: member('eventName'),
  outcome: OUTCOME,
  outcome_reason: { from: [['errorMessage'], ['errorCode']] },
  actor_id: {
    from: [
      [...IDENTITY, 'arn'],
      [...IDENTITY, 'principalId'],
      [...IDENTITY, 'onBehalfOf', 'userId'],
      [...IDENTITY, 'userName'],
      [...IDENTITY, 'invokedBy'],
      [...IDENTITY, 'accountId'],
    ],
  },
  actor_email: { derive: 'aws.actor_email' },
  actor_name: {
    from: [
      [...IDENTITY, 'userName'],
      [...IDENTITY, 'sessionContext', 'sessionIssuer', 'userName'],
      [...IDENTITY, 'sessioncontext', 'sessionissuer', 'username'],
    ],
  },
  actor_type: ACTOR_TYPE,
  src_ip: { from: [['sourceIPAddress']], as: 'ip' },
  user_agent: { from: [['userAgent']] },
  // Keys that begin with ASIA are temporary: one key is one session. Long-term keys (AKIA) are of no session.
  session_id: {
    cases: [{ when: { path: [...IDENTITY, 'accessKeyId'], prefix: ['ASIA'] }, then: { from: [[...IDENTITY, 'accessKeyId']] } }],
  },
  target_id: {
    from: [
      ['resources', 0, 'ARN'],
      ['resources', 0, 'arn'],
      ...request('resourceArn', 'policyArn', 'roleArn', 'functionArn', 'secretId', 'keyId', 'functionName', 'instanceId'),
      [...REQUEST, 'instancesSet', 'items', 0, 'instanceId'],
      [...RESPONSE, 'instancesSet', 'items', 0, 'instanceId'],
      [...REQUEST, 'instanceIds', 0],
      ...request('imageId', 'snapshotId', 'volumeId', 'groupId', 'subnetId', 'routeTableId', 'networkAclId', 'internetGatewayId'),
      ...request('allocationId', 'vpcId', 'associationId', 'dBInstanceIdentifier', 'dBSnapshotIdentifier', 'dBSecurityGroupName'),
      ...request('resourceId', 'resourceName', 'trailName', 'bucketName', 'modelId', 'instanceProfileName', 'roleName', 'userName'),
      ...request('groupName', 'logGroupName', 'target', 'sessionId', 'name'),
      ...[
        ['vpc', 'vpcId'],
        ['subnet', 'subnetId'],
        ['routeTable', 'routeTableId'],
        ['securityGroup', 'groupId'],
      ].map((steps) => [...RESPONSE, ...steps]),
    ],
  },
  target_name: {
    from: [
      ...request('bucketName', 'roleName', 'userName', 'groupName', 'functionName', 'policyName', 'instanceProfileName', 'trailName'),
      ...request('secretId', 'dBInstanceIdentifier', 'dBSnapshotIdentifier', 'logGroupName', 'name'),
    ],
  },
  target_type: {
    from: [
      ['resources', 0, 'type'],
      [...REQUEST, 'resourceType'],
    ],
  },
  ...ocsfByAction([['eventName'], ['eventname']], OCSF_RULES, { uid: api.uid, activity: api.other }),
  observables: {
    observables: [
      { type: 'ip', from: [['sourceIPAddress']] },
      { type: 'email', from: [[...IDENTITY, 'userName']] },
    ],
  },
};

export const awsCloudtrail = defineTable({
  name: 'aws_cloudtrail',
  kind: 'event',
  description: 'AWS CloudTrail: API calls, console sign-ins and service events, of all routes a record can come by.',
  origin: 'aws.cloudtrail',
  partition: 'event_time',
  cluster: ['event_source', 'event_name', 'recipient_account_id', 'actor_id'],
  requirePartitionFilter: true,
  time: { from: [['eventTime'], ['eventtime'], ['@timestamp']], as: 'rfc3339_utc' },
  key: { class: 'A', parts: [['eventID']], alternatives: [[['eventid']]] },
  volatile: [],
  columns: COLUMNS,
  envelope: ENVELOPE,
  examples: [
    {
      question: 'Who signed in to the console without a second factor?',
      sql: `SELECT event_time, actor_id, src_ip, outcome
FROM lake.aws_cloudtrail
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
  AND event_name = 'ConsoleLogin'
  AND JSON_VALUE(additional_event_data, '$.MFAUsed') = 'No'
ORDER BY event_time`,
    },
    {
      question: 'Did anyone switch off or change a trail?',
      sql: `SELECT event_time, actor_id, src_ip, event_name, target_id, outcome
FROM lake.aws_cloudtrail
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
  AND event_source = 'cloudtrail.amazonaws.com'
  AND event_name IN ('StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors')
ORDER BY event_time`,
    },
    {
      question: 'Which identities were refused most often, and for what?',
      sql: `SELECT actor_id, event_source, COUNT(*) AS refusals, COUNT(DISTINCT event_name) AS actions
FROM lake.aws_cloudtrail
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY)
  AND error_code IN ('AccessDenied', 'AccessDeniedException', 'Client.UnauthorizedOperation')
GROUP BY actor_id, event_source
ORDER BY refusals DESC
LIMIT 20`,
    },
  ],
});
