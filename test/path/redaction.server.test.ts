/** Redaction as configured, the whole way, and with another key: pseudonyms change, events do not. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { NO_DIFFERENCES, openStack, type Stack } from '../setup/stack';

const HOUR_MS = 3_600_000;
const TABLE = 'cloudaudit_googleapis_com_activity';
const EMAIL = 'protoPayload.authenticationInfo.principalEmail';

const redactionWith = (id: string) => ({
  pseudonymKey: { id, secret: { file: `pseudonym-${id}.key` } },
  tables: { [TABLE]: [{ path: EMAIL, method: 'pseudonym' }] },
});

let stack: Stack;
beforeAll(async () => {
  stack = await openStack({
    api: { lateShare: 0, eventsPerDay: 2_000, endMs: Date.parse('2026-03-11T02:00:00Z') },
    streams: ['activity'],
    redaction: redactionWith('k1'),
    files: { 'pseudonym-k1.key': 'k1'.repeat(32), 'pseudonym-k2.key': 'k2'.repeat(32) },
  });
});
afterAll(async () => {
  await stack.close();
});

interface Counted {
  readonly n: number;
  readonly pseudonyms: number;
}

const countOf = async (id: string): Promise<Counted | undefined> => {
  const { lake } = stack.loaded.config.lake.datasets;
  const [counted] = await stack.query<Counted>(
    `SELECT COUNT(*) AS n, COUNTIF(email LIKE 'pseudo:${id}:%' AND email = JSON_VALUE(raw, '$.${EMAIL}')) AS pseudonyms
     FROM (SELECT protopayload_auditlog.authenticationInfo.principalEmail AS email, raw FROM ${lake}.${TABLE}) WHERE email IS NOT NULL`,
  );
  return counted;
};

test('what a rule names is a pseudonym in its column and in raw, counted, and every event is there once', async () => {
  const worker = await stack.startWorker();
  expect(await stack.collect()).toMatchObject({ failures: 0, failed: [] });
  await worker.kill('SIGKILL');
  expect(await stack.differences(stack.nowMs - 24 * HOUR_MS, stack.nowMs - HOUR_MS)).toEqual(NO_DIFFERENCES);
  const counted = await countOf('k1');
  expect(counted?.n).toBeGreaterThan(100);
  expect(counted?.pseudonyms).toBe(counted?.n);
  const { ops } = stack.loaded.config.lake.datasets;
  const [redacted] = await stack.query<{ n: unknown }>(
    `SELECT SUM(count) AS n FROM ${ops}.redactions WHERE path = '${EMAIL}' AND rule = 'pseudonym'`,
  );
  expect(Number(redacted?.n)).toBeGreaterThanOrEqual(counted?.n ?? 0);
});

test('with another key the same events are recognised, and new ones have pseudonyms of that key', async () => {
  const before = await countOf('k1');
  const config = parse(readFileSync(stack.configFile, 'utf8')) as object;
  writeFileSync(stack.configFile, stringify({ ...config, redaction: redactionWith('k2') }));
  const worker = await stack.startWorker();
  stack.api.setNow(stack.nowMs + 2 * HOUR_MS);
  const result = await stack.collect(stack.nowMs + 2 * HOUR_MS);
  await worker.kill('SIGKILL');
  expect(result.failures).toBe(0);
  // Hours of the first key were read again under the second, and none of their events is new.
  const { ops } = stack.loaded.config.lake.datasets;
  const [again] = await stack.query<{ n: unknown }>(
    `SELECT SUM(duplicates) AS n FROM ${ops}.units WHERE fact = 'published' AND duplicates > 0`,
  );
  expect(Number(again?.n)).toBeGreaterThan(0);
  expect(await stack.differences(stack.nowMs - 24 * HOUR_MS, stack.nowMs + HOUR_MS)).toEqual(NO_DIFFERENCES);
  const [first, second] = [await countOf('k1'), await countOf('k2')];
  expect(first?.pseudonyms).toBe(before?.pseudonyms);
  expect(second?.pseudonyms).toBeGreaterThan(0);
  expect((first?.pseudonyms ?? 0) + (second?.pseudonyms ?? 0)).toBe(first?.n);
});
