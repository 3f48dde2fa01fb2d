import { describeSamples } from './conformance';
import { cai } from './folders/cai';

interface Asset {
  readonly name: string;
  readonly asset_type: string;
  readonly asset?: Asset;
  readonly access_level?: { readonly name: string };
  readonly service_perimeter?: { readonly name: string };
}

// All are observed at one time here.
describeSamples(cai, {
  records: 329,
  rows: 329,
  conflicts: 14,
  identity: (record) => {
    const { name, asset_type, access_level, service_perimeter } = (record['asset'] ?? record) as unknown as Asset;
    return [name, asset_type, access_level?.name, service_perimeter?.name];
  },
});
