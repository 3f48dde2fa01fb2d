import { auditTable, entry, NOW_MS, notesOf, ORIGIN, rowOf, textOf, transformOf, type Json, type JsonObject } from '../support';

const transform = transformOf();
const lineOf = (changes: JsonObject, by = transform): JsonObject => rowOf(by(textOf(entry(changes)), ORIGIN, NOW_MS)).line;
const payload = (protoPayload: JsonObject, more: JsonObject = {}): JsonObject => lineOf({ protoPayload, ...more });

describe('outcome', () => {
  test.each<[string, string, JsonObject, JsonObject?]>([
    ['success', 'no status', {}],
    ['success', 'an empty status', { status: {} }],
    ['success', 'code 0', { status: { code: 0 } }],
    ['failure', 'another code', { status: { code: 7, message: 'PERMISSION_DENIED' } }],
    ['failure', 'another code as text', { status: { code: '7' } }],
    ['success', 'the last entry of an operation', {}, { operation: { id: 'o', last: true } }],
    ['success', 'the only entry of an operation', {}, { operation: { id: 'o', first: true, last: true } }],
    ['unknown', 'the first entry of an operation', {}, { operation: { id: 'o', first: true } }],
    ['unknown', 'an entry between first and last', {}, { operation: { id: 'o' } }],
    ['failure', 'a first entry that failed at once', { status: { code: 3 } }, { operation: { id: 'o', first: true } }],
    ['unknown', 'no status though every permission was refused', { authorizationInfo: [{ granted: false }] }],
    ['success', 'one permission refused, another granted', { authorizationInfo: [{ granted: false }, { granted: true }] }],
  ])('is %s for %s', (expected, _what, protoPayload, more = {}) => {
    expect(payload(protoPayload, more)['outcome']).toBe(expected);
  });

  test('is NULL where the entry has no audit log message', () => {
    expect(lineOf({ textPayload: 'text' })).not.toHaveProperty('outcome');
  });

  test('is failure in the policy log, but unknown where the denial was a dry run', () => {
    const policy = transformOf(auditTable('policy'));
    expect(lineOf({ protoPayload: { status: { code: 7 } } }, policy)['outcome']).toBe('failure');
    expect(lineOf({ protoPayload: {} }, policy)['outcome']).toBe('failure');
    expect(lineOf({ protoPayload: { metadata: { dryRun: true } } }, policy)['outcome']).toBe('unknown');
    expect(lineOf({}, policy)).not.toHaveProperty('outcome');
  });

  test('has the reason in the words of the vendor', () => {
    expect(payload({ status: { code: 7, message: 'denied' } })['outcome_reason']).toBe('denied');
  });
});

describe('actor', () => {
  const actor = (authenticationInfo: JsonObject): Json[] => {
    const line = payload({ authenticationInfo });
    return ['actor_id', 'actor_email', 'actor_type'].map((name) => line[name] ?? null);
  };

  test.each<[JsonObject, Json[]]>([
    [{ principalEmail: 'user@example.com' }, ['user@example.com', 'user@example.com', 'user']],
    [
      { principalEmail: 'user@example.com', principalSubject: 'user:user@example.com' },
      ['user:user@example.com', 'user@example.com', 'user'],
    ],
    [
      { principalEmail: 'robot@example-project.iam.gserviceaccount.com' },
      ['robot@example-project.iam.gserviceaccount.com', 'robot@example-project.iam.gserviceaccount.com', 'service_account'],
    ],
    [
      { principalSubject: 'serviceAccount:example-project.svc.id.goog[ns/name]' },
      ['serviceAccount:example-project.svc.id.goog[ns/name]', null, 'service_account'],
    ],
    [
      { principalSubject: 'principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/subject/s' },
      ['principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/subject/s', null, 'workload_identity'],
    ],
    [
      { principalSubject: 'principal://iam.googleapis.com/locations/global/workforcePools/pool/subject/s' },
      ['principal://iam.googleapis.com/locations/global/workforcePools/pool/subject/s', null, 'user'],
    ],
    [{ principalEmail: 'system:anonymous' }, ['system:anonymous', null, 'anonymous']],
    [
      { principalEmail: 'system:serviceaccount:kube-system:default' },
      ['system:serviceaccount:kube-system:default', null, 'service_account'],
    ],
    [{ principalEmail: 'system:kube-scheduler' }, ['system:kube-scheduler', null, 'system']],
    [{ principalEmail: '' }, [null, null, null]],
    [{ principalEmail: 7 }, [null, null, null]],
    [{}, [null, null, null]],
  ])('%j', (info, expected) => {
    expect(actor(info).map((value, place) => (info['principalEmail'] === 7 && place === 0 ? null : value))).toEqual(expected);
  });
});

describe('addresses', () => {
  const source = (callerIp: Json): Json | undefined => payload({ requestMetadata: { callerIp } })['src_ip'];

  test.each(['192.0.2.7', '2001:db8::1'])('%s is an address', (text) => {
    expect(source(text)).toBe(text);
  });

  test.each(['private', 'gce-internal-ip', '', '192.0.2.256', '192.0.2.7:443', 7, null])('%j is none', (value) => {
    expect(source(value)).toBeUndefined();
  });

  test('the word stays in the vendor column, and the other spelling is read too', () => {
    expect(payload({ requestMetadata: { callerIp: 'private' } })['protopayload_auditlog']).toEqual({
      requestMetadata: { callerIp: 'private' },
    });
    expect(payload({ requestMetadata: { callerIP: '192.0.2.7' } })['src_ip']).toBe('192.0.2.7');
  });

  test('a destination is an address too', () => {
    expect(payload({ requestMetadata: { destinationAttributes: { ip: '198.51.100.9', port: '443' } } })).toMatchObject({
      dst_ip: '198.51.100.9',
      protopayload_auditlog: { requestMetadata: { destinationAttributes: { ip: '198.51.100.9', port: 443 } } },
    });
  });
});

test.each([
  ['storage.objects.get', 2],
  ['v1.compute.firewalls.insert', 1],
  ['google.iam.admin.v1.CreateServiceAccount', 1],
  ['SetIamPolicy', 3],
  ['google.iam.admin.v1.DisableServiceAccount', 3],
  ['io.k8s.core.v1.pods.exec.create', 1],
  ['google.cloud.asset.v1.AssetService.BatchGetAssetsHistory', 2],
  ['google.pubsub.v1.Subscriber.DeleteSubscription', 4],
  ['jobservice.jobcompleted', 99],
  ['google.login.LoginService.loginSuccess', 99],
  ['constructor', 99],
  ['...', 99],
])('the activity of %s is %i', (methodName, activity) => {
  expect(payload({ methodName })).toMatchObject({ action: methodName, ocsf_class_uid: 6003, ocsf_activity_id: activity });
});

test.each([
  ['DEFAULT', undefined],
  ['INFO', 'informational'],
  ['NOTICE', 'informational'],
  ['WARNING', 'low'],
  ['ERROR', 'medium'],
  ['CRITICAL', 'high'],
  ['EMERGENCY', 'critical'],
  ['constructor', undefined],
])('severity %s is %s', (severity, expected) => {
  expect(lineOf({ severity })['event_severity']).toBe(expected);
});

test('the target is the resource, by full name, last part and type', () => {
  expect(payload({ resourceName: 'projects/_/buckets/example-bucket' }, { resource: { type: 'gcs_bucket' } })).toMatchObject({
    target_id: 'projects/_/buckets/example-bucket',
    target_name: 'example-bucket',
    target_type: 'gcs_bucket',
  });
  expect(payload({ resourceName: 'projects/' })).not.toHaveProperty('target_name');
});

describe('observables', () => {
  test('are addresses and names, each once, without case', () => {
    const line = payload({
      authenticationInfo: {
        principalEmail: 'Admin@Example.com',
        serviceAccountDelegationInfo: [{ firstPartyPrincipal: { principalEmail: 'robot@example.com' } }, { principalSubject: 's' }],
      },
      requestMetadata: { callerIp: '2001:DB8::1', destinationAttributes: { ip: '198.51.100.9' } },
      serviceData: {
        policyDelta: {
          bindingDeltas: [
            { action: 'ADD', member: 'user:admin@example.com' },
            { action: 'ADD', member: 'domain:Example.org' },
            { action: 'ADD', member: 'allUsers' },
            { action: 'ADD' },
          ],
        },
      },
    });
    expect(line['observables']).toEqual([
      { type: 'ip', value: '2001:db8::1' },
      { type: 'ip', value: '198.51.100.9' },
      { type: 'email', value: 'admin@example.com' },
      { type: 'email', value: 'robot@example.com' },
      { type: 'domain', value: 'example.org' },
    ]);
  });

  test('are cut at 64, with a note', () => {
    const bindingDeltas = (count: number): JsonObject => ({
      serviceData: {
        policyDelta: { bindingDeltas: Array.from({ length: count }, (_, place) => ({ member: `user:u${place}@example.com` })) },
      },
    });
    expect(payload(bindingDeltas(64))['observables']).toHaveLength(64);
    expect(notesOf(payload(bindingDeltas(64)))).toEqual([]);
    expect(payload(bindingDeltas(65))['observables']).toHaveLength(64);
    expect(notesOf(payload(bindingDeltas(65)))).toEqual([{ path: 'observables', code: 'TRUNCATED' }]);
  });

  test('are absent where there are none', () => {
    expect(lineOf({})).not.toHaveProperty('observables');
  });
});
