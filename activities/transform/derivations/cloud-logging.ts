/**
 * Derivations for Cloud Logging entries, and for the audit log message in them.
 * https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
 * https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog
 */
import { isIP } from 'node:net';
import type { Path } from '../../../schemas/table';
import { AUDIT_LOG_PATHS } from '../../../schemas/tables/shared/audit-log';
import { remembering, type Derivation, type Observable } from '../derivation';
import type { Handle } from '../paths';

/** The places of a member of the audit log message. */
const inMessage = (declare: (...path: Path) => Handle, ...steps: Path): Handle[] =>
  AUDIT_LOG_PATHS.map((path) => declare(...path, ...steps));

const EMAIL = /^[^\s@:/]+@[^\s@:/]+$/;
const ofAddress = remembering((text): Observable | null => (isIP(text) === 0 ? null : { type: 'ip', value: text.toLowerCase() }));
const ofEmail = remembering((text): Observable | null => (EMAIL.test(text) ? { type: 'email', value: text.toLowerCase() } : null));

/**
 * LogSeverity by its own definitions: WARNING "might cause problems", ERROR "likely to cause problems", CRITICAL "more
 * severe problems or outages", ALERT and EMERGENCY call for a person at once. DEFAULT means that none was assigned.
 */
const SEVERITIES: ReadonlyMap<string, string> = new Map([
  ['DEBUG', 'informational'],
  ['INFO', 'informational'],
  ['NOTICE', 'informational'],
  ['WARNING', 'low'],
  ['ERROR', 'medium'],
  ['CRITICAL', 'high'],
  ['ALERT', 'critical'],
  ['EMERGENCY', 'critical'],
]);

export const severity: Derivation<string> = (declare) => {
  const path = declare('severity');
  return (entry) => SEVERITIES.get(entry.text(path) ?? '');
};

/**
 * A status without a code, or none at all, means success; but only the last entry of an operation tells how it ended, and
 * where every permission that was checked was refused, an absent status is no sign of success.
 */
export const outcome: Derivation<string> = (declare) => {
  const messages = inMessage(declare);
  const codes = inMessage(declare, 'status', 'code');
  const operation = declare('operation', 'id');
  const last = declare('operation', 'last');
  const first = declare('operation', 'first');
  const checks = inMessage(declare, 'authorizationInfo');
  const granted = declare('granted');
  return (entry) => {
    if (!messages.some((message) => entry.isObject(message))) return undefined;
    const code = codes.find((one) => entry.number(one) !== undefined);
    if (code !== undefined && entry.number(code) !== 0) return 'failure';
    const begun = entry.text(operation) !== undefined || entry.flag(first) === true;
    if (begun && entry.flag(last) !== true) return 'unknown';
    let checked = 0;
    for (const array of checks) {
      for (const check of entry.elements(array)) {
        if (check.flag(granted) !== false) return 'success';
        checked += 1;
      }
    }
    return checked > 0 ? 'unknown' : 'success';
  };
};

/** The policy log holds denials; in dry run the request was let through and how it ended is told elsewhere. */
export const outcomeOfDenial: Derivation<string> = (declare) => {
  const messages = inMessage(declare);
  const dryRuns = inMessage(declare, 'metadata', 'dryRun');
  return (entry) => {
    if (!messages.some((message) => entry.isObject(message))) return undefined;
    return dryRuns.some((dryRun) => entry.flag(dryRun) === true) ? 'unknown' : 'failure';
  };
};

export const actorEmail: Derivation<string> = (declare) => {
  const emails = inMessage(declare, 'authenticationInfo', 'principalEmail');
  return (entry) => {
    const text = entry.text(...emails);
    return text !== undefined && ofEmail(text) !== null ? text : undefined;
  };
};

/** Beginnings and parts of principal names, the first that matches counts. Kubernetes writes its own names as e-mails. */
const ACTOR_TYPES: readonly (readonly [RegExp, string])[] = [
  [/^serviceAccount:|^system:serviceaccount:|\.gserviceaccount\.com$/, 'service_account'],
  [/^system:anonymous$/, 'anonymous'],
  [/^system:|^system@google\.com$/, 'system'],
  [/^group:/, 'group'],
  [/^principal(Set)?:\/\/.*\/workloadIdentityPools\//, 'workload_identity'],
  [/^user:|^principal:\/\/.*\/workforcePools\//, 'user'],
  [EMAIL, 'user'],
];

const typeOfName = remembering((name) => ACTOR_TYPES.find(([pattern]) => pattern.test(name))?.[1] ?? null);

export const actorType: Derivation<string> = (declare) => {
  const subjects = inMessage(declare, 'authenticationInfo', 'principalSubject');
  const emails = inMessage(declare, 'authenticationInfo', 'principalEmail');
  return (entry) => {
    const subject = entry.text(...subjects);
    const email = entry.text(...emails);
    const type = (subject === undefined ? null : typeOfName(subject)) ?? (email === undefined ? null : typeOfName(email));
    return type ?? undefined;
  };
};

const ipAt =
  (...paths: readonly (readonly string[])[]): Derivation<string> =>
  (declare) => {
    const handles = paths.flatMap((path) => inMessage(declare, ...path));
    return (entry) => {
      const text = entry.text(...handles);
      return text !== undefined && ofAddress(text) !== null ? text : undefined;
    };
  };

/** `private` and `gce-internal-ip` stand for addresses inside Google's network; they are no addresses. */
export const sourceIp = ipAt(['requestMetadata', 'callerIp'], ['requestMetadata', 'callerIP']);
export const destinationIp = ipAt(['requestMetadata', 'destinationAttributes', 'ip']);

/** The last part of the resource name. */
export const targetName: Derivation<string> = (declare) => {
  const names = inMessage(declare, 'resourceName');
  return (entry) => {
    const last = entry
      .text(...names)
      ?.split('/')
      .at(-1);
    return last === '' ? undefined : last;
  };
};

/** OCSF API Activity: 1 create, 2 read, 3 update, 4 delete, 99 other. */
const VERBS: ReadonlyMap<string, number> = new Map(
  (
    [
      [1, 'create insert add generate import upload'],
      [2, 'get list read query search export download watch fetch lookup describe test'],
      [3, 'update patch set modify replace enable disable move'],
      [4, 'delete remove destroy purge drop'],
    ] as const
  ).flatMap(([id, verbs]) => verbs.split(' ').map((verb) => [verb, id] as const)),
);
const OTHER = 99;
/** The first word of the last part of a method name: `get` in `storage.objects.get`, `Create` in `...IAM.CreateRole`. */
const activityOf = remembering((method) => {
  const last =
    method
      .split(/[./]/)
      .at(-1)
      ?.replace(/^batch(?=[A-Z])/i, '') ?? '';
  const verb = /^[A-Z]?[a-z]*/.exec(last)?.[0].toLowerCase() ?? '';
  return VERBS.get(verb) ?? OTHER;
});

export const ocsfActivity: Derivation<number> = (declare) => {
  const names = inMessage(declare, 'methodName');
  return (entry) => {
    const method = entry.text(...names);
    return method === undefined ? undefined : activityOf(method);
  };
};

/** Addresses and names in the places where audit logs have them; free-form members are left to queries on raw. */
export const auditObservables: Derivation<readonly Observable[]> = (declare) => {
  const callerIps = [...inMessage(declare, 'requestMetadata', 'callerIp'), ...inMessage(declare, 'requestMetadata', 'callerIP')];
  const destinationIps = inMessage(declare, 'requestMetadata', 'destinationAttributes', 'ip');
  const principals = inMessage(declare, 'authenticationInfo', 'principalEmail');
  const delegations = inMessage(declare, 'authenticationInfo', 'serviceAccountDelegationInfo');
  const delegate = declare('firstPartyPrincipal', 'principalEmail');
  const deltas = [
    ...inMessage(declare, 'serviceData', 'policyDelta', 'bindingDeltas'),
    ...inMessage(declare, 'servicedata_v1_iam', 'policyDelta', 'bindingDeltas'),
  ];
  const member = declare('member');
  return (entry) => {
    const found: Observable[] = [];
    const take = (observe: (text: string) => Observable | null, text: string | undefined): void => {
      const observable = text === undefined ? null : observe(text);
      if (observable !== null) found.push(observable);
    };
    take(ofAddress, entry.text(...callerIps));
    take(ofAddress, entry.text(...destinationIps));
    take(ofEmail, entry.text(...principals));
    for (const array of delegations) for (const element of entry.elements(array)) take(ofEmail, element.text(delegate));
    for (const array of deltas) for (const delta of entry.elements(array)) take(ofMember, delta.text(member));
    return found;
  };
};

/** A member of an IAM binding: `user:`, `group:` and `serviceAccount:` name an e-mail address, `domain:` a domain. */
const ofMember = remembering((member): Observable | null => {
  const match = /^(user|group|serviceAccount|domain):(.+)$/.exec(member);
  if (match?.[2] === undefined) return null;
  return match[1] === 'domain' ? { type: 'domain', value: match[2].toLowerCase() } : ofEmail(match[2]);
});
