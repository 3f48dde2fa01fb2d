/**
 * Firewall Rules Logging: connections that a rule with logging allowed or denied.
 * https://cloud.google.com/firewall/docs/firewall-rules-logging
 */
import { integer, record, repeated, text } from './shared/column';
import { CONNECTION_ENVELOPE, CONNECTION_FIELDS, inPayload, instance, location, networkLogTable, vpc } from './shared/network-log';
import { OCSF } from './shared/ocsf';

export const computeFirewall = networkLogTable({
  name: 'compute_googleapis_com_firewall',
  description: 'Google Cloud Firewall Rules Logging: connections that firewall rules allowed or denied.',
  payload: {
    name: 'jsonPayload',
    description: 'The connection, and the rule that decided on it.',
    fields: [
      record('connection', 'Addresses, ports and protocol.', CONNECTION_FIELDS),
      text('disposition', 'What the rule did: ALLOWED, DENIED or INTERCEPTED.'),
      record('rule_details', 'The rule as it was then.', [
        text('reference', 'Network and name of the rule, or its policy.'),
        integer('priority', 'Priority: the lower number wins.'),
        text('action', 'ALLOW or DENY.'),
        text('direction', 'INGRESS or EGRESS.'),
        text('source_range', 'Ranges of sources.', repeated),
        text('destination_range', 'Ranges of destinations.', repeated),
        text('source_tag', 'Tags of sources.', repeated),
        text('target_tag', 'Tags of targets.', repeated),
        text('source_service_account', 'Service accounts of sources.', repeated),
        text('target_service_account', 'Service accounts of targets.', repeated),
        text('source_region_code', 'Countries of sources.', repeated),
        text('destination_region_code', 'Countries of destinations.', repeated),
        text('source_fqdn', 'Domain names of sources.', repeated),
        text('destination_fqdn', 'Domain names of destinations.', repeated),
        text('source_threat_intelligence', 'Lists of threats of sources.', repeated),
        text('destination_threat_intelligence', 'Lists of threats of destinations.', repeated),
        record(
          'ip_port_info',
          'Protocols and ports of the rule.',
          [text('ip_protocol', 'Protocol.'), text('port_range', 'Ports or ranges.', repeated)],
          repeated,
        ),
      ]),
      instance('instance', 'the rule applied to'),
      vpc('vpc', 'of the machine'),
      instance('remote_instance', 'at the other end'),
      vpc('remote_vpc', 'at the other end'),
      location('remote_location', 'at the other end'),
    ],
  },
  cluster: ['action', 'src_ip', 'dst_ip'],
  envelope: {
    action: { from: inPayload('disposition'), as: 'lower' },
    outcome: { from: inPayload('disposition'), map: { ALLOWED: 'success', DENIED: 'failure' } },
    ...CONNECTION_ENVELOPE,
    host_name: { from: inPayload('instance', 'vm_name') },
    target_id: { from: inPayload('rule_details', 'reference') },
    target_type: { from: [['resource', 'type']] },
    ocsf_class_uid: { constant: OCSF.network.uid },
    ocsf_activity_id: {
      from: inPayload('disposition'),
      map: { ALLOWED: OCSF.network.open, DENIED: OCSF.network.refuse, INTERCEPTED: OCSF.network.other },
    },
  },
  examples: [
    {
      question: 'Which sources were denied at the most ports?',
      sql: `SELECT src_ip, COUNT(DISTINCT dst_port) AS ports, COUNT(*) AS denied
FROM lake.compute_googleapis_com_firewall
WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY) AND action = 'denied'
GROUP BY src_ip
ORDER BY ports DESC
LIMIT 50`,
    },
  ],
});
