import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { configSchema } from '../../../activities/config';
import { lakeConfig, lakeStatus, startLake, stopLake, type Lake } from '../../../infra/local/lake';
import { isRunning, recordedProcesses } from '../../../infra/local/processes';
import { temporalDatabaseOf } from '../../../infra/local/servers';
import { readState, stateFileOf } from '../../../infra/local/state';
import { testLake } from '../../setup/lake';

const ROOT = join(__dirname, '..', '..', '..');
let dir: string;

beforeAll(async () => {
  dir = join(mkdtempSync(join(tmpdir(), 'tidemark-lake-')), 'lake');
  // The first start brings a guard, so that a killed test run leaves no servers.
  await startLake({ dir, project: 'demo', ends: 'with-this-process' });
}, 60_000);

afterAll(async () => {
  await stopLake(dir);
  rmSync(join(dir, '..'), { recursive: true, force: true });
});

const start = (): Promise<Lake> => startLake({ dir, project: 'demo' });

async function query(lake: Lake, sql: string): Promise<unknown> {
  const response = await fetch(`${lake.bigquery}/bigquery/v2/projects/demo/queries`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: sql, useLegacySql: false }),
  });
  return await response.json();
}

test('the lake of this run answers on all three addresses', async () => {
  const { temporal, bigquery, storage } = testLake();
  const statuses = await Promise.all(
    [
      `${temporal.uiUrl}/api/v1/namespaces/default`,
      `${bigquery}/bigquery/v2/projects/demo/datasets`,
      `${storage}/storage/v1/b?project=demo`,
    ].map(async (url) => (await fetch(url)).status),
  );
  expect(statuses).toEqual([200, 200, 200]);
});

test('startLake() keeps what runs, restarts only what was killed, and a stopped lake comes back on its ports with its data', async () => {
  const first = await start();
  const before = readState(dir);
  await first.createBuckets(['tidemark-state', 'tidemark-stage']);
  await first.createBuckets(['tidemark-state']);
  await query(first, 'CREATE SCHEMA kept');
  await query(first, 'CREATE TABLE kept.t AS SELECT 42 AS answer');
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  expect(statSync(join(dir, 'keys', 'identity.key')).mode & 0o777).toBe(0o600);
  const key = readFileSync(join(dir, 'keys', 'identity.key'), 'utf8');
  expect(key).toMatch(/^[0-9a-f]{64}$/);

  await start();
  expect(readState(dir)).toEqual(before);

  const killed = before?.servers.storage;
  if (killed === undefined) throw new Error('the storage server is recorded');
  process.kill(killed.pid, 'SIGKILL');
  while (isRunning(killed)) await delay(20);
  expect(() => {
    first.check();
  }).toThrow(/the local Cloud Storage has ended.*storage\.log/s);
  await start();
  const after = readState(dir);
  expect(after?.ports).toEqual(before?.ports);
  expect(after?.servers.temporal).toEqual(before?.servers.temporal);
  expect(after?.servers.storage).not.toEqual(killed);
  first.check();

  const running = recordedProcesses(stateFileOf(dir));
  await first.stop();
  expect(running.map(isRunning)).toEqual([false, false, false]);
  expect((await lakeStatus(dir)).map(({ ready }) => ready)).toEqual([false, false, false]);

  const again = await start();
  expect(again).toMatchObject({ bigquery: first.bigquery, storage: first.storage, temporal: first.temporal });
  expect(await query(again, 'SELECT answer FROM kept.t')).toMatchObject({ rows: [{ f: [{ v: '42' }] }] });
  expect(existsSync(join(again.storageRoot, 'tidemark-stage'))).toBe(true);
  expect(readFileSync(join(dir, 'keys', 'identity.key'), 'utf8')).toBe(key);
}, 60_000);

test('a server that cannot start is named, with its log, and nothing is left running', async () => {
  const lake = await start();
  await lake.stop();
  const database = temporalDatabaseOf(dir);
  renameSync(database, `${database}.kept`);
  mkdirSync(join(database, 'a-folder-where-a-file-belongs'), { recursive: true });
  await expect(start()).rejects.toMatchObject({
    code: 'LOCAL_SERVER_FAILED',
    message: expect.stringMatching(/^Temporal ended with .* while starting.*logs\/temporal\.log:\n.*\S/s) as string,
  });
  expect((await lakeStatus(dir)).map(({ pid }) => pid)).toEqual([null, null, null]);
}, 60_000);

test('lakeConfig() is a valid configuration without sources', () => {
  const config = configSchema.parse({ ...lakeConfig(testLake()), sources: [] });
  expect(config.lake).toMatchObject({ project: 'demo', auth: 'none', requirePartitionFilter: false });
  expect(config.temporal.address).toBe(testLake().temporal.address);
});

test('a lake that ends with its process ends when that process is killed, and its folder goes', async () => {
  const folder = join(dir, '..', 'guarded');
  const program = `
    const { startLake } = require(${JSON.stringify(join(ROOT, 'dist', 'infra', 'local', 'lake.js'))});
    startLake({ dir: ${JSON.stringify(folder)}, project: 'demo', ends: 'with-this-process' })
      .then(() => { process.stdout.write('up'); setInterval(() => undefined, 1_000); });`;
  const owner = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => owner.stdout.once('data', resolve));
  const servers = recordedProcesses(stateFileOf(folder));
  expect(servers.map(isRunning)).toEqual([true, true, true]);

  owner.kill('SIGKILL');
  const deadline = Date.now() + 20_000;
  while ((servers.some(isRunning) || existsSync(folder)) && Date.now() < deadline) await delay(50);
  expect(servers.filter(isRunning)).toEqual([]);
  expect(existsSync(folder)).toBe(false);
}, 60_000);
