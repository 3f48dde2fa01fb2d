/** Logs of Google Cloud networks: flows, firewall, NAT and DNS. */
import type { SampleFolder } from '../folder';
import { entriesOf, expectedOf } from './cloud-logging';

export const gcpNetwork: SampleFolder = {
  folder: 'gcp_network',
  excluded: {},
  read: ({ name, lines }) =>
    entriesOf(
      name,
      lines.map((line) => Buffer.from(line)),
    ),
  expects: expectedOf,
};
