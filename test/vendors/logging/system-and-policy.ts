/** Bodies of System Event entries (nobody called, Google acted) and Policy Denied entries (with what was violated). */
import { below, chance, digits, hex, pick } from './seeded';
import { authentication, type Json, projectNumber, regionOf, requestMetadata, type Template, zoneOf } from './scene';

const migrate: Template = (scene) => {
  const { random, project } = scene;
  const zone = zoneOf(scene);
  const [method, message] = pick(random, [
    ['compute.instances.migrateOnHostMaintenance', 'Instance migrated during Compute Engine maintenance.'],
    ['compute.instances.automaticRestart', 'Instance automatically restarted by Compute Engine.'],
    ['compute.instances.preempted', 'Instance was preempted.'],
    ['compute.instances.hostError', 'Instance terminated by Compute Engine.'],
  ] as const);
  const instance = digits(random, 19);
  const payload = {
    '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
    status: { message },
    authenticationInfo: {},
    serviceName: 'compute.googleapis.com',
    methodName: method,
    resourceName: `projects/${project}/zones/${zone}/instances/worker-${hex(random, 4)}`,
    request: { '@type': `type.googleapis.com/${method}` },
  };
  return {
    payload,
    severity: 'INFO',
    resource: { type: 'gce_instance', labels: { instance_id: instance, project_id: project, zone } },
    operation: { id: `systemevent-${digits(random, 13)}-${hex(random, 13)}-${hex(random, 8)}`, producer: method, first: true, last: true },
  };
};

const becomeReady: Template = (scene) => {
  const { random, project } = scene;
  const service = pick(random, ['checkout', 'search', 'intake']);
  const failed = chance(random, 0.1);
  const status: Json = failed
    ? { code: 5, message: `Revision '${service}-00042-abc' is not ready: image not found.` }
    : { message: `Ready condition status changed to True for Service ${service}.` };
  const condition = { type: 'Ready', status: failed ? 'False' : 'True', lastTransitionTime: scene.time(0), severity: 'Error' };
  const payload = {
    '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
    status,
    serviceName: 'run.googleapis.com',
    methodName: '/Services.UpdateService',
    resourceName: `namespaces/${project}/services/${service}`,
    response: {
      '@type': 'type.googleapis.com/google.cloud.run.v1.Service',
      apiVersion: 'serving.knative.dev/v1',
      kind: 'Service',
      metadata: {
        name: service,
        namespace: projectNumber(project),
        uid: hex(random, 32),
        resourceVersion: hex(random, 8),
        generation: below(random, 200),
        creationTimestamp: scene.time(-86_400_000_000_000),
      },
      status: {
        observedGeneration: below(random, 200),
        conditions: [condition, { ...condition, type: 'ConfigurationsReady' }, { ...condition, type: 'RoutesReady' }],
      },
    },
  };
  return {
    payload,
    severity: failed ? 'ERROR' : 'INFO',
    resource: {
      type: 'cloud_run_revision',
      labels: { project_id: project, service_name: service, revision_name: '', location: regionOf(scene), configuration_name: service },
    },
  };
};

const crossPerimeter: Template = (scene) => {
  const { random, project } = scene;
  const id = hex(random, 54);
  const perimeter = `accessPolicies/${digits(random, 12)}/servicePerimeters/example_perimeter`;
  const target = `projects/${projectNumber(project)}`;
  const inbound = chance(random, 0.6);
  const violation = {
    servicePerimeter: perimeter,
    targetResource: target,
    ...(inbound ? {} : { source: 'projects/400000000001', sourceType: 'Resource' }),
    targetResourcePermissions: ['storage.objects.get'],
  };
  const payload = {
    '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
    status: {
      code: 7,
      message: `Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: ${id}`,
      details: [
        { '@type': 'type.googleapis.com/google.rpc.PreconditionFailure', violations: [{ type: 'VPC_SERVICE_CONTROLS', description: id }] },
      ],
    },
    authenticationInfo: authentication(scene),
    requestMetadata: requestMetadata(scene),
    serviceName: 'storage.googleapis.com',
    methodName: 'google.storage.objects.get',
    resourceName: target,
    metadata: {
      '@type': 'type.googleapis.com/google.cloud.audit.VpcServiceControlAuditMetadata',
      vpcServiceControlsUniqueId: id,
      violationReason: inbound ? 'NO_MATCHING_ACCESS_LEVEL' : 'RESOURCES_NOT_IN_SAME_SERVICE_PERIMETER',
      deviceState: 'Unknown',
      securityPolicyInfo: { organizationId: scene.organization, servicePerimeterName: perimeter },
      resourceNames: [`projects/_/buckets/${project}-exports/objects/report.csv`],
      [inbound ? 'ingressViolations' : 'egressViolations']: [violation],
      ...(chance(random, 0.3) ? { dryRun: true } : {}),
    },
  };
  return {
    payload,
    severity: 'ERROR',
    resource: {
      type: 'audited_resource',
      labels: { project_id: project, service: 'storage.googleapis.com', method: 'google.storage.objects.get' },
    },
  };
};

const violateConstraint: Template = (scene) => {
  const { random, project } = scene;
  const [constraint, policyType] = pick(random, [
    ['constraints/compute.vmExternalIpAccess', 'LIST_CONSTRAINT'],
    ['constraints/iam.disableServiceAccountKeyCreation', 'BOOLEAN_CONSTRAINT'],
    ['customConstraints/custom.requireLabels', 'CUSTOM_CONSTRAINT'],
  ] as const);
  const zone = zoneOf(scene);
  const name = `projects/${project}/zones/${zone}/instances/vm-${hex(random, 4)}`;
  const errorMessage = `Constraint ${constraint} violated for project ${project}.`;
  const payload = {
    '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
    status: { code: 7, message: errorMessage },
    authenticationInfo: authentication(scene),
    requestMetadata: requestMetadata(scene),
    serviceName: 'compute.googleapis.com',
    methodName: 'v1.compute.instances.insert',
    resourceName: name,
    request: { '@type': 'type.googleapis.com/compute.instances.insert', name: name.slice(name.lastIndexOf('/') + 1) },
    policyViolationInfo: {
      orgPolicyViolationInfo: {
        payload: { name, networkInterfaces: [{ accessConfigs: [{ type: 'ONE_TO_ONE_NAT' }] }] },
        resourceType: 'compute.googleapis.com/Instance',
        resourceTags: { [`${scene.organization}/env`]: 'prod' },
        violationInfo: [{ constraint, errorMessage, policyType, ...(policyType === 'LIST_CONSTRAINT' ? { checkedValue: name } : {}) }],
      },
    },
  };
  return { payload, severity: 'ERROR', resource: { type: 'gce_instance', labels: { project_id: project, zone, instance_id: '' } } };
};

export const SYSTEM_EVENT: readonly Template[] = [migrate, migrate, becomeReady, becomeReady, becomeReady];
export const POLICY: readonly Template[] = [crossPerimeter, crossPerimeter, violateConstraint];
