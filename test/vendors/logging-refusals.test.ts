import fc from 'fast-check';
import { parseFilter } from './logging/filter';
import { createQuota } from './logging/quota';
import { formatMoment, momentOfNs, parseRfc3339Ns } from './logging/time';
import { type LoggingApi, startLoggingApi } from './logging-api';
import { parsedOf, send } from './logging-client';

const START_MS = Date.parse('2026-11-24T00:00:00Z');
const ORGANIZATION = 'organizations/123456789012';

let api: LoggingApi;
beforeAll(async () => {
  api = await startLoggingApi({
    seed: 1,
    startMs: START_MS,
    eventsPerDay: 5000,
    token: 'secret',
    readable: [ORGANIZATION],
    now: () => START_MS + 3_600_000,
  });
});
afterAll(async () => {
  await api.close();
});

async function refusal(body: unknown, token = 'secret'): Promise<[number, string | undefined]> {
  const answer = await send(`${api.url}/v2/entries:list`, body, { token });
  return [answer.status, answer.status === 200 ? undefined : parsedOf(answer).error?.status];
}

test('a wrong credential is 401 in the shape of Google errors', async () => {
  const answer = await send(`${api.url}/v2/entries:list`, { resourceNames: [ORGANIZATION] }, { token: 'other' });
  expect(answer.status).toBe(401);
  expect(parsedOf(answer).error).toMatchObject({
    code: 401,
    status: 'UNAUTHENTICATED',
    message: expect.stringContaining('credential') as unknown,
  });
});

test('a resource the credential may not read, or that does not exist, is 403', async () => {
  expect(await refusal({ resourceNames: ['projects/example-prod'] })).toEqual([403, 'PERMISSION_DENIED']);
  expect(await refusal({ resourceNames: [ORGANIZATION, 'organizations/1'] })).toEqual([403, 'PERMISSION_DENIED']);
});

test.each([
  ['no JSON', '{'],
  ['not an object', []],
  ['no resource names', {}],
  ['a malformed resource name', { resourceNames: ['example-prod'] }],
  ['more than 100 resource names', { resourceNames: Array.from({ length: 101 }, () => ORGANIZATION) }],
  ['a negative page size', { resourceNames: [ORGANIZATION], pageSize: -1 }],
  ['a page size that is no integer', { resourceNames: [ORGANIZATION], pageSize: 1.5 }],
  ['an unknown order', { resourceNames: [ORGANIZATION], orderBy: 'receiveTimestamp asc' }],
  ['an unknown member', { resourceNames: [ORGANIZATION], page_size: 10 }],
  ['a filter it cannot read', { resourceNames: [ORGANIZATION], filter: 'severity>=ERROR' }],
  ['an over-long filter', { resourceNames: [ORGANIZATION], filter: ' '.repeat(20_001) }],
])('a request with %s is 400 INVALID_ARGUMENT', async (_, body) => {
  expect(await refusal(body)).toEqual([400, 'INVALID_ARGUMENT']);
});

test('a page size above 1000 is cut down to it, none means 50', async () => {
  const busy = await startLoggingApi({
    seed: 1,
    startMs: START_MS,
    eventsPerDay: 200_000,
    token: 'secret',
    emptyPageShare: 0,
    now: () => START_MS + 3_600_000,
  });
  const sizeOf = async (pageSize?: number): Promise<number | undefined> =>
    parsedOf(await send(`${busy.url}/v2/entries:list`, { resourceNames: [ORGANIZATION], ...(pageSize === undefined ? {} : { pageSize }) }))
      .entries?.length;
  expect([await sizeOf(5000), await sizeOf(), await sizeOf(0), await sizeOf(7)]).toEqual([1000, 50, 50, 7]);
  await busy.close();
});

test('refused calls are counted by status and never as answered', async () => {
  api.resetCalls();
  await refusal({ resourceNames: [ORGANIZATION] }, 'other');
  await refusal({ resourceNames: ['projects/example-prod'] });
  await refusal({ resourceNames: [ORGANIZATION], pageSize: -1 });
  expect(api.calls().total).toMatchObject({ answered: 0, entries: 0, refused: { 400: 1, 401: 1, 403: 1 } });
});

test('another path or method is 404', async () => {
  expect((await send(`${api.url}/v2/entries:write`, {})).status).toBe(404);
  expect((await send(`${api.url}/v2/entries:list`, undefined, { method: 'GET' })).status).toBe(404);
});

const T = '2026-11-24T10:00:00.000000001Z';
const NS = parseRfc3339Ns(T) ?? -1n;
const FREE = { from: null, to: null };

test.each([
  ['', { logs: [], timestamp: FREE, receiveTimestamp: FREE }],
  ['logName="a"', { logs: [[{ logName: 'a' }]], timestamp: FREE, receiveTimestamp: FREE }],
  ['logName = ("a" OR "b")', { logs: [[{ logName: 'a' }, { logName: 'b' }]], timestamp: FREE, receiveTimestamp: FREE }],
  ['(logName="a" OR logName="b\\"c")', { logs: [[{ logName: 'a' }, { logName: 'b"c' }]], timestamp: FREE, receiveTimestamp: FREE }],
  [`timestamp>="${T}" AND timestamp<"${T}"`, { logs: [], timestamp: { from: NS, to: NS }, receiveTimestamp: FREE }],
  [`timestamp>"${T}"\ntimestamp <= "${T}"`, { logs: [], timestamp: { from: NS + 1n, to: NS + 1n }, receiveTimestamp: FREE }],
  [`receiveTimestamp>="${T}"`, { logs: [], timestamp: FREE, receiveTimestamp: { from: NS, to: null } }],
  // OR binds tighter than AND in this language.
  [
    'logName="a" AND logName="b" OR logName="c"',
    { logs: [[{ logName: 'a' }], [{ logName: 'b' }, { logName: 'c' }]], timestamp: FREE, receiveTimestamp: FREE },
  ],
])('the filter %j is understood', (text, filter) => {
  expect(parseFilter(text)).toEqual({ ok: true, filter });
});

test.each([
  'severity>=ERROR',
  'NOT logName="a"',
  '-logName="a"',
  'logName:"a"',
  'logName!="a"',
  'logName=~"a"',
  'logName=a',
  'logName="a',
  '(logName="a"',
  'logName="a")',
  'logName="a" OR',
  'AND',
  'timestamp="2026-11-24T10:00:00Z"',
  'timestamp>="yesterday"',
  'timestamp>="2026-02-30T10:00:00Z"',
  'timestamp>="2026-11-24T10:00:00.0000000001Z"',
  'timestamp>=2026-11-24T10:00:00Z',
  'timestamp>="2026-11-24T10:00:00Z" OR logName="a"',
  'protoPayload.methodName="SetIamPolicy"',
  'logName="a" or logName="b"',
  'text',
  '"text"',
])('the filter %j is refused', (text) => {
  expect(parseFilter(text)).toMatchObject({ ok: false });
});

test('reading a filter never throws, whatever the text', () => {
  const words = fc.constantFrom('logName', '=', '(', ')', '"a"', 'OR', 'AND', 'timestamp', '>=', `"${T}"`, '\n', 'log_id', '"');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(words).map((parts) => parts.join(' ')),
      ),
      (text) => {
        expect(typeof parseFilter(text).ok).toBe('boolean');
      },
    ),
  );
});

test('a time to the nanosecond survives printing and reading, whatever its digits', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 4_102_444_800_000_000_000n }), (ns) => {
      const text = formatMoment(momentOfNs(ns));
      expect(parseRfc3339Ns(text)).toBe(ns);
      expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(\d{3}|\d{6}|\d{9}))?Z$/);
    }),
  );
});

test('offsets are subtracted from the local time they stand with', () => {
  expect(parseRfc3339Ns('2026-11-24T01:30:00+05:30')).toBe(parseRfc3339Ns('2026-11-23T20:00:00Z'));
  expect(parseRfc3339Ns('2026-11-24T01:30:00.5-00:30')).toBe(parseRfc3339Ns('2026-11-24T02:00:00.5Z'));
});

test('a quota admits its number at once and refills evenly', () => {
  let nowMs = 0;
  const quota = createQuota(60, () => nowMs);
  expect(Array.from({ length: 61 }, () => quota.take()).filter(Boolean).length).toBe(60);
  nowMs = 999;
  expect(quota.take()).toBe(false);
  nowMs = 2000;
  expect([quota.take(), quota.take(), quota.take()]).toEqual([true, true, false]);
  nowMs = 3_600_000;
  expect(Array.from({ length: 100 }, () => quota.take()).filter(Boolean).length).toBe(60);
});

test('calls beyond the quota are 429 RESOURCE_EXHAUSTED without a header that says when to come back', async () => {
  const tight = await startLoggingApi({
    seed: 1,
    startMs: START_MS,
    eventsPerDay: 5000,
    token: 'secret',
    quotaPerMinute: 2,
    now: () => START_MS + 60_000,
  });
  const answers = await Promise.all(
    Array.from({ length: 3 }, () => send(`${tight.url}/v2/entries:list`, { resourceNames: [ORGANIZATION], pageSize: 1 })),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 429]);
  const refused = answers.find(({ status }) => status === 429);
  expect(Object.keys(refused?.headers ?? {}).filter((name) => /retry|rate|quota/i.test(name))).toEqual([]);
  expect(tight.calls().total).toMatchObject({ answered: 2, refused: { 429: 1 } });
  await tight.close();
});
