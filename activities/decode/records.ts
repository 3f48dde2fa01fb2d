/** What a connector gets as `ctx.records`: one function per way a vendor frames records in a body. */
import type { ConnectorContext } from '../connectors/connector';
import { jsonArray, type JsonArrayLimits } from './json-array';

export function createRecords(limits: Partial<JsonArrayLimits> = {}): ConnectorContext<unknown>['records'] {
  return { jsonArray: (response, name) => jsonArray(response.body, name, limits) };
}
