/**
 * `servicedata_v1_bigquery`: the older BigQuery audit messages, as far as published queries use them. Newer ones are JSON
 * text in `metadataJson`.
 * https://cloud.google.com/bigquery/docs/reference/auditlogs/rest/Shared.Types/AuditData
 */
import type { Column } from '../../table';
import { flag, instant, integer, personal, record, repeated, text } from './column';

const TABLE_FIELDS = [
  text('projectId', 'Project of the table.'),
  text('datasetId', 'Dataset of the table.'),
  text('tableId', 'Name of the table.'),
];
const tableName = <const Name extends string, const Shape extends Pick<Column, 'mode' | 'from'>>(
  name: Name,
  description: string,
  shape?: Shape,
) => record(name, description, TABLE_FIELDS, shape);

const DISPOSITIONS = [
  text('createDisposition', 'Whether the destination may be created.'),
  text('writeDisposition', 'What happens to rows that exist.'),
];
const ERROR_FIELDS = [integer('code', 'Code of google.rpc.Code.'), text('message', 'What went wrong.', personal)];

const CONFIGURATION = record('jobConfiguration', 'What the job was asked to do.', [
  record('query', 'Query job.', [
    text('query', 'SQL text; long ones are cut by the service.', personal),
    tableName('destinationTable', 'Table the result goes to.'),
    ...DISPOSITIONS,
    record('defaultDataset', 'Dataset of names without one.', [text('projectId', 'Project.'), text('datasetId', 'Dataset.')]),
    text('queryPriority', 'QUERY_INTERACTIVE or QUERY_BATCH.'),
    text('statementType', 'Kind of statement.'),
  ]),
  record('load', 'Load job.', [
    text('sourceUris', 'Objects loaded.', repeated),
    text('schemaJson', 'Schema as JSON text.'),
    tableName('destinationTable', 'Table loaded into.'),
    ...DISPOSITIONS,
  ]),
  record('extract', 'Extract job.', [text('destinationUris', 'Objects written.', repeated), tableName('sourceTable', 'Table extracted.')]),
  record('tableCopy', 'Copy job.', [
    tableName('sourceTables', 'Tables copied.', repeated),
    tableName('destinationTable', 'Table copied to.'),
    ...DISPOSITIONS,
  ]),
  flag('dryRun', 'Whether nothing was run.'),
]);

const STATISTICS = record('jobStatistics', 'What the job cost.', [
  instant('createTime', 'When the job was created.'),
  instant('startTime', 'When it started.'),
  instant('endTime', 'When it ended.'),
  integer('totalProcessedBytes', 'Bytes processed.'),
  integer('totalBilledBytes', 'Bytes billed.'),
  integer('billingTier', 'Billing tier.'),
  integer('totalSlotMs', 'Slot time in milliseconds.'),
  record(
    'reservationUsage',
    'Slot time per reservation.',
    [text('name', 'Reservation.'), integer('slotMs', 'Slot time in milliseconds.')],
    repeated,
  ),
  text('reservation', 'Reservation the job ran in.'),
  tableName('referencedTables', 'Tables read.', repeated),
  tableName('referencedViews', 'Views read.', repeated),
  integer('totalTablesProcessed', 'Number of tables read.'),
  integer('totalViewsProcessed', 'Number of views read.'),
  integer('queryOutputRowCount', 'Rows of the result.'),
  integer('totalLoadOutputBytes', 'Bytes loaded.'),
]);

const JOB_FIELDS = [
  record('jobName', 'Name of the job.', [text('projectId', 'Project.'), text('jobId', 'Identifier.'), text('location', 'Location.')]),
  CONFIGURATION,
  record('jobStatus', 'State of the job.', [
    text('state', 'PENDING, RUNNING or DONE.'),
    record('error', 'Error that ended it.', ERROR_FIELDS),
    record('additionalErrors', 'Errors met on the way.', ERROR_FIELDS, repeated),
  ]),
  STATISTICS,
];

export const BIGQUERY_AUDIT_DATA = [
  record('jobCompletedEvent', 'A job ended.', [text('eventName', 'Kind of job that ended.'), record('job', 'The job.', JOB_FIELDS)]),
  record('jobInsertRequest', 'A job was asked for.', [record('resource', 'The job.', JOB_FIELDS)]),
  record('jobInsertResponse', 'A job was created.', [record('resource', 'The job.', JOB_FIELDS)]),
  record('jobQueryRequest', 'A query was asked for.', [
    text('query', 'SQL text.', personal),
    text('projectId', 'Project billed.'),
    flag('dryRun', 'Whether nothing was run.'),
  ]),
  record('jobQueryResponse', 'A query was answered.', [
    integer('totalResults', 'Rows of the result.'),
    record('job', 'The job.', JOB_FIELDS),
  ]),
  record('jobGetQueryResultsResponse', 'A result was fetched.', [
    integer('totalResults', 'Rows of the result.'),
    record('job', 'The job.', JOB_FIELDS),
  ]),
  record('tableDataListRequest', 'Rows of a table were listed.', [
    integer('startRow', 'First row.'),
    integer('maxResults', 'Rows asked for.'),
  ]),
  record(
    'tableDataReadEvents',
    'Tables and columns that a job read.',
    [tableName('tableName', 'Table read.'), text('referencedFields', 'Columns read.', repeated)],
    repeated,
  ),
];
