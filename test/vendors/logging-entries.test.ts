import { answerBytes, entryOf, entryText, identityOf } from './logging/entry';
import { createLru } from './logging/lru';
import { formatMoment, momentToNs } from './logging/time';
import {
  createTimeline,
  LATE_BANDS_S,
  type LogId,
  LOG_IDS,
  logSource,
  receivedAt,
  type Slot,
  type Timeline,
  type TimelineOptions,
} from './logging/timeline';

const START = Date.parse('2026-11-24T00:00:00Z') / 60_000;
const ORGANIZATION = 'organizations/123456789012';
const OPTIONS = { organization: '123456789012', projects: ['example-prod', 'example-data'] };

const timelineOf = (options: Partial<TimelineOptions> = {}): Timeline =>
  createTimeline({
    seed: 5,
    startMinute: START,
    endMinute: Infinity,
    weekendFactor: 0.4,
    lateShare: 0.002,
    lateBandsS: LATE_BANDS_S,
    splitShare: 0.0003,
    ...options,
  });

function slotsOf(timeline: Timeline, logId: LogId, minutes: number, perDay: number, from = START): Slot[] {
  const source = logSource(ORGANIZATION, logId, perDay);
  return Array.from({ length: minutes }, (_, index) => timeline.slots(source, from + index)).flat();
}

interface Body {
  readonly protoPayload: Readonly<Record<string, unknown>> & {
    readonly serviceName: string;
    readonly status?: { readonly code?: number };
    readonly authenticationInfo?: Readonly<Record<string, unknown>>;
  };
  readonly operation?: { readonly id: string; readonly first?: boolean; readonly last?: boolean };
  readonly split?: { readonly uid: string; readonly index: number; readonly totalSplits: number };
  readonly timestamp: string;
  readonly insertId: string;
}

const day = new Map<LogId, Slot[]>();
const bodies = new Map<LogId, Body[]>();
beforeAll(() => {
  const timeline = timelineOf();
  for (const logId of LOG_IDS) {
    const slots = slotsOf(timeline, logId, 24 * 60, logId === 'data_access' || logId === 'activity' ? 7000 : 15_000);
    day.set(logId, slots);
    bodies.set(
      logId,
      slots.map((slot) => entryOf(slot, OPTIONS) as unknown as Body),
    );
  }
});

const bodiesOf = (logId: LogId): Body[] => bodies.get(logId) ?? [];

test('a minute is the same whatever was asked before it, and slots of a log are ascending and never share their identity', () => {
  const source = logSource(ORGANIZATION, 'activity', 50_000);
  const inOrder = timelineOf();
  const backwards = timelineOf();
  const forward = Array.from({ length: 60 }, (_, index) => inOrder.slots(source, START + index));
  const backward = Array.from({ length: 60 }, (_, index) => backwards.slots(source, START + 59 - index)).reverse();
  expect(backward).toEqual(forward);
  const identities = (day.get('data_access') ?? []).map(identityOf);
  expect(new Set(identities).size).toBe(identities.length);
  const times = (day.get('data_access') ?? []).map(momentToNs);
  expect(times.every((time, index) => index === 0 || time >= (times[index - 1] ?? 0n))).toBe(true);
});

test('nothing exists before the start or at and after the end', () => {
  const timeline = timelineOf({ endMinute: START + 10 });
  const source = logSource(ORGANIZATION, 'data_access', 100_000);
  expect([START - 1, START + 10, START + 11].map((minute) => timeline.slots(source, minute).length)).toEqual([0, 0, 0]);
  expect(timeline.slots(source, START + 9).length).toBeGreaterThan(0);
});

test('a working day holds about the number asked for, in the promised shares, and a Saturday fewer', () => {
  const timeline = timelineOf();
  const countOf = (logId: LogId, from: number): number => slotsOf(timeline, logId, 1440, 20_000, from).length;
  const counts = LOG_IDS.map((logId) => countOf(logId, START));
  const total = counts.reduce((sum, count) => sum + count, 0);
  expect(total).toBeGreaterThan(17_000);
  expect(total).toBeLessThan(24_000);
  expect(counts.map((count) => Math.round((20 * count) / total) * 5)).toEqual([25, 70, 5, 5]);
  expect(countOf('data_access', START + 4 * 1440)).toBeLessThan(countOf('data_access', START) * 0.6);
});

test('an entry is received after it happened; the late share is late, some by more than an hour', () => {
  const slots = slotsOf(timelineOf({ lateShare: 0.02 }), 'data_access', 1440, 30_000);
  const delays = slots.map((slot) => Number(momentToNs(receivedAt(slot)) - momentToNs(slot)) / 1e9);
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(0.1);
  const late = delays.filter((delay) => delay > 10);
  expect(late.length / delays.length).toBeGreaterThan(0.015);
  expect(late.length / delays.length).toBeLessThan(0.025);
  const beyond = (seconds: number): number => late.filter((delay) => delay > seconds).length / late.length;
  expect(beyond(600)).toBeGreaterThan(0.3);
  expect(beyond(3600)).toBeGreaterThan(0.1);
  expect(beyond(86_400)).toBeLessThan(0.04);
  expect(Math.max(...late)).toBeLessThan(216_001);
  expect(slots.slice(0, 50).map((slot) => entryOf(slot, OPTIONS)['receiveTimestamp'])).toEqual(
    slots.slice(0, 50).map((slot) => formatMoment(receivedAt(slot))),
  );
});

test('other bands of lateness can be asked for', () => {
  const lateBandsS = [
    [0.5, 60, 120],
    [0.5, 600, 700],
  ] as const;
  const delays = slotsOf(timelineOf({ lateShare: 1, lateBandsS }), 'activity', 600, 10_000).map(
    (slot) => (slot.receiveNs - slot.offsetNs) / 1e9,
  );
  const first = delays.filter((delay) => delay >= 60 && delay < 120).length;
  const second = delays.filter((delay) => delay >= 600 && delay < 700).length;
  expect(first + second).toBe(delays.length);
  expect(first / delays.length).toBeCloseTo(0.5, 1);
});

test('the same timestamp and insertId occur in two logs', () => {
  const keyOf = ({ timestamp, insertId }: Body): string => `${timestamp}|${insertId}`;
  const activity = new Set(bodiesOf('activity').map(keyOf));
  expect(bodiesOf('data_access').filter((body) => activity.has(keyOf(body))).length).toBeGreaterThan(20);
});

test('an operation has a first and a last entry of one id, the last not before the first', () => {
  const byId = new Map<string, Body[]>();
  for (const body of bodiesOf('activity')) {
    const { id, first, last } = body.operation ?? {};
    if (id !== undefined && !(first === true && last === true)) byId.set(id, [...(byId.get(id) ?? []), body]);
  }
  const pairs = [...byId.values()].filter((pair) => pair.length === 2);
  expect(pairs.length).toBeGreaterThan(50);
  expect(pairs.length).toBeGreaterThan(byId.size * 0.95);
  for (const [first, last] of pairs) {
    expect([first?.operation?.first, first?.operation?.last, last?.operation?.first, last?.operation?.last]).toEqual([
      true,
      undefined,
      undefined,
      true,
    ]);
    expect(first?.protoPayload['resourceName']).toBe(last?.protoPayload['resourceName']);
    expect(first?.insertId).not.toBe(last?.insertId);
  }
});

test('pieces of a split entry share timestamp and uid, carry their index in the insertId, and their lists join', () => {
  const slots = slotsOf(timelineOf({ splitShare: 0.2 }), 'activity', 30, 20_000).filter((slot) => slot.split !== null);
  const groups = Map.groupBy(slots, (slot) => slot.split?.uid);
  expect(groups.size).toBeGreaterThan(3);
  for (const pieces of groups.values()) {
    const found = pieces.map((slot) => entryOf(slot, OPTIONS) as unknown as Body);
    const { totalSplits = 0, uid } = found[0]?.split ?? {};
    expect(found.map((body) => body.split)).toEqual(Array.from({ length: totalSplits }, (_, index) => ({ uid, index, totalSplits })));
    expect(new Set(found.map((body) => body.timestamp)).size).toBe(1);
    expect(found.every((body, index) => body.insertId.endsWith(`-${String(index)}`))).toBe(true);
    const joined = found
      .map((body) => (body.protoPayload['response'] as { results: string[] }).results)
      .reduce((head, tail) => [...head.slice(0, -1), `${head.at(-1) ?? ''}${tail[0] ?? ''}`, ...tail.slice(1)]);
    expect(joined).toEqual(joined.map((_, index) => `//cloudresourcemanager.googleapis.com/${String(index)}`));
  }
});

test('the bodies hold what readers stumble over', () => {
  const texts = LOG_IDS.flatMap((logId) => (day.get(logId) ?? []).map((slot) => entryText(slot, OPTIONS)));
  const holds = (part: string | RegExp): boolean =>
    texts.some((text) => (typeof part === 'string' ? text.includes(part) : part.test(text)));
  const traps = [
    ...['"callerIp": "private"', '"callerIp": "gce-internal-ip"', '"callerIp": "2001:db8:', '"callerIp": "192.0.2.'],
    ...['"policyDelta"', '"serviceAccountDelegationInfo"', '"thirdPartyClaims"', '"policyViolationInfo"', '"VPC_SERVICE_CONTROLS"'],
    ...[
      '\\u003c',
      '\\u0001',
      '日',
      '🚀',
      '\\"',
      '\\\\',
      '\u2028',
      '"authenticationInfo": {}',
      '"totalBilledBytes": "',
      '"creationTimestamp": null',
    ],
    ...[
      /"vmInstanceId": \d{19}\n?/,
      /"timestamp": "[^"]*:\d\d\.\d{9}Z"/,
      /"timestamp": "[^"]*:\d\d\.\d{6}Z"/,
      /"timestamp": "[^"]*:\d\d\.\d{3}Z"/,
    ],
  ];
  expect(traps.filter((trap) => !holds(trap))).toEqual([]);
  expect(texts.some((text) => /[<>]/.test(text))).toBe(false);
});

test('many services act, calls fail with codes 5 and 7, and Google acts without a principal', () => {
  const all = LOG_IDS.flatMap(bodiesOf);
  const services = new Set(all.map((body) => body.protoPayload.serviceName));
  for (const name of [
    'compute',
    'iam',
    'bigquery',
    'storage',
    'cloudkms',
    'secretmanager',
    'run',
    'cloudresourcemanager',
    'login',
    'admin',
    'container',
  ])
    expect(services).toContain(`${name}.googleapis.com`);
  const codes = new Set(all.map((body) => body.protoPayload.status?.code));
  expect([codes.has(5), codes.has(7), codes.has(undefined)]).toEqual([true, true, true]);
  const withPrincipal = bodiesOf('system_event').filter((body) => Object.keys(body.protoPayload.authenticationInfo ?? {}).length > 0);
  expect(withPrincipal).toEqual([]);
});

test('entries are about 1.5 kB on average, a few are 20 to 60 kB, and all names and addresses are reserved ones', () => {
  const sizes = LOG_IDS.flatMap((logId) => bodiesOf(logId).map((body) => JSON.stringify(body).length));
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  expect(mean).toBeGreaterThan(1200);
  expect(mean).toBeLessThan(2000);
  const large = sizes.filter((size) => size > 20_000);
  expect(large.length).toBeGreaterThan(1);
  expect(Math.max(...large)).toBeLessThan(90_000);
  const text = LOG_IDS.flatMap((logId) => bodiesOf(logId).map((body) => JSON.stringify(body))).join('\n');
  const addresses = new Set(
    text.match(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g)?.filter((address) => !/^(192\.0\.2|198\.51\.100|203\.0\.113)\./.test(address)),
  );
  // Versions of a browser and a rule that is open to all look like addresses.
  expect([...addresses].sort()).toEqual(['0.0.0.0', '141.0.0.0']);
  const mails = new Set(
    text
      .match(/[\w.-]+@[\w.-]+/g)
      ?.map((mail) => mail.split('@')[1] ?? '')
      .filter((host) => !/(^|\.)example\.(com|org|net)$|^[\w-]+\.iam\.gserviceaccount\.com$|^sha256$/.test(host)),
  );
  expect([...mails]).toEqual([]);
});

test('an answer without entries and token is an empty object', () => {
  expect([answerBytes([], null, OPTIONS).toString(), answerBytes([], 't', OPTIONS).toString()]).toEqual([
    '{}\n',
    '{\n  "nextPageToken": "t"\n}\n',
  ]);
});

test('the cache forgets what was used longest ago, by weight', () => {
  const cache = createLru<string, number>(10, (value) => value);
  cache.set('a', 4);
  cache.set('b', 4);
  expect(cache.get('a')).toBe(4);
  cache.set('c', 4);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([4, undefined, 4]);
  cache.set('d', 99);
  expect([cache.get('a'), cache.get('c'), cache.get('d')]).toEqual([undefined, undefined, 99]);
});
