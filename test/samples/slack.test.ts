import { describeSamples } from './conformance';
import { slack } from './folders/slack';

describeSamples(slack, { records: 74, rows: 51, conflicts: 0, identity: ({ id }) => id });
