/**
 * Label keys of the monitored resources that audit logs are written for. A sink adds a column when it first meets a key; we
 * name the known ones, because keys come from outside and must not make columns. A key that is missing here stays in raw.
 * https://cloud.google.com/logging/docs/api/v2/resource-list
 */
import type { Column } from '../../table';
import { text } from './column';

const GROUPS: readonly (readonly [string, string])[] = [
  ['Place of the resource', 'project_id organization_id folder_id location region zone'],
  ['API call on a resource without a type of its own', 'service method version name api consumer credential_id'],
  ['Identity and access', 'email_id unique_id client_id role_name policy_name constraint policy_id'],
  ['Keys and secrets', 'key_ring_id crypto_key_id crypto_key_version_id secret_id certificate_id'],
  ['Storage', 'bucket_name'],
  ['Data', 'dataset_id table_id database_id instance_config connection_id'],
  ['Compute', 'instance_id instance_group_id instance_group_name instance_group_manager_id instance_group_manager_name'],
  ['Compute', 'instance_template_id instance_template_name disk_id image_id snapshot_id autoscaler_id autoscaler_name'],
  [
    'Network',
    'network_id subnetwork_id subnetwork_name firewall_rule_id route_id router_id reserved_address_id zone_name source_type target_name',
  ],
  ['Network', 'gateway_id gateway_name tunnel_id tunnel_name interconnect_id security_policy_id network_endpoint_group_id'],
  ['Load balancing', 'backend_service_id backend_service_name backend_bucket_id forwarding_rule_id forwarding_rule_name health_check_id'],
  ['Load balancing', 'ssl_certificate_id ssl_certificate_name url_map_id url_map_name target_pool_id target_proxy_name'],
  ['Load balancing', 'target_http_instance_id target_http_proxy_id target_https_proxy_id target_ssl_proxy_id'],
  ['Containers', 'cluster_name nodepool_name namespace_name pod_name container_name namespace node_id node_name node_pool_name'],
  ['Serverless', 'service_name revision_name configuration_name function_name module_id version_id'],
  ['Pipelines and queues', 'job_id job_name step_id topic_id subscription_id queue_id target_type operation_name task_id'],
  ['Logging and monitoring', 'destination channel_id alert_policy_id'],
];

export const RESOURCE_LABEL_COLUMNS: readonly Column[] = GROUPS.flatMap(([group, keys]) =>
  keys.split(' ').map((key) => text(key, `${group}: label ${key} of the monitored resource.`)),
);
