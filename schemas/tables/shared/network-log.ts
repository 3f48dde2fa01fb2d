/**
 * What the tables of Cloud Logging's network logs share: an entry whose payload is one JSON message, in the shape a sink to
 * BigQuery gives it, and the records that several of these messages have.
 * https://cloud.google.com/vpc/docs/about-flow-logs-records
 */
import { defineTable, type Column, type EnvelopeSource, type Example, type Path } from '../../table';
import { integer, personal, record, text } from './column';
import { ENTRY_COLUMNS, LOG_ENTRY, LOG_NAME, RESOURCE } from './log-entry';

/** The places of a member of the message. */
export const inPayload = (...steps: Path): readonly Path[] => [
  ['jsonPayload', ...steps],
  ['jsonpayload', ...steps],
];

/** The five parts that tell connections apart. */
export const CONNECTION_FIELDS = [
  text('src_ip', 'Address of the source.', personal),
  integer('src_port', 'Port of the source.'),
  text('dest_ip', 'Address of the destination.', personal),
  integer('dest_port', 'Port of the destination.'),
  integer('protocol', 'IANA number of the protocol: 1 ICMP, 6 TCP, 17 UDP.'),
] as const;

/** Who connected to whom, of a payload with a connection. */
export const CONNECTION_ENVELOPE: Readonly<Record<string, EnvelopeSource>> = {
  src_ip: { from: inPayload('connection', 'src_ip'), as: 'ip' },
  src_port: { from: inPayload('connection', 'src_port') },
  dst_ip: { from: inPayload('connection', 'dest_ip'), as: 'ip' },
  dst_port: { from: inPayload('connection', 'dest_port') },
  observables: { observables: [{ type: 'ip', from: [...inPayload('connection', 'src_ip'), ...inPayload('connection', 'dest_ip')] }] },
};

export const instance = (name: string, whose: string) =>
  record(name, `Virtual machine ${whose}.`, [
    text('project_id', 'Project of the machine.'),
    text('region', 'Region of the machine.'),
    text('zone', 'Zone of the machine.'),
    text('vm_name', 'Name of the machine.'),
    record('managed_instance_group', 'Group that manages the machine.', [
      text('name', 'Name of the group.'),
      text('region', 'Region of the group, when it is regional.'),
      text('zone', 'Zone of the group, when it is zonal.'),
    ]),
  ]);

export const vpc = (name: string, whose: string) =>
  record(name, `Network ${whose}.`, [
    text('project_id', 'Project of the network.'),
    text('vpc_name', 'Name of the network.'),
    text('subnetwork_name', 'Name of the subnetwork.'),
    text('subnetwork_region', 'Region of the subnetwork.'),
  ]);

export const location = (name: string, whose: string) =>
  record(name, `Place of the address ${whose}, where it is not one of ours.`, [
    text('continent', 'Continent.'),
    text('country', 'Country, in three letters.'),
    text('region', 'Region.'),
    text('city', 'City.'),
    integer('asn', 'Number of the autonomous system.'),
  ]);

interface NetworkLog {
  readonly name: string;
  readonly description: string;
  /** Of the payload: the name a sink gives its column, and what is in it. */
  readonly payload: { readonly name: string; readonly description: string; readonly fields: readonly Column[] };
  readonly cluster: readonly string[];
  readonly envelope: Readonly<Record<string, EnvelopeSource>>;
  readonly rawOnly?: readonly Path[];
  readonly examples: readonly Example[];
}

export function networkLogTable({ payload, ...rest }: NetworkLog) {
  return defineTable({
    ...LOG_ENTRY,
    ...rest,
    columns: [LOG_NAME, RESOURCE, record(payload.name, payload.description, payload.fields, { from: inPayload() }), ...ENTRY_COLUMNS],
  });
}
