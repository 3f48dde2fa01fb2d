import { valueAt } from '../activities/transform/support';
import { describeSamples } from './conformance';
import { entra } from './folders/entra';

describeSamples(entra, {
  records: 201,
  rows: 179,
  conflicts: 5,
  identity: (record) => valueAt(record, 'properties', 'id') ?? record['Id'] ?? record['event_data_id'] ?? record['id'],
});
