/** Bodies of Data Access entries: reads of data and configuration, BigQuery jobs, sign-ins, tunnels. */
import { below, chance, digits, hex, pick } from './seeded';
import {
  auditedCall,
  authentication,
  callerIp,
  projectNumber,
  regionOf,
  remark,
  requestMetadata,
  robotEmail,
  type Scene,
  type Template,
  userEmail,
  zoneOf,
} from './scene';

const readObject: Template = (scene) => {
  const { random, project } = scene;
  const bucket = `${project}-${pick(random, ['archive', 'exports', 'models'])}`;
  const verb = pick(random, ['get', 'get', 'get', 'list', 'create'] as const);
  const object = `${pick(random, ['daily', 'raw data', 'Übersicht', '日次'])}/${hex(random, 6)}/part-${String(below(random, 999))}.avro`;
  const name = verb === 'list' ? `projects/_/buckets/${bucket}` : `projects/_/buckets/${bucket}/objects/${object}`;
  return auditedCall(scene, {
    service: 'storage.googleapis.com',
    method: `storage.objects.${verb}`,
    resourceName: name,
    category: verb === 'create' ? 'DATA_WRITE' : 'DATA_READ',
    checks: [
      { permission: `storage.objects.${verb}`, resource: name },
      ...(verb === 'create' ? [{ permission: 'storage.objects.delete', resource: name }] : []),
    ],
    resource: { type: 'gcs_bucket', labels: { project_id: project, bucket_name: bucket, location: 'europe-west3' } },
    location: 'europe-west3',
  });
};

function jobBody(scene: Scene, done: boolean): { job: Record<string, unknown> } {
  const { random, project } = scene;
  const query = `-- ${remark(scene)}\nSELECT user, COUNT(*) AS n\nFROM \`${project}.sales.orders\`\nWHERE note != "it's" AND amount >= ${String(below(random, 5000))}\nGROUP BY 1 HAVING n < 10`;
  const stats = {
    createTime: scene.time(0),
    startTime: scene.time(140_000_000),
    ...(done ? { endTime: scene.time(4_140_000_000), totalSlotMs: digits(random, 6) } : {}),
    queryStats: done
      ? {
          totalProcessedBytes: digits(random, 11),
          totalBilledBytes: digits(random, 11),
          billingTier: 1,
          outputRowCount: digits(random, 5),
          referencedTables: [`projects/${project}/datasets/sales/tables/orders`],
        }
      : {},
  };
  return {
    job: {
      jobName: `projects/${project}/jobs/bquxjob_${hex(random, 8)}_${hex(random, 11)}`,
      jobConfig: {
        type: 'QUERY',
        queryConfig: {
          query,
          destinationTable: `projects/${project}/datasets/_${hex(random, 40)}/tables/anon${hex(random, 32)}`,
          createDisposition: 'CREATE_IF_NEEDED',
          writeDisposition: 'WRITE_TRUNCATE',
          priority: 'QUERY_INTERACTIVE',
          statementType: 'SELECT',
        },
      },
      jobStatus: { jobState: done ? 'DONE' : 'RUNNING' },
      jobStats: stats,
    },
  };
}

/** A query job: `jobInsertion` when it starts, `jobChange` when it is done; both belong to one operation. */
const runQuery: Template = (scene) => {
  const { random, project } = scene;
  const done = scene.phase !== 'first';
  const { job } = jobBody(scene, done);
  const event = done ? { jobChange: { before: 'RUNNING', after: 'DONE', job } } : { jobInsertion: { reason: 'JOB_INSERT_REQUEST', job } };
  const name = String(job['jobName']);
  const made = auditedCall(scene, {
    service: 'bigquery.googleapis.com',
    method: 'google.cloud.bigquery.v2.JobService.InsertJob',
    resourceName: name,
    category: 'DATA_WRITE',
    checks: [{ permission: 'bigquery.jobs.create', resource: `projects/${project}` }],
    always: { metadata: { '@type': 'type.googleapis.com/google.cloud.audit.BigQueryAuditMetadata', ...event } },
    resource: { type: 'bigquery_project', labels: { project_id: project, location: 'EU' } },
  });
  const operation = {
    id: `${digits(random, 13)}-${project}:${name.slice(name.lastIndexOf('/') + 1)}`,
    producer: 'bigquery.googleapis.com',
  };
  return {
    ...made,
    severity: 'INFO',
    operation: { ...operation, ...(scene.phase === 'only' ? { first: true, last: true } : { [scene.phase]: true }) },
  };
};

const readTable: Template = (scene) => {
  const { random, project } = scene;
  const table = `projects/${project}/datasets/sales/tables/${pick(random, ['orders', 'customers', 'payments'])}`;
  return auditedCall(scene, {
    service: 'bigquery.googleapis.com',
    method: 'google.cloud.bigquery.v2.TableDataService.List',
    resourceName: table,
    category: 'DATA_READ',
    checks: [{ permission: 'bigquery.tables.getData', resource: table }],
    always: {
      metadata: {
        '@type': 'type.googleapis.com/google.cloud.audit.BigQueryAuditMetadata',
        tableDataRead: {
          reason: 'TABLEDATA_LIST_REQUEST',
          fields: ['id', 'name', 'email', 'amount'],
          fieldsTruncated: chance(random, 0.2),
          jobName: `projects/${project}/jobs/${hex(random, 16)}`,
        },
      },
    },
    resource: { type: 'bigquery_dataset', labels: { project_id: project, dataset_id: 'sales' } },
  });
};

const decrypt: Template = (scene) => {
  const { random, project } = scene;
  const location = regionOf(scene);
  const name = `projects/${project}/locations/${location}/keyRings/main/cryptoKeys/${pick(random, ['tokens', 'backups'])}`;
  return auditedCall(scene, {
    service: 'cloudkms.googleapis.com',
    method: pick(random, ['Decrypt', 'Encrypt']),
    resourceName: name,
    category: 'DATA_READ',
    checks: [{ permission: 'cloudkms.cryptoKeyVersions.useToDecrypt', resource: name }],
    always: { request: { '@type': 'type.googleapis.com/google.cloud.kms.v1.DecryptRequest', name } },
    succeeded: { response: { '@type': 'type.googleapis.com/google.cloud.kms.v1.DecryptResponse', usedPrimary: true } },
    resource: {
      type: 'cloudkms_cryptokey',
      labels: { project_id: project, location, key_ring_id: 'main', crypto_key_id: name.slice(name.lastIndexOf('/') + 1) },
    },
    location,
  });
};

const accessSecret: Template = (scene) => {
  const { random, project } = scene;
  const name = `projects/${projectNumber(project)}/secrets/${pick(random, ['db-password', 'api-token'])}/versions/latest`;
  const method = 'google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion';
  return auditedCall(scene, {
    service: 'secretmanager.googleapis.com',
    method,
    resourceName: name,
    category: 'DATA_READ',
    checks: [{ permission: 'secretmanager.versions.access', resource: name, type: 'secretmanager.googleapis.com/SecretVersion' }],
    always: { request: { '@type': 'type.googleapis.com/google.cloud.secretmanager.v1.AccessSecretVersionRequest', name } },
    resource: { type: 'audited_resource', labels: { project_id: project, service: 'secretmanager.googleapis.com', method } },
    failureShare: 0.15,
  });
};

const mintToken: Template = (scene) => {
  const { random, project } = scene;
  const name = `projects/-/serviceAccounts/${digits(random, 21)}`;
  return auditedCall(scene, {
    service: 'iamcredentials.googleapis.com',
    method: 'GenerateAccessToken',
    resourceName: name,
    category: 'DATA_READ',
    checks: [{ permission: 'iam.serviceAccounts.getAccessToken', resource: name }],
    always: {
      request: {
        '@type': 'type.googleapis.com/google.iam.credentials.v1.GenerateAccessTokenRequest',
        name,
        scope: ['https://www.googleapis.com/auth/cloud-platform'],
        lifetime: { seconds: '3600' },
      },
    },
    resource: {
      type: 'service_account',
      labels: { project_id: project, unique_id: name.slice(name.lastIndexOf('/') + 1), email_id: robotEmail(random, project) },
    },
  });
};

const listInstances: Template = (scene) => {
  const { random, project } = scene;
  const zone = zoneOf(scene);
  return auditedCall(scene, {
    service: 'compute.googleapis.com',
    method: 'v1.compute.instances.list',
    resourceName: `projects/${project}/zones/${zone}/instances`,
    category: 'ADMIN_READ',
    checks: [{ permission: 'compute.instances.list', resource: `projects/${project}`, type: 'resourcemanager.projects' }],
    always: {
      request: { '@type': 'type.googleapis.com/compute.instances.list', maxResults: '500' },
      numResponseItems: String(below(random, 400)),
    },
    resource: { type: 'gce_instance', labels: { project_id: project, zone, instance_id: '' } },
    location: zone,
  });
};

const getPolicy: Template = (scene) =>
  auditedCall(scene, {
    service: 'cloudresourcemanager.googleapis.com',
    method: 'GetIamPolicy',
    resourceName: `projects/${scene.project}`,
    category: 'ADMIN_READ',
    checks: [{ permission: 'resourcemanager.projects.getIamPolicy', resource: `projects/${scene.project}` }],
    always: {
      request: {
        '@type': 'type.googleapis.com/google.iam.v1.GetIamPolicyRequest',
        resource: scene.project,
        options: { requestedPolicyVersion: 3 },
      },
    },
    resource: { type: 'project', labels: { project_id: scene.project } },
  });

/** Reading logs is itself logged: a collector finds its own calls here. */
const listEntries: Template = (scene) =>
  auditedCall(scene, {
    service: 'logging.googleapis.com',
    method: 'google.logging.v2.LoggingServiceV2.ListLogEntries',
    resourceName: `organizations/${scene.organization}`,
    category: 'DATA_READ',
    checks: [
      { permission: 'logging.logEntries.list', resource: `organizations/${scene.organization}`, type: 'logging.googleapis.com/LogBucket' },
    ],
    always: {
      request: {
        '@type': 'type.googleapis.com/google.logging.v2.ListLogEntriesRequest',
        filter: 'timestamp >= "2026-01-01T00:00:00Z"',
        orderBy: 'timestamp asc',
        pageSize: 1000,
        resourceNames: [`organizations/${scene.organization}`],
      },
    },
    resource: {
      type: 'audited_resource',
      labels: { project_id: scene.project, service: 'logging.googleapis.com', method: 'google.logging.v2.LoggingServiceV2.ListLogEntries' },
    },
    location: 'global',
  });

/** Workspace sign-ins. A failed one names the account that was tried, which need not exist. */
const signIn: Template = (scene) => {
  const { random, organization } = scene;
  const failed = chance(random, 0.15);
  const method = `google.login.LoginService.login${failed ? 'Failure' : 'Success'}`;
  const parameter = [
    { name: 'login_type', type: 'TYPE_STRING', label: 'LABEL_OPTIONAL', value: pick(random, ['google_password', 'saml', 'reauth']) },
    { name: 'login_challenge_method', type: 'TYPE_STRING', label: 'LABEL_REPEATED', multiStrValue: ['password', 'security_key'] },
    failed
      ? { name: 'login_failure_type', type: 'TYPE_STRING', label: 'LABEL_OPTIONAL', value: 'login_failure_invalid_password' }
      : { name: 'is_suspicious', type: 'TYPE_BOOL', label: 'LABEL_OPTIONAL', boolValue: chance(random, 0.02) },
    { name: 'dusi', type: 'TYPE_STRING', label: 'LABEL_OPTIONAL', value: hex(random, 14) },
  ];
  const payload = {
    '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
    authenticationInfo: { principalEmail: userEmail(random) },
    requestMetadata: { callerIp: callerIp(random), requestAttributes: {}, destinationAttributes: {} },
    serviceName: 'login.googleapis.com',
    methodName: method,
    resourceName: `organizations/${organization}`,
    metadata: {
      '@type': 'type.googleapis.com/ccc_hosted_reporting.ActivityProto',
      activityId: { timeUsec: digits(random, 16), uniqQualifier: digits(random, 12) },
      event: [{ eventId: hex(random, 8), eventName: failed ? 'login_failure' : 'login_success', eventType: 'login', parameter }],
    },
  };
  return { payload, severity: 'NOTICE', resource: { type: 'audited_resource', labels: { service: 'login.googleapis.com', method } } };
};

const openTunnel: Template = (scene) => {
  const { random, project } = scene;
  const zone = zoneOf(scene);
  const instance = digits(random, 19);
  const name = `projects/${projectNumber(project)}/iap_tunnel/zones/${zone}/instances/${instance}`;
  const payload = {
    '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
    status: {},
    authenticationInfo: authentication(scene),
    requestMetadata: { ...requestMetadata(scene), destinationAttributes: { ip: '192.0.2.7', port: '22' } },
    serviceName: 'iap.googleapis.com',
    methodName: 'AuthorizeUser',
    authorizationInfo: [
      {
        resource: name,
        permission: 'iap.tunnelInstances.accessViaIAP',
        granted: true,
        resourceAttributes: { service: 'iap.googleapis.com', name, type: 'iap.googleapis.com/TunnelInstance' },
      },
    ],
    resourceName: instance,
    request: { '@type': 'type.googleapis.com/cloud.security.gatekeeper.AuthorizeUserRequest', httpRequest: { url: '' } },
    metadata: {
      device_id: '',
      device_state: 'Unknown',
      iap_tcp_session_info: { bytes_received: below(random, 90_000), bytes_sent: below(random, 90_000), phase: 'SESSION_END' },
      oauth_client_id: '',
      request_id: digits(random, 19),
    },
  };
  return { payload, severity: 'INFO', resource: { type: 'gce_instance', labels: { project_id: project, zone, instance_id: instance } } };
};

export const DATA_ACCESS: readonly Template[] = [
  ...[readObject, readObject, readObject, readObject, readObject, runQuery, runQuery, readTable, readTable, decrypt, decrypt, accessSecret],
  ...[mintToken, mintToken, listInstances, listInstances, getPolicy, listEntries, signIn, openTunnel],
];
export const DATA_ACCESS_OPERATIONS: readonly Template[] = [runQuery];
