/**
 * Google Workspace audit activities of the Reports API, all applications.
 * https://developers.google.com/workspace/admin/reports/reference/rest/v1/activities
 *
 * One activity has one `id` and many events; a row is one event, numbered by `event_index`, and `raw` is the whole activity.
 * `uniqueQualifier` and `profileId` are beyond 2^53 and stay text. Parameters differ by event: those that detections use are
 * columns, all are in `parameters`.
 */
import type { EnvelopeSource, Path } from '../table';
import { defineTable, EACH } from '../table';
import { camel, flag, instant, integer, json, personal, record, repeated, text } from './shared/column';
import { PARAMETER_COLUMNS, parameter } from './shared/gworkspace-parameters';
import { OCSF, ocsfByAction } from './shared/ocsf';

const event = (...path: Path): Path => ['events', EACH, ...path];
/** Where the name of an event is: in the API, in Panther's records, in Sentinel's. */
const EVENT_NAME: readonly Path[] = [event('name'), ['name'], ['event_name']];
const EVENT_TYPE: readonly Path[] = [event('type'), ['type'], ['event_type']];
const STATUS = event('status');

const COLUMNS = [
  text('kind', 'Kind of resource: admin#reports#activity.'),
  instant('time', 'When it happened, to the millisecond; equals event_time.', { from: [['id', 'time']] }),
  text('unique_qualifier', 'Tells activities of one time apart; a signed 64-bit number as text.', { from: [['id', 'uniqueQualifier']] }),
  text('application_name', 'Application: admin, login, drive, token, groups, ….', { from: [['id', 'applicationName']] }),
  text('customer_id', 'Customer, C....', { from: [['id', 'customerId']] }),
  integer('event_index', 'Zero-based number of the event in its activity.', { from: [] }),
  text('event_name', 'What was done, such as login_success or CHANGE_DOCUMENT_VISIBILITY; equals action.', { from: EVENT_NAME }),
  text('event_type', 'Group of events the name is of.', { from: EVENT_TYPE }),
  record('actor', 'Who did it.', [
    text('email', 'E-mail address.', personal),
    camel(text, 'profileId', 'Workspace profile; 105250506097979753968 stands for none.', personal),
    camel(text, 'callerType', 'USER, KEY or APPLICATION.'),
    text('key', 'Consumer key of the request, or the name of a robot.'),
    record(
      'application_info',
      'Application that did it for the actor.',
      [
        camel(text, 'oauthClientId', 'OAuth client.'),
        camel(text, 'applicationName', 'Name.'),
        flag('impersonation', 'Whether it impersonated the actor.'),
      ],
      { from: [['applicationInfo']] },
    ),
  ]),
  camel(text, 'ownerDomain', 'Domain that was affected.'),
  camel(text, 'ipAddress', 'Address of the actor.', personal),
  record(
    'network_info',
    'Network of that address.',
    [
      camel(integer, 'ipAsn', 'Autonomous systems.', repeated),
      camel(text, 'regionCode', 'Country, ISO 3166-1.'),
      camel(text, 'subdivisionCode', 'Part of the country, ISO 3166-2.'),
    ],
    { from: [['networkInfo']] },
  ),
  record(
    'status',
    'How the event ended; most have none.',
    [
      camel(text, 'eventStatus', 'SUCCEEDED, SUCCEEDED_WITH_WARNINGS, FAILED or SKIPPED.'),
      camel(text, 'errorCode', 'Code.'),
      camel(text, 'errorMessage', 'Message.', personal),
      camel(integer, 'httpStatusCode', 'HTTP status.'),
    ],
    { from: [STATUS] },
  ),
  ...PARAMETER_COLUMNS,
  json('parameters', 'All parameters of the event, as they came.', { ...personal, from: [event('parameters'), ['parameters']] }),
  text('resource_ids', 'Resources of the event, detailed in resource_details.', { ...repeated, from: [event('resourceIds')] }),
  camel(json, 'resourceDetails', 'Resources of the activity.', personal),
];

const { account, group, authentication, file, entity } = OCSF;
const OCSF_COLUMNS = ocsfByAction(
  EVENT_NAME,
  [
    { names: ['logout'], uid: authentication.uid, activity: authentication.logoff },
    { names: ['login_success', 'login_failure'], uid: authentication.uid, activity: authentication.logon },
    { prefixes: ['login_', 'suspicious_login', 'risky_sensitive_action'], uid: authentication.uid, activity: authentication.other },
    { names: ['CREATE_USER'], uid: account.uid, activity: account.create },
    { names: ['DELETE_USER', 'UNDELETE_USER'], uid: account.uid, activity: account.delete },
    { names: ['SUSPEND_USER'], prefixes: ['account_disabled_'], uid: account.uid, activity: account.disable },
    { names: ['UNSUSPEND_USER'], uid: account.uid, activity: account.enable },
    { names: ['CHANGE_PASSWORD', 'password_edit'], uid: account.uid, activity: account.passwordChange },
    { names: ['2sv_enroll'], uid: account.uid, activity: account.mfaEnable },
    { names: ['2sv_disable', 'TURN_OFF_2_STEP_VERIFICATION'], uid: account.uid, activity: account.mfaDisable },
    { names: ['GRANT_ADMIN_PRIVILEGE', 'GRANT_DELEGATED_ADMIN_PRIVILEGES'], uid: account.uid, activity: account.assignPrivileges },
    { names: ['REVOKE_ADMIN_PRIVILEGE'], uid: account.uid, activity: account.removePrivileges },
    { names: ['ASSIGN_ROLE'], uid: account.uid, activity: account.assignRoles },
    { names: ['UNASSIGN_ROLE'], uid: account.uid, activity: account.removeRoles },
    {
      names: ['USER_LICENSE_ASSIGNMENT', 'USER_LICENSE_REVOKE', 'recovery_email_edit', 'recovery_phone_edit', 'recovery_secret_qa_edit'],
      uid: account.uid,
      activity: account.update,
    },
    { names: ['ADD_GROUP_MEMBER', 'add_user', 'add_member'], uid: group.uid, activity: group.addUser },
    { names: ['REMOVE_GROUP_MEMBER', 'remove_user', 'remove_member'], uid: group.uid, activity: group.removeUser },
    { names: ['CREATE_GROUP', 'create_group'], uid: group.uid, activity: group.create },
    { names: ['DELETE_GROUP', 'delete_group'], uid: group.uid, activity: group.delete },
    { names: ['download'], uid: file.uid, activity: file.download },
    { names: ['upload'], uid: file.uid, activity: file.upload },
    { names: ['view', 'preview'], uid: file.uid, activity: file.preview },
    { names: ['edit'], uid: file.uid, activity: file.update },
    { names: ['rename'], uid: file.uid, activity: file.rename },
    { names: ['copy', 'source_copy'], uid: file.uid, activity: file.copy },
    { names: ['move'], uid: file.uid, activity: file.move },
    { names: ['delete', 'trash'], uid: file.uid, activity: file.delete },
    { names: ['untrash'], uid: file.uid, activity: file.restore },
    {
      names: ['change_user_access', 'change_document_visibility', 'change_document_access_scope', 'change_owner'],
      prefixes: ['change_acl_', 'team_drive_', 'shared_drive_'],
      uid: file.uid,
      activity: file.share,
    },
    { names: ['authorize'], uid: OCSF.authorizeSession.uid, activity: OCSF.authorizeSession.assignPrivileges },
    { names: ['revoke'], uid: OCSF.authorizeSession.uid, activity: OCSF.authorizeSession.other },
    { prefixes: ['CREATE_', 'ADD_'], uid: entity.uid, activity: entity.create },
    { prefixes: ['CHANGE_', 'TOGGLE_', 'RENAME_', 'UPDATE_', 'ENFORCE_', 'ALLOW_'], uid: entity.uid, activity: entity.update },
    { prefixes: ['DELETE_', 'REMOVE_'], uid: entity.uid, activity: entity.delete },
    { names: ['delivery'], uid: OCSF.email.uid, activity: OCSF.email.other },
  ],
  { uid: OCSF.api.uid, activity: OCSF.api.other },
);

/** Stands for an actor without a Workspace account: https://developers.google.com/workspace/admin/reports/reference/rest/v1/activities/list */
const PLACEHOLDER_PROFILE = '105250506097979753968';

const CHALLENGE: EnvelopeSource = {
  from: parameter('login_challenge_status'),
  map: { passed: 'success', 'Challenge Passed.': 'success', incorrect_answer_entered: 'failure', 'Challenge Failed.': 'failure' },
};
const NAMED_OUTCOMES = EVENT_NAME.flatMap((path): { when: { path: Path; equals: readonly string[] }; then: EnvelopeSource }[] => [
  { when: { path, equals: ['login_success', 'logout', 'CUSTOMER_TAKEOUT_SUCCEEDED'] }, then: { constant: 'success' } },
  { when: { path, equals: ['login_failure', 'risky_sensitive_action_blocked', 'CUSTOMER_TAKEOUT_FAILED'] }, then: { constant: 'failure' } },
  { when: { path, equals: ['login_challenge', 'login_verification'] }, then: CHALLENGE },
]);

/** Gmail: the part of a message's parameters that `names` lead to, in the API's nested lists and in a map. */
const ofMessage = (...names: readonly string[]): readonly Path[] => [
  [
    ...event('parameters', { where: 'name', is: 'message_info' }),
    ...names.flatMap((name) => ['messageValue', 'parameter', { where: 'name', is: name }] as const),
    'value',
  ],
  ['parameters', 'message_info', ...names],
];

/** Whose kind the target is, in the order that `target_id` is looked for. */
const TARGETS: readonly (readonly [readonly Path[], EnvelopeSource])[] = [
  [parameter('doc_id'), { from: parameter('doc_type') }],
  [[...parameter('GROUP_EMAIL'), ...parameter('group_email')], { constant: 'group' }],
  [[...parameter('USER_EMAIL'), ...parameter('user_email'), ...parameter('affected_email_address')], { constant: 'user' }],
  [parameter('client_id'), { constant: 'oauth_client' }],
  [parameter('DEVICE_ID'), { constant: 'device' }],
  [[...parameter('ROLE_ID'), ...parameter('ROLE_NAME')], { constant: 'role' }],
  [parameter('event_id'), { constant: 'calendar_event' }],
  [parameter('calendar_id'), { constant: 'calendar' }],
  [parameter('SETTING_NAME'), { constant: 'setting' }],
  [parameter('DOMAIN_NAME'), { constant: 'domain' }],
  [[...parameter('application_name'), ...parameter('APPLICATION_NAME')], { constant: 'application' }],
  [parameter('rule_name'), { constant: 'rule' }],
  [[...ofMessage('rfc2822_message_id'), ...ofMessage('subject')], { constant: 'message' }],
];

const ENVELOPE: Readonly<Record<string, EnvelopeSource>> = {
  // Activities of rules come without a name from some tools; what they are of says the application.
  action: { from: [...EVENT_NAME, ...EVENT_TYPE, ['id', 'applicationName']] },
  outcome: {
    cases: [
      {
        when: { path: [...STATUS, 'eventStatus'] },
        then: {
          from: [[...STATUS, 'eventStatus']],
          map: {
            SUCCEEDED: 'success',
            SUCCEEDED_WITH_WARNINGS: 'success',
            FAILED: 'failure',
            SKIPPED: 'unknown',
            UNKNOWN_EVENT_STATUS: 'unknown',
          },
        },
      },
      ...NAMED_OUTCOMES,
      { when: { path: ['parameters', 'event_info', 'success'], equals: [true] }, then: { constant: 'success' } },
      { when: { path: ['parameters', 'event_info', 'success'], equals: [false] }, then: { constant: 'failure' } },
    ],
  },
  outcome_reason: {
    from: [
      [...STATUS, 'errorMessage'],
      [...STATUS, 'errorCode'],
      ...parameter('login_failure_type'),
      ...parameter('login_challenge_status'),
    ],
  },
  actor_id: {
    from: [
      ['actor', 'profileId'],
      ['actor', 'key'],
    ],
  },
  actor_email: { from: [['actor', 'email']], as: 'email' },
  actor_type: {
    cases: [
      { when: { path: ['actor', 'key'], equals: ['SYSTEM'] }, then: { constant: 'system' } },
      { when: { path: ['actor', 'profileId'], equals: [PLACEHOLDER_PROFILE] }, then: { constant: 'anonymous' } },
      {
        when: { path: ['actor', 'callerType'] },
        then: { from: [['actor', 'callerType']], map: { USER: 'user', KEY: 'service_account', APPLICATION: 'service_account' } },
      },
      { when: { path: ['actor', 'profileId'] }, then: { constant: 'user' } },
    ],
  },
  src_ip: { from: [['ipAddress'], ...ofMessage('connection_info', 'client_ip')], as: 'ip' },
  user_agent: { from: parameter('user_agent') },
  device_id: { from: parameter('DEVICE_ID') },
  target_id: { from: TARGETS.flatMap(([paths]) => paths) },
  target_name: {
    from: [
      ...parameter('doc_title'),
      ...parameter('app_name'),
      ...parameter('ROLE_NAME'),
      ...parameter('event_title'),
      ...ofMessage('subject'),
      ...TARGETS.slice(1).flatMap(([paths]) => paths),
    ],
  },
  target_type: { cases: TARGETS.flatMap(([paths, then]) => paths.map((path) => ({ when: { path }, then }))) },
  event_severity: { from: parameter('severity'), map: { LOW: 'low', MEDIUM: 'medium', HIGH: 'high' } },
  ...OCSF_COLUMNS,
  observables: {
    observables: [
      { type: 'ip', from: [['ipAddress'], ...ofMessage('connection_info', 'client_ip')] },
      {
        type: 'email',
        from: [
          ['actor', 'email'],
          ...[
            'USER_EMAIL',
            'GROUP_EMAIL',
            'user_email',
            'group_email',
            'affected_email_address',
            'target_user',
            'owner',
            'new_owner',
            'recipient_email',
            'event_guest',
          ].flatMap(parameter),
          ...ofMessage('source', 'address'),
          ['parameters', 'message_info', 'destination', EACH, 'address'],
        ],
      },
      {
        type: 'domain',
        from: [...parameter('target_domain'), ...parameter('DOMAIN_NAME'), ['parameters', 'message_info', 'link_domain', EACH]],
      },
    ],
  },
};

export const gworkspaceActivity = defineTable({
  name: 'gworkspace_activity',
  kind: 'event',
  description:
    'Google Workspace audit activities: sign-ins, the admin console, Drive, tokens, groups, Calendar, Gmail and all other applications.',
  origin: 'google.workspace_reports',
  partition: 'time',
  cluster: ['action', 'actor_email', 'src_ip'],
  requirePartitionFilter: true,
  time: { from: [['id', 'time']], as: 'rfc3339_utc' },
  each: { path: ['events'], index: 'event_index' },
  key: {
    class: 'B',
    parts: [
      ['id', 'customerId'],
      ['id', 'applicationName'],
      ['id', 'time'],
      ['id', 'uniqueQualifier'],
    ],
  },
  volatile: [['etag']],
  columns: COLUMNS,
  envelope: ENVELOPE,
  examples: [
    {
      question: 'Which documents became visible outside, and through whom?',
      sql: `SELECT time, actor_email, src_ip, doc_title, doc_id, visibility, target_user
FROM lake.gworkspace_activity
WHERE time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
  AND application_name = 'drive' AND visibility_change = 'external'
ORDER BY time DESC`,
    },
    {
      question: 'Which administrators were made, and which two-step verifications were switched off?',
      sql: `SELECT time, action, actor_email, src_ip, user_email, role_name
FROM lake.gworkspace_activity
WHERE time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 90 DAY)
  AND action IN ('ASSIGN_ROLE', 'GRANT_ADMIN_PRIVILEGE', 'TURN_OFF_2_STEP_VERIFICATION', '2sv_disable')
ORDER BY time DESC`,
    },
    {
      question: 'Which applications got access to mail or files of several people?',
      sql: `SELECT app_name, client_id, COUNT(DISTINCT actor_email) AS people, ARRAY_AGG(DISTINCT one_scope) AS scopes
FROM lake.gworkspace_activity, UNNEST(scope) AS one_scope
WHERE time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 30 DAY) AND action = 'authorize'
  AND (one_scope LIKE 'https://mail.google.com/%' OR one_scope LIKE 'https://www.googleapis.com/auth/drive%')
GROUP BY app_name, client_id
ORDER BY people DESC`,
    },
  ],
});
