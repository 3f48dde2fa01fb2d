/**
 * 1Password audit events: what team members did to the account, its vaults, groups, users and devices.
 * https://developer.1password.com/docs/events-api/reference/#post-apiv2auditevents
 * https://developer.1password.com/docs/events-api/audit-events/ lists actions and objects.
 */
import { instant, integer, personal, record, text } from './shared/column';
import { OCSF, ocsfByAction } from './shared/ocsf';
import { ACCOUNT_UUID, LOCATION, onepasswordTable, TIMESTAMP, userColumn, UUID } from './shared/onepassword';

export const onepasswordAuditEvent = onepasswordTable('audit_event', {
  description: 'Audit events of a 1Password account: changes of vaults, groups, users, devices, permissions and settings.',
  cluster: ['action', 'object_type', 'actor_email'],
  columns: [
    UUID,
    TIMESTAMP,
    ACCOUNT_UUID,
    text('onepassword_action', 'What was done, a verb such as create, join, grant or updatea; equals action.', { from: [['action']] }),
    text('actor_uuid', 'Who did it.', personal),
    userColumn('actor_details', 'Who did it, by name.'),
    text('onepassword_actor_type', 'user, external_user, service_account or system.', { from: [['actor_type']] }),
    text('actor_account_uuid', 'Account of the actor, where it is another one.'),
    text('object_type', 'Kind of object it was done to: user, vault, group, gm (group membership), uva (user vault access), device, ….'),
    text('object_uuid', 'The object.'),
    userColumn('object_details', 'The object, where it is a user.'),
    integer('aux_id', 'Identifier of something else the action is about.'),
    text('aux_uuid', 'Something else the action is about, such as the user that joined a group.', personal),
    userColumn('aux_details', 'The same, where it is a user.'),
    text('aux_info', 'More about it, such as the role or the permissions given.', personal),
    record('session', 'Session of the actor.', [
      text('uuid', 'The session.'),
      instant('login_time', 'When it began.'),
      text('device_uuid', 'Device it is on.', personal),
      text('ip', 'Address it was begun from.', personal),
    ]),
    LOCATION,
  ],
  envelope: {
    action: { from: [['action']] },
    actor_id: { from: [['actor_uuid'], ['actor_details', 'uuid']] },
    actor_email: { from: [['actor_details', 'email']], as: 'email' },
    actor_name: { from: [['actor_details', 'name']] },
    actor_type: {
      from: [['actor_type'], ['actor_details', 'type']],
      map: { user: 'user', external_user: 'user', service_account: 'service_account', system: 'system' },
    },
    src_ip: { from: [['session', 'ip']], as: 'ip' },
    session_id: { from: [['session', 'uuid']] },
    device_id: { from: [['session', 'device_uuid']] },
    target_id: { from: [['object_uuid'], ['object_details', 'uuid']] },
    target_name: {
      from: [
        ['object_details', 'email'],
        ['object_details', 'name'],
      ],
    },
    target_type: { from: [['object_type']] },
    ...ocsfByAction(
      [['action']],
      [
        { names: ['create', 'add', 'provsn'], uid: OCSF.entity.uid, activity: OCSF.entity.create },
        { names: ['view', 'export'], uid: OCSF.entity.uid, activity: OCSF.entity.read },
        { names: ['delete', 'purge', 'deolddev', 'delshare'], uid: OCSF.entity.uid, activity: OCSF.entity.delete },
        {
          names: ['patch', 'update', 'updatea', 'updatfw', 'changeks', 'changemp', 'changenm', 'changesk', 'trename', 'uvrname'],
          uid: OCSF.entity.uid,
          activity: OCSF.entity.update,
        },
      ],
      { uid: OCSF.entity.uid, activity: OCSF.entity.other },
    ),
    observables: {
      observables: [
        { type: 'ip', from: [['session', 'ip']] },
        {
          type: 'email',
          from: [
            ['actor_details', 'email'],
            ['object_details', 'email'],
            ['aux_details', 'email'],
          ],
        },
      ],
    },
  },
  examples: [
    {
      question: 'Who got access to which vaults?',
      sql: `SELECT timestamp, actor_email, action, object_type, object_uuid AS vault, COALESCE(aux_details.email, aux_uuid) AS receiver, aux_info AS permissions
FROM lake.onepassword_audit_event
WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 30 DAY)
  AND object_type IN ('uva', 'gva') AND action IN ('grant', 'update')
ORDER BY timestamp DESC`,
    },
    {
      question: 'What did one address do?',
      sql: `SELECT timestamp, actor_email, action, object_type, target_id
FROM lake.onepassword_audit_event
WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 30 DAY) AND src_ip = '192.0.2.1'
ORDER BY timestamp`,
    },
  ],
});
