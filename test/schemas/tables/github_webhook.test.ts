import { createTransform } from '../../../activities/transform/create-transform';
import { githubWebhook } from '../../../schemas/tables/github_webhook';
import { NOW_MS, ORIGIN, type JsonObject } from '../../activities/transform/support';

const GUID = '11111111-2222-11f0-8333-444444444444';
const BODY: JsonObject = {
  action: 'publicized',
  repository: { id: 7, full_name: 'example/app', private: false },
  sender: { id: 42, login: 'alice', type: 'User' },
};

function rowOf(changes: { receivedAt?: string; headers?: JsonObject; body?: JsonObject } = {}): JsonObject {
  const transform = createTransform({
    table: githubWebhook,
    identityKey: Buffer.alloc(32, 7),
    connector: 'github.webhook',
    source: 'github',
    stream: 'main',
    tenant: 'acme',
  });
  const record = {
    received_at: changes.receivedAt ?? '2026-11-01T10:00:00.000Z',
    headers: { 'x-github-event': 'repository', 'x-github-delivery': GUID, 'x-github-hook-id': '1', ...changes.headers },
    body: changes.body ?? BODY,
  };
  let row: JsonObject | undefined;
  transform(Buffer.from(JSON.stringify(record)), ORIGIN, NOW_MS, (outcome) => {
    row = JSON.parse(outcome.line.toString()) as JsonObject;
  });
  return row ?? {};
}
const identityOf = ({ event_key, content_hash }: JsonObject): unknown => ({ event_key, content_hash });

describe('table github_webhook', () => {
  test('says what happened by the header and the body, who did it, and to what', () => {
    expect(rowOf()).toMatchObject({
      event_time: '2026-11-01T10:00:00Z',
      key_class: 'A',
      action: 'repository.publicized',
      actor_id: '42',
      actor_name: 'alice',
      actor_type: 'user',
      target_id: '7',
      target_name: 'example/app',
      target_type: 'repository',
      ocsf_class_uid: 3004,
      ocsf_activity_id: 3,
    });
  });

  test('names an event without actions by its header alone', () => {
    expect(rowOf({ headers: { 'x-github-event': 'push' }, body: { ref: 'refs/heads/main' } })['action']).toBe('push');
  });

  test('a redelivery, and the delivery of another hook, is the same event', () => {
    const other = { 'x-github-hook-id': '2', 'x-github-hook-installation-target-type': 'organization' };
    expect(identityOf(rowOf({ receivedAt: '2026-11-01T11:00:00.000Z' }))).toEqual(identityOf(rowOf()));
    expect(identityOf(rowOf({ headers: other, body: { ...BODY, installation: { id: 3 } } }))).toEqual(identityOf(rowOf()));
  });

  test('another delivery of an equal body is another event', () => {
    const another = rowOf({ headers: { 'x-github-delivery': '99999999-2222-11f0-8333-444444444444' } });
    expect(another['event_key']).not.toBe(rowOf()['event_key']);
  });

  test('takes the time a repository was made as seconds since the epoch, as a push has it, and as text', () => {
    const createdAt = (created_at: string | number): unknown => rowOf({ body: { repository: { created_at } } })['repository_created_at'];
    expect(createdAt(1_764_091_932)).toBe('2025-11-25T17:32:12Z');
    expect(createdAt('2025-11-25T17:32:12Z')).toBe('2025-11-25T17:32:12Z');
  });
});
