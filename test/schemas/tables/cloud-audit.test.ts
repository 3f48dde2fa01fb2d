/**
 * Queries people have written for Cloud Logging sinks must run unmodified. The paths below are those that published ones
 * use: GoogleCloudPlatform/security-analytics (backends/bigquery/sql), GoogleCloudPlatform/bigquery-utils (views/audit),
 * and Looker's audit log block. `[]` stands for UNNEST.
 */
import type { Column, ColumnType } from '../../../schemas/table';
import { TABLES } from '../../../schemas/tables';

const BIGQUERY_JOB = 'protopayload_auditlog.servicedata_v1_bigquery.jobCompletedEvent.job';

const PATHS: Readonly<Record<string, ColumnType>> = {
  logName: 'STRING',
  timestamp: 'TIMESTAMP',
  receiveTimestamp: 'TIMESTAMP',
  severity: 'STRING',
  insertId: 'STRING',
  textPayload: 'STRING',
  'resource.type': 'STRING',
  'resource.labels.project_id': 'STRING',
  'resource.labels.service': 'STRING',
  'resource.labels.method': 'STRING',
  'resource.labels.bucket_name': 'STRING',
  'resource.labels.dataset_id': 'STRING',
  'resource.labels.cluster_name': 'STRING',
  'resource.labels.instance_id': 'STRING',
  'resource.labels.email_id': 'STRING',
  'resource.labels.secret_id': 'STRING',
  'resource.labels.backend_service_name': 'STRING',
  'resource.labels.location': 'STRING',
  'resource.labels.zone': 'STRING',
  'operation.id': 'STRING',
  'operation.producer': 'STRING',
  'operation.first': 'BOOL',
  'operation.last': 'BOOL',
  'httpRequest.remoteIp': 'STRING',
  'httpRequest.requestMethod': 'STRING',
  'httpRequest.requestUrl': 'STRING',
  'httpRequest.status': 'INT64',
  'protopayload_auditlog.serviceName': 'STRING',
  'protopayload_auditlog.methodName': 'STRING',
  'protopayload_auditlog.resourceName': 'STRING',
  'protopayload_auditlog.numResponseItems': 'INT64',
  'protopayload_auditlog.resourceLocation.currentLocations': 'STRING',
  'protopayload_auditlog.status.code': 'INT64',
  'protopayload_auditlog.status.message': 'STRING',
  'protopayload_auditlog.authenticationInfo.principalEmail': 'STRING',
  'protopayload_auditlog.authenticationInfo.principalSubject': 'STRING',
  'protopayload_auditlog.authenticationInfo.authoritySelector': 'STRING',
  'protopayload_auditlog.authenticationInfo.serviceAccountKeyName': 'STRING',
  'protopayload_auditlog.authenticationInfo.serviceAccountDelegationInfo[].firstPartyPrincipal.principalEmail': 'STRING',
  'protopayload_auditlog.authorizationInfo[].resource': 'STRING',
  'protopayload_auditlog.authorizationInfo[].permission': 'STRING',
  'protopayload_auditlog.authorizationInfo[].granted': 'BOOL',
  'protopayload_auditlog.authorizationInfo[].resourceAttributes.service': 'STRING',
  'protopayload_auditlog.requestMetadata.callerIp': 'STRING',
  'protopayload_auditlog.requestMetadata.callerSuppliedUserAgent': 'STRING',
  'protopayload_auditlog.requestMetadata.callerNetwork': 'STRING',
  'protopayload_auditlog.requestMetadata.requestAttributes.time': 'TIMESTAMP',
  'protopayload_auditlog.requestJson': 'STRING',
  'protopayload_auditlog.responseJson': 'STRING',
  'protopayload_auditlog.metadataJson': 'STRING',
  'protopayload_auditlog.servicedata_v1_iam.policyDelta.bindingDeltas[].action': 'STRING',
  'protopayload_auditlog.servicedata_v1_iam.policyDelta.bindingDeltas[].role': 'STRING',
  'protopayload_auditlog.servicedata_v1_iam.policyDelta.bindingDeltas[].member': 'STRING',
  'protopayload_auditlog.servicedata_v1_iam_admin.permissionDelta.addedPermissions': 'STRING',
  'protopayload_auditlog.servicedata_v1_bigquery.jobCompletedEvent.eventName': 'STRING',
  [`${BIGQUERY_JOB}.jobName.projectId`]: 'STRING',
  [`${BIGQUERY_JOB}.jobName.jobId`]: 'STRING',
  [`${BIGQUERY_JOB}.jobName.location`]: 'STRING',
  [`${BIGQUERY_JOB}.jobStatus.error.code`]: 'INT64',
  [`${BIGQUERY_JOB}.jobStatus.error.message`]: 'STRING',
  [`${BIGQUERY_JOB}.jobConfiguration.query.query`]: 'STRING',
  [`${BIGQUERY_JOB}.jobConfiguration.query.statementType`]: 'STRING',
  [`${BIGQUERY_JOB}.jobConfiguration.query.queryPriority`]: 'STRING',
  [`${BIGQUERY_JOB}.jobConfiguration.query.destinationTable.tableId`]: 'STRING',
  [`${BIGQUERY_JOB}.jobConfiguration.load.sourceUris`]: 'STRING',
  [`${BIGQUERY_JOB}.jobConfiguration.load.schemaJson`]: 'STRING',
  [`${BIGQUERY_JOB}.jobConfiguration.extract.destinationUris`]: 'STRING',
  [`${BIGQUERY_JOB}.jobConfiguration.extract.sourceTable.datasetId`]: 'STRING',
  [`${BIGQUERY_JOB}.jobConfiguration.tableCopy.sourceTables`]: 'RECORD',
  [`${BIGQUERY_JOB}.jobStatistics.createTime`]: 'TIMESTAMP',
  [`${BIGQUERY_JOB}.jobStatistics.startTime`]: 'TIMESTAMP',
  [`${BIGQUERY_JOB}.jobStatistics.endTime`]: 'TIMESTAMP',
  [`${BIGQUERY_JOB}.jobStatistics.totalSlotMs`]: 'INT64',
  [`${BIGQUERY_JOB}.jobStatistics.totalBilledBytes`]: 'INT64',
  [`${BIGQUERY_JOB}.jobStatistics.totalProcessedBytes`]: 'INT64',
  [`${BIGQUERY_JOB}.jobStatistics.totalTablesProcessed`]: 'INT64',
  [`${BIGQUERY_JOB}.jobStatistics.totalViewsProcessed`]: 'INT64',
  [`${BIGQUERY_JOB}.jobStatistics.totalLoadOutputBytes`]: 'INT64',
  [`${BIGQUERY_JOB}.jobStatistics.billingTier`]: 'INT64',
  [`${BIGQUERY_JOB}.jobStatistics.reservation`]: 'STRING',
  [`${BIGQUERY_JOB}.jobStatistics.referencedTables`]: 'RECORD',
  [`${BIGQUERY_JOB}.jobStatistics.referencedViews`]: 'RECORD',
  'protopayload_auditlog.servicedata_v1_bigquery.jobGetQueryResultsResponse.job.jobName.jobId': 'STRING',
  'protopayload_auditlog.policyViolationInfo.orgPolicyViolationInfo.violationInfo[].constraint': 'STRING',
};

/** The type at a path; undefined when there is no column, or when it is an array where the path has none, or the reverse. */
function typeAt(columns: readonly Column[], path: string): ColumnType | undefined {
  const [head = '', ...rest] = path.split('.');
  const name = head.replace('[]', '');
  const column = columns.find((candidate) => candidate.name === name);
  if (column === undefined || rest.length === 0) return column?.type;
  return (column.mode === 'REPEATED') === head.endsWith('[]') ? typeAt(column.fields ?? [], rest.join('.')) : undefined;
}

test('there is a table for each audit log, named as a sink names it', () => {
  expect(TABLES.map(({ name }) => name).filter((name) => name.startsWith('cloudaudit_'))).toEqual([
    'cloudaudit_googleapis_com_activity',
    'cloudaudit_googleapis_com_data_access',
    'cloudaudit_googleapis_com_system_event',
    'cloudaudit_googleapis_com_policy',
  ]);
});

describe.each(TABLES.filter(({ name }) => name.startsWith('cloudaudit_')).map((table) => [table.name, table] as const))(
  '%s',
  (_name, table) => {
    test.each(Object.entries(PATHS))('has %s as %s', (path, type) => {
      expect(typeAt(table.columns, path)).toBe(type);
    });

    test('is partitioned as a sink partitions it', () => {
      expect(table.partition).toBe('timestamp');
    });
  },
);
