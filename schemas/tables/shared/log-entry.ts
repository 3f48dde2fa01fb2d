/**
 * The columns a Cloud Logging sink gives every LogEntry, without the payload.
 * https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
 * https://cloud.google.com/logging/docs/export/bigquery
 */
import type { Path } from '../../table';
import { flag, instant, integer, personal, record, text } from './column';
import { RESOURCE_LABEL_COLUMNS } from './resource-labels';

/** A member by its name, or by that name in lower case, as some tools between Cloud Logging and us print entries. */
const orLower = (name: string): { readonly from: readonly Path[] } => ({ from: [[name], [name.toLowerCase()]] });

/**
 * What all tables of Cloud Logging entries share. Identity is class B: Cloud Logging calls entries of one log with equal
 * timestamp and insertId duplicates. A duplicate may have been received at another time.
 */
export const LOG_ENTRY = {
  kind: 'event',
  origin: 'google.cloud_logging',
  partition: 'timestamp',
  requirePartitionFilter: true,
  time: { from: [['timestamp']], as: 'rfc3339_utc' },
  key: {
    class: 'B',
    parts: [['logName'], ['timestamp'], ['insertId']],
    alternatives: [[['logname'], ['timestamp'], ['insertid']]],
  },
  volatile: [['receiveTimestamp'], ['receivetimestamp']],
} as const;

export const LOG_NAME = text(
  'logName',
  'Log the entry belongs to, with its container: projects/..., folders/..., organizations/....',
  orLower('logName'),
);

export const RESOURCE = record('resource', 'Monitored resource the entry is about.', [
  text('type', 'Type of the monitored resource.'),
  record('labels', 'Labels of the monitored resource that are known; others are in raw.', RESOURCE_LABEL_COLUMNS),
]);

export const TEXT_PAYLOAD = text('textPayload', 'Payload, when it is text.', personal);

/** Labels of the entry itself, by the names a sink gives them: what a column name cannot hold becomes an underscore. */
const LABELS = record('labels', 'Labels of the entry that are known; others are in raw.', [
  text('authorization_k8s_io_decision', 'Kubernetes: allow or forbid.', {
    from: [['authorization.k8s.io/decision'], ['authorization_k8s_io_decision']],
  }),
  text('authorization_k8s_io_reason', 'Kubernetes: rule that decided.', {
    from: [['authorization.k8s.io/reason'], ['authorization_k8s_io_reason']],
  }),
  text('compute_googleapis_com_root_trigger_id', 'Compute Engine: what set the operation off.', {
    from: [['compute.googleapis.com/root_trigger_id']],
  }),
  text('compute_googleapis_com_resource_name', 'Compute Engine: name of the instance.', {
    from: [['compute.googleapis.com/resource_name']],
  }),
]);

/** `latency` is text in the API ("0.05s"); its value is in raw. */
const HTTP_REQUEST = record(
  'httpRequest',
  'HTTP request the entry is about.',
  [
    text('requestMethod', 'Method.'),
    text('requestUrl', 'URL with query.', personal),
    integer('requestSize', 'Bytes of the request.'),
    integer('status', 'Response status.'),
    integer('responseSize', 'Bytes of the response.'),
    text('userAgent', 'Program of the client.', personal),
    text('remoteIp', 'Address of the client; may carry a port.', personal),
    text('serverIp', 'Address of the server.'),
    text('referer', 'Referring page.', personal),
    flag('cacheLookup', 'Whether a cache was asked.'),
    flag('cacheHit', 'Whether the cache answered.'),
    flag('cacheValidatedWithOriginServer', 'Whether the cached answer was validated first.'),
    integer('cacheFillBytes', 'Bytes written to the cache.'),
    text('protocol', 'Protocol.'),
  ],
  orLower('httpRequest'),
);

export const ENTRY_COLUMNS = [
  instant('timestamp', 'When it happened, in microseconds; equals event_time. The nanoseconds are in raw.'),
  instant('receiveTimestamp', 'When Cloud Logging received the entry.', orLower('receiveTimestamp')),
  text('severity', 'Severity, in the words of Cloud Logging.'),
  text('insertId', 'Identifier that is unique among entries of one log and timestamp.', orLower('insertId')),
  HTTP_REQUEST,
  LABELS,
  record('operation', 'Long-running operation the entry belongs to.', [
    text('id', 'Identifier of the operation.'),
    text('producer', 'Service that gave the identifier.'),
    flag('first', 'Whether this is the first entry of the operation.'),
    flag('last', 'Whether this is the last entry of the operation.'),
  ]),
  text('trace', 'Trace the entry belongs to.'),
  text('spanId', 'Span within the trace.', orLower('spanId')),
  flag('traceSampled', 'Whether the trace was sampled.'),
  record('sourceLocation', 'Place in the source code.', [text('file', 'File.'), integer('line', 'Line.'), text('function', 'Function.')]),
  record('split', 'Which piece this is of an entry that was too large for one.', [
    text('uid', 'Identifier that all pieces share.'),
    integer('index', 'Zero-based number of the piece.'),
    integer('totalSplits', 'Number of pieces.'),
  ]),
];
