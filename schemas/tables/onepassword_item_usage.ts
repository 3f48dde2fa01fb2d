/** 1Password item usages in shared vaults. https://developer.1password.com/docs/events-api/reference/#post-apiv2itemusages */
import { integer, text } from './shared/column';
import { OCSF } from './shared/ocsf';
import { ACCOUNT_UUID, CLIENT, LOCATION, onepasswordTable, TIMESTAMP, userColumn, UUID } from './shared/onepassword';

const { entity } = OCSF;
const READS = ['fill', 'export', 'share', 'secure-copy', 'reveal', 'server-fetch'];

export const onepasswordItemUsage = onepasswordTable('item_usage', {
  description: 'Uses of items in shared vaults of a 1Password account: fill, reveal, secure-copy, export, share and so on.',
  cluster: ['actor_email', 'target_id', 'action'],
  columns: [
    UUID,
    TIMESTAMP,
    ACCOUNT_UUID,
    integer('used_version', 'Version of the item that was used.'),
    text('vault_uuid', 'Vault the item is in.'),
    text('item_uuid', 'The item.'),
    text(
      'onepassword_action',
      'fill, enter-item-edit-mode, export, share, secure-copy, reveal, select-sso-provider, server-create, …; equals action.',
      {
        from: [['action']],
      },
    ),
    userColumn('user', 'Who used it.'),
    CLIENT,
    LOCATION,
  ],
  envelope: {
    // Version 1 of the API gives no action; that an item was used is what the stream says.
    action: { cases: [{ when: { path: ['action'] }, then: { from: [['action']] } }, { then: { constant: 'item-usage' } }] },
    actor_id: { from: [['user', 'uuid']] },
    actor_email: { from: [['user', 'email']], as: 'email' },
    actor_name: { from: [['user', 'name']] },
    actor_type: { from: [['user', 'type']], map: { user: 'user', service_account: 'service_account' } },
    src_ip: { from: [['client', 'ip_address']], as: 'ip' },
    target_id: { from: [['item_uuid']] },
    target_type: { cases: [{ when: { path: ['item_uuid'] }, then: { constant: 'item' } }] },
    ocsf_class_uid: { constant: entity.uid },
    ocsf_activity_id: {
      cases: [
        { when: { path: ['action'], equals: ['server-create'] }, then: { constant: entity.create } },
        { when: { path: ['action'], equals: ['server-update', 'enter-item-edit-mode'] }, then: { constant: entity.update } },
        { when: { path: ['action'], equals: READS }, then: { constant: entity.read } },
        { then: { constant: entity.other } },
      ],
    },
    observables: {
      observables: [
        { type: 'ip', from: [['client', 'ip_address']] },
        { type: 'email', from: [['user', 'email']] },
      ],
    },
  },
  examples: [
    {
      question: 'Who used many different items in an hour?',
      sql: `SELECT actor_email, TIMESTAMP_TRUNC(timestamp, HOUR) AS hour, COUNT(DISTINCT item_uuid) AS items, ARRAY_AGG(DISTINCT src_ip IGNORE NULLS) AS addresses
FROM lake.onepassword_item_usage
WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
GROUP BY actor_email, hour
HAVING items > 25
ORDER BY items DESC`,
    },
    {
      question: 'Who used one item, and from where?',
      sql: `SELECT timestamp, action, actor_email, src_ip, client.app_name, client.os_name
FROM lake.onepassword_item_usage
WHERE timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 90 DAY) AND item_uuid = 'xxxxxxxxxxxxxxxxxxxxxxxxxx'
ORDER BY timestamp DESC`,
    },
  ],
});
