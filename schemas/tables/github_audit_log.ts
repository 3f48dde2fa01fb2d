/**
 * GitHub audit log of an organisation or enterprise, by the REST API or by streaming.
 * https://docs.github.com/en/organizations/keeping-your-organization-secure/managing-security-settings-for-your-organization/audit-log-events-for-your-organization
 *
 * Times are in epoch milliseconds. `@timestamp` is when it happened and `created_at` when it was recorded; either may be
 * missing, and tools that cannot write an `@` call the first `at_sign_timestamp`. Which other members there are depends on
 * the action; those below are shared by many, the rest is in `raw`.
 */
import type { EnvelopeSource, Path } from '../table';
import { defineTable } from '../table';
import { flag, instant, integer, json, personal, record, repeated, text } from './shared/column';
import { OCSF, ocsfByAction } from './shared/ocsf';

const TIME: readonly Path[] = [['@timestamp'], ['at_sign_timestamp'], ['created_at']];

const time = <const Name extends string>(name: Name, description: string, from: readonly Path[]) =>
  instant(name, description, { as: 'epoch_ms', from });

const COLUMNS = [
  text('_document_id', 'Identifier of the entry.'),
  time('_timestamp', 'When it happened; equals event_time. When it was recorded, where GitHub gives no other time.', TIME),
  time('created_at', 'When it was recorded.', [['created_at']]),
  text('github_action', 'What was done, as category.operation; equals action.', { from: [['action']] }),
  text('actor', 'Login of who did it.', personal),
  integer('github_actor_id', 'Identifier of who did it.', { ...personal, from: [['actor_id']] }),
  text('actor_ip', 'Address of who did it, where the organisation has GitHub show addresses.', personal),
  record('actor_location', 'Where that address is.', [text('country_code', 'Country, ISO 3166-1.')]),
  flag('actor_is_bot', 'Whether the actor is an app.'),
  flag('actor_is_agent', 'Whether the actor is an agent.'),
  text('user', 'Login of whom it was done to.', personal),
  integer('user_id', 'Identifier of whom it was done to.', personal),
  text('external_identity_nameid', 'NameID of the actor at the identity provider.', personal),
  text('external_identity_username', 'Name of the actor at the identity provider.', personal),
  text('github_user_agent', 'Program of the actor; equals user_agent.', { ...personal, from: [['user_agent']] }),
  text('business', 'Enterprise it happened in.'),
  integer('business_id', 'Identifier of that enterprise.'),
  text('org', 'Organisation it happened in.'),
  integer('org_id', 'Identifier of that organisation.'),
  text('repo', 'Repository it happened in, as owner/name.', { from: [['repo'], ['repository']] }),
  integer('repo_id', 'Identifier of that repository.', { from: [['repo_id'], ['repository_id']] }),
  flag('public_repo', 'Whether the repository is public.', { from: [['public_repo'], ['repository_public']] }),
  text('visibility', 'public, private or internal.'),
  text('previous_visibility', 'What the visibility was before.'),
  text('team', 'Team, as organisation/name.', { from: [['team'], ['data', 'team']] }),
  text('name', 'Name of what it was done to: a workflow, a branch rule, a secret, ….'),
  text('operation_type', 'create, access, modify, remove, authentication, transfer or restore.'),
  text('permission', 'Permission or role that was given.'),
  text('old_permission', 'Permission or role there was before.'),
  text('programmatic_access_type', 'Kind of token, where one was used.'),
  text('hashed_token', 'SHA-256 of the token that was used, base64.'),
  text('token_id', 'Identifier of the token that was used.', { as: 'text' }),
  text('token_scopes', 'Scopes of that token.'),
  integer('transport_protocol', 'Git: 1 HTTP, 2 SSH.'),
  text('transport_protocol_name', 'Git: http or ssh.', { from: [['transport_protocol_name'], ['protocol_name']] }),
  text('request_method', 'API requests: method.'),
  text('url_path', 'API requests: path.'),
  text('query_string', 'API requests: query.', personal),
  integer('status_code', 'API requests: status of the answer.'),
  text('request_id', 'Request it was done with.'),
  text('event', 'Workflow runs: what set the run off.'),
  integer('workflow_id', 'Workflow.'),
  integer('workflow_run_id', 'Run of the workflow.'),
  integer('run_number', 'Number of the run.'),
  integer('run_attempt', 'Attempt of the run.'),
  text('head_branch', 'Branch it ran for.'),
  text('head_sha', 'Commit it ran for.'),
  instant('started_at', 'When the run began.'),
  instant('completed_at', 'When the run ended.'),
  text('conclusion', 'How the run ended: success, failure, cancelled, skipped, timed_out, ….'),
  integer('hook_id', 'Webhook.'),
  text('deploy_key_fingerprint', 'Fingerprint of a deploy key.', { from: [['deploy_key_fingerprint'], ['fingerprint']] }),
  text('oauth_application', 'OAuth app.'),
  text('integration', 'GitHub App.'),
  text('ruleset_id', 'Ruleset.', { as: 'text' }),
  text('ruleset_name', 'Name of the ruleset.'),
  text('ruleset_enforcement', 'enabled, disabled or evaluate.'),
  text('ruleset_old_enforcement', 'What the enforcement was before.'),
  json('ruleset_bypass_actors', 'Who may bypass the ruleset.'),
  json('ruleset_rules', 'Rules of the ruleset.'),
  json('ruleset_conditions', 'What the ruleset is for.'),
  text('reasons', 'Why a branch protection was overridden.', { ...repeated, from: [['overridden_codes']] }),
  json('config', 'Configuration of a webhook or integration.'),
  json('data', 'More members of the entry, where a stream puts them under data.', personal),
];

/** Something an entry can be about. */
interface Subject {
  readonly kind: string;
  readonly ids: readonly Path[];
  readonly names: readonly Path[];
}
const USER: Subject = { kind: 'user', ids: [['user_id']], names: [['user']] };
const TEAM: Subject = { kind: 'team', ids: [], names: [['team'], ['data', 'team']] };
const REPOSITORY: Subject = { kind: 'repository', ids: [['repo_id'], ['repository_id']], names: [['repo'], ['repository']] };
const ORGANIZATION: Subject = { kind: 'organization', ids: [['org_id']], names: [['org']] };
const ENTERPRISE: Subject = { kind: 'enterprise', ids: [['business_id']], names: [['business']] };

/**
 * What entries are about, the first that they name, by how their action begins. Entries of many actions name a user who is
 * the actor once more, so a user counts only where the action is one about people.
 */
const SUBJECTS: readonly (readonly [readonly string[], readonly Subject[]])[] = [
  [
    ['org.', 'organization_'],
    [USER, ORGANIZATION, REPOSITORY],
  ],
  [['team.'], [USER, TEAM, ORGANIZATION]],
  [
    ['business.', 'members_can_', 'external_identity', 'personal_access_token', 'two_factor_authentication.'],
    [USER, ENTERPRISE, ORGANIZATION],
  ],
  [
    ['business_', 'enterprise.'],
    [ENTERPRISE, ORGANIZATION],
  ],
  [
    ['repo.add_member', 'repo.update_member', 'repo.remove_member'],
    [USER, REPOSITORY],
  ],
];
const OTHER_SUBJECTS = [REPOSITORY, TEAM, ORGANIZATION, ENTERPRISE];

const bySubject = (source: (subjects: readonly Subject[]) => EnvelopeSource): EnvelopeSource => ({
  cases: [
    ...SUBJECTS.map(([prefix, subjects]) => ({ when: { path: ['action'], prefix }, then: source(subjects) })),
    { then: source(OTHER_SUBJECTS) },
  ],
});
/** GitHub writes '' for a subject that an entry is not about, and 0 for the identifier of a user. */
const kindOf = (subjects: readonly Subject[]): EnvelopeSource => ({
  cases: subjects.flatMap(({ kind, names }, at) =>
    names.flatMap((path) => [
      { when: { path, equals: [''] }, then: kindOf(subjects.slice(at + 1)) },
      { when: { path }, then: { constant: kind } },
    ]),
  ),
});

const { entity, group, api } = OCSF;
const OCSF_COLUMNS = ocsfByAction(
  [['action']],
  [
    { names: ['team.add_member', 'org.add_member', 'business.add_organization'], uid: group.uid, activity: group.addUser },
    { names: ['team.remove_member', 'org.remove_member', 'business.remove_organization'], uid: group.uid, activity: group.removeUser },
    { names: ['team.create'], uid: group.uid, activity: group.create },
    { names: ['team.destroy'], uid: group.uid, activity: group.delete },
    {
      names: ['org.update_member', 'business.add_admin', 'repo.add_member', 'repo.update_member', 'team.add_repository', 'role.create'],
      uid: OCSF.account.uid,
      activity: OCSF.account.assignPrivileges,
    },
    { names: ['business.remove_admin', 'repo.remove_member'], uid: OCSF.account.uid, activity: OCSF.account.removePrivileges },
    {
      names: ['org.disable_two_factor_requirement', 'business.disable_two_factor_requirement'],
      uid: entity.uid,
      activity: entity.update,
    },
    {
      names: [
        'repo.create',
        'hook.create',
        'public_key.create',
        'protected_branch.create',
        'repository_ruleset.create',
        'integration_installation.create',
      ],
      uid: entity.uid,
      activity: entity.create,
    },
    {
      names: ['repo.destroy', 'hook.destroy', 'public_key.delete', 'protected_branch.destroy', 'repository_ruleset.destroy'],
      uid: entity.uid,
      activity: entity.delete,
    },
    {
      names: ['secret_scanning_alert.create'],
      prefixes: ['repository_vulnerability_alert.', 'dependabot_alert'],
      uid: OCSF.detection.uid,
      activity: OCSF.detection.create,
    },
    {
      prefixes: ['repo.', 'protected_branch.', 'repository_', 'org.', 'business', 'enterprise.', 'hook.', 'secret_scanning'],
      uid: entity.uid,
      activity: entity.update,
    },
    { names: ['git.clone', 'git.fetch'], uid: api.uid, activity: api.read },
    { names: ['git.push'], uid: api.uid, activity: api.update },
  ],
  { uid: api.uid, activity: api.other },
);

const ENVELOPE: Readonly<Record<string, EnvelopeSource>> = {
  action: { from: [['action']] },
  // An entry says that something was done; how a run or a request ended, these two members say.
  outcome: {
    cases: [
      {
        when: { path: ['conclusion'] },
        then: { from: [['conclusion']], map: { success: 'success', failure: 'failure', timed_out: 'failure' } },
      },
      { when: { path: ['status_code'], equals: [200, 201, 202, 203, 204, 205, 206] }, then: { constant: 'success' } },
      {
        when: { path: ['status_code'], equals: [400, 401, 403, 404, 405, 409, 410, 422, 429, 500, 502, 503] },
        then: { constant: 'failure' },
      },
    ],
  },
  actor_id: { from: [['actor_id'], ['actor']] },
  actor_email: { from: [['external_identity_nameid']], as: 'email' },
  actor_name: { from: [['actor']] },
  actor_type: {
    cases: [
      { when: { path: ['actor_is_bot'], equals: [true] }, then: { constant: 'service_account' } },
      { when: { path: ['actor_is_agent'], equals: [true] }, then: { constant: 'service_account' } },
      { when: { path: ['actor_is_bot'], equals: [false] }, then: { constant: 'user' } },
    ],
  },
  src_ip: { from: [['actor_ip']], as: 'ip' },
  user_agent: { from: [['user_agent']] },
  target_id: bySubject((subjects) => ({ from: subjects.flatMap(({ ids, names }) => [...ids, ...names]) })),
  target_name: bySubject((subjects) => ({ from: subjects.flatMap(({ names }) => names) })),
  target_type: bySubject(kindOf),
  ...OCSF_COLUMNS,
  observables: {
    observables: [
      { type: 'ip', from: [['actor_ip']] },
      { type: 'email', from: [['external_identity_nameid'], ['external_identity_username']] },
    ],
  },
};

export const githubAuditLog = defineTable({
  name: 'github_audit_log',
  kind: 'event',
  description:
    'GitHub audit log: what people, apps and workflows did in an organisation or enterprise, with Git events where they are read.',
  origin: 'github.audit_log',
  partition: '_timestamp',
  cluster: ['action', 'actor', 'repo'],
  requirePartitionFilter: true,
  time: { from: TIME, as: 'epoch_ms' },
  key: { class: 'A', parts: [['_document_id']] },
  volatile: [],
  columns: COLUMNS,
  envelope: ENVELOPE,
  examples: [
    {
      question: 'Who made a repository public, or weakened the protection of a branch?',
      sql: `SELECT _timestamp, action, actor, repo, visibility, name, src_ip
FROM lake.github_audit_log
WHERE _timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 30 DAY)
  AND ((action = 'repo.access' AND visibility = 'public')
    OR action IN ('protected_branch.destroy', 'protected_branch.policy_override', 'repository_ruleset.destroy'))
ORDER BY _timestamp DESC`,
    },
    {
      question: 'Which token cloned many repositories in an hour?',
      sql: `SELECT hashed_token, actor, TIMESTAMP_TRUNC(_timestamp, HOUR) AS hour, COUNT(DISTINCT repo) AS repositories, ARRAY_AGG(DISTINCT src_ip IGNORE NULLS) AS addresses
FROM lake.github_audit_log
WHERE _timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY) AND action IN ('git.clone', 'git.fetch')
GROUP BY hashed_token, actor, hour
HAVING repositories >= 20
ORDER BY repositories DESC`,
    },
    {
      question: 'Who got administrator rights, and who gave them?',
      sql: `SELECT _timestamp, action, actor, user, org, business, permission
FROM lake.github_audit_log
WHERE _timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 90 DAY)
  AND (action = 'business.add_admin' OR (action IN ('org.update_member', 'org.add_member') AND permission = 'admin'))
ORDER BY _timestamp DESC`,
    },
  ],
});
