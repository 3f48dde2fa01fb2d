"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.CONNECTORS = void 0;
exports.findConnector = findConnector;
const audit_logs_1 = require("./gcp/audit-logs");
/**
 * A list holds connectors of many configurations, so here their type is forgotten. It is safe to hand a connector what its
 * own `config` schema returned, and nothing else.
 */
exports.CONNECTORS = [
    audit_logs_1.gcpAuditLogs,
];
/** The connector of that id, as sources name it. */
function findConnector(id) {
    return exports.CONNECTORS.find((connector) => connector.id === id);
}
//# sourceMappingURL=catalogue.js.map