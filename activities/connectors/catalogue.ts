/** All connectors there are: one line each. */
import type { Connector } from './connector';
import { gcpAuditLogs } from './gcp/audit-logs';

/**
 * A list holds connectors of many configurations, so here their type is forgotten. It is safe to hand a connector what its
 * own `config` schema returned, and nothing else.
 */
export const CONNECTORS: readonly Connector[] = [
  gcpAuditLogs as Connector, //
];

/** The connector of that id, as sources name it. */
export function findConnector(id: string): Connector | undefined {
  return CONNECTORS.find((connector) => connector.id === id);
}
