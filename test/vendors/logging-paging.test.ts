import fc from 'fast-check';
import { createTimeline, LATE_BANDS_S, LOG_IDS, logSource } from './logging/timeline';
import { entryOf } from './logging/entry';
import { hashText } from './logging/seeded';
import { parseRfc3339Ns } from './logging/time';
import { type LoggingApi, type LoggingApiOptions, startLoggingApi } from './logging-api';
import { type Entry, entryIdentity, listAll, parsedOf, send, textOf } from './logging-client';

const START_MS = Date.parse('2026-11-24T00:00:00Z');
const HOUR_MS = 3_600_000;
const ORGANIZATION = 'organizations/123456789012';
const logName = (id: string): string => `${ORGANIZATION}/logs/cloudaudit.googleapis.com%2F${id}`;
const iso = (ms: number): string => new Date(ms).toISOString();
const BASE: LoggingApiOptions = {
  seed: 'paging',
  startMs: START_MS,
  eventsPerDay: 20_000,
  token: 'secret',
  lateShare: 0.02,
  now: () => START_MS + 24 * HOUR_MS,
};

const running: LoggingApi[] = [];
async function start(options: Partial<LoggingApiOptions> = {}): Promise<LoggingApi> {
  const api = await startLoggingApi({ ...BASE, ...options });
  running.push(api);
  return api;
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((api) => api.close()));
});

const windowOf = (fromMs: number, toMs: number, id = 'data_access'): string =>
  `logName="${logName(id)}" AND timestamp >= "${iso(fromMs)}" AND timestamp < "${iso(toMs)}"`;

/** All entries of the organization's logs, made without the code that pages: values only, times compared as bigints. */
function everyEntry(hours: number): Entry[] {
  const entries: Entry[] = [];
  const timeline = createTimeline({
    seed: hashText('seed paging'),
    startMinute: START_MS / 60_000,
    endMinute: Infinity,
    weekendFactor: 0.4,
    lateShare: 0.02,
    lateBandsS: LATE_BANDS_S,
    splitShare: 0.0003,
  });
  for (const id of LOG_IDS) {
    for (let minute = 0; minute < hours * 60; minute += 1) {
      for (const slot of timeline.slots(logSource(ORGANIZATION, id, 20_000), START_MS / 60_000 + minute)) {
        entries.push(entryOf(slot, { organization: '123456789012', projects: ['example-prod'] }) as unknown as Entry);
      }
    }
  }
  return entries;
}

const nsOf = (text: string): bigint => parseRfc3339Ns(text) ?? -1n;

test('paging returns every visible entry exactly once and in order, whatever the page size, window, direction and moment', async () => {
  const api = await start({ emptyPageShare: 0.1 });
  const all = everyEntry(3);
  const pageSize = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 1000 }));
  await fc.assert(
    fc.asyncProperty(
      pageSize,
      fc.nat(9_000_000),
      fc.nat(1_200_000),
      fc.boolean(),
      fc.nat(2 * HOUR_MS),
      fc.subarray([...LOG_IDS], { minLength: 1 }),
      async (size, offset, length, descending, wait, ids) => {
        const fromMs = START_MS + offset;
        const toMs = fromMs + Math.min(length, size * 400_000);
        const nowMs = toMs + wait;
        api.setNow(nowMs);
        const filter = `(${ids.map((id) => `logName="${logName(id)}"`).join(' OR ')})\ntimestamp >= "${iso(fromMs)}"\ntimestamp < "${iso(toMs)}"`;
        const { entries } = await listAll(api.url, {
          resourceNames: [ORGANIZATION],
          filter,
          pageSize: size,
          orderBy: `timestamp ${descending ? 'desc' : 'asc'}`,
        });
        const expected = all
          .filter((entry) => ids.some((id) => entry.logName === logName(id)))
          .filter((entry) => nsOf(entry.timestamp) >= BigInt(fromMs) * 1_000_000n && nsOf(entry.timestamp) < BigInt(toMs) * 1_000_000n)
          .filter((entry) => nsOf(entry.receiveTimestamp) <= BigInt(nowMs) * 1_000_000n)
          .sort((a, b) => {
            const [x, y] = [nsOf(a.timestamp), nsOf(b.timestamp)];
            if (x !== y) return x < y === descending ? 1 : -1;
            return a.insertId === b.insertId ? (a.logName < b.logName ? -1 : 1) : a.insertId < b.insertId ? -1 : 1;
          });
        expect(entries.map(entryIdentity)).toEqual(expected.map(entryIdentity));
      },
    ),
    { numRuns: 25 },
  );
});

test('a whole hour agrees with the truth, entry by entry and hour by hour', async () => {
  const api = await start();
  const query = { fromNs: BigInt(START_MS) * 1_000_000n, toNs: BigInt(START_MS + 2 * HOUR_MS) * 1_000_000n };
  const truth = api.truth({ ...query, streams: ['activity'] });
  const { entries } = await listAll(api.url, {
    resourceNames: [ORGANIZATION],
    filter: windowOf(START_MS, START_MS + 2 * HOUR_MS, 'activity'),
    pageSize: 100,
  });
  expect(entries.map(entryIdentity)).toEqual([...truth.entries()].map((entry) => entry.identity));
  expect(truth.logs).toEqual({
    activity: {
      count: entries.length,
      pending: [...truth.pending()].length,
      hours: {
        '2026-11-24T00:00:00Z': entries.filter((entry) => entry.timestamp < '2026-11-24T01').length,
        '2026-11-24T01:00:00Z': entries.filter((entry) => entry.timestamp >= '2026-11-24T01').length,
      },
    },
  });
  expect(entries.length).toBeGreaterThan(50);
});

test('the same seed gives the same bytes, another seed other entries', async () => {
  const body = { resourceNames: [ORGANIZATION], filter: windowOf(START_MS, START_MS + HOUR_MS), pageSize: 1000 };
  const text = async (seed: string): Promise<string> => {
    const api = await start({ seed, emptyPageShare: 0 });
    return textOf(await send(`${api.url}/v2/entries:list`, body));
  };
  const first = await text('a');
  expect(await text('a')).toBe(first);
  expect(await text('b')).not.toBe(first);
});

test('an answer is printed with two spaces, an empty one is {}, and the page that takes the last entry has no token', async () => {
  const api = await start({ emptyPageShare: 0 });
  const full = await send(`${api.url}/v2/entries:list`, {
    resourceNames: [ORGANIZATION],
    filter: windowOf(START_MS, START_MS + HOUR_MS),
    pageSize: 3,
  });
  const text = textOf(full);
  const canonical = `${JSON.stringify(JSON.parse(text), null, 2)}\n`.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e');
  expect(text).toBe(canonical);
  expect(Object.keys(parsedOf(full))).toEqual(['entries', 'nextPageToken']);
  const empty = await send(`${api.url}/v2/entries:list`, { resourceNames: [ORGANIZATION], filter: windowOf(START_MS - HOUR_MS, START_MS) });
  expect(textOf(empty)).toBe('{}\n');
  const [first, second] = [
    ...api.truth({ fromNs: BigInt(START_MS) * 1_000_000n, toNs: BigInt(START_MS + HOUR_MS) * 1_000_000n, streams: ['policy'] }).entries(),
  ];
  const exact = `logName="${logName('policy')}" timestamp >= "${first?.timestamp ?? ''}" timestamp <= "${second?.timestamp ?? ''}"`;
  expect(
    Object.keys(parsedOf(await send(`${api.url}/v2/entries:list`, { resourceNames: [ORGANIZATION], filter: exact, pageSize: 2 }))),
  ).toEqual(['entries']);
});

test('an empty page with a token is not the end, and repeating its call gives it again', async () => {
  const api = await start({ emptyPageShare: 1 });
  const body = { resourceNames: [ORGANIZATION], filter: windowOf(START_MS, START_MS + HOUR_MS), pageSize: 1000 };
  const { entries, pages, emptyPages } = await listAll(api.url, body);
  const truth = api.truth({
    fromNs: BigInt(START_MS) * 1_000_000n,
    toNs: BigInt(START_MS + HOUR_MS) * 1_000_000n,
    streams: ['data_access'],
  });
  expect({ entries: entries.length, full: pages - emptyPages }).toEqual({ entries: truth.logs['data_access']?.count, full: 1 });
  expect(emptyPages).toBe(3);
  const first = await send(`${api.url}/v2/entries:list`, body);
  expect(Object.keys(parsedOf(first))).toEqual(['nextPageToken']);
  expect(textOf(await send(`${api.url}/v2/entries:list`, body))).toBe(textOf(first));
});

test('a token lives for 24 hours of the API clock and is refused with 400 from then on', async () => {
  const api = await start({ emptyPageShare: 0 });
  const nowMs = START_MS + 48 * HOUR_MS;
  api.setNow(nowMs);
  const body = { resourceNames: [ORGANIZATION], filter: windowOf(START_MS, START_MS + HOUR_MS), pageSize: 5 };
  const { nextPageToken } = parsedOf(await send(`${api.url}/v2/entries:list`, body));
  api.setNow(nowMs + 24 * HOUR_MS - 1);
  expect((await send(`${api.url}/v2/entries:list`, { ...body, pageToken: nextPageToken })).status).toBe(200);
  api.setNow(nowMs + 24 * HOUR_MS);
  const refused = await send(`${api.url}/v2/entries:list`, { ...body, pageToken: nextPageToken });
  expect({ http: refused.status, status: parsedOf(refused).error?.status }).toEqual({ http: 400, status: 'INVALID_ARGUMENT' });
});

test('a token is refused with other parameters, when altered, and by an API of another seed, but outlives a restart', async () => {
  const api = await start({ emptyPageShare: 0 });
  const body = { resourceNames: [ORGANIZATION], filter: windowOf(START_MS, START_MS + HOUR_MS), pageSize: 5, orderBy: 'timestamp asc' };
  const pageToken = parsedOf(await send(`${api.url}/v2/entries:list`, body)).nextPageToken ?? '';
  const altered = [
    { filter: windowOf(START_MS, START_MS + HOUR_MS + 1) },
    { pageSize: 6 },
    { orderBy: 'timestamp desc' },
    { resourceNames: [ORGANIZATION, 'projects/example-prod'] },
    { pageToken: `${pageToken.slice(0, -1)}${pageToken.endsWith('A') ? 'B' : 'A'}` },
    { pageToken: 'EAA4kMydnonsense' },
  ];
  for (const change of altered) expect((await send(`${api.url}/v2/entries:list`, { ...body, pageToken, ...change })).status).toBe(400);
  const stranger = await start({ seed: 'another' });
  expect((await send(`${stranger.url}/v2/entries:list`, { ...body, pageToken })).status).toBe(400);
  const restarted = await start({ emptyPageShare: 0 });
  const again = await send(`${restarted.url}/v2/entries:list`, { ...body, pageToken });
  expect(textOf(again)).toBe(textOf(await send(`${api.url}/v2/entries:list`, { ...body, pageToken })));
});

test('a late entry is missing before its time and found afterwards, but not by pages that are already past it', async () => {
  const api = await start({ emptyPageShare: 0, lateShare: 0.2, eventsPerDay: 100_000 });
  const [fromMs, toMs] = [START_MS, START_MS + HOUR_MS];
  const closedMs = toMs + 60_000;
  api.setNow(closedMs);
  const late = [...api.truth({ fromNs: BigInt(fromMs) * 1_000_000n, toNs: BigInt(toMs) * 1_000_000n, streams: ['data_access'] }).pending()];
  const body = { resourceNames: [ORGANIZATION], filter: windowOf(fromMs, toMs), pageSize: 300 };
  const before = await listAll(api.url, body);
  const first = parsedOf(await send(`${api.url}/v2/entries:list`, body));

  const continuedMs = closedMs + 23 * HOUR_MS;
  api.setNow(continuedMs);
  const rest = await listAll(api.url, { ...body, pageToken: first.nextPageToken });
  const continued = new Set([...(first.entries ?? []), ...rest.entries].map(entryIdentity));
  const passedNs = nsOf(first.entries?.at(-1)?.timestamp ?? '');
  const appeared = late.filter((entry) => nsOf(entry.visibleAt) <= BigInt(continuedMs) * 1_000_000n);
  const [passed, ahead] = [
    appeared.filter((entry) => nsOf(entry.timestamp) < passedNs),
    appeared.filter((entry) => nsOf(entry.timestamp) > passedNs),
  ];
  expect(Math.min(passed.length, ahead.length)).toBeGreaterThan(5);
  expect(passed.filter((entry) => continued.has(entry.identity))).toEqual([]);
  expect(ahead.filter((entry) => !continued.has(entry.identity))).toEqual([]);
  expect(continued.size).toBe(before.entries.length + ahead.length);

  api.setNow(closedMs + 72 * HOUR_MS);
  const after = await listAll(api.url, body);
  expect(after.entries.map(entryIdentity).sort()).toEqual(
    [...before.entries.map(entryIdentity), ...late.map((entry) => entry.identity)].sort(),
  );
});

test('ties and neighbours one nanosecond apart are kept apart by pages of one', async () => {
  const api = await start({ emptyPageShare: 0 });
  const hours = {
    fromNs: BigInt(START_MS) * 1_000_000n,
    toNs: BigInt(START_MS + 12 * HOUR_MS) * 1_000_000n,
    streams: ['data_access'] as const,
  };
  const all = [...api.truth(hours).entries()];
  const tie = all.findIndex((entry, index) => all[index + 1]?.timestamp === entry.timestamp);
  const near = all.findIndex((entry, index) => {
    const gap = nsOf(all[index + 1]?.timestamp ?? '') - nsOf(entry.timestamp);
    return gap === 1n;
  });
  expect([tie, near].every((index) => index >= 0)).toBe(true);
  for (const index of [tie, near]) {
    const [from, to] = [all[index]?.timestamp ?? '', all[index + 1]?.timestamp ?? ''];
    const filter = `logName="${logName('data_access')}" AND timestamp >= "${from}" AND timestamp <= "${to}"`;
    const { entries } = await listAll(api.url, { resourceNames: [ORGANIZATION], filter, pageSize: 1 });
    expect(entries.map(entryIdentity)).toEqual([all[index]?.identity, all[index + 1]?.identity]);
  }
  const [lower, upper] = [all[near]?.timestamp ?? '', all[near + 1]?.timestamp ?? ''];
  const { entries } = await listAll(api.url, {
    resourceNames: [ORGANIZATION],
    filter: `logName="${logName('data_access')}" timestamp >= "${lower}" timestamp < "${upper}"`,
  });
  expect(entries.map((entry) => entry.timestamp)).toEqual([lower]);
});

test('receiveTimestamp bounds select by arrival, without any hidden bound on timestamp', async () => {
  const api = await start({ emptyPageShare: 0, lateShare: 0.2 });
  const [fromMs, toMs] = [START_MS + 6 * HOUR_MS, START_MS + 7 * HOUR_MS];
  const filter = `logName="${logName('activity')}" receiveTimestamp >= "${iso(fromMs)}" receiveTimestamp < "${iso(toMs)}"`;
  const { entries } = await listAll(api.url, { resourceNames: [ORGANIZATION], filter, pageSize: 100 });
  const day = api.truth({
    fromNs: BigInt(START_MS) * 1_000_000n,
    toNs: BigInt(START_MS + 24 * HOUR_MS) * 1_000_000n,
    streams: ['activity'],
  });
  const expected = [...day.entries()].filter(
    (entry) => nsOf(entry.visibleAt) >= BigInt(fromMs) * 1_000_000n && nsOf(entry.visibleAt) < BigInt(toMs) * 1_000_000n,
  );
  expect(entries.map(entryIdentity)).toEqual(expected.map((entry) => entry.identity));
  expect(entries.some((entry) => nsOf(entry.timestamp) < BigInt(fromMs - HOUR_MS) * 1_000_000n)).toBe(true);
});

test('projects have logs of their own; the organization returns them only as an aggregated view', async () => {
  const filter = `timestamp >= "${iso(START_MS)}" AND timestamp < "${iso(START_MS + HOUR_MS)}" AND log_id("cloudaudit.googleapis.com/data_access")`;
  const containersOf = async (api: LoggingApi, resourceNames: string[]): Promise<string[]> => {
    const { entries } = await listAll(api.url, { resourceNames, filter, pageSize: 1000 });
    return [...new Set(entries.map((entry) => entry.logName.split('/logs/')[0] ?? ''))].sort();
  };
  const own = await start();
  expect(await containersOf(own, [ORGANIZATION])).toEqual([ORGANIZATION]);
  expect(await containersOf(own, ['projects/example-dev'])).toEqual(['projects/example-dev']);
  const all = [ORGANIZATION, 'projects/example-data', 'projects/example-dev', 'projects/example-net', 'projects/example-prod'];
  expect(await containersOf(own, [`${ORGANIZATION}/locations/global/buckets/_Default/views/_AllLogs`])).toEqual(all);
  expect(await containersOf(await start({ aggregated: true }), [ORGANIZATION])).toEqual(all);
});
