/** Bodies of Admin Activity entries: changes of configuration, Workspace administration, operations. */
import { addSecretVersion, createKey, rotateKey, setBucketPolicy, setProjectPolicy } from './access-changes';
import {
  asOperation,
  auditedCall,
  bareNumber,
  callerIp,
  projectNumber,
  regionOf,
  remark,
  robotEmail,
  type Template,
  userEmail,
  zoneOf,
} from './scene';
import { below, digits, hex, pick } from './seeded';

const insertInstance: Template = (scene) => {
  const { random, project } = scene;
  const zone = zoneOf(scene);
  const name = `projects/${project}/zones/${zone}/instances/worker-${hex(random, 4)}`;
  const id = digits(random, 19);
  const event = auditedCall(scene, {
    service: 'compute.googleapis.com',
    method: 'v1.compute.instances.insert',
    resourceName: name,
    category: 'ADMIN_WRITE',
    checks: [
      { permission: 'compute.instances.create', resource: name, type: 'compute.instances' },
      { permission: 'compute.disks.create', resource: `projects/${project}/zones/${zone}/disks/boot`, type: 'compute.disks' },
      { permission: 'compute.subnetworks.use', resource: `projects/${project}/regions/${zone.slice(0, -2)}/subnetworks/default` },
    ],
    always: {
      request: {
        '@type': 'type.googleapis.com/compute.instances.insert',
        name: name.slice(name.lastIndexOf('/') + 1),
        machineType: `projects/${project}/zones/${zone}/machineTypes/n2-standard-${String(2 ** (1 + below(random, 4)))}`,
        disks: [
          {
            boot: true,
            autoDelete: true,
            initializeParams: { sourceImage: 'projects/debian-cloud/global/images/family/debian-12', diskSizeGb: '50' },
          },
        ],
        networkInterfaces: [
          { subnetwork: `regions/${zone.slice(0, -2)}/subnetworks/default`, accessConfigs: [{ type: 'ONE_TO_ONE_NAT' }] },
        ],
        serviceAccounts: [{ email: robotEmail(random, project), scopes: ['https://www.googleapis.com/auth/cloud-platform'] }],
        labels: [{ key: 'note', value: remark(scene) }],
      },
    },
    succeeded: {
      response: {
        '@type': 'type.googleapis.com/operation',
        id: digits(random, 19),
        targetId: id,
        operationType: 'insert',
        progress: scene.phase === 'last' ? '100' : '0',
        status: scene.phase === 'last' ? 'DONE' : 'RUNNING',
      },
    },
    resource: { type: 'gce_instance', labels: { instance_id: id, project_id: project, zone } },
  });
  return asOperation(scene, event, 'compute.googleapis.com');
};

const patchFirewall: Template = (scene) => {
  const { random, project } = scene;
  const name = `projects/${project}/global/firewalls/allow-${pick(random, ['ssh', 'web', 'db', 'all'])}`;
  const open = below(random, 5) === 0;
  return auditedCall(scene, {
    service: 'compute.googleapis.com',
    method: 'v1.compute.firewalls.patch',
    resourceName: name,
    category: 'ADMIN_WRITE',
    checks: [
      { permission: 'compute.firewalls.update', resource: name, type: 'compute.firewalls' },
      { permission: 'compute.networks.updatePolicy', resource: `projects/${project}/global/networks/default`, type: 'compute.networks' },
    ],
    always: {
      request: {
        '@type': 'type.googleapis.com/compute.firewalls.patch',
        alloweds: [{ IPProtocol: 'tcp', ports: [pick(random, ['22', '443', '3306', '0-65535'])] }],
        sourceRanges: [open ? '0.0.0.0/0' : '198.51.100.0/24', '2001:db8::/32'],
        priority: 1000,
        description: remark(scene),
        disabled: false,
      },
    },
    resource: { type: 'gce_firewall_rule', labels: { firewall_rule_id: digits(random, 19), project_id: project } },
  });
};

const updateCluster: Template = (scene) => {
  const { random, project } = scene;
  const location = regionOf(scene);
  const cluster = pick(random, ['prod', 'batch', 'staging']);
  const name = `projects/${project}/locations/${location}/clusters/${cluster}`;
  const event = auditedCall(scene, {
    service: 'container.googleapis.com',
    method: 'google.container.v1.ClusterManager.UpdateCluster',
    resourceName: name,
    category: 'ADMIN_WRITE',
    checks: [{ permission: 'container.clusters.update', resource: name, type: 'container.googleapis.com/Cluster' }],
    always: {
      request: {
        '@type': 'type.googleapis.com/google.container.v1.UpdateClusterRequest',
        name,
        update: { desiredLoggingConfig: { componentConfig: { enableComponents: ['SYSTEM_COMPONENTS', 'WORKLOADS'] } } },
      },
    },
    succeeded: {
      response: {
        '@type': 'type.googleapis.com/google.container.v1.Operation',
        operationType: 'UPDATE_CLUSTER',
        status: scene.phase === 'last' ? 'DONE' : 'RUNNING',
        startTime: scene.time(0),
      },
      metadata: { operationType: 'UPDATE_CLUSTER' },
    },
    resource: { type: 'gke_cluster', labels: { project_id: project, location, cluster_name: cluster } },
  });
  return {
    ...asOperation(scene, event, 'container.googleapis.com'),
    labels: { 'compute.googleapis.com/root_trigger_id': hex(random, 32) },
  };
};

const replaceService: Template = (scene) => {
  const { random, project } = scene;
  const location = regionOf(scene);
  const service = pick(random, ['checkout', 'search', 'intake']);
  const name = `namespaces/${project}/services/${service}`;
  const image = `${location}-docker.pkg.dev/${project}/apps/${service}@sha256:${hex(random, 64)}`;
  return auditedCall(scene, {
    service: 'run.googleapis.com',
    method: 'google.cloud.run.v1.Services.ReplaceService',
    resourceName: name,
    category: 'ADMIN_WRITE',
    checks: [{ permission: 'run.services.update', resource: name, type: 'run.googleapis.com/services' }],
    always: {
      request: {
        '@type': 'type.googleapis.com/google.cloud.run.v1.ReplaceServiceRequest',
        name,
        service: {
          apiVersion: 'serving.knative.dev/v1',
          kind: 'Service',
          metadata: {
            name: service,
            namespace: projectNumber(project),
            generation: below(random, 90),
            annotations: { 'run.googleapis.com/ingress': 'all', 'run.googleapis.com/description': remark(scene) },
          },
          spec: {
            template: {
              spec: {
                containerConcurrency: 80,
                timeoutSeconds: 300,
                containers: [{ image, resources: { limits: { cpu: '1000m', memory: '512Mi' } } }],
              },
            },
            traffic: [{ percent: 100, latestRevision: true }],
          },
        },
      },
    },
    resource: {
      type: 'cloud_run_revision',
      labels: { project_id: project, service_name: service, revision_name: '', location, configuration_name: service },
    },
    location,
  });
};

/** Kubernetes audit entries have no permission type, and a bare number beyond 2^53 may stand where others write text. */
const createPod: Template = (scene) => {
  const { random, project } = scene;
  const name = `core/v1/namespaces/default/pods/job-${hex(random, 5)}`;
  const location = zoneOf(scene);
  const principalEmail = `system:serviceaccount:kube-system:${pick(random, ['job-controller', 'replicaset-controller'])}`;
  const pod = {
    '@type': 'core.k8s.io/v1.Pod',
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: name.slice(name.lastIndexOf('/') + 1),
      namespace: 'default',
      creationTimestamp: null,
      labels: { 'app.kubernetes.io/name': 'job' },
    },
  };
  const payload = {
    '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
    authenticationInfo: { principalEmail },
    authorizationInfo: [{ granted: true, permission: 'io.k8s.core.v1.pods.create', resource: name }],
    methodName: 'io.k8s.core.v1.pods.create',
    request: {
      ...pod,
      spec: {
        containers: [{ name: 'main', image: 'registry.example.com/job:1', securityContext: { privileged: below(random, 10) === 0 } }],
        terminationGracePeriodSeconds: 30,
      },
    },
    requestMetadata: { callerIp: callerIp(random), callerSuppliedUserAgent: 'kube-controller-manager/v1.33.4 (linux/amd64)' },
    resourceName: name,
    response: {
      ...pod,
      spec: { nodeName: `gke-batch-${hex(random, 8)}`, vmInstanceId: bareNumber(digits(random, 19)), priority: 0 },
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    },
    serviceName: 'k8s.io',
    status: {},
  };
  return {
    payload,
    severity: 'NOTICE',
    resource: { type: 'k8s_cluster', labels: { project_id: project, location, cluster_name: 'batch' } },
    labels: {
      'authorization.k8s.io/decision': 'allow',
      'authorization.k8s.io/reason': 'RBAC: allowed by ClusterRoleBinding "system:controller:job-controller"',
    },
  };
};

const workspaceAdmin: Template = (scene) => {
  const { random, organization } = scene;
  const [name, type] = pick(random, [
    ['ADD_GROUP_MEMBER', 'GROUP_SETTINGS'],
    ['GRANT_ADMIN_PRIVILEGE', 'DELEGATED_ADMIN_SETTINGS'],
    ['CHANGE_PASSWORD', 'USER_SETTINGS'],
    ['CREATE_USER', 'USER_SETTINGS'],
  ] as const);
  const camel = name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  const method = `google.admin.AdminService.${camel}`;
  const parameter = [
    { name: 'USER_EMAIL', type: 'TYPE_STRING', label: 'LABEL_OPTIONAL', value: userEmail(random) },
    { name: 'GROUP_EMAIL', type: 'TYPE_STRING', label: 'LABEL_OPTIONAL', value: 'admins@example.com' },
  ];
  const payload = {
    '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
    authenticationInfo: { principalEmail: userEmail(random) },
    requestMetadata: { callerIp: callerIp(random), requestAttributes: {}, destinationAttributes: {} },
    serviceName: 'admin.googleapis.com',
    methodName: method,
    resourceName: `organizations/${organization}/${type === 'GROUP_SETTINGS' ? 'groupSettings' : 'userSettings'}`,
    metadata: {
      '@type': 'type.googleapis.com/ccc_hosted_reporting.ActivityProto',
      activityId: { timeUsec: digits(random, 16), uniqQualifier: `-${digits(random, 19)}` },
      event: [{ eventId: hex(random, 8), eventName: name, eventType: type, parameter }],
    },
  };
  return { payload, severity: 'NOTICE', resource: { type: 'audited_resource', labels: { service: 'admin.googleapis.com', method } } };
};

const updateSink: Template = (scene) => {
  const { project } = scene;
  const name = `projects/${project}/sinks/_Default`;
  return auditedCall(scene, {
    service: 'logging.googleapis.com',
    method: 'google.logging.v2.ConfigServiceV2.UpdateSink',
    resourceName: name,
    category: 'ADMIN_WRITE',
    checks: [{ permission: 'logging.sinks.update', resource: name, type: 'logging.googleapis.com/LogSink' }],
    always: {
      request: {
        '@type': 'type.googleapis.com/google.logging.v2.UpdateSinkRequest',
        sinkName: name,
        uniqueWriterIdentity: true,
        sink: { filter: 'NOT LOG_ID("cloudaudit.googleapis.com/activity") AND severity>=ERROR', name: '_Default' },
      },
    },
    resource: { type: 'logging_sink', labels: { project_id: project, name: '_Default', destination: '' } },
  });
};

export const ACTIVITY: readonly Template[] = [
  ...[
    patchFirewall,
    createKey,
    setProjectPolicy,
    setBucketPolicy,
    rotateKey,
    addSecretVersion,
    replaceService,
    createPod,
    workspaceAdmin,
    updateSink,
  ],
  ...[createPod, replaceService, addSecretVersion, setBucketPolicy],
];
export const ACTIVITY_OPERATIONS: readonly Template[] = [insertInstance, updateCluster];
