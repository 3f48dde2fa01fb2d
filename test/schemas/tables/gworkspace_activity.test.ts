import { createTransform } from '../../../activities/transform/create-transform';
import { gworkspaceActivity } from '../../../schemas/tables/gworkspace_activity';
import { NOW_MS, ORIGIN, type JsonObject } from '../../activities/transform/support';

const ACTIVITY: JsonObject = {
  kind: 'admin#reports#activity',
  id: { time: '2026-11-01T10:00:00.123Z', uniqueQualifier: '-7312729053723258069', applicationName: 'drive', customerId: 'C0example' },
  etag: '"one"',
  actor: { email: 'alice@example.com', profileId: '117433848155128707444' },
  ipAddress: '192.0.2.1',
  events: [
    {
      type: 'access',
      name: 'edit',
      parameters: [
        { name: 'primary_event', boolValue: false },
        { name: 'doc_id', value: 'd1' },
        { name: 'doc_type', value: 'document' },
        { name: 'doc_title', value: 'Plan' },
      ],
    },
    {
      type: 'acl_change',
      name: 'change_user_access',
      parameters: [
        { name: 'primary_event', boolValue: true },
        { name: 'doc_id', value: 'd1' },
        { name: 'target_user', value: 'Mallory@example.net' },
        { name: 'new_value', multiValue: ['can_edit'] },
        { name: 'visibility_change', value: 'external' },
      ],
    },
  ],
};

function rowsOf(record: JsonObject): JsonObject[] {
  const transform = createTransform({
    table: gworkspaceActivity,
    identityKey: Buffer.alloc(32, 7),
    connector: 'gworkspace.activities',
    source: 'workspace',
    stream: 'drive',
    tenant: 'acme',
  });
  const rows: JsonObject[] = [];
  transform(Buffer.from(JSON.stringify(record)), ORIGIN, NOW_MS, (outcome) => rows.push(JSON.parse(outcome.line.toString()) as JsonObject));
  return rows;
}

describe('table gworkspace_activity', () => {
  test('has a row for each event of an activity, with the parameters of that event', () => {
    const rows = rowsOf(ACTIVITY);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({
      event_index: 0,
      key_class: 'B',
      action: 'edit',
      unique_qualifier: '-7312729053723258069',
      primary_event: false,
      target_id: 'd1',
      target_name: 'Plan',
      target_type: 'document',
      actor_id: '117433848155128707444',
      actor_type: 'user',
      src_ip: '192.0.2.1',
      ocsf_class_uid: 6006,
      ocsf_activity_id: 3,
    });
    expect(rows[1]).toMatchObject({
      event_index: 1,
      key_class: 'B',
      action: 'change_user_access',
      primary_event: true,
      target_user: 'Mallory@example.net',
      new_values: ['can_edit'],
      visibility_change: 'external',
      observables: [
        { type: 'ip', value: '192.0.2.1' },
        { type: 'email', value: 'alice@example.com' },
        { type: 'email', value: 'mallory@example.net' },
      ],
    });
    expect(rows.map(({ raw }) => raw)).toEqual([ACTIVITY, ACTIVITY]);
    expect(rows[0]?.['event_key']).not.toBe(rows[1]?.['event_key']);
  });

  test('is the same event when the entity tag is another one', () => {
    const identities = (record: JsonObject): unknown => rowsOf(record).map(({ event_key, content_hash }) => ({ event_key, content_hash }));
    expect(identities({ ...ACTIVITY, etag: '"two"' })).toEqual(identities(ACTIVITY));
  });

  test.each([
    [{ name: 'login_failure' }, 'failure'],
    [{ name: 'login_success' }, 'success'],
    [{ name: 'authorize' }, undefined],
    [{ name: 'ASSIGN_ROLE', status: { eventStatus: 'FAILED', errorMessage: 'denied' } }, 'failure'],
  ])('says how %j ended only where the name or the status says it', (event, outcome) => {
    expect(rowsOf({ ...ACTIVITY, events: [event] })[0]?.['outcome']).toBe(outcome);
  });

  test('calls the placeholder for an actor without an account anonymous', () => {
    expect(rowsOf({ ...ACTIVITY, actor: { profileId: '105250506097979753968' } })[0]?.['actor_type']).toBe('anonymous');
  });
});
