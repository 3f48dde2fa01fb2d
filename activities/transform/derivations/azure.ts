/**
 * Derivations for Azure logs: what a resource identifier says.
 * https://learn.microsoft.com/azure/azure-resource-manager/management/overview#terminology
 */
import { remembering, type Derivation } from '../derivation';

const RESOURCE_PATHS = [['resourceId'], ['resource_id'], ['ResourceId'], ['_ResourceId']] as const;

/** The last provider of `/subscriptions/…/providers/Microsoft.Storage/storageAccounts/x/blobServices/default`, and pairs after it. */
const parsed = remembering((id: string): { name: string; type: string | null } => {
  const steps = id.split('/').filter((step) => step !== '');
  const provider = steps.findLastIndex((step) => step.toLowerCase() === 'providers');
  const below = steps.slice(provider + 2);
  const types = below.filter((_, index) => index % 2 === 0);
  const type = provider < 0 || types.length === 0 ? null : [steps[provider + 1], ...types].join('/');
  return { name: steps.at(-1) ?? '', type };
});

const ofResource =
  (pick: (resource: { name: string; type: string | null }) => string | null): Derivation<string> =>
  (declare) => {
    const paths = RESOURCE_PATHS.map((path) => declare(...path));
    return (record) => {
      const id = record.text(...paths);
      const picked = id === undefined ? null : pick(parsed(id));
      return picked === null || picked === '' ? undefined : picked;
    };
  };

/** The last part of the identifier. */
export const targetName = ofResource(({ name }) => name);

/** `Microsoft.Storage/storageAccounts/blobServices`, as the record writes it; none for subscriptions and resource groups. */
export const targetType = ofResource(({ type }) => type);

const OPERATION_PATHS = [['operationName', 'value'], ['operationName'], ['operation_name', 'value'], ['OperationNameValue']] as const;
/** OCSF API Activity: 2 read, 3 update, 4 delete, 99 other. `write` creates or updates, and does not say which. */
const ACTIVITIES: ReadonlyMap<string, number> = new Map([
  ['read', 2],
  ['write', 3],
  ['delete', 4],
]);
const OTHER = 99;

/** From the last part of an operation of the resource manager, whose case differs between services. */
export const ocsfActivity: Derivation<number> = (declare) => {
  const paths = OPERATION_PATHS.map((path) => declare(...path));
  return (record) => {
    const operation = record.text(...paths);
    return operation === undefined ? undefined : (ACTIVITIES.get(operation.slice(operation.lastIndexOf('/') + 1).toLowerCase()) ?? OTHER);
  };
};
