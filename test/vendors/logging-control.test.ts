import type { CallsReport } from './logging/calls';
import { type LoggingApi, startLoggingApi } from './logging-api';
import { send, textOf } from './logging-client';
import { optionsOf } from './main';

const START_MS = Date.parse('2026-11-24T00:00:00Z');
const ORGANIZATION = 'organizations/123456789012';
const BODY = {
  resourceNames: [ORGANIZATION],
  filter: `logName="${ORGANIZATION}/logs/cloudaudit.googleapis.com%2Factivity" timestamp >= "2026-11-24T00:00:00Z" timestamp < "2026-11-24T02:00:00Z"`,
  pageSize: 1000,
};

let api: LoggingApi;
beforeAll(async () => {
  api = await startLoggingApi({
    seed: 3,
    startMs: START_MS,
    eventsPerDay: 20_000,
    token: 'secret',
    emptyPageShare: 0,
    lateShare: 0.1,
    now: () => START_MS + 3 * 3_600_000,
  });
});
afterAll(async () => {
  await api.close();
});

const get = async (path: string): Promise<string> => textOf(await send(`${api.url}${path}`, undefined, { method: 'GET', token: '' }));

test('the truth over HTTP is a summary and then one identity a line, without any token', async () => {
  const [summary = '', ...identities] = (await get('/truth?from=2026-11-24T00:00:00Z&to=2026-11-24T02:00:00Z&stream=activity'))
    .trimEnd()
    .split('\n');
  const truth = api.truth({
    fromNs: BigInt(START_MS) * 1_000_000n,
    toNs: BigInt(START_MS + 7_200_000) * 1_000_000n,
    streams: ['activity'],
  });
  expect(JSON.parse(summary)).toEqual({ at: '2026-11-24T03:00:00.000Z', logs: truth.logs });
  expect(identities.map((line) => JSON.parse(line) as unknown)).toEqual([...truth.entries()].map((entry) => entry.identity));
  expect(truth.logs['activity']?.pending).toBeGreaterThan(0);
  expect((await get(`/truth?from=${String(START_MS)}&to=${String(START_MS + 7_200_000)}&stream=activity&summary=1`)).trimEnd()).toBe(
    summary,
  );
});

test('the truth at a later time holds what was pending', async () => {
  const at = async (time: string): Promise<{ count: number; pending: number } | undefined> => {
    const { logs } = JSON.parse(await get(`/truth?from=2026-11-24T00:00:00Z&to=2026-11-24T02:00:00Z&summary=1&at=${time}`)) as {
      logs: Record<string, { count: number; pending: number }>;
    };
    return logs['activity'];
  };
  const now = await at('2026-11-24T03:00:00Z');
  const later = await at('2026-11-27T03:00:00Z');
  expect(later).toMatchObject({ count: (now?.count ?? 0) + (now?.pending ?? 0), pending: 0 });
});

test('the clock can be stopped and set going again', async () => {
  const set = async (now: unknown): Promise<unknown> => JSON.parse(textOf(await send(`${api.url}/clock`, { now })));
  expect(await set('2026-11-25T00:00:00Z')).toEqual({ now: START_MS + 86_400_000 });
  expect(JSON.parse(await get('/clock'))).toEqual({ now: START_MS + 86_400_000 });
  expect(await set(START_MS)).toEqual({ now: START_MS });
  expect(await set(null)).toEqual({ now: START_MS + 3 * 3_600_000 });
  expect((await send(`${api.url}/clock`, { now: 'noon' })).status).toBe(400);
});

test('calls are reported and reset', async () => {
  api.resetCalls();
  await send(`${api.url}/v2/entries:list`, BODY);
  const report = JSON.parse(await get('/calls')) as CallsReport;
  expect(report.streams['activity']).toMatchObject({ answered: 1, reads: 1, least: 1 });
  await send(`${api.url}/calls`, undefined, { method: 'DELETE' });
  expect((JSON.parse(await get('/calls')) as CallsReport).total.answered).toBe(0);
});

test('faults are ordered, rated and cleared; what is unknown is refused', async () => {
  const faults = async (body: unknown): Promise<number> => (await send(`${api.url}/faults`, body)).status;
  const listed = async (): Promise<number> => (await send(`${api.url}/v2/entries:list`, BODY)).status;
  expect(await faults({ order: [{ kind: 'status-503' }, { kind: 'rate-limited', stream: 'activity' }] })).toBe(200);
  expect([await listed(), await listed(), await listed()]).toEqual([503, 429, 200]);
  expect(await faults({ rates: { 'status-500': 1 } })).toBe(200);
  expect(await listed()).toBe(500);
  expect(await faults({ rates: {}, order: { kind: 'status-500', count: 5 } })).toBe(200);
  expect(await faults({ clear: true })).toBe(200);
  expect(await listed()).toBe(200);
  expect([await faults({ order: { kind: 'flood' } }), await faults({ rates: { flood: 1 } }), await faults('not json')]).toEqual([
    400, 400, 400,
  ]);
});

test('a truth without bounds or for an unknown stream is refused', async () => {
  const status = async (path: string): Promise<number> => (await send(`${api.url}${path}`, undefined, { method: 'GET' })).status;
  expect([
    await status('/truth'),
    await status(`/truth?from=0&to=1&stream=other`),
    await status('/truth?from=0&to=1&resource=projects/unknown'),
  ]).toEqual([400, 400, 403]);
});

test('the command line stands for options', () => {
  const args = [
    '--token',
    't',
    '--start',
    '2026-11-24T00:00:00Z',
    '--end',
    '2026-11-25T00:00:00Z',
    '--events-per-day',
    '500',
    '--options',
    '{"weekendFactor":1}',
  ];
  expect(optionsOf(args)).toEqual({
    seed: 'tidemark',
    token: 't',
    startMs: START_MS,
    endMs: START_MS + 86_400_000,
    eventsPerDay: 500,
    port: 0,
    weekendFactor: 1,
  });
  expect(() => optionsOf(['--token', 't'])).toThrow(TypeError);
  expect(() => optionsOf(['--token', 't', '--start', 'today'])).toThrow(/RFC 3339/);
});
