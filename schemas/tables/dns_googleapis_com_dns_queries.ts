/**
 * Cloud DNS query logs: what machines in networks with logging asked for, and what they were told.
 * https://cloud.google.com/dns/docs/monitoring
 */
import { flag, integer, personal, text } from './shared/column';
import { inPayload, networkLogTable } from './shared/network-log';
import { OCSF } from './shared/ocsf';

/** DNS response codes of a question that could not be answered: https://www.iana.org/assignments/dns-parameters */
const FAILURES = 'FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE BADVERS'.split(' ');

export const dnsQueries = networkLogTable({
  name: 'dns_googleapis_com_dns_queries',
  description: 'Google Cloud DNS query logs: names that were asked for in networks, and the answers.',
  payload: {
    name: 'jsonPayload',
    description: 'The query and its answer.',
    fields: [
      text('queryName', 'Name that was asked for, with the dot at its end.'),
      text('queryType', 'Type of record that was asked for.'),
      text('responseCode', 'Code of the answer.'),
      text('rdata', 'Records of the answer; may be empty or cut.', personal),
      flag('authAnswer', 'Whether the answer is authoritative.'),
      flag('dns64Translated', 'Whether the answer was translated for IPv6.'),
      text('protocol', 'UDP or TCP.'),
      text('sourceIP', 'Address that asked.', personal),
      text('destinationIP', 'Address that was asked, when it is a server of another network.'),
      text('sourceNetwork', 'Network the query came from.'),
      text('source_type', 'What kind of source asked.', { from: [['source_type'], ['sourceType']] }),
      text('target_name', 'Zone or policy that answered.', { from: [['target_name'], ['targetName']] }),
      text('target_type', 'What kind of target answered.', { from: [['target_type'], ['targetType']] }),
      // The number is rounded by what wrote the entry; the text beside it is exact.
      integer('vmInstanceId', 'Number of the machine that asked.', { from: [['vmInstanceIdString'], ['vmInstanceId']] }),
      text('vmInstanceIdString', 'Number of the machine that asked, as text.'),
      text('vmInstanceName', 'Name of the machine that asked, behind the number of its project.'),
      text('vmProjectId', 'Project of the machine that asked.'),
      text('vmZoneName', 'Zone of the machine that asked.'),
      text('egressError', 'What went wrong with a server of another network.'),
      integer('serverLatency', 'Milliseconds until the answer.'),
      integer('healthyIps', 'Healthy addresses among the answers.'),
      integer('unhealthyIps', 'Unhealthy addresses among the answers.'),
    ],
  },
  cluster: ['target_id', 'src_ip', 'action'],
  envelope: {
    action: { constant: 'dns_query' },
    outcome: {
      from: inPayload('responseCode'),
      map: Object.fromEntries([['NOERROR', 'success'], ...FAILURES.map((code) => [code, 'failure'] as const)]),
    },
    outcome_reason: { from: inPayload('responseCode') },
    src_ip: { from: inPayload('sourceIP'), as: 'ip' },
    dst_ip: { from: inPayload('destinationIP'), as: 'ip' },
    device_id: { from: inPayload('vmInstanceIdString') },
    host_name: { from: inPayload('vmInstanceName') },
    target_id: { from: inPayload('queryName') },
    target_type: { from: inPayload('queryType') },
    ocsf_class_uid: { constant: OCSF.dns.uid },
    // An entry holds query and answer.
    ocsf_activity_id: { constant: OCSF.dns.traffic },
    observables: {
      observables: [
        { type: 'domain', from: inPayload('queryName') },
        { type: 'ip', from: inPayload('sourceIP') },
      ],
    },
  },
  examples: [
    {
      question: 'Who asked for a domain and all below it?',
      sql: `SELECT timestamp, host_name, src_ip, target_id, jsonPayload.rdata
FROM lake.dns_googleapis_com_dns_queries
WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY) AND ENDS_WITH(target_id, 'example.com.')
ORDER BY timestamp`,
    },
  ],
});
