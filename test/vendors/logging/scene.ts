/**
 * What the bodies of audit entries have in common: who called from where, with which permission and which result.
 * Members and their nesting follow Google's references of AuditLog, AuthenticationInfo, RequestMetadata and
 * google.rpc.Status; int64 values are strings as protobuf's JSON mapping prescribes. All names and addresses are from
 * the ranges reserved for documentation; vendor hosts are the real ones, as they are what queries look for.
 */
import type { Phase } from './timeline';
import { below, chance, digits, hashText, hex, pick, type Random } from './seeded';

export type Json = Record<string, unknown>;

/** Where and when an entry happens. */
export interface Scene {
  readonly random: Random;
  readonly organization: string;
  readonly project: string;
  readonly phase: Phase;
  /** RFC 3339 text of the entry's own timestamp plus nanoseconds. */
  readonly time: (plusNs: number) => string;
}

/** What a template decides; the rest of the LogEntry is added by entry.ts. */
export interface AuditEvent {
  readonly payload: Json;
  readonly resource: { readonly type: string; readonly labels: Json };
  readonly severity: string;
  readonly operation?: Json;
  readonly labels?: Json;
}

export type Template = (scene: Scene) => AuditEvent;

const GIVEN = [
  'amelia',
  'bjorn',
  'chidi',
  'dolores',
  'emre',
  'farah',
  'goran',
  'hana',
  'ines',
  'jonas',
  'keiko',
  'liam',
  'mira',
  'noor',
  'oskar',
  'priya',
];
const FAMILY = ['fischer', 'okafor', 'garcia', 'yilmaz', 'novak', 'tanaka', 'silva', 'larsen', 'haddad', 'moreau'];
const ROBOTS = ['ci-deployer', 'terraform', 'etl-runner', 'web-frontend', 'backup', 'scanner', 'billing-export', 'log-reader'];
const AGENTS = [
  'google-cloud-sdk gcloud/541.0.0 command/gcloud.compute.instances.list invocation-id/9f0c environment/None,gzip(gfe)',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36,gzip(gfe)',
  'google-api-go-client/0.5 Terraform/1.13.3 (+https://www.terraform.io),gzip(gfe)',
  'grpc-java-netty/1.74.0,gzip(gfe)',
  'kube-controller-manager/v1.33.4 (linux/amd64) kubernetes/74cdb42/system:serviceaccount:kube-system:job-controller',
  'gl-python/3.13.1 grpc/1.75.0 gax/2.26.0 gapic/3.4.0 "quoted" \\ <embedded>',
];
/** Free text as people write it: several scripts, quotes, control characters, markup, characters outside the basic plane. */
const REMARKS = [
  'routine change',
  'größere Änderung – bitte prüfen',
  '監査ログの保持期間を延長',
  'rollback 🚀 of "release-42" \\ attempt 2',
  'first line\nsecond line\ttabbed\r\n',
  '<b>do not delete</b> & keep',
  'zażółć gęślą jaźń \u2028 after a line separator',
  'nul-adjacent \u0001 \u001f and a lone quote "',
];

/** A value that is written as these digits, whatever a JavaScript number would make of them (JSON.rawJSON, Node 22 and later). */
export const bareNumber = (text: string): unknown => (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);

export const remark = (scene: Scene): string => pick(scene.random, REMARKS);
export const userEmail = (random: Random): string => `${pick(random, GIVEN)}.${pick(random, FAMILY)}@example.com`;
export const robotEmail = (random: Random, project: string): string => `${pick(random, ROBOTS)}@${project}.iam.gserviceaccount.com`;
/** Twelve digits that belong to a project id. */
export const projectNumber = (project: string): string => `40${String(hashText(project)).padStart(10, '0')}`;

const zones = ['europe-west3-a', 'us-central1-f', 'asia-northeast1-b', 'europe-west1-d'] as const;
export const zoneOf = (scene: Scene): string => pick(scene.random, zones);
export const regionOf = (scene: Scene): string => zoneOf(scene).slice(0, -2);

/** A documentation address (IPv4 or IPv6), or one of the two words Google puts in place of internal ones. */
export function callerIp(random: Random): string {
  const kind = below(random, 20);
  if (kind < 2) return 'private';
  if (kind < 4) return 'gce-internal-ip';
  if (kind < 7) return `2001:db8:${hex(random, 4)}::${hex(random, 3)}`;
  return `${pick(random, ['192.0.2', '198.51.100', '203.0.113'])}.${String(1 + below(random, 254))}`;
}

/** AuthenticationInfo: users, service accounts with a key or on behalf of another, federated identities, nobody. */
export function authentication(scene: Scene): Json {
  const { random, project } = scene;
  const kind = below(random, 100);
  if (kind < 35) {
    const principalEmail = userEmail(random);
    return { principalEmail, principalSubject: `user:${principalEmail}` };
  }
  if (kind < 40) {
    return {
      principalSubject: `principal://iam.googleapis.com/locations/global/workforcePools/example-staff/subject/${userEmail(random)}`,
    };
  }
  if (kind < 43) return {};
  const principalEmail = robotEmail(random, project);
  const base = { principalEmail, principalSubject: `serviceAccount:${principalEmail}` };
  if (kind < 50) {
    const firstPartyPrincipal = { principalEmail: `service-${projectNumber(project)}@compute-system.iam.gserviceaccount.com` };
    return {
      ...base,
      serviceAccountDelegationInfo: [{ firstPartyPrincipal, principalSubject: `serviceAccount:${robotEmail(random, project)}` }],
    };
  }
  if (kind < 53) {
    const thirdPartyPrincipal = {
      thirdPartyClaims: { sub: `repo:example/${pick(random, ROBOTS)}:ref:refs/heads/main`, aud: 'https://example.org', exp: 1790000000 },
    };
    return { ...base, serviceAccountDelegationInfo: [{ thirdPartyPrincipal }] };
  }
  if (kind < 65)
    return {
      ...base,
      serviceAccountKeyName: `//iam.googleapis.com/projects/${project}/serviceAccounts/${principalEmail}/keys/${hex(random, 40)}`,
    };
  return base;
}

export function requestMetadata(scene: Scene): Json {
  const { random, project } = scene;
  return {
    callerIp: callerIp(random),
    callerSuppliedUserAgent: pick(random, AGENTS),
    ...(chance(random, 0.3) ? { callerNetwork: `//compute.googleapis.com/projects/${project}/global/networks/__unknown__` } : {}),
    requestAttributes: { time: scene.time(1 + below(random, 9_000_000)), auth: {} },
    destinationAttributes: {},
  };
}

/** One permission checked on one resource. */
export interface Check {
  readonly permission: string;
  readonly resource: string;
  readonly type?: string;
}

/** A status that failed: PERMISSION_DENIED (7) twice as often as NOT_FOUND (5). */
function failure(scene: Scene, check: Check): Json {
  if (below(scene.random, 3) === 0) return { code: 5, message: `Not found: ${check.resource}` };
  return {
    code: 7,
    message: `Permission '${check.permission}' denied on resource '${check.resource}' (or it may not exist).`,
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'IAM_PERMISSION_DENIED',
        domain: 'iam.googleapis.com',
        metadata: { permission: check.permission, resource: check.resource },
      },
    ],
  };
}

export interface Call {
  readonly service: string;
  readonly method: string;
  readonly resourceName: string;
  readonly checks: readonly [Check, ...Check[]];
  readonly category: 'ADMIN_READ' | 'ADMIN_WRITE' | 'DATA_READ' | 'DATA_WRITE';
  /** Members that only a call which succeeded has, such as response and metadata. */
  readonly succeeded?: Json;
  /** Members every call has, such as request. */
  readonly always?: Json;
  readonly resource: AuditEvent['resource'];
  readonly location?: string;
  readonly failureShare?: number;
}

/** An API call as most services log it. About 6 % fail. */
export function auditedCall(scene: Scene, call: Call): AuditEvent {
  const failed = scene.phase === 'only' && chance(scene.random, call.failureShare ?? 0.06);
  const status = failed ? failure(scene, call.checks[0]) : {};
  const denied = status['code'] === 7;
  const write = call.category.endsWith('WRITE');
  const payload = {
    '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
    status,
    authenticationInfo: authentication(scene),
    requestMetadata: requestMetadata(scene),
    serviceName: call.service,
    methodName: call.method,
    authorizationInfo: call.checks.map(({ permission, resource, type }) => ({
      resource,
      permission,
      // A refused permission has no `granted` at all: false is the default that the JSON mapping leaves out.
      ...(denied ? {} : { granted: true }),
      resourceAttributes: type === undefined ? {} : { service: call.service, name: resource, type },
      permissionType: call.category,
    })),
    resourceName: call.resourceName,
    ...call.always,
    ...(failed ? {} : call.succeeded),
    ...(call.location === undefined ? {} : { resourceLocation: { currentLocations: [call.location] } }),
  };
  return { payload, resource: call.resource, severity: failed ? 'ERROR' : write ? 'NOTICE' : 'INFO' };
}

/** The two entries of a long-running operation share `operation.id`; only the first is marked first, only the last last. */
export function asOperation(scene: Scene, event: AuditEvent, producer: string): AuditEvent {
  const id = `operation-${digits(scene.random, 13)}-${hex(scene.random, 13)}-${hex(scene.random, 8)}`;
  if (scene.phase === 'only') return { ...event, operation: { id, producer, first: true, last: true } };
  return { ...event, operation: { id, producer, [scene.phase]: true } };
}

/** An IAM policy with the given number of bindings, and a change of one of them as `serviceData` reports it. */
export function policyChange(scene: Scene, bindingCount: number): { policy: Json; serviceData: Json } {
  const { random, project } = scene;
  const roles = [
    'roles/viewer',
    'roles/editor',
    'roles/owner',
    'roles/storage.objectViewer',
    'roles/iam.serviceAccountUser',
    'roles/run.invoker',
  ];
  const member = (): string => (chance(random, 0.5) ? `user:${userEmail(random)}` : `serviceAccount:${robotEmail(random, project)}`);
  const bindings = Array.from({ length: bindingCount }, () => ({ role: pick(random, roles), members: [member(), member()] }));
  const outsider = chance(random, 0.1) ? pick(random, ['allUsers', 'user:contractor@example.org', 'domain:example.net']) : member();
  const delta = { action: chance(random, 0.7) ? 'ADD' : 'REMOVE', role: pick(random, roles), member: outsider };
  return {
    policy: { version: 1, etag: `Bw${hex(random, 9)}=`, bindings },
    serviceData: { '@type': 'type.googleapis.com/google.iam.v1.logging.AuditData', policyDelta: { bindingDeltas: [delta] } },
  };
}
