import { startStrictStorage } from './storage';
import type { Proxy } from './proxy';
import { startUpstream, type Upstream } from './upstream';

const CREATED = Date.parse('2026-01-01T00:00:00Z');
let nowMs = CREATED;
let upstream: Upstream;
let proxy: Proxy;

beforeEach(async () => {
  nowMs = CREATED;
  let generation = 0;
  upstream = await startUpstream(({ method, url }) => {
    if (method === 'GET')
      return generation === 0
        ? { status: 404 }
        : { body: { generation: String(generation), timeCreated: new Date(CREATED).toISOString() } };
    const expected = new URL(url, 'http://127.0.0.1').searchParams.get('ifGenerationMatch');
    if (expected !== null && expected !== String(generation))
      return { status: 412, body: { error: { errors: [{ reason: 'conditionNotMet' }] } } };
    generation += 1;
    return { body: { generation: String(generation) } };
  });
  proxy = await startStrictStorage({ target: upstream.url, retention: { kept: 60_000 }, now: () => nowMs });
});

afterEach(async () => {
  await proxy.close();
  await upstream.close();
});

/** Status, and the error's reason and domain where there is one. */
const send = async (method: string, path: string): Promise<unknown> => {
  const answer = await fetch(proxy.url + path, { method, ...(method === 'POST' ? { body: 'x' } : {}) });
  const { error } = (await answer.json()) as { error?: { code: number; errors: { reason: string; domain?: string }[] } };
  return error === undefined ? answer.status : [answer.status, error.errors[0]?.reason];
};
const upload = (bucket: string, query = ''): [string, string] => [
  'POST',
  `/upload/storage/v1/b/${bucket}/o?uploadType=media&name=v1%2Funit.json${query}`,
];
const object = (bucket: string): string => `/storage/v1/b/${bucket}/o/v1%2Funit.json`;

test('one object name takes one mutation a second, whatever the kind; another name is free', async () => {
  const first = await send(...upload('state'));
  nowMs += 999;
  const soon = [
    await send(...upload('state')),
    await send('DELETE', object('state')),
    await send('PATCH', object('state')),
    await send('POST', `/storage/v1/b/x/o/y/rewriteTo/b/state/o/v1%2Funit.json`),
  ];
  const other = await send('POST', '/upload/storage/v1/b/state/o?uploadType=media&name=other');
  nowMs += 1;
  const limited = [429, 'rateLimitExceeded'];
  expect([first, soon, other, await send(...upload('state'))]).toEqual([200, [limited, limited, limited, limited], 200, 200]);
});

test('of racers with one precondition exactly one wins and the others get 412, not 429', async () => {
  const answers = await Promise.all(Array.from({ length: 5 }, async () => send(...upload('state', '&ifGenerationMatch=0'))));
  expect(answers.filter((answer) => answer === 200)).toHaveLength(1);
  expect(answers.filter((answer) => answer !== 200)).toEqual(Array(4).fill([412, 'conditionNotMet']));
});

test('an object under retention is neither replaced nor deleted, its metadata may change', async () => {
  const created = await send(...upload('kept'));
  nowMs += 59_999;
  const kept = [await send(...upload('kept')), await send('DELETE', object('kept')), await send(...upload('kept', '&ifGenerationMatch=1'))];
  expect([created, kept, await send('PATCH', object('kept'))]).toEqual([200, Array(3).fill([403, 'retentionPolicyNotMet']), 200]);
});

test('create-only on an existing object under retention answers 412; after the period it may be replaced', async () => {
  await send(...upload('kept'));
  nowMs += 2_000;
  const early = await send(...upload('kept', '&ifGenerationMatch=0'));
  nowMs += 58_000;
  expect([early, await send(...upload('kept', '&ifGenerationMatch=1'))]).toEqual([[412, 'conditionNotMet'], 200]);
});
