/**
 * Requests to Application Load Balancers, with the verdicts of Cloud Armor. Logging is off for new backends and may be sampled.
 * https://cloud.google.com/load-balancing/docs/https/https-logging-monitoring
 * https://cloud.google.com/armor/docs/request-logging
 */
import { integer, json, personal, record, repeated, text } from './shared/column';
import { inPayload, networkLogTable } from './shared/network-log';
import { OCSF } from './shared/ocsf';
import type { Path } from '../table';

/** The activities of OCSF's HTTP Activity are the methods. */
const { uid: HTTP_ACTIVITY, ...activities } = OCSF.http;
const METHODS = Object.fromEntries(Object.entries(activities).map(([method, activity]) => [method.toUpperCase(), activity]));

const inRequest = (...steps: Path): readonly Path[] => [
  ['httpRequest', ...steps],
  ['httprequest', ...steps],
];

const policy = (name: string, what: string) =>
  record(name, what, [
    text('name', 'Name of the policy.'),
    integer('priority', 'Priority of the rule that matched.'),
    text('configuredAction', 'What the rule says.'),
    text('outcome', 'What was done: ACCEPT, DENY, REDIRECT, EXEMPT.'),
    text('preconfiguredExprIds', 'Rules of attacks that matched.', repeated),
    json('rateLimitAction', 'Key and outcome of a limit of rate.'),
    text('matchedFieldType', 'What part of the request matched.'),
    text('matchedFieldName', 'Name of the header, cookie or argument that matched.'),
    text('matchedFieldValue', 'Beginning of what matched.', personal),
    integer('matchedLength', 'Length of what matched.'),
  ]);

export const requests = networkLogTable({
  name: 'requests',
  description: 'Requests to Google Cloud load balancers (HTTP and HTTPS), with the verdicts of Cloud Armor.',
  payload: {
    name: 'jsonpayload_type_loadbalancerlogentry',
    description: 'What the load balancer says beside the request.',
    fields: [
      text('statusDetails', 'Why the load balancer answered as it did.'),
      text('remoteIp', 'Address of the client.', personal),
      text('backendTargetProjectNumber', 'Project of the backend.'),
      text('cacheId', 'Place of the cache that answered.'),
      text('cacheDecision', 'Why the cache did what it did.', repeated),
      text('proxyStatus', 'Where and how the request failed.'),
      text('authzPolicyInfo', 'What the policies of authorization decided.', { as: 'json_text' }),
      policy('enforcedSecurityPolicy', 'Rule of Cloud Armor that was enforced.'),
      policy('previewSecurityPolicy', 'Rule of Cloud Armor that would have been enforced.'),
      policy('enforcedEdgeSecurityPolicy', 'Rule at the edge that was enforced.'),
      policy('previewEdgeSecurityPolicy', 'Rule at the edge that would have been enforced.'),
      record('securityPolicyRequestData', 'What Cloud Armor knows of the request.', [
        text('tlsJa3Fingerprint', 'Fingerprint of the client, JA3.'),
        text('tlsJa4Fingerprint', 'Fingerprint of the client, JA4.'),
        record('remoteIpInfo', 'Where the address is from.', [
          integer('asn', 'Number of the autonomous system.'),
          text('regionCode', 'Country.'),
        ]),
        json('recaptchaActionToken', 'Score of a token of an action.'),
        json('recaptchaSessionToken', 'Score of a token of a session.'),
      ]),
      record('tls', 'Encryption of the connection.', [
        text('protocol', 'Version.'),
        text('cipher', 'Cipher suite.'),
        text('earlyDataRequest', 'Whether early data was sent.', { as: 'text' }),
      ]),
    ],
  },
  cluster: ['src_ip', 'action', 'outcome'],
  envelope: {
    action: { from: inRequest('requestMethod') },
    outcome: {
      from: inRequest('status'),
      map: Object.fromEntries(Array.from({ length: 500 }, (_, at) => [String(at + 100), at + 100 < 400 ? 'success' : 'failure'])),
    },
    outcome_reason: { from: inPayload('statusDetails') },
    src_ip: { from: [...inRequest('remoteIp'), ...inPayload('remoteIp')], as: 'ip' },
    dst_ip: { from: inRequest('serverIp'), as: 'ip' },
    user_agent: { from: inRequest('userAgent') },
    target_id: { from: inRequest('requestUrl') },
    target_name: { from: [['resource', 'labels', 'backend_service_name']] },
    target_type: { from: [['resource', 'type']] },
    ocsf_class_uid: { constant: HTTP_ACTIVITY },
    ocsf_activity_id: { from: inRequest('requestMethod'), map: METHODS },
    observables: {
      observables: [
        { type: 'ip', from: [...inRequest('remoteIp'), ...inRequest('serverIp')] },
        { type: 'url', from: inRequest('requestUrl') },
      ],
    },
  },
  rawOnly: [...inPayload('@type'), ...inPayload('at_sign_type')],
  examples: [
    {
      question: 'Which rules of Cloud Armor denied the most requests, and from where?',
      sql: `SELECT p.enforcedSecurityPolicy.name AS policy, p.enforcedSecurityPolicy.priority AS rule, src_ip, COUNT(*) AS denied
FROM (SELECT src_ip, jsonpayload_type_loadbalancerlogentry AS p FROM lake.requests
  WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY))
WHERE p.enforcedSecurityPolicy.outcome = 'DENY'
GROUP BY policy, rule, src_ip
ORDER BY denied DESC
LIMIT 50`,
    },
  ],
});
