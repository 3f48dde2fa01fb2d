/**
 * VPC Flow Logs: sampled connections of virtual machines, each seen at one end or at both.
 * https://cloud.google.com/vpc/docs/about-flow-logs-records
 */
import { instant, integer, json, personal, record, text } from './shared/column';
import { CONNECTION_ENVELOPE, CONNECTION_FIELDS, inPayload, instance, location, networkLogTable, vpc } from './shared/network-log';
import { OCSF } from './shared/ocsf';

const END = { src: 'of the source', dest: 'of the destination' } as const;
const endsOf = (end: keyof typeof END) => [
  instance(`${end}_instance`, END[end]),
  vpc(`${end}_vpc`, END[end]),
  location(`${end}_location`, END[end]),
  json(`${end}_gke_details`, `Cluster, service and pod ${END[end]}.`),
  json(`${end}_gateway`, `Gateway ${END[end]}: interconnect attachment or VPN tunnel.`),
  record(`${end}_google_service`, `Service of Google ${END[end]}.`, [
    text('type', 'Kind of service: GOOGLE_API and others.'),
    text('service_name', 'Name of the service.'),
    text('connectivity', 'How it was reached.'),
  ]),
];

export const computeVpcFlows = networkLogTable({
  name: 'compute_googleapis_com_vpc_flows',
  description: 'Google Cloud VPC Flow Logs: sampled network connections of virtual machines and clusters.',
  payload: {
    name: 'jsonPayload',
    description: 'The connection within one interval.',
    fields: [
      record('connection', 'Addresses, ports and protocol.', CONNECTION_FIELDS),
      text('reporter', 'Which end saw it: SRC, DEST, SRC_GATEWAY or DEST_GATEWAY.'),
      integer('bytes_sent', 'Bytes from source to destination, scaled up from the sample.'),
      integer('packets_sent', 'Packets from source to destination, scaled up from the sample.'),
      instant('start_time', 'First packet of the interval.'),
      instant('end_time', 'Last packet of the interval.'),
      integer('rtt_msec', 'Round trip in milliseconds, of TCP only.'),
      ...endsOf('src'),
      ...endsOf('dest'),
      json('internet_routing_details', 'Routes of the provider over the internet.', personal),
      text('network_service_dscp', 'Class of service of the packets.', { from: [['network_service', 'dscp']], as: 'text' }),
    ],
  },
  cluster: ['src_ip', 'dst_ip'],
  envelope: {
    // A flow is a measurement: it does not say how the connection ended.
    action: { constant: 'flow' },
    ...CONNECTION_ENVELOPE,
    host_name: {
      cases: [
        ...inPayload('reporter').map((path) => ({
          when: { path, prefix: ['DEST'] },
          then: { from: inPayload('dest_instance', 'vm_name') },
        })),
        { then: { from: inPayload('src_instance', 'vm_name') } },
      ],
    },
    target_type: { from: [['resource', 'type']] },
    ocsf_class_uid: { constant: OCSF.network.uid },
    ocsf_activity_id: { constant: OCSF.network.traffic },
  },
  examples: [
    {
      question: 'Which machines sent the most bytes to addresses outside?',
      sql: `SELECT host_name, dst_ip, jsonPayload.dest_location.country AS country, SUM(jsonPayload.bytes_sent) AS bytes
FROM lake.compute_googleapis_com_vpc_flows
WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY)
  AND jsonPayload.reporter = 'SRC' AND jsonPayload.dest_vpc.vpc_name IS NULL
GROUP BY host_name, dst_ip, country
ORDER BY bytes DESC
LIMIT 50`,
    },
  ],
});
