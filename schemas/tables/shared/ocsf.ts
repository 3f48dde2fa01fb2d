/**
 * Classes and activities of the Open Cybersecurity Schema Framework, and how a table picks them by the names of a vendor's
 * actions. https://schema.ocsf.io/1.8.0
 */
import type { Condition, EnvelopeSource, Path } from '../../table';

export const OCSF = {
  account: {
    uid: 3007,
    create: 1,
    update: 2,
    delete: 3,
    enable: 4,
    disable: 5,
    lock: 6,
    unlock: 7,
    passwordChange: 8,
    passwordReset: 9,
    mfaEnable: 12,
    mfaDisable: 13,
    assignPrivileges: 14,
    removePrivileges: 15,
    assignRoles: 16,
    removeRoles: 17,
    other: 99,
  },
  authentication: { uid: 3002, logon: 1, logoff: 2, other: 99 },
  authorizeSession: { uid: 3003, assignPrivileges: 1, other: 99 },
  entity: { uid: 3004, create: 1, read: 2, update: 3, delete: 4, other: 99 },
  group: { uid: 3006, assignPrivileges: 1, revokePrivileges: 2, addUser: 3, removeUser: 4, delete: 5, create: 6, other: 99 },
  detection: { uid: 2004, create: 1, update: 2, close: 3, other: 99 },
  network: { uid: 4001, open: 1, fail: 4, refuse: 5, traffic: 6, other: 99 },
  http: { uid: 4002, connect: 1, delete: 2, get: 3, head: 4, options: 5, post: 6, put: 7, trace: 8, patch: 9 },
  dns: { uid: 4003, traffic: 6 },
  cloudInventory: { uid: 5023, collect: 2 },
  email: { uid: 4009, send: 1, receive: 2, scan: 3, other: 99 },
  api: { uid: 6003, create: 1, read: 2, update: 3, delete: 4, other: 99 },
  file: {
    uid: 6006,
    upload: 1,
    download: 2,
    update: 3,
    delete: 4,
    rename: 5,
    copy: 6,
    move: 7,
    restore: 8,
    preview: 9,
    share: 12,
    unshare: 13,
    open: 14,
    other: 99,
  },
} as const;

/** What a vendor's action is in OCSF: by whole names, or by how they begin. */
export interface OcsfRule {
  readonly names?: readonly string[];
  readonly prefixes?: readonly string[];
  readonly uid: number;
  readonly activity: number;
}

/** A class and an activity within it. */
type Activity = Pick<OcsfRule, 'uid' | 'activity'>;

/**
 * `ocsf_class_uid` and `ocsf_activity_id`: the first rule that a name at one of `paths` meets decides, and `otherwise` where
 * none does. A record without a name has neither.
 */
export function ocsfByAction(
  paths: readonly Path[],
  rules: readonly OcsfRule[],
  otherwise: Activity,
): Record<'ocsf_class_uid' | 'ocsf_activity_id', EnvelopeSource> {
  const conditions = rules.flatMap((rule) =>
    paths.flatMap((path): { when: Condition; then: Activity }[] => [
      ...(rule.names === undefined ? [] : [{ when: { path, equals: rule.names }, then: rule }]),
      ...(rule.prefixes === undefined ? [] : [{ when: { path, prefix: rule.prefixes }, then: rule }]),
    ]),
  );
  const named = paths.map((path) => ({ when: { path }, then: otherwise }));
  const by = (value: (activity: Activity) => number): EnvelopeSource => ({
    cases: [...conditions, ...named].map(({ when, then }) => ({ when, then: { constant: value(then) } })),
  });
  return { ocsf_class_uid: by(({ uid }) => uid), ocsf_activity_id: by(({ activity }) => activity) };
}
