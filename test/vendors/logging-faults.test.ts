import { gunzipSync } from 'node:zlib';
import { createFaults, type FaultKind } from './logging/faults';
import { slicePoints } from './logging/answer';
import { type LoggingApi, type LoggingApiOptions, startLoggingApi } from './logging-api';
import { bytesOf, listAll, parsedOf, send, textOf, type WireAnswer } from './logging-client';

const START_MS = Date.parse('2026-11-24T00:00:00Z');
const HOUR_MS = 3_600_000;
const ORGANIZATION = 'organizations/123456789012';
const BODY = {
  resourceNames: [ORGANIZATION],
  filter: `logName="${ORGANIZATION}/logs/cloudaudit.googleapis.com%2Factivity" timestamp >= "2026-11-24T00:00:00Z" timestamp < "2026-11-24T06:00:00Z"`,
  pageSize: 100,
};
const OPTIONS: LoggingApiOptions = {
  ...{ seed: 'faults', startMs: START_MS, eventsPerDay: 20_000, token: 'secret', now: () => START_MS + 24 * HOUR_MS },
  ...{ emptyPageShare: 0, slicedShare: 0, faultDelayMs: 150 },
};

let api: LoggingApi;
let clean: string;
beforeAll(async () => {
  api = await startLoggingApi(OPTIONS);
  clean = textOf(await send(`${api.url}/v2/entries:list`, BODY));
});
afterAll(async () => {
  await api.close();
});
beforeEach(() => {
  api.resetCalls();
});

async function struckBy(kind: FaultKind, gzip = false): Promise<WireAnswer> {
  api.fault({ kind });
  const answer = await send(`${api.url}/v2/entries:list`, BODY, { gzip });
  expect(textOf(await send(`${api.url}/v2/entries:list`, BODY))).toBe(clean);
  return answer;
}

test.each([
  ['rate-limited', 429, 'RESOURCE_EXHAUSTED'],
  ['status-500', 500, 'INTERNAL'],
  ['status-503', 503, 'UNAVAILABLE'],
] as const)('%s is answered once with %i in the shape of Google errors', async (kind, status, name) => {
  const answer = await struckBy(kind);
  expect([answer.status, parsedOf(answer).error?.status, Object.hasOwn(answer.headers, 'retry-after')]).toEqual([status, name, false]);
  expect(api.calls().total).toMatchObject({ answered: 1, refused: { [status]: 1 } });
});

test('status-502 is a page of HTML, as from a front end', async () => {
  const answer = await struckBy('status-502');
  expect([answer.status, answer.headers['content-type']]).toEqual([502, 'text/html; charset=UTF-8']);
});

test('reset gives no answer at all', async () => {
  expect((await struckBy('reset')).status).toBe(0);
  expect(api.calls().total).toMatchObject({ answered: 1, broken: 1 });
});

test.each([false, true])('truncated-text is a correct message (gzip: %s) whose JSON ends early', async (gzip) => {
  const answer = await struckBy('truncated-text', gzip);
  expect([answer.status, answer.complete, answer.headers['content-encoding']]).toEqual([200, true, gzip ? 'gzip' : undefined]);
  const text = textOf(answer);
  expect(clean.startsWith(text.slice(0, -4)) && text.length < clean.length - 2).toBe(true);
  expect(() => void JSON.parse(text)).toThrow(SyntaxError);
  expect(api.calls().total).toMatchObject({ answered: 1, broken: 1 });
});

test('truncated-encoding is a correct message whose gzip stream ends early', async () => {
  const answer = await struckBy('truncated-encoding', true);
  expect([answer.status, answer.complete]).toEqual([200, true]);
  expect(() => gunzipSync(bytesOf(answer))).toThrow();
});

test('truncated-connection ends in the middle of the body', async () => {
  const answer = await struckBy('truncated-connection');
  expect([answer.status, answer.complete]).toEqual([200, false]);
  expect(bytesOf(answer).length).toBeGreaterThan(1000);
  expect(api.calls().total).toMatchObject({ answered: 1, broken: 1 });
});

test.each(['slow-headers', 'stalled-body'] as const)('%s comes late but whole, and counts as answered', async (kind) => {
  const startedAt = performance.now();
  const answer = await struckBy(kind);
  expect(performance.now() - startedAt).toBeGreaterThan(140);
  expect(textOf(answer)).toBe(clean);
  expect(api.calls().total).toMatchObject({ answered: 2, broken: 0 });
});

test('expired-token waits for a call that carries a token', async () => {
  api.fault({ kind: 'expired-token' });
  const first = await send(`${api.url}/v2/entries:list`, BODY);
  expect(first.status).toBe(200);
  const next = { ...BODY, pageToken: parsedOf(first).nextPageToken };
  expect((await send(`${api.url}/v2/entries:list`, next)).status).toBe(400);
  expect((await send(`${api.url}/v2/entries:list`, next)).status).toBe(200);
});

test('an ordered fault can be bound to a stream, last several calls, and be taken back', async () => {
  api.fault({ kind: 'status-503', count: 2, stream: 'policy' });
  const policy = { ...BODY, filter: BODY.filter.replace('activity', 'policy') };
  const statuses: number[] = [];
  for (const body of [BODY, policy, policy, policy]) statuses.push((await send(`${api.url}/v2/entries:list`, body)).status);
  expect(statuses).toEqual([200, 503, 503, 200]);
  api.fault({ kind: 'status-503', count: 9 });
  api.clearFaults();
  expect((await send(`${api.url}/v2/entries:list`, BODY)).status).toBe(200);
});

test('a client that leaves in the middle of an answer is booked as aborted, not as answered', async () => {
  api.fault({ kind: 'stalled-body', delayMs: 200 });
  const leaving = new AbortController();
  const response = await fetch(`${api.url}/v2/entries:list`, {
    method: 'POST',
    headers: { authorization: 'Bearer secret' },
    body: JSON.stringify(BODY),
    signal: leaving.signal,
  });
  leaving.abort();
  await expect(response.text()).rejects.toThrow();
  while (api.calls().total.aborted === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(api.calls().total).toMatchObject({ answered: 0, aborted: 1 });
});

test('closing does not wait for slow answers', async () => {
  const other = await startLoggingApi(OPTIONS);
  other.fault({ kind: 'slow-headers', delayMs: 600_000 });
  const answer = send(`${other.url}/v2/entries:list`, BODY);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await other.close();
  expect((await answer).status).toBe(0);
});

test('rates strike the promised share of calls, the same calls for the same seed', () => {
  const kindsOf = (seed: number): (FaultKind | undefined)[] => {
    const faults = createFaults(seed, { 'rate-limited': 0.1, reset: 0.05 }, 0);
    return Array.from({ length: 4000 }, (_, call) => faults.next({ call, stream: 'activity', hasToken: false })?.kind);
  };
  const kinds = kindsOf(7);
  expect(kindsOf(7)).toEqual(kinds);
  expect(kindsOf(8)).not.toEqual(kinds);
  const share = (kind: FaultKind): number => kinds.filter((struck) => struck === kind).length / kinds.length;
  expect(share('rate-limited')).toBeCloseTo(0.1, 1);
  expect(share('reset')).toBeGreaterThan(0.03);
  expect(share('status-500')).toBe(0);
});

test('a reader that repeats every failed call finds all entries under every fault at once', async () => {
  const bad = await startLoggingApi({
    ...OPTIONS,
    emptyPageShare: 0.2,
    slicedShare: 0.5,
    faultDelayMs: 1,
    faults: Object.fromEntries(
      [
        'rate-limited',
        'status-500',
        'status-502',
        'status-503',
        'slow-headers',
        'stalled-body',
        'reset',
        'truncated-text',
        'truncated-encoding',
        'truncated-connection',
      ].map((kind) => [kind, 0.05]),
    ),
  });
  const found: string[] = [];
  let pageToken: string | undefined;
  do {
    const answer = await send(
      `${bad.url}/v2/entries:list`,
      { ...BODY, pageSize: 20, ...(pageToken === undefined ? {} : { pageToken }) },
      { gzip: true },
    );
    if (answer.status !== 200 || !answer.complete) continue;
    try {
      const page = parsedOf(answer);
      found.push(...(page.entries ?? []).map((entry) => `${entry.logName}|${entry.timestamp}|${entry.insertId}`));
      pageToken = page.nextPageToken ?? '';
    } catch {
      continue;
    }
  } while (pageToken !== '');
  const truth = bad.truth({
    fromNs: BigInt(START_MS) * 1_000_000n,
    toNs: BigInt(START_MS + 6 * HOUR_MS) * 1_000_000n,
    streams: ['activity'],
  });
  expect(found).toEqual([...truth.entries()].map((entry) => entry.identity));
  const { total } = bad.calls();
  expect(total.entries).toBe(found.length);
  expect(total.answered - total.emptyPages).toBe(total.least);
  await bad.close();
});

test('an answer in slices cuts multi-byte characters and joins to the same text', async () => {
  const sliced = await startLoggingApi({ ...OPTIONS, slicedShare: 1 });
  const answer = await send(`${sliced.url}/v2/entries:list`, BODY);
  expect(textOf(answer)).toBe(clean);
  expect(answer.headers['transfer-encoding']).toBe('chunked');
  const cutsCharacter = answer.chunks.some((chunk) => ((chunk[0] ?? 0) & 0xc0) === 0x80);
  expect(cutsCharacter).toBe(true);
  const body = Buffer.from('plain ü 日 🚀');
  expect(slicePoints(body)).toEqual([7, 10, 11, 14, 15, 16]);
  await sliced.close();
});

test('a body is compressed for those who accept it, and only for them', async () => {
  const packed = await send(`${api.url}/v2/entries:list`, BODY, { gzip: true });
  expect([packed.headers['content-encoding'], textOf(packed)]).toEqual(['gzip', clean]);
  expect(bytesOf(packed).length).toBeLessThan(clean.length / 3);
});

test('the least number of calls counts each distinct read once, and a restart of an unfinished one not at all', async () => {
  const { entries, pages } = await listAll(api.url, BODY);
  expect(api.calls().streams['activity']).toMatchObject({
    answered: pages,
    reads: 1,
    restarts: 0,
    least: Math.ceil(entries.length / 100),
    leastWithRepeats: pages,
  });
  await send(`${api.url}/v2/entries:list`, BODY);
  await send(`${api.url}/v2/entries:list`, BODY);
  expect(api.calls().streams['activity']).toMatchObject({
    answered: pages + 2,
    reads: 1,
    restarts: 1,
    least: pages,
    leastWithRepeats: 2 * pages,
  });
  await listAll(api.url, { ...BODY, filter: BODY.filter.replaceAll('2026-11-24', '2026-11-20') });
  expect(api.calls().total).toMatchObject({ reads: 2, least: pages + 1 });
});
