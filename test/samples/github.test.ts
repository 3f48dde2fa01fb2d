import { describeSamples } from './conformance';
import { github } from './folders/github';

describeSamples(github, { records: 142, rows: 132, conflicts: 3, identity: (record) => record['_document_id'] });
