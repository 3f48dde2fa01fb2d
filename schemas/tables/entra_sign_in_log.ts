/**
 * Microsoft Entra ID sign-ins: of users (with and without interaction), service principals and managed identities.
 * https://learn.microsoft.com/graph/api/resources/signin
 * https://learn.microsoft.com/entra/identity/monitoring-health/concept-sign-in-log-activity-details
 *
 * One record has three routes: Microsoft Graph gives it as it is, diagnostic settings put it below `properties`, and Log
 * Analytics names its members in PascalCase. A record may be given again when its risk is settled; the later version is then
 * a KEY_CONFLICT among the rejects.
 */
import type { EnvelopeSource, Path } from '../table';
import { defineTable } from '../table';
import { flag, float, instant, integer, json, personal, record, repeated, text } from './shared/column';
import { EXPORT_COLUMNS, routes } from './shared/entra';
import { OCSF } from './shared/ocsf';

const WHO = [
  text('id', 'Identifier of the sign-in.', routes('id')),
  instant('created_date_time', 'When it was tried; equals event_time.', routes('createdDateTime')),
  text('user_id', 'Object identifier of the user.', { ...routes('userId'), ...personal }),
  text('user_principal_name', 'User principal name.', { ...routes('userPrincipalName'), ...personal }),
  text('user_display_name', 'Display name of the user.', { ...routes('userDisplayName'), ...personal }),
  text('user_type', 'Member or guest.', routes('userType')),
  text('service_principal_id', 'Object identifier of the service principal that signed in.', routes('servicePrincipalId')),
  text('service_principal_name', 'Name of the service principal.', routes('servicePrincipalName')),
  text(
    'service_principal_credential_key_id',
    'Key or certificate the service principal used; no secret.',
    routes('servicePrincipalCredentialKeyId'),
  ),
  text('managed_identity_type', 'none, systemAssigned or userAssigned.', routes('managedIdentityType')),
  text('sign_in_event_types', 'interactiveUser, nonInteractiveUser, servicePrincipal or managedIdentity.', {
    ...routes('signInEventTypes'),
    ...repeated,
  }),
  flag('is_interactive', 'Whether the user gave a credential or factor.', { ...routes('isInteractive'), as: 'bool_text' }),
  text('home_tenant_id', 'Tenant of the user.', routes('homeTenantId')),
  text('resource_tenant_id', 'Tenant of the resource.', routes('resourceTenantId')),
  text('cross_tenant_access_type', 'Kind of access across tenants: none, b2bCollaboration, ….', routes('crossTenantAccessType')),
];

const WHERE = [
  text('app_id', 'Application that asked for the sign-in.', routes('appId')),
  text('app_display_name', 'Its name.', routes('appDisplayName')),
  text('resource_id', 'Resource that was signed in to.', routes('resourceId')),
  text('resource_display_name', 'Its name.', routes('resourceDisplayName')),
  text('resource_service_principal_id', 'Service principal of the resource.', routes('resourceServicePrincipalId')),
  text(
    'client_app_used',
    'Protocol or kind of client: Browser, Mobile Apps and Desktop clients, IMAP, …; old ones know no second factor.',
    routes('clientAppUsed'),
  ),
  text('ip_address', 'Address of the client.', { from: [...routes('ipAddress').from, ['IPAddress']], ...personal }),
  integer('autonomous_system_number', 'Autonomous system of the address.', routes('autonomousSystemNumber')),
  record(
    'location',
    'Where the address is.',
    [
      text('city', 'City.', personal),
      text('state', 'State.'),
      text('country_or_region', 'Two letters of the country.', { from: [['countryOrRegion']] }),
      record(
        'geo_coordinates',
        'Coordinates.',
        [float('latitude', 'Degrees north.', personal), float('longitude', 'Degrees east.', personal), float('altitude', 'Metres.')],
        { from: [['geoCoordinates']], ...personal },
      ),
    ],
    { from: [['properties', 'location'], ['location'], ['LocationDetails']], ...personal },
  ),
  record(
    'device_detail',
    'Device, as far as it is known.',
    [
      text('device_id', 'Identifier of a registered device.', { from: [['deviceId']], ...personal }),
      text('display_name', 'Name of the device.', { from: [['displayName']], ...personal }),
      text('operating_system', 'Operating system.', { from: [['operatingSystem']] }),
      text('browser', 'Browser.'),
      flag('is_compliant', 'Whether it meets the policy of the device management.', { from: [['isCompliant']] }),
      flag('is_managed', 'Whether it is managed.', { from: [['isManaged']] }),
      text('trust_type', 'How it is joined to the directory.', { from: [['trustType']] }),
    ],
    { ...routes('deviceDetail'), ...personal },
  ),
];

const HOW = [
  record(
    'status',
    'How it ended.',
    [
      integer('error_code', '0, or the code of the error (AADSTS).', { from: [['errorCode']] }),
      text('failure_reason', 'What the code means.', { from: [['failureReason']] }),
      text('additional_details', 'More, for example how the second factor was met.', { from: [['additionalDetails']] }),
    ],
    routes('status'),
  ),
  text('correlation_id', 'Identifier that the tries of one sign-in share.', routes('correlationId')),
  text('conditional_access_status', 'success, failure, notApplied or unknownFutureValue.', routes('conditionalAccessStatus')),
  record(
    'applied_conditional_access_policies',
    'Policies that were looked at.',
    [
      text('id', 'Identifier.'),
      text('display_name', 'Name.', { from: [['displayName']] }),
      text('result', 'success, failure, notApplied, notEnabled, reportOnlySuccess, ….'),
      text('enforced_grant_controls', 'Controls that had to be met.', { from: [['enforcedGrantControls']], ...repeated }),
      text('enforced_session_controls', 'Controls of the session.', { from: [['enforcedSessionControls']], ...repeated }),
    ],
    { from: routes('appliedConditionalAccessPolicies').from.slice(0, 2), ...repeated },
  ),
  text('authentication_requirement', 'singleFactorAuthentication or multiFactorAuthentication.', routes('authenticationRequirement')),
  text('authentication_protocol', 'none, oAuth2, ropc, wsFederation, saml20, deviceCode, ….', routes('authenticationProtocol')),
  json('authentication_details', 'Steps and methods of the authentication.', { ...routes('authenticationDetails'), ...personal }),
  json(
    'authentication_processing_details',
    'Facts about its processing, such as the library and legacy TLS.',
    routes('authenticationProcessingDetails'),
  ),
  json('mfa_detail', 'Second factor.', { ...routes('mfaDetail'), ...personal }),
  text('incoming_token_type', 'Token that was presented: none, primaryRefreshToken, saml20, ….', routes('incomingTokenType')),
  text('unique_token_identifier', 'Identifier of the token that was issued; no secret.', routes('uniqueTokenIdentifier')),
  text(
    'original_transfer_method',
    'How the session was moved to the device: none, deviceCodeFlow or authenticationTransfer.',
    routes('originalTransferMethod'),
  ),
  text('client_credential_type', 'Credential of the client: none, clientSecret, certificate, ….', routes('clientCredentialType')),
  text('token_issuer_type', 'AzureAD, ADFederationServices, ….', routes('tokenIssuerType')),
  integer('processing_time_ms', 'Time the sign-in took, in milliseconds.', routes('processingTimeInMilliseconds')),
];

const RISK = [
  text('risk_level_during_sign_in', 'Risk as first seen: none, low, medium, high or hidden.', routes('riskLevelDuringSignIn')),
  text('risk_level_aggregated', 'Risk of user and sign-in together.', routes('riskLevelAggregated')),
  text('risk_state', 'none, atRisk, confirmedCompromised, confirmedSafe, dismissed or remediated.', routes('riskState')),
  text('risk_detail', 'Why the risk has that state.', routes('riskDetail')),
  text('risk_event_types', 'Detections: anonymizedIPAddress, unfamiliarFeatures, passwordSpray, ….', {
    from: [['properties', 'riskEventTypes_v2'], ['riskEventTypes_v2'], ['properties', 'riskEventTypes'], ['riskEventTypes']],
    ...repeated,
  }),
  flag('flagged_for_review', 'Whether the user asked administrators for help with the failed sign-in.', routes('flaggedForReview')),
];

const ERROR_CODES: readonly Path[] = routes('status').from.map((path) => [...path, 'errorCode']);
const RESULT_TYPES: readonly Path[] = [['resultType'], ['resulttype'], ['ResultType']];
const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];

/** 0 is the only code of success. Codes of interrupts (a second factor is asked for) are failures of this try. */
const OUTCOME: EnvelopeSource = {
  cases: [
    ...ERROR_CODES.flatMap((path) => [
      { when: { path, equals: [0, '0'] }, then: { constant: 'success' } },
      { when: { path }, then: { constant: 'failure' } },
    ]),
    ...RESULT_TYPES.flatMap((path) => [
      { when: { path, equals: [0, '0'] }, then: { constant: 'success' } },
      { when: { path, prefix: DIGITS }, then: { constant: 'failure' } },
    ]),
  ],
};

/** The resource's own place by route: beside `properties`, `resourceId` is the directory and not what was signed in to. */
const RESOURCE: EnvelopeSource = {
  cases: [
    { when: { path: ['properties'] }, then: { from: [['properties', 'resourceId']] } },
    { when: { path: ['ResourceIdentity'] }, then: { from: [['ResourceIdentity']] } },
    { then: { from: [['resourceId']] } },
  ],
};

const ACTOR_TYPE: EnvelopeSource = {
  cases: [
    { when: { path: ['category'], equals: ['ServicePrincipalSignInLogs'] }, then: { constant: 'service_account' } },
    { when: { path: ['category'], equals: ['ManagedIdentitySignInLogs'] }, then: { constant: 'workload_identity' } },
    { when: { path: ['signInEventTypes', 0], equals: ['servicePrincipal'] }, then: { constant: 'service_account' } },
    { when: { path: ['signInEventTypes', 0], equals: ['managedIdentity'] }, then: { constant: 'workload_identity' } },
    ...routes('userPrincipalName').from.map((path) => ({ when: { path }, then: { constant: 'user' } })),
  ],
};

const ADDRESSES: readonly Path[] = [...routes('ipAddress').from, ['IPAddress'], ['callerIpAddress'], ['calleripaddress']];

const ENVELOPE: Readonly<Record<string, EnvelopeSource>> = {
  // Graph names no operation; diagnostic settings and Log Analytics call every record this.
  action: { constant: 'Sign-in activity' },
  outcome: OUTCOME,
  outcome_reason: {
    from: [
      ...routes('status').from.map((path): Path => [...path, 'failureReason']),
      ['resultDescription'],
      ['ResultDescription'],
      ...routes('status').from.map((path): Path => [...path, 'additionalDetails']),
    ],
  },
  actor_id: { from: [...routes('userId').from, ...routes('servicePrincipalId').from, ...routes('appId').from] },
  actor_email: { ...routes('userPrincipalName'), as: 'email' },
  actor_name: { from: [...routes('userDisplayName').from, ...routes('servicePrincipalName').from, ['identity'], ['Identity']] },
  actor_type: ACTOR_TYPE,
  src_ip: { from: ADDRESSES, as: 'ip' },
  user_agent: routes('userAgent'),
  session_id: routes('sessionId'),
  device_id: { from: routes('deviceDetail').from.map((path): Path => [...path, 'deviceId']) },
  host_name: { from: routes('deviceDetail').from.map((path): Path => [...path, 'displayName']) },
  target_id: RESOURCE,
  target_name: routes('resourceDisplayName'),
  ocsf_class_uid: { constant: OCSF.authentication.uid },
  ocsf_activity_id: { constant: OCSF.authentication.logon },
  observables: {
    observables: [
      { type: 'ip', from: ADDRESSES },
      { type: 'email', from: routes('userPrincipalName').from },
    ],
  },
};

export const entraSignInLog = defineTable({
  name: 'entra_sign_in_log',
  kind: 'event',
  description: 'Microsoft Entra ID sign-ins of users, service principals and managed identities, successful or not.',
  origin: 'microsoft.entra.sign_in',
  partition: 'event_time',
  cluster: ['outcome', 'actor_id', 'src_ip', 'app_id'],
  requirePartitionFilter: true,
  time: { from: [...routes('createdDateTime').from, ['time'], ['TimeGenerated']], as: 'rfc3339_utc' },
  key: { class: 'A', parts: [['id']], alternatives: [[['properties', 'id']], [['Id']]] },
  volatile: [],
  columns: [...WHO, ...WHERE, ...HOW, ...RISK, ...EXPORT_COLUMNS],
  envelope: ENVELOPE,
  examples: [
    {
      question: 'Which addresses tried many users with wrong passwords?',
      sql: `SELECT src_ip, COUNT(DISTINCT user_principal_name) AS users, COUNT(*) AS tries
FROM lake.entra_sign_in_log
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY)
  AND status.error_code = 50126
GROUP BY src_ip
HAVING COUNT(DISTINCT user_principal_name) >= 10
ORDER BY users DESC`,
    },
    {
      question: 'Who signed in by device code or by password grant, from where?',
      sql: `SELECT event_time, actor_email, src_ip, location.country_or_region, app_display_name, authentication_protocol
FROM lake.entra_sign_in_log
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
  AND authentication_protocol IN ('deviceCode', 'ropc')
  AND outcome = 'success'
ORDER BY event_time`,
    },
    {
      question: 'Which successful sign-ins were risky?',
      sql: `SELECT event_time, actor_email, src_ip, risk_level_during_sign_in, risk_state, risk_event_types
FROM lake.entra_sign_in_log
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
  AND outcome = 'success'
  AND risk_level_during_sign_in IN ('medium', 'high')
ORDER BY event_time`,
    },
  ],
});
