/**
 * Rejects become rows after a fix: a build whose definition names a wrong member as the event time refuses every event, then the
 * right build replays them, by the command a person runs. A rule redacts the texts of some, so that their windows are read
 * again; the others are replayed from their texts.
 */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createTransform } from '../../activities/transform/create-transform';
import type { WorkerProcess } from '../../infra/local/worker-process';
import { findTable } from '../../schemas/tables';
import { runCli } from '../../worker/cli/main';
import { hold, type SeenRequest } from '../strict/faults';
import { NO_DIFFERENCES, openStack, type Stack } from '../setup/stack';

const TABLE = 'cloudaudit_googleapis_com_activity';
const HOUR_MS = 3_600_000;
const LAG_MS = 300_000;
const SINCE_MS = Date.parse('2026-03-10T22:00:00Z');
const CHECKOUT = path.join(__dirname, '..', '..');

let stack: Stack;
let wrongBuild: string;
let rightWorker: WorkerProcess | undefined;

beforeAll(async () => {
  stack = await openStack({
    api: { lateShare: 0, eventsPerDay: 2_000, endMs: Date.parse('2026-03-11T06:00:00Z') },
    source: { since: new Date(SINCE_MS).toISOString() },
    streams: ['activity'],
    redaction: {
      pseudonymKey: { id: 'k1', secret: { file: 'pseudonym.key' } },
      tables: { [TABLE]: [{ path: 'protoPayload.requestMetadata.callerNetwork', method: 'pseudonym' }] },
    },
    files: { 'pseudonym.key': 'k1'.repeat(32) },
  });
  wrongBuild = buildWithWrongTime(path.join(stack.folder, 'wrong'));
});
afterAll(async () => {
  await stack.close();
});

/** The compiled checkout, with another member as the time of log entries. Gives its command. */
function buildWithWrongTime(folder: string): string {
  cpSync(path.join(CHECKOUT, 'dist'), path.join(folder, 'dist'), { recursive: true });
  symlinkSync(path.join(CHECKOUT, 'node_modules'), path.join(folder, 'node_modules'));
  const file = path.join(folder, 'dist', 'schemas', 'tables', 'shared', 'log-entry.js');
  const right = readFileSync(file, 'utf8');
  const wrong = right.replace("time: { from: [['timestamp']]", "time: { from: [['noSuchTime']]");
  if (wrong === right) throw new Error('log-entry.js does not say where the time is');
  writeFileSync(file, wrong);
  return path.join(folder, 'dist', 'worker', 'cli', 'main.js');
}

/** Runs with no worker but one of the wrong build. */
async function wrongly<Result>(work: () => Promise<Result>): Promise<Result> {
  await rightWorker?.kill('SIGTERM');
  rightWorker = undefined;
  const worker = await stack.startWorker(wrongBuild);
  try {
    return await work();
  } finally {
    await worker.kill('SIGTERM');
  }
}

/** A tick of the wrong build: whatever it reads is refused. The rejects that are open then. */
async function collectWrongly(asOfMs: number): Promise<readonly string[]> {
  stack.api.setNow(asOfMs);
  expect(await wrongly(async () => await stack.collect(asOfMs))).toMatchObject({ failures: 0, tables: [{ rows: 0 }] });
  const refused = await openRejects();
  expect(refused.length).toBeGreaterThan(10);
  return refused;
}

const ops = (): string => stack.loaded.config.lake.datasets.ops;

async function openRejects(): Promise<readonly string[]> {
  const rows = await stack.query<{ reject_id: string }>(`SELECT reject_id FROM ${ops()}.open_rejects ORDER BY reject_id`);
  return rows.map(({ reject_id }) => reject_id);
}

async function command(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const said = { out: '', err: '' };
  const code = await runCli(['--config', stack.configFile, ...args], {
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
    env: {},
    cwd: stack.folder,
    outIsTerminal: false,
    errIsTerminal: false,
  });
  return { code, ...said };
}

/** Replays while the first request of the kind hangs: then the worker is killed, and another goes on. */
async function replayKilledAt(proxy: Stack['storage'], match: (request: SeenRequest) => boolean) {
  const fault = proxy.inject({ match, action: hold });
  const worker = await stack.startWorker();
  const replaying = command('rejects', 'replay', TABLE);
  await fault.reached;
  await worker.kill('SIGKILL');
  fault.drop();
  rightWorker = await stack.startWorker();
  return await replaying;
}

/** What the vendor has until then is there once, each fact balances, and nothing is open. */
async function expectTruth(untilMs: number): Promise<void> {
  expect(await stack.differences(SINCE_MS, untilMs - LAG_MS)).toEqual(NO_DIFFERENCES);
  expect(await openRejects()).toEqual([]);
}

const isPublish = (request: SeenRequest): boolean => request.method === 'POST' && request.job?.id.startsWith('tidemark_publish_') === true;
const isUnitOfTexts = (request: SeenRequest): boolean =>
  request.method === 'POST' &&
  /\/replay-texts-[0-9a-f]+\/unit\.json/.test(`${request.query.get('name') ?? ''}${JSON.stringify(request.json ?? {})}`);

it('what was refused is listed and replayed by a worker that is killed before it publishes, and every event is there once', async () => {
  const refused = await collectWrongly(stack.nowMs);
  const [listed] = JSON.parse((await command('rejects', '--json')).out) as [{ reason: string; count: number; whole: number }];
  expect(listed).toMatchObject({ reason: 'NO_EVENT_TIME', count: refused.length });
  // Both ways are gone.
  expect(listed.whole).toBeGreaterThan(0);
  expect(listed.whole).toBeLessThan(refused.length);

  const { code, out } = await replayKilledAt(stack.bigqueryProxy, isPublish);
  expect([code, out.split('\n')[0]]).toEqual([0, `${String(refused.length)} rejects replayed`]);
  await expectTruth(stack.nowMs);

  // Rows say when their items were received, not when they were replayed.
  const { lake } = stack.loaded.config.lake.datasets;
  const [kept] = await stack.query<{ n: number; same: number }>(
    `SELECT COUNT(*) AS n, COUNTIF(t.ingest.fetched_at = r.fetched_at) AS same FROM ${ops()}.rejects AS r
     JOIN ${lake}.${TABLE} AS t ON JSON_VALUE(t.raw, '$.insertId') = JSON_VALUE(r.item, '$.insertId')
     WHERE r.item_redacted IS NULL AND STARTS_WITH(t.ingest.unit, 'acme/activity/replay-texts-')`,
  );
  expect(kept).toEqual({ n: listed.whole, same: listed.whole });

  expect((await command('rejects', 'replay', TABLE)).out).toBe('no rejects are open\n');
  expect((await command('rejects')).out).toBe('no rejects are open\n');
  // The keys are those of a first read: reading it all again finds nothing new.
  stack.api.setNow(stack.nowMs + HOUR_MS);
  expect(await stack.collect(stack.nowMs + HOUR_MS)).toMatchObject({ failures: 0 });
  await expectTruth(stack.nowMs + HOUR_MS);
});

it('what is refused again is open once, as itself, and a later replay has it, though killed before it saved what it read', async () => {
  const asOfMs = stack.nowMs + 2 * HOUR_MS;
  const refused = await collectWrongly(asOfMs);
  const again = await wrongly(async () => await command('rejects', 'replay', TABLE));
  expect(again.out).toContain(`${String(refused.length)} rejects replayed; `);
  expect(await openRejects()).toEqual(refused);
  const [dealtWith] = await stack.query<{ n: number }>(
    `SELECT COUNT(DISTINCT reject_id) AS n FROM ${ops()}.replays WHERE reject_id IN (SELECT reject_id FROM ${ops()}.open_rejects)`,
  );
  expect(dealtWith?.n).toBe(refused.length);

  expect(await replayKilledAt(stack.storage, isUnitOfTexts)).toMatchObject({ code: 0 });
  await expectTruth(asOfMs);
});

it('bytes that are no text are replayed as the bytes they were', async () => {
  const item = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
  const transform = createTransform({
    ...{ table: findTable(TABLE), identityKey: readFileSync(path.join(stack.folder, 'identity.key')) },
    ...{ connector: 'gcp.audit_logs', source: 'acme', stream: 'activity', tenant: 'acme' },
  });
  const lines: string[] = [];
  const origin = { unit: 'acme/activity/by-hand', object: 'none', row: 0, fetchedAt: '2026-03-11T00:00:00.000Z' };
  transform(item, origin, stack.nowMs, (outcome) => lines.push(outcome.line.toString()));
  const reject = JSON.parse(lines[0] ?? '') as Record<string, string>;
  const names = ['reject_id', 'table_name', 'connector', 'source', 'stream', 'tenant', 'unit', 'reason', 'detail', 'item', 'fetched_at'];
  await stack.query(
    `INSERT INTO ${ops()}.rejects (recorded_at, batch, ${names.join(', ')})
     SELECT CURRENT_TIMESTAMP(), 'by hand', ${names.map((name) => (name === 'fetched_at' ? `TIMESTAMP('${reject[name] ?? ''}')` : `'${reject[name] ?? ''}'`)).join(', ')}`,
  );
  expect((await command('rejects', 'replay', TABLE)).out).toContain('1 rejects replayed; 1 items were refused');
  // Its id is made of its bytes: it is this reject that is open again, by a newer row.
  const open = await stack.query<{ reject_id: string; batch: string }>(`SELECT reject_id, batch FROM ${ops()}.open_rejects`);
  expect(open.map(({ reject_id, batch }) => [reject_id, batch === 'by hand'])).toEqual([[reject['reject_id'], false]]);
});
