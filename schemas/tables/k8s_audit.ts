/**
 * Kubernetes audit events (audit.k8s.io), as an API server writes them and as EKS, AKS and others pass them on.
 * https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
 *
 * A request has one event per stage it reaches, and all have its `auditID`: the stage belongs to the key. The event happened
 * when the stage was reached. Requests and responses are objects of any kind, so they are JSON. An API server writes times
 * in UTC.
 */
import type { EnvelopeSource } from '../table';
import { defineTable, EACH } from '../table';
import { instant, integer, json, personal, record, repeated, text } from './shared/column';
import { OCSF, ocsfByAction } from './shared/ocsf';

const USER_FIELDS = [
  text('username', 'Name that identifies the user among all users that are active.', personal),
  text('uid', 'Identifier of the user that no later user of that name has.', personal),
  text('groups', 'Groups the user belongs to.', repeated),
  json('extra', 'What else the authenticator says, for example the role session behind an EKS user.', personal),
];

const COLUMNS = [
  text('level', 'How much of the request is recorded: Metadata, Request or RequestResponse.'),
  text('audit_id', 'Identifier of the request, which all its stages share.', { from: [['auditID']] }),
  text('stage', 'RequestReceived, ResponseStarted, ResponseComplete or Panic.'),
  text('request_uri', 'URI as the client sent it.', { from: [['requestURI']], ...personal }),
  text('verb', 'Verb of the request: get, list, watch, create, update, patch, delete, deletecollection, …; equals action.'),
  record('user', 'Who made the request.', USER_FIELDS, personal),
  record('impersonated_user', 'Whom the request was made as, where another was impersonated.', USER_FIELDS, {
    from: [['impersonatedUser']],
    ...personal,
  }),
  text('source_ips', 'Addresses the request came through, the client first; all but the last are claims of the client.', {
    from: [['sourceIPs']],
    ...repeated,
    ...personal,
  }),
  record(
    'object_ref',
    'Object of the request.',
    [
      text('resource', 'Kind of object, plural: pods, secrets, ….'),
      text('namespace', 'Namespace.'),
      text('name', 'Name; absent for lists and for objects whose name is generated.'),
      text('uid', 'Identifier of the object.'),
      text('api_group', 'API group; absent for the core group.', { from: [['apiGroup']] }),
      text('api_version', 'Version of the API.', { from: [['apiVersion']] }),
      text('resource_version', 'Version of the object.', { from: [['resourceVersion']] }),
      text('subresource', 'Part of the object: exec, log, token, status, ….'),
    ],
    { from: [['objectRef']] },
  ),
  record(
    'response_status',
    'How the request ended.',
    [
      integer('code', 'HTTP status code.'),
      text('status', 'Success or Failure.'),
      text('reason', 'Reason of a failure in one word.'),
      text('message', 'Reason of a failure in a sentence.', personal),
      json('details', 'More about a failure.'),
    ],
    { from: [['responseStatus']] },
  ),
  json('request_object', 'Object of the request as JSON, at level Request or above; Secrets in it are in clear text.', {
    from: [['requestObject']],
    sensitivity: 'secret',
  }),
  json('response_object', 'Object of the response as JSON, at level RequestResponse; may hold tokens that were issued.', {
    from: [['responseObject']],
    sensitivity: 'secret',
  }),
  instant('request_received_timestamp', 'When the request reached the API server.', { from: [['requestReceivedTimestamp']] }),
  instant('stage_timestamp', 'When the stage was reached; equals event_time.', { from: [['stageTimestamp']] }),
  record('annotations', 'What plug-ins say about the request; those that are known, others are in raw.', [
    text('authorization_k8s_io_decision', 'allow or forbid.', { from: [['authorization.k8s.io/decision']] }),
    text('authorization_k8s_io_reason', 'Rule that decided.', { from: [['authorization.k8s.io/reason']] }),
    text('authentication_kubernetes_io_issued_credential_id', 'Credential a TokenRequest gave.', {
      from: [['authentication.kubernetes.io/issued-credential-id']],
    }),
    text('pod_security_kubernetes_io_enforce_policy', 'Pod security level that was enforced.', {
      from: [['pod-security.kubernetes.io/enforce-policy']],
    }),
    text('pod_security_kubernetes_io_audit_violations', 'Pod security rules the pod violates.', {
      from: [['pod-security.kubernetes.io/audit-violations']],
    }),
  ]),
  text('api_version', 'Version of the event format.', { from: [['apiVersion']] }),
  text('kind', 'Event.'),
];

/** HTTP codes an API server answers with. 101 is the upgrade of exec, attach and port-forward. */
const SUCCESS_CODES = [101, 200, 201, 202, 204];
const FAILURE_CODES = [400, 401, 403, 404, 405, 406, 409, 410, 413, 415, 422, 429, 500, 501, 502, 503, 504];
const CODE = ['responseStatus', 'code'];

const ENVELOPE: Readonly<Record<string, EnvelopeSource>> = {
  action: { from: [['verb']] },
  outcome: {
    cases: [
      { when: { path: ['stage'], equals: ['RequestReceived'] }, then: { constant: 'unknown' } },
      { when: { path: ['stage'], equals: ['Panic'] }, then: { constant: 'failure' } },
      { when: { path: ['responseStatus', 'status'], equals: ['Failure'] }, then: { constant: 'failure' } },
      { when: { path: CODE, equals: SUCCESS_CODES }, then: { constant: 'success' } },
      { when: { path: CODE, equals: FAILURE_CODES }, then: { constant: 'failure' } },
      { when: { path: ['responseStatus', 'status'], equals: ['Success'] }, then: { constant: 'success' } },
    ],
  },
  outcome_reason: {
    from: [
      ['responseStatus', 'message'],
      ['responseStatus', 'reason'],
      ['annotations', 'authorization.k8s.io/reason'],
    ],
  },
  actor_id: {
    from: [
      ['user', 'username'],
      ['user', 'uid'],
    ],
  },
  actor_email: { from: [['user', 'username']], as: 'email' },
  actor_name: { from: [['user', 'extra', 'sessionName', 0]] },
  actor_type: {
    cases: [
      { when: { path: ['user', 'username'], equals: ['system:anonymous'] }, then: { constant: 'anonymous' } },
      { when: { path: ['user', 'username'], prefix: ['system:serviceaccount:'] }, then: { constant: 'service_account' } },
      { when: { path: ['user', 'username'], prefix: ['system:', 'eks:', 'aks:'] }, then: { constant: 'system' } },
      { when: { path: ['user', 'username'] }, then: { constant: 'user' } },
    ],
  },
  src_ip: { from: [['sourceIPs', 0]], as: 'ip' },
  user_agent: { from: [['userAgent']] },
  target_id: { from: [['objectRef', 'uid'], ['objectRef', 'name'], ['requestURI']] },
  target_name: { from: [['objectRef', 'name']] },
  target_type: { from: [['objectRef', 'resource']] },
  ...ocsfByAction(
    [['verb']],
    [
      { names: ['create'], uid: OCSF.api.uid, activity: OCSF.api.create },
      { names: ['get', 'list', 'watch'], uid: OCSF.api.uid, activity: OCSF.api.read },
      { names: ['update', 'patch'], uid: OCSF.api.uid, activity: OCSF.api.update },
      { names: ['delete', 'deletecollection'], uid: OCSF.api.uid, activity: OCSF.api.delete },
    ],
    { uid: OCSF.api.uid, activity: OCSF.api.other },
  ),
  observables: {
    observables: [
      { type: 'ip', from: [['sourceIPs', EACH]] },
      {
        type: 'email',
        from: [
          ['user', 'username'],
          ['impersonatedUser', 'username'],
        ],
      },
    ],
  },
};

export const k8sAudit = defineTable({
  name: 'k8s_audit',
  kind: 'event',
  description: 'Kubernetes audit events: requests to API servers of any distribution, one row per recorded stage.',
  origin: 'kubernetes.audit',
  partition: 'event_time',
  cluster: ['verb', 'target_type', 'actor_id', 'src_ip'],
  requirePartitionFilter: true,
  time: { from: [['stageTimestamp'], ['requestReceivedTimestamp']], as: 'rfc3339_utc' },
  key: { class: 'B', parts: [['auditID'], ['stage']] },
  volatile: [],
  columns: COLUMNS,
  envelope: ENVELOPE,
  examples: [
    {
      question: 'Who opened a shell in a pod, or ran a command in one?',
      sql: `SELECT event_time, actor_id, src_ip, object_ref.namespace, object_ref.name, outcome
FROM lake.k8s_audit
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
  AND object_ref.resource = 'pods'
  AND object_ref.subresource IN ('exec', 'attach')
ORDER BY event_time`,
    },
    {
      question: 'Which requests were answered that nobody had signed in for?',
      sql: `SELECT event_time, src_ip, verb, request_uri, response_status.code
FROM lake.k8s_audit
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
  AND actor_type = 'anonymous'
  AND outcome = 'success'
ORDER BY event_time`,
    },
    {
      question: 'Who read or listed Secrets, and how often?',
      sql: `SELECT actor_id, src_ip, COUNT(*) AS reads
FROM lake.k8s_audit
WHERE event_time >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY)
  AND object_ref.resource = 'secrets'
  AND verb IN ('get', 'list', 'watch')
GROUP BY actor_id, src_ip
ORDER BY reads DESC`,
    },
  ],
});
