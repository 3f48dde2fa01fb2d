/** Requests to load balancers and verdicts of Cloud Armor; one file is a single entry over many lines. */
import type { SampleFolder } from '../folder';
import { entriesOf, expectedOf } from './cloud-logging';

export const gcpLbArmor: SampleFolder = {
  folder: 'gcp_lb_armor',
  excluded: {},
  read: ({ name, lines, text }) => entriesOf(name, name.endsWith('.json') ? [Buffer.from(text)] : lines.map((line) => Buffer.from(line))),
  expects: expectedOf,
};
