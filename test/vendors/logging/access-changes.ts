/** Bodies of Admin Activity entries that change who may do what: keys, secrets and policies. */
import { auditedCall, policyChange, projectNumber, regionOf, robotEmail, type Template } from './scene';
import { below, digits, hex, pick } from './seeded';

export const createKey: Template = (scene) => {
  const { random, project } = scene;
  const email = robotEmail(random, project);
  const id = digits(random, 21);
  const name = `projects/-/serviceAccounts/${id}`;
  return auditedCall(scene, {
    service: 'iam.googleapis.com',
    method: 'google.iam.admin.v1.CreateServiceAccountKey',
    resourceName: name,
    category: 'ADMIN_WRITE',
    checks: [{ permission: 'iam.serviceAccountKeys.create', resource: name, type: 'iam.googleapis.com/ServiceAccount' }],
    always: {
      request: {
        '@type': 'type.googleapis.com/google.iam.admin.v1.CreateServiceAccountKeyRequest',
        name: `projects/${project}/serviceAccounts/${email}`,
        private_key_type: 2,
      },
    },
    succeeded: {
      response: {
        '@type': 'type.googleapis.com/google.iam.admin.v1.ServiceAccountKey',
        name: `projects/${project}/serviceAccounts/${email}/keys/${hex(random, 40)}`,
        key_algorithm: 2,
        valid_after_time: { seconds: 1_790_000_000 },
        valid_before_time: { seconds: 253_402_300_799 },
      },
    },
    resource: { type: 'service_account', labels: { project_id: project, unique_id: id, email_id: email } },
  });
};

export const setProjectPolicy: Template = (scene) => {
  const { project } = scene;
  const { policy, serviceData } = policyChange(scene, 2 + below(scene.random, 8));
  const name = `projects/${project}`;
  return auditedCall(scene, {
    service: 'cloudresourcemanager.googleapis.com',
    method: 'SetIamPolicy',
    resourceName: name,
    category: 'ADMIN_WRITE',
    checks: [{ permission: 'resourcemanager.projects.setIamPolicy', resource: name }],
    always: { request: { '@type': 'type.googleapis.com/google.iam.v1.SetIamPolicyRequest', resource: project, policy } },
    succeeded: { serviceData, response: { '@type': 'type.googleapis.com/google.iam.v1.Policy', ...policy } },
    resource: { type: 'project', labels: { project_id: project } },
  });
};

export const setBucketPolicy: Template = (scene) => {
  const { random, project } = scene;
  const bucket = `${project}-${pick(random, ['archive', 'exports', 'public-site', 'tmp'])}`;
  const name = `projects/_/buckets/${bucket}`;
  const { policy, serviceData } = policyChange(scene, 3);
  return auditedCall(scene, {
    service: 'storage.googleapis.com',
    method: 'storage.setIamPermissions',
    resourceName: name,
    category: 'ADMIN_WRITE',
    checks: [{ permission: 'storage.buckets.setIamPolicy', resource: name }],
    succeeded: { serviceData, response: policy },
    resource: { type: 'gcs_bucket', labels: { project_id: project, bucket_name: bucket, location: 'eu' } },
    location: 'eu',
  });
};

export const rotateKey: Template = (scene) => {
  const { random, project } = scene;
  const location = regionOf(scene);
  const ring = `projects/${project}/locations/${location}/keyRings/main`;
  const name = `${ring}/cryptoKeys/${pick(random, ['tokens', 'backups', 'payments'])}`;
  const destroy = below(random, 8) === 0;
  return auditedCall(scene, {
    service: 'cloudkms.googleapis.com',
    method: destroy ? 'DestroyCryptoKeyVersion' : 'CreateCryptoKeyVersion',
    resourceName: name,
    category: 'ADMIN_WRITE',
    checks: [{ permission: `cloudkms.cryptoKeyVersions.${destroy ? 'destroy' : 'create'}`, resource: name }],
    always: {
      request: {
        '@type': `type.googleapis.com/google.cloud.kms.v1.${destroy ? 'Destroy' : 'Create'}CryptoKeyVersionRequest`,
        parent: name,
      },
    },
    succeeded: {
      response: {
        '@type': 'type.googleapis.com/google.cloud.kms.v1.CryptoKeyVersion',
        state: destroy ? 'DESTROY_SCHEDULED' : 'ENABLED',
        generateTime: scene.time(5_000_000),
        name: `${name}/cryptoKeyVersions/${String(1 + below(random, 40))}`,
      },
    },
    resource: {
      type: 'cloudkms_cryptokey',
      labels: { project_id: project, location, key_ring_id: 'main', crypto_key_id: name.slice(name.lastIndexOf('/') + 1) },
    },
    location,
  });
};

export const addSecretVersion: Template = (scene) => {
  const { random, project } = scene;
  const name = `projects/${projectNumber(project)}/secrets/${pick(random, ['db-password', 'api-token', 'tls-key'])}`;
  return auditedCall(scene, {
    service: 'secretmanager.googleapis.com',
    method: 'google.cloud.secretmanager.v1.SecretManagerService.AddSecretVersion',
    resourceName: name,
    category: 'ADMIN_WRITE',
    checks: [{ permission: 'secretmanager.versions.add', resource: name, type: 'secretmanager.googleapis.com/Secret' }],
    always: {
      request: {
        '@type': 'type.googleapis.com/google.cloud.secretmanager.v1.AddSecretVersionRequest',
        parent: name,
        payload: { dataCrc32c: digits(random, 10) },
      },
    },
    resource: {
      type: 'audited_resource',
      labels: {
        project_id: project,
        service: 'secretmanager.googleapis.com',
        method: 'google.cloud.secretmanager.v1.SecretManagerService.AddSecretVersion',
      },
    },
  });
};
