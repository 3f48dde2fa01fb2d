/**
 * What the logs of Microsoft Entra ID share: three routes, and the members diagnostic settings add around a record.
 * https://learn.microsoft.com/azure/azure-monitor/platform/resource-logs-schema
 */
import type { Path } from '../../table';
import { integer, personal, text } from './column';
import { member } from './member';

/**
 * A member of a record by its three routes: below `properties` (diagnostic settings), at the root (Microsoft Graph), at the root in
 * PascalCase (Log Analytics). Diagnostic settings use some of the names at the root for other things, so their place is first.
 */
export function routes(name: string): { readonly from: readonly Path[] } {
  return { from: [['properties', name], [name], [`${name.charAt(0).toUpperCase()}${name.slice(1)}`]] };
}

/** Members of the envelope of diagnostic settings that say more than the record in it. */
export const EXPORT_COLUMNS = [
  text('tenant_id', 'Tenant.', { from: [...member('tenantId', 'AADTenantId').from, ['properties', 'tenantId']] }),
  text('log_category', 'Diagnostic settings: log the record is of, such as AuditLogs or NonInteractiveUserSignInLogs.', member('category')),
  text('operation_name', 'Diagnostic settings: name of the operation.', member('operationName', 'OperationName')),
  text('operation_version', 'Diagnostic settings: version of the operation.', {
    ...member('operationVersion', 'OperationVersion'),
    as: 'text',
  }),
  text('level', 'Diagnostic settings: level of the record; 4 is informational.', { as: 'text', ...member('level', 'Level') }),
  text('identity', 'Diagnostic settings: name of who did it.', { ...member('identity', 'Identity'), ...personal }),
  text('caller_ip_address', 'Diagnostic settings: address of the caller.', { ...member('callerIpAddress'), ...personal }),
  text('result_type', 'Diagnostic settings: 0, or the code of the error.', { as: 'text', ...member('resultType', 'ResultType') }),
  text('result_signature', 'Diagnostic settings: more about the result.', member('resultSignature', 'ResultSignature')),
  text('result_description', 'Diagnostic settings: what the error says.', member('resultDescription', 'ResultDescription')),
  integer('duration_ms', 'Diagnostic settings: time the operation took, in milliseconds.', member('durationMs', 'DurationMs')),
];
