/**
 * Cloud NAT logs: connections that got an address and port of a gateway, and packets dropped for want of one.
 * https://cloud.google.com/nat/docs/monitoring
 */
import { integer, personal, record, text } from './shared/column';
import { CONNECTION_ENVELOPE, CONNECTION_FIELDS, inPayload, instance, location, networkLogTable, vpc } from './shared/network-log';
import { OCSF } from './shared/ocsf';

export const computeNatFlows = networkLogTable({
  name: 'compute_googleapis_com_nat_flows',
  description: 'Google Cloud NAT logs: which address of a gateway a connection had, and what was dropped.',
  payload: {
    name: 'jsonPayload',
    description: 'The connection, and what the gateway did.',
    fields: [
      record('connection', 'Addresses, ports and protocol, before and behind the gateway.', [
        ...CONNECTION_FIELDS,
        text('nat_ip', 'Address the gateway gave.', personal),
        integer('nat_port', 'Port the gateway gave.'),
      ]),
      text('allocation_status', 'OK or DROPPED.'),
      record('gateway_identifiers', 'The gateway.', [
        text('gateway_name', 'Name of the gateway.'),
        text('router_name', 'Name of its router.'),
        text('region', 'Region of the gateway.'),
      ]),
      instance('endpoint', 'behind the gateway'),
      vpc('vpc', 'of the machine'),
      record('destination', 'The other end.', [
        location('geo_location', 'of the destination'),
        instance('instance', 'at the other end'),
        vpc('vpc', 'at the other end'),
      ]),
    ],
  },
  cluster: ['src_ip', 'dst_ip'],
  envelope: {
    action: { constant: 'nat' },
    outcome: { from: inPayload('allocation_status'), map: { OK: 'success', DROPPED: 'failure' } },
    ...CONNECTION_ENVELOPE,
    observables: {
      observables: [
        {
          type: 'ip',
          from: [...inPayload('connection', 'src_ip'), ...inPayload('connection', 'dest_ip'), ...inPayload('connection', 'nat_ip')],
        },
      ],
    },
    host_name: { from: inPayload('endpoint', 'vm_name') },
    target_id: { from: inPayload('gateway_identifiers', 'gateway_name') },
    target_type: { from: [['resource', 'type']] },
    ocsf_class_uid: { constant: OCSF.network.uid },
    ocsf_activity_id: { from: inPayload('allocation_status'), map: { OK: OCSF.network.open, DROPPED: OCSF.network.fail } },
  },
  // The labels say again what the payload says.
  rawOnly: [['labels']],
  examples: [
    {
      question: 'Which machine used an address of a gateway at a time?',
      sql: `SELECT timestamp, host_name, src_ip, src_port, dst_ip, dst_port
FROM lake.compute_googleapis_com_nat_flows
WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY) AND jsonPayload.connection.nat_ip = '192.0.2.1'
ORDER BY timestamp`,
    },
  ],
});
