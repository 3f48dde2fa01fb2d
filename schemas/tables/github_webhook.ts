/**
 * GitHub webhook deliveries. https://docs.github.com/en/webhooks/webhook-events-and-payloads
 *
 * A body says neither which event it is of nor when that happened: the event's name and the identifier are headers, and so a
 * record is what was received: `{ "received_at": "<RFC 3339>", "headers": { "x-github-event": ..., ... }, "body": {...} }`,
 * names of headers in lower case, the body as it came. Event time is the time of receipt.
 *
 * `x-github-delivery` is one for an event, whichever hooks it is delivered by and however often: a redelivery of the same day
 * is the same row; one of a later day (GitHub redelivers within three) is a second row with the same `event_key`.
 */
import type { EnvelopeSource, Path } from '../table';
import { defineTable, EACH } from '../table';
import { flag, instant, integer, json, personal, record, text } from './shared/column';
import { OCSF } from './shared/ocsf';

const header = (name: string): Path => ['headers', name];
const body = (...path: Path): Path => ['body', ...path];
const EVENT = header('x-github-event');

/**
 * Login and identifier of a user. Users, repositories and organisations come with dozens of members, most of them URLs made of
 * the others: what says something is a column, and all is in `raw`.
 */
const userColumns = <const Name extends string>(name: Name, description: string) => [
  text(`${name}_login` as const, `${description}: login.`, { ...personal, from: [body(name, 'login')] }),
  integer(`${name}_id` as const, `${description}: identifier.`, { ...personal, from: [body(name, 'id')] }),
  text(`${name}_type` as const, `${description}: User, Bot, Organization or Mannequin.`, { from: [body(name, 'type')] }),
];

const repository = (...path: Path): { readonly from: readonly Path[] } => ({ from: [body('repository', ...path)] });
const REPOSITORY_COLUMNS = [
  integer('repository_id', 'Repository it happened in: identifier.', repository('id')),
  text('repository_full_name', 'Repository it happened in, as owner/name.', repository('full_name')),
  text('repository_owner_login', 'Owner of the repository.', { ...personal, ...repository('owner', 'login') }),
  text('repository_visibility', 'public, private or internal.', repository('visibility')),
  flag('repository_private', 'Whether the repository is not public.', repository('private')),
  flag('repository_fork', 'Whether the repository is a fork.', repository('fork')),
  flag('repository_allow_forking', 'Whether the repository may be forked.', repository('allow_forking')),
  text('repository_default_branch', 'Default branch of the repository.', repository('default_branch')),
  text('repository_description', 'Description of the repository.', repository('description')),
  // A push gives seconds since the epoch, all other events RFC 3339.
  instant('repository_created_at', 'When the repository was made.', { as: 'epoch_s', ...repository('created_at') }),
];

/** Members of the body that are objects of their own, each for some events; the vendor's page has their members. */
const PAYLOADS = [
  ['alert', 'Alert of code scanning, secret scanning or Dependabot.'],
  ['security_advisory', 'Global security advisory.'],
  ['changes', 'What was there before an edit, rename or transfer.'],
  ['rule', 'Branch protection rule.'],
  ['team', 'Team.'],
  ['membership', 'Membership of an organisation.'],
  ['invitation', 'Invitation to an organisation.'],
  ['hook', 'Webhook.'],
  ['key', 'Deploy key.'],
  ['pull_request', 'Pull request.'],
  ['review', 'Review of a pull request.'],
  ['issue', 'Issue.'],
  ['comment', 'Comment.'],
  ['workflow_run', 'Run of a workflow.'],
  ['workflow_job', 'Job of a run.'],
  ['commits', 'Commits of a push.'],
  ['head_commit', 'The last of these commits.'],
  ['installation', 'Installation of the app the delivery is for.'],
] as const;

const COLUMNS = [
  instant('received_at', 'When the delivery was received; equals event_time.'),
  text('delivery', 'X-GitHub-Delivery: identifier of the event, a UUID.', { from: [header('x-github-delivery')] }),
  text('event', 'X-GitHub-Event: kind of event.', { from: [EVENT] }),
  text('hook_id', 'X-GitHub-Hook-ID: the webhook that delivered it.', { as: 'text', from: [header('x-github-hook-id')] }),
  text('hook_target_type', 'X-GitHub-Hook-Installation-Target-Type: repository, organization, business or integration.', {
    from: [header('x-github-hook-installation-target-type')],
  }),
  text('hook_target_id', 'X-GitHub-Hook-Installation-Target-ID: what the webhook is of.', {
    as: 'text',
    from: [header('x-github-hook-installation-target-id')],
  }),
  text('github_action', 'What happened within the event, such as created; not in every event.', { from: [body('action')] }),
  ...userColumns('sender', 'Who set the event off'),
  ...REPOSITORY_COLUMNS,
  text('organization_login', 'Organisation it happened in: login.', { from: [body('organization', 'login')] }),
  integer('organization_id', 'Organisation it happened in: identifier.', { from: [body('organization', 'id')] }),
  text('enterprise_slug', 'Enterprise it happened in: short name.', { from: [body('enterprise', 'slug')] }),
  ...userColumns('member', 'Member that was added or removed'),
  ...userColumns('blocked_user', 'User that was blocked or unblocked'),
  text('ref', 'Branch or tag, as refs/heads/... or refs/tags/....', { from: [body('ref')] }),
  text('before', 'Push: commit the reference was at.', { from: [body('before')] }),
  text('after', 'Push: commit the reference is at.', { from: [body('after')] }),
  flag('forced', 'Push: whether history was rewritten.', { from: [body('forced')] }),
  record('pusher', 'Push: who pushed, as Git names it.', [text('name', 'Name.', personal), text('email', 'E-mail address.', personal)], {
    from: [body('pusher')],
  }),
  ...PAYLOADS.map(([name, description]) => json(name, description, { ...personal, from: [body(name)] })),
];

/** Events about people: who was added, removed, blocked or invited, if the body has such a member; else where it happened. */
const TARGET_USERS: readonly Path[] = [body('member'), body('blocked_user'), body('membership', 'user'), body('invitation')];
const below = (paths: readonly Path[], name: string): readonly Path[] => paths.map((path) => [...path, name]);
const TARGET_KINDS = [
  ...TARGET_USERS.map((path) => ({ when: { path }, then: { constant: 'user' } })),
  { when: { path: body('security_advisory') }, then: { constant: 'security_advisory' } },
  { when: { path: body('repository') }, then: { constant: 'repository' } },
  { when: { path: body('team') }, then: { constant: 'team' } },
  { when: { path: body('organization') }, then: { constant: 'organization' } },
  { when: { path: body('installation', 'account') }, then: { constant: 'installation' } },
];

const ALERT_EVENTS = [
  'code_scanning_alert',
  'secret_scanning_alert',
  'dependabot_alert',
  'repository_vulnerability_alert',
  'security_advisory',
];
const RUN_EVENTS = ['push', 'workflow_run', 'workflow_job', 'workflow_dispatch', 'check_run', 'check_suite', 'status', 'deployment'];
const MEMBER_EVENTS = ['member', 'membership', 'organization', 'team'];
const ADDED = ['added', 'member_added', 'added_to_repository'];
const REMOVED = ['removed', 'member_removed', 'removed_from_repository'];
const ACTION = body('action');
const { detection, group, entity, api } = OCSF;
const constant = (value: number): EnvelopeSource => ({ constant: value });
const byAction = (names: readonly string[], value: number): { when: { path: Path; equals: readonly string[] }; then: EnvelopeSource } => ({
  when: { path: ACTION, equals: names },
  then: constant(value),
});

const CONCLUSIONS = { success: 'success', failure: 'failure', timed_out: 'failure', startup_failure: 'failure' };
const SEVERITIES = { low: 'low', medium: 'medium', moderate: 'medium', high: 'high', critical: 'critical' };

const ENVELOPE: Readonly<Record<string, EnvelopeSource>> = {
  action: { derive: 'github.webhook_action' },
  outcome: { from: [body('workflow_run', 'conclusion'), body('workflow_job', 'conclusion')], map: CONCLUSIONS },
  actor_id: { from: [body('sender', 'id'), body('sender', 'login'), body('pusher', 'name')] },
  actor_email: { from: [body('sender', 'email'), body('pusher', 'email')], as: 'email' },
  actor_name: { from: [body('sender', 'login'), body('pusher', 'name')] },
  actor_type: { from: [body('sender', 'type')], map: { User: 'user', Bot: 'service_account' } },
  target_id: {
    from: [
      ...below(TARGET_USERS, 'id'),
      ...below(TARGET_USERS, 'login'),
      body('security_advisory', 'ghsa_id'),
      body('repository', 'id'),
      body('repository', 'full_name'),
      body('team', 'id'),
      body('organization', 'id'),
      body('installation', 'account', 'id'),
    ],
  },
  target_name: {
    from: [
      ...below(TARGET_USERS, 'login'),
      body('security_advisory', 'summary'),
      body('repository', 'full_name'),
      body('team', 'name'),
      body('organization', 'login'),
      body('installation', 'account', 'login'),
    ],
  },
  target_type: { cases: TARGET_KINDS },
  event_severity: {
    from: [
      body('alert', 'rule', 'security_severity_level'),
      body('alert', 'security_advisory', 'severity'),
      body('alert', 'severity'),
      body('security_advisory', 'severity'),
    ],
    map: SEVERITIES,
  },
  ocsf_class_uid: {
    cases: [
      { when: { path: EVENT, equals: ALERT_EVENTS }, then: constant(detection.uid) },
      { when: { path: EVENT, equals: MEMBER_EVENTS }, then: constant(group.uid) },
      { when: { path: EVENT, equals: RUN_EVENTS }, then: constant(api.uid) },
      { then: constant(entity.uid) },
    ],
  },
  ocsf_activity_id: {
    cases: [
      {
        when: { path: EVENT, equals: ALERT_EVENTS },
        then: {
          cases: [
            byAction(['created', 'appeared_in_branch', 'published'], detection.create),
            byAction(['fixed', 'closed_by_user', 'dismissed', 'auto_dismissed', 'resolved', 'withdrawn'], detection.close),
            { then: constant(detection.update) },
          ],
        },
      },
      {
        when: { path: EVENT, equals: MEMBER_EVENTS },
        then: {
          cases: [
            byAction(ADDED, group.addUser),
            byAction(REMOVED, group.removeUser),
            byAction(['deleted'], group.delete),
            byAction(['created'], group.create),
            { then: constant(group.other) },
          ],
        },
      },
      { when: { path: EVENT, equals: ['push'] }, then: constant(api.update) },
      { when: { path: EVENT, equals: RUN_EVENTS }, then: constant(api.other) },
      byAction(['created', 'opened', 'submitted'], entity.create),
      byAction(['deleted'], entity.delete),
      { when: { path: EVENT, equals: ['public'] }, then: constant(entity.update) },
      byAction(['edited', 'renamed', 'transferred', 'privatized', 'publicized', 'archived', 'unarchived', 'synchronize'], entity.update),
      { then: constant(entity.other) },
    ],
  },
  observables: {
    observables: [
      {
        type: 'email',
        from: [
          body('pusher', 'email'),
          body('commits', EACH, 'author', 'email'),
          body('commits', EACH, 'committer', 'email'),
          body('invitation', 'email'),
        ],
      },
      { type: 'url', from: [body('hook', 'config', 'url')] },
    ],
  },
};

export const githubWebhook = defineTable({
  name: 'github_webhook',
  kind: 'event',
  description: 'GitHub webhook deliveries: pushes, pull requests, workflow runs, alerts, changes of repositories, members and settings.',
  origin: 'github.webhook',
  partition: 'received_at',
  cluster: ['action', 'actor_id', 'target_name'],
  requirePartitionFilter: true,
  time: { from: [['received_at']], as: 'rfc3339_utc' },
  key: { class: 'A', parts: [header('x-github-delivery')] },
  // Each hook that an event is delivered by sends its own headers, and the hook of an app names the installation.
  volatile: [
    ['received_at'],
    header('x-github-hook-id'),
    header('x-github-hook-installation-target-type'),
    header('x-github-hook-installation-target-id'),
    header('user-agent'),
    body('installation'),
  ],
  columns: COLUMNS,
  envelope: ENVELOPE,
  examples: [
    {
      question: 'Which repositories became public, and who did it?',
      sql: `SELECT received_at, repository_full_name, sender_login
FROM lake.github_webhook
WHERE received_at >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 30 DAY) AND action = 'repository.publicized'
ORDER BY received_at DESC`,
    },
    {
      question: 'Which workflow runs were set off by a pull request from another repository?',
      sql: `SELECT received_at, repository_full_name, JSON_VALUE(workflow_run, '$.name') AS workflow,
  JSON_VALUE(workflow_run, '$.pull_requests[0].head.repo.id') AS from_repository
FROM lake.github_webhook
WHERE received_at >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY) AND event = 'workflow_run'
  AND JSON_VALUE(workflow_run, '$.pull_requests[0].head.repo.id') != JSON_VALUE(workflow_run, '$.pull_requests[0].base.repo.id')
ORDER BY received_at DESC`,
    },
  ],
});
