/**
 * Derivations for rows of Log Analytics tables of Microsoft Entra ID, which hold objects as JSON text.
 * https://learn.microsoft.com/azure/azure-monitor/reference/tables/auditlogs
 */
import { remembering, type Derivation } from '../derivation';
import { addressOf, emailOf } from '../values';

type Steps = readonly (string | number)[];

/** Text at the first of `places` in the JSON text of the member `column`. */
const inJsonText =
  (column: string, places: readonly Steps[], take: (text: string) => string | undefined = (text) => text): Derivation<string> =>
  (declare) => {
    const path = declare(column);
    const find = remembering((text) => {
      const value = parsed(text);
      const texts = places.map((place) => valueAt(value, place)).filter((one) => typeof one === 'string' && one !== '');
      return texts.map((one) => take(one as string)).find((one) => one !== undefined) ?? null;
    });
    return (record) => {
      const text = record.text(path);
      return text === undefined ? undefined : (find(text) ?? undefined);
    };
  };

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Text that is no JSON says nothing here; it is kept in raw.
    return undefined;
  }
}

const valueAt = (value: unknown, place: Steps): unknown =>
  place.reduce<unknown>(
    (found, step) =>
      typeof found === 'object' && found !== null ? (found as Readonly<Record<string | number, unknown>>)[step] : undefined,
    value,
  );

const INITIATOR = 'InitiatedBy';
const TARGETS = 'TargetResources';

export const initiatorId = inJsonText(INITIATOR, [
  ['user', 'id'],
  ['app', 'servicePrincipalId'],
  ['app', 'appId'],
]);
export const initiatorEmail = inJsonText(INITIATOR, [['user', 'userPrincipalName']], emailOf);
export const initiatorName = inJsonText(INITIATOR, [
  ['user', 'displayName'],
  ['app', 'displayName'],
]);
export const initiatorIp = inJsonText(INITIATOR, [['user', 'ipAddress']], addressOf);
export const targetId = inJsonText(TARGETS, [[0, 'id']]);
export const targetName = inJsonText(TARGETS, [
  [0, 'displayName'],
  [0, 'userPrincipalName'],
]);
export const targetType = inJsonText(TARGETS, [[0, 'type']]);

/** Which of the two members is there. */
export const initiatorType: Derivation<string> = (declare) => {
  const path = declare(INITIATOR);
  const find = remembering((text) => {
    const value = parsed(text);
    const has = (name: string): boolean => typeof valueAt(value, [name]) === 'object' && valueAt(value, [name]) !== null;
    return has('user') ? 'user' : has('app') ? 'service_account' : null;
  });
  return (record) => {
    const text = record.text(path);
    return text === undefined ? undefined : (find(text) ?? undefined);
  };
};
