/**
 * Okta System Log: sign-ins, policy decisions, changes of users, groups, apps and settings of an Okta organisation.
 * https://developer.okta.com/docs/api/openapi/okta-management/management/tag/SystemLog/
 *
 * Members of `debugContext.debugData`, `detailEntry` and `target[].changeDetails` differ by event type and some have several
 * types, so they are JSON. Some tools write the names of the root in lower case (`eventtype`): both are read.
 */
import type { EnvelopeSource, Path } from '../table';
import { defineTable, EACH } from '../table';
import { camel, flag, float, instant, integer, json, personal, record, repeated, text } from './shared/column';
import { OCSF, ocsfByAction } from './shared/ocsf';

/** The paths of a member of the root, and of the same member with its name in lower case. */
const root = (name: string, ...below: string[]): readonly Path[] => [
  [name, ...below],
  [name.toLowerCase(), ...below],
];

const EVENT_TYPE = root('eventType');

const GEOGRAPHICAL_CONTEXT = record(
  'geographical_context',
  'Where the address was at the time, by a database of locations.',
  [
    text('city', 'City.', personal),
    text('state', 'State or province.', personal),
    text('country', 'Country, by name.'),
    camel(text, 'postalCode', 'Postal code.', personal),
    record('geolocation', 'Coordinates.', [
      float('lat', 'Latitude, degrees north.', personal),
      float('lon', 'Longitude, degrees east.', personal),
    ]),
  ],
  { from: [['geographicalContext']] },
);

const CLIENT = record('client', 'What the request came from.', [
  text('id', 'OAuth 2.0 client, if one made the request.'),
  record(
    'user_agent',
    'Program that made the request.',
    [
      camel(text, 'rawUserAgent', 'User-Agent header.', personal),
      text('os', 'Operating system, as Okta reads the header.'),
      text('browser', 'Browser, as Okta reads the header.'),
    ],
    { from: [['userAgent']] },
  ),
  text('zone', 'Network zone the address is in; the text null where it is in none.'),
  text('device', 'Kind of device: Computer, Mobile, Tablet or Unknown.'),
  camel(text, 'ipAddress', 'Address of the request as Okta sees it.', personal),
  GEOGRAPHICAL_CONTEXT,
]);

const REQUEST = record('request', 'The request, where it passed proxies.', [
  record(
    'ip_chain',
    'Addresses the request passed, the client first.',
    [
      text('ip', 'Address.', { ...personal, from: [['ip'], ['geographicalContext', 'ip']] }),
      text('version', 'V4 or V6.', { from: [['version'], ['geographicalContext', 'version']] }),
      text('source', 'Where the address was read.'),
      GEOGRAPHICAL_CONTEXT,
    ],
    { ...repeated, from: [['ipChain']] },
  ),
]);

const COLUMNS = [
  text('uuid', 'Identifier of the event.'),
  instant('published', 'When it happened; equals event_time.'),
  text('event_type', 'What happened, such as user.session.start; equals action.', { from: EVENT_TYPE }),
  text('legacy_event_type', 'Name of the event in the Events API that came before.', { from: root('legacyEventType') }),
  text('version', 'Version of the event format.'),
  text('severity', 'DEBUG, INFO, WARN or ERROR.'),
  text('display_message', 'What happened, in a sentence.', { ...personal, from: root('displayMessage') }),
  record('actor', 'Who or what did it.', [
    text('id', 'Identifier at Okta.', personal),
    text('type', 'User, SystemPrincipal, PublicClientApp, ….'),
    camel(text, 'alternateId', 'Login name; unknown where Okta knows none.', personal),
    camel(text, 'displayName', 'Name.', personal),
    camel(json, 'detailEntry', 'More about it; the members depend on the type.', personal),
  ]),
  CLIENT,
  json('device', 'Device as Okta Verify knows it: id, name, os_platform, managed, registered, ….', personal),
  record(
    'okta_outcome',
    'How it ended, in the words of Okta.',
    [text('result', 'SUCCESS, FAILURE, SKIPPED, ALLOW, DENY, CHALLENGE, UNKNOWN, ….'), text('reason', 'Why.')],
    { from: [['outcome']] },
  ),
  record(
    'target',
    'What it was done to, one element each.',
    [
      text('id', 'Identifier at Okta.', personal),
      text('type', 'User, UserGroup, AppInstance, AppUser, PolicyEntity, ….'),
      camel(text, 'alternateId', 'Login name, or another name of its own.', personal),
      camel(text, 'displayName', 'Name.', personal),
      camel(json, 'detailEntry', 'More about it; the members depend on the type.', personal),
      camel(json, 'changeDetails', 'What was there before and after.', personal),
    ],
    repeated,
  ),
  record('transaction', 'What the event was part of.', [
    text('id', 'Identifier that the events of one request or job share.'),
    text('type', 'WEB or JOB.'),
    record('detail', 'More about it.', [camel(text, 'requestApiTokenId', 'API token the request was made with.')]),
  ]),
  record(
    'authentication_context',
    'How the actor was authenticated.',
    [
      camel(text, 'authenticationProvider', 'OKTA_AUTHENTICATION_PROVIDER, ACTIVE_DIRECTORY, FEDERATION, FACTOR_PROVIDER, ….'),
      camel(text, 'credentialProvider', 'OKTA_CREDENTIAL_PROVIDER, RSA, GOOGLE, DUO, ….'),
      camel(text, 'credentialType', 'PASSWORD, ASSERTION, OTP, IWA, EMAIL, ….'),
      text('interface', 'Interface that was used.'),
      record('issuer', 'Who issued the credential.', [text('id', 'Identifier.'), text('type', 'Kind.')]),
      camel(integer, 'authenticationStep', 'Zero-based number of the step.'),
      camel(text, 'externalSessionId', 'Session of the actor.'),
      camel(text, 'rootSessionId', 'Session the session was made from.'),
    ],
    { from: root('authenticationContext') },
  ),
  record(
    'security_context',
    'What is known of the address.',
    [
      camel(integer, 'asNumber', 'Number of the autonomous system.'),
      camel(text, 'asOrg', 'Organisation of the autonomous system.'),
      text('isp', 'Internet provider.'),
      text('domain', 'Domain of the address.'),
      camel(flag, 'isProxy', 'Whether it is a known proxy.'),
    ],
    { from: root('securityContext') },
  ),
  REQUEST,
  record(
    'debug_context',
    'What Okta keeps to explain the event; not a stable interface.',
    [camel(json, 'debugData', 'Members by event type: requestUri, behaviors, risk, threatSuspected, dtHash, ….', personal)],
    { from: root('debugContext') },
  ),
];

const AUTHENTICATION = OCSF.authentication;
const ACCOUNT = OCSF.account;
const OCSF_COLUMNS = ocsfByAction(
  EVENT_TYPE,
  [
    {
      names: ['user.session.end', 'user.authentication.slo'],
      prefixes: ['user.session.expire', 'user.session.clear'],
      uid: AUTHENTICATION.uid,
      activity: AUTHENTICATION.logoff,
    },
    { names: ['user.session.impersonation.grant'], uid: OCSF.authorizeSession.uid, activity: OCSF.authorizeSession.assignPrivileges },
    {
      names: ['user.session.start', 'app.oauth2.signon'],
      prefixes: ['user.authentication.'],
      uid: AUTHENTICATION.uid,
      activity: AUTHENTICATION.logon,
    },
    { prefixes: ['user.session.', 'policy.evaluate_sign_on'], uid: AUTHENTICATION.uid, activity: AUTHENTICATION.other },
    { names: ['user.lifecycle.create'], uid: ACCOUNT.uid, activity: ACCOUNT.create },
    { prefixes: ['user.lifecycle.delete'], uid: ACCOUNT.uid, activity: ACCOUNT.delete },
    {
      names: ['user.lifecycle.activate', 'user.lifecycle.reactivate', 'user.lifecycle.unsuspend'],
      uid: ACCOUNT.uid,
      activity: ACCOUNT.enable,
    },
    { names: ['user.lifecycle.deactivate', 'user.lifecycle.suspend'], uid: ACCOUNT.uid, activity: ACCOUNT.disable },
    { prefixes: ['user.account.lock'], uid: ACCOUNT.uid, activity: ACCOUNT.lock },
    { prefixes: ['user.account.unlock'], uid: ACCOUNT.uid, activity: ACCOUNT.unlock },
    { names: ['user.account.update_password'], uid: ACCOUNT.uid, activity: ACCOUNT.passwordChange },
    { names: ['user.account.reset_password'], uid: ACCOUNT.uid, activity: ACCOUNT.passwordReset },
    { names: ['user.account.privilege.grant'], uid: ACCOUNT.uid, activity: ACCOUNT.assignPrivileges },
    { names: ['user.account.privilege.revoke'], uid: ACCOUNT.uid, activity: ACCOUNT.removePrivileges },
    { names: ['user.mfa.factor.activate'], uid: ACCOUNT.uid, activity: ACCOUNT.mfaEnable },
    {
      names: ['user.mfa.factor.deactivate', 'user.mfa.factor.reset_all', 'user.mfa.factor.suspend'],
      uid: ACCOUNT.uid,
      activity: ACCOUNT.mfaDisable,
    },
    { prefixes: ['user.account.', 'user.mfa.factor.update'], uid: ACCOUNT.uid, activity: ACCOUNT.update },
    { names: ['group.user_membership.add'], uid: OCSF.group.uid, activity: OCSF.group.addUser },
    { names: ['group.user_membership.remove'], uid: OCSF.group.uid, activity: OCSF.group.removeUser },
    { names: ['group.privilege.grant'], uid: OCSF.group.uid, activity: OCSF.group.assignPrivileges },
    { names: ['group.privilege.revoke'], uid: OCSF.group.uid, activity: OCSF.group.revokePrivileges },
    { names: ['group.lifecycle.create'], uid: OCSF.group.uid, activity: OCSF.group.create },
    { names: ['group.lifecycle.delete'], uid: OCSF.group.uid, activity: OCSF.group.delete },
    {
      names: [
        'application.lifecycle.create',
        'system.idp.lifecycle.create',
        'policy.lifecycle.create',
        'zone.create',
        'system.api_token.create',
      ],
      uid: OCSF.entity.uid,
      activity: OCSF.entity.create,
    },
    {
      names: [
        'application.lifecycle.delete',
        'system.idp.lifecycle.delete',
        'policy.lifecycle.delete',
        'zone.delete',
        'system.api_token.revoke',
      ],
      uid: OCSF.entity.uid,
      activity: OCSF.entity.delete,
    },
    {
      prefixes: ['application.lifecycle.', 'system.idp.lifecycle.', 'policy.lifecycle.', 'policy.rule.', 'zone.', 'system.mfa.factor.'],
      uid: OCSF.entity.uid,
      activity: OCSF.entity.update,
    },
    {
      prefixes: ['security.threat.', 'security.attack.', 'security.breached_credential.', 'user.risk.'],
      uid: OCSF.detection.uid,
      activity: OCSF.detection.create,
    },
  ],
  { uid: OCSF.api.uid, activity: OCSF.api.other },
);

const ENVELOPE: Readonly<Record<string, EnvelopeSource>> = {
  action: { from: EVENT_TYPE },
  // CHALLENGE asks for another factor and SKIPPED did nothing: how it ended is another event.
  outcome: {
    from: [['outcome', 'result']],
    map: {
      SUCCESS: 'success',
      ALLOW: 'success',
      FAILURE: 'failure',
      DENY: 'failure',
      CHALLENGE: 'unknown',
      SKIPPED: 'unknown',
      ABANDONED: 'unknown',
      UNKNOWN: 'unknown',
    },
  },
  outcome_reason: { from: [['outcome', 'reason']] },
  actor_id: { from: [['actor', 'id']] },
  actor_email: { from: [['actor', 'alternateId']], as: 'email' },
  actor_name: { from: [['actor', 'displayName']] },
  actor_type: {
    from: [['actor', 'type']],
    map: { User: 'user', SystemPrincipal: 'system', PublicClientApp: 'service_account', ConfidentialClientApp: 'service_account' },
  },
  src_ip: {
    from: [
      ['client', 'ipAddress'],
      ['request', 'ipChain', 0, 'ip'],
      ['request', 'ipChain', 0, 'geographicalContext', 'ip'],
    ],
    as: 'ip',
  },
  user_agent: { from: [['client', 'userAgent', 'rawUserAgent']] },
  session_id: { from: [...root('authenticationContext', 'externalSessionId'), ...root('authenticationContext', 'rootSessionId')] },
  device_id: { from: [['device', 'id']] },
  target_id: {
    from: [
      ['target', 0, 'id'],
      ['target', 0, 'alternateId'],
    ],
  },
  target_name: {
    from: [
      ['target', 0, 'displayName'],
      ['target', 0, 'alternateId'],
    ],
  },
  target_type: { from: [['target', 0, 'type']] },
  event_severity: {
    from: [['severity']],
    map: { DEBUG: 'informational', INFO: 'informational', WARN: 'low', ERROR: 'medium', HIGH: 'high' },
  },
  ...OCSF_COLUMNS,
  observables: {
    observables: [
      {
        type: 'ip',
        from: [
          ['client', 'ipAddress'],
          ['request', 'ipChain', EACH, 'ip'],
          ['request', 'ipChain', EACH, 'geographicalContext', 'ip'],
        ],
      },
      {
        type: 'email',
        from: [
          ['actor', 'alternateId'],
          ['target', EACH, 'alternateId'],
        ],
      },
      { type: 'domain', from: root('securityContext', 'domain') },
    ],
  },
};

export const oktaSystemLog = defineTable({
  name: 'okta_system_log',
  kind: 'event',
  description: 'Okta System Log: sign-ins, policy decisions, changes of users, groups, apps and settings.',
  origin: 'okta.system_log',
  partition: 'published',
  cluster: ['action', 'actor_id', 'src_ip'],
  requirePartitionFilter: true,
  time: { from: [['published']], as: 'rfc3339_utc' },
  key: { class: 'A', parts: [['uuid']] },
  volatile: [],
  columns: COLUMNS,
  envelope: ENVELOPE,
  examples: [
    {
      question: 'Which addresses failed to sign in to many accounts?',
      sql: `SELECT src_ip, COUNT(DISTINCT actor_email) AS accounts, COUNT(*) AS attempts, MIN(published) AS first, MAX(published) AS last
FROM lake.okta_system_log
WHERE published >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY)
  AND action = 'user.session.start' AND outcome = 'failure'
GROUP BY src_ip
HAVING accounts >= 10
ORDER BY accounts DESC`,
    },
    {
      question: 'Who was made an administrator, and by whom?',
      sql: `SELECT published, actor_email, src_ip, target_name, JSON_VALUE(debug_context.debug_data, '$.privilegeGranted') AS privilege
FROM lake.okta_system_log
WHERE published >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 30 DAY)
  AND action IN ('user.account.privilege.grant', 'group.privilege.grant')
ORDER BY published DESC`,
    },
    {
      question: 'Whose factors were removed shortly before a sign-in from a proxy?',
      sql: `SELECT removed.published AS removed_at, removed.actor_email AS removed_by, login.published AS login_at, login.actor_email, login.src_ip
FROM lake.okta_system_log AS removed, UNNEST(removed.target) AS affected
JOIN lake.okta_system_log AS login ON login.actor_id = affected.id
WHERE removed.published >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
  AND login.published >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
  AND removed.action IN ('user.mfa.factor.deactivate', 'user.mfa.factor.reset_all')
  AND login.action = 'user.session.start' AND login.security_context.is_proxy
  AND login.published BETWEEN removed.published AND TIMESTAMP_ADD(removed.published, INTERVAL 1 DAY)`,
    },
  ],
});
