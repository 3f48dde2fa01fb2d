/**
 * Slack Audit Logs API: what people and apps did in an Enterprise organisation.
 * https://docs.slack.dev/admins/audit-logs-api/
 *
 * `date_create` is in epoch seconds. Of `entity` exactly one member is there, named by `entity.type`; `details` has other
 * members for every action, and the same one with several types, so it is kept as JSON.
 */
import type { EnvelopeSource, Path } from '../table';
import { defineTable } from '../table';
import { flag, instant, json, personal, record, repeated, text } from './shared/column';
import { OCSF, ocsfByAction } from './shared/ocsf';

const USER_COLUMNS = [
  text('id', 'Identifier of the user, U... or W....', personal),
  text('name', 'Display name.', personal),
  text('email', 'E-mail address.', personal),
  text('team', 'Workspace or organisation the user belongs to.'),
  text('account_type', 'Kind of account.'),
];

const APP_COLUMNS = [
  text('id', 'Identifier of the app, A....'),
  text('name', 'Name of the app.'),
  flag('is_distributed', 'Whether other workspaces can install it.'),
  flag('is_directory_approved', 'Whether it is in the Slack Marketplace.'),
  flag('is_workflow_app', 'Whether it is made of a workflow.'),
  text('scopes', 'OAuth scopes it has.', repeated),
  text('creator', 'User who made it.', personal),
  text('team', 'Workspace it belongs to.'),
];

const ENTITY = record('entity', 'What it was done to; one of the members besides type is there, named by type.', [
  text('type', 'Kind of entity: user, workspace, enterprise, channel, file, app, usergroup, workflow, role, ….'),
  record('user', 'A user.', USER_COLUMNS),
  record('workspace', 'A workspace.', [text('id', 'Identifier, T....'), text('name', 'Name.'), text('domain', 'Subdomain of slack.com.')]),
  record('enterprise', 'The organisation.', [
    text('id', 'Identifier, E....'),
    text('name', 'Name.'),
    text('domain', 'Subdomain of enterprise.slack.com.'),
  ]),
  record('channel', 'A channel.', [
    text('id', 'Identifier, C... or G....'),
    text('name', 'Name.'),
    text('privacy', 'public or private.'),
    flag('is_shared', 'Whether it is shared with another organisation.'),
    flag('is_org_shared', 'Whether several workspaces of the organisation share it.'),
    text('teams_shared_with', 'Workspaces and organisations it is shared with.', repeated),
  ]),
  record('file', 'A file.', [
    text('id', 'Identifier, F....'),
    text('name', 'Name.', personal),
    text('filetype', 'Media type, or an extension.'),
    text('title', 'Title.', personal),
  ]),
  record('app', 'An app.', APP_COLUMNS),
  record('usergroup', 'A user group.', [text('id', 'Identifier, S....'), text('name', 'Name.')]),
  record('workflow', 'A workflow.', [text('id', 'Identifier.'), text('name', 'Name.')]),
  record('role', 'A role.', [text('id', 'Identifier.'), text('name', 'Name.'), text('type', 'Kind of role.')]),
  record('message', 'A message.', [
    text('channel', 'Channel it is in.'),
    text('team', 'Workspace it is in.'),
    text('timestamp', 'Its time stamp, which names it within the channel.', { as: 'text' }),
  ]),
  json('barrier', 'An information barrier.'),
  json('huddle', 'A huddle.'),
]);

const COLUMNS = [
  text('id', 'Identifier of the entry, a UUID.'),
  instant('date_create', 'When it happened, to the second.', { as: 'epoch_s' }),
  text('slack_action', 'What was done, such as user_login or file_downloaded; equals action.', { from: [['action']] }),
  text('action_description', 'The action in a sentence.'),
  record('actor', 'Who did it.', [text('type', 'Kind of actor: user.'), record('user', 'The user.', USER_COLUMNS)]),
  ENTITY,
  record('context', 'From where it was done.', [
    record('location', 'Workspace or organisation it was done in.', [
      text('type', 'workspace or enterprise.'),
      text('id', 'Identifier.'),
      text('name', 'Name.'),
      text('domain', 'Subdomain.'),
    ]),
    text('ua', 'User agent.', personal),
    text('ip_address', 'Address it was done from.', personal),
    text('session_id', 'Session of the actor.', { as: 'text' }),
    record('app', 'App the actor used.', APP_COLUMNS),
  ]),
  json('details', 'More about it; the members depend on the action.', personal),
];

/** The member of `entity` that is there, in the order of what is most often acted upon. */
const entityPaths = (members: readonly string[], name: string): readonly Path[] => members.map((member) => ['entity', member, name]);
const ENTITIES = [
  'user',
  'file',
  'channel',
  'app',
  'workspace',
  'enterprise',
  'usergroup',
  'workflow',
  'workflow_v2',
  'role',
  'account_type_role',
  'barrier',
  'huddle',
  'list',
  'function',
];

/** What Slack says was tried and did not happen. */
const FAILURES = [
  'user_login_failed',
  'user_add_to_usergroup_failed',
  'file_downloaded_blocked',
  'file_download_blocked',
  'file_upload_blocked_by_type',
  'file_share_blocked_by_type',
];

/** `anomaly` is Slack's own detection. A login or logout names its user as actor and as entity. */
const OCSF_COLUMNS = ocsfByAction(
  [['action']],
  [
    { names: ['user_login', 'user_login_failed', 'cli_login'], uid: OCSF.authentication.uid, activity: OCSF.authentication.logon },
    { names: ['user_session_settings_changed'], uid: OCSF.account.uid, activity: OCSF.account.update },
    {
      names: ['cli_logout'],
      prefixes: ['user_logout', 'user_session_', 'user_sessions_'],
      uid: OCSF.authentication.uid,
      activity: OCSF.authentication.logoff,
    },
    { names: ['user_created', 'guest_created', 'org_owner_created'], uid: OCSF.account.uid, activity: OCSF.account.create },
    { names: ['user_deactivated', 'guest_deactivated', 'guest_expired'], uid: OCSF.account.uid, activity: OCSF.account.disable },
    { names: ['user_reactivated', 'guest_reactivated'], uid: OCSF.account.uid, activity: OCSF.account.enable },
    { prefixes: ['user_password_reset'], uid: OCSF.account.uid, activity: OCSF.account.passwordReset },
    {
      names: ['role_change_to_admin', 'role_change_to_owner', 'owner_transferred', 'role_assigned'],
      uid: OCSF.account.uid,
      activity: OCSF.account.assignRoles,
    },
    { names: ['role_removed'], uid: OCSF.account.uid, activity: OCSF.account.removeRoles },
    { names: ['permissions_assigned'], uid: OCSF.account.uid, activity: OCSF.account.assignPrivileges },
    { names: ['permissions_removed'], uid: OCSF.account.uid, activity: OCSF.account.removePrivileges },
    {
      names: ['user_email_updated', 'user_username_updated', 'user_profile_updated'],
      prefixes: ['role_change_'],
      uid: OCSF.account.uid,
      activity: OCSF.account.update,
    },
    { names: ['user_added_to_usergroup'], uid: OCSF.group.uid, activity: OCSF.group.addUser },
    { names: ['user_removed_from_usergroup'], uid: OCSF.group.uid, activity: OCSF.group.removeUser },
    { names: ['file_downloaded', 'file_downloaded_blocked', 'file_download_blocked'], uid: OCSF.file.uid, activity: OCSF.file.download },
    { names: ['file_uploaded', 'file_upload_blocked_by_type'], uid: OCSF.file.uid, activity: OCSF.file.upload },
    { names: ['file_shared', 'file_share_blocked_by_type', 'file_public_link_created'], uid: OCSF.file.uid, activity: OCSF.file.share },
    { names: ['file_public_link_revoked'], uid: OCSF.file.uid, activity: OCSF.file.unshare },
    { names: ['file_malicious_content_detected'], uid: OCSF.detection.uid, activity: OCSF.detection.create },
    { names: ['file_deleted'], uid: OCSF.file.uid, activity: OCSF.file.delete },
    { prefixes: ['file_'], uid: OCSF.file.uid, activity: OCSF.file.other },
    { names: ['app_installed', 'org_app_installed', 'idp_configuration_added'], uid: OCSF.entity.uid, activity: OCSF.entity.create },
    { names: ['app_uninstalled', 'org_app_uninstalled', 'idp_configuration_deleted'], uid: OCSF.entity.uid, activity: OCSF.entity.delete },
    { names: ['app_scopes_expanded'], prefixes: ['pref.', 'idp_'], uid: OCSF.entity.uid, activity: OCSF.entity.update },
    { names: ['anomaly'], uid: OCSF.detection.uid, activity: OCSF.detection.create },
  ],
  { uid: OCSF.api.uid, activity: OCSF.api.other },
);

const ENVELOPE: Readonly<Record<string, EnvelopeSource>> = {
  action: { from: [['action']] },
  // Slack writes an entry when something was done and calls it nothing; only the names of these say how it ended.
  outcome: {
    cases: [
      { when: { path: ['action'], equals: ['user_login', 'cli_login'] }, then: { constant: 'success' } },
      { when: { path: ['action'], equals: FAILURES }, then: { constant: 'failure' } },
    ],
  },
  outcome_reason: { from: [['details', 'reason']] },
  actor_id: { from: [['actor', 'user', 'id']] },
  actor_email: { from: [['actor', 'user', 'email']], as: 'email' },
  actor_name: { from: [['actor', 'user', 'name']] },
  actor_type: { from: [['actor', 'type']], map: { user: 'user' } },
  src_ip: { from: [['context', 'ip_address']], as: 'ip' },
  user_agent: { from: [['context', 'ua']] },
  session_id: { from: [['context', 'session_id']] },
  target_id: { from: [...entityPaths(ENTITIES, 'id'), ['entity', 'message', 'timestamp']] },
  target_name: { from: [...entityPaths(ENTITIES, 'name'), ['entity', 'file', 'title']] },
  target_type: { from: [['entity', 'type']] },
  ...OCSF_COLUMNS,
  observables: {
    observables: [
      {
        type: 'ip',
        from: [
          ['context', 'ip_address'],
          ['details', 'previous_ip_address'],
        ],
      },
      {
        type: 'email',
        from: [
          ['actor', 'user', 'email'],
          ['entity', 'user', 'email'],
          ['details', 'external_user_email'],
        ],
      },
      { type: 'url', from: [['details', 'url_private']] },
      { type: 'hash', from: [['details', 'md5_hash']] },
    ],
  },
};

export const slackAuditLog = defineTable({
  name: 'slack_audit_log',
  kind: 'event',
  description: 'Slack audit log of an Enterprise organisation: sign-ins, files, channels, apps, roles and settings.',
  origin: 'slack.audit_log',
  partition: 'date_create',
  cluster: ['action', 'actor_id', 'src_ip'],
  requirePartitionFilter: true,
  time: { from: [['date_create']], as: 'epoch_s' },
  key: { class: 'A', parts: [['id']] },
  volatile: [],
  columns: COLUMNS,
  envelope: ENVELOPE,
  examples: [
    {
      question: 'Who downloaded more than a hundred files in an hour?',
      sql: `SELECT actor_email, TIMESTAMP_TRUNC(date_create, HOUR) AS hour, COUNT(*) AS files, ARRAY_AGG(DISTINCT src_ip IGNORE NULLS) AS addresses
FROM lake.slack_audit_log
WHERE date_create >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY) AND action = 'file_downloaded'
GROUP BY actor_email, hour
HAVING files > 100
ORDER BY files DESC`,
    },
    {
      question: 'Which apps got scopes that read everything?',
      sql: `SELECT date_create, action, actor_email, entity.app.name AS app, scope
FROM lake.slack_audit_log, UNNEST(entity.app.scopes) AS scope
WHERE date_create >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 30 DAY)
  AND action IN ('app_installed', 'app_scopes_expanded', 'app_approved')
  AND scope IN ('admin', 'files:read', 'channels:history', 'im:history', 'users:read.email')
ORDER BY date_create DESC`,
    },
    {
      question: 'Which single sign-on, two-factor and ownership settings were changed, and by whom?',
      sql: `SELECT date_create, action, actor_email, src_ip, target_name
FROM lake.slack_audit_log
WHERE date_create >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 90 DAY)
  AND (action LIKE 'pref.%' OR action IN ('owner_transferred', 'role_change_to_owner', 'role_change_to_admin'))
ORDER BY date_create DESC`,
    },
  ],
});
