/** Cloud Audit Logs out of rule tests and examples; some entries of other logs lie among them. */
import type { SampleFolder } from '../folder';
import { entriesOf, expectedOf } from './cloud-logging';

export const gcpAudit: SampleFolder = {
  folder: 'gcp_audit',
  excluded: {},
  read: ({ name, lines }) =>
    entriesOf(
      name,
      lines.map((line) => Buffer.from(line)),
    ),
  expects: expectedOf,
};
