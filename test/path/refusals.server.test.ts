/** What a person sees when a vendor refuses: one clear message with what to do, and nothing half-created. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { writeFileSync } from 'node:fs';
import { NO_DIFFERENCES, openStack, type Stack } from '../setup/stack';

const CLI = path.join(__dirname, '..', '..', 'dist', 'worker', 'cli', 'main.js');
const DAY_MS = 86_400_000;
const LAG_MS = 300_000;

interface Ended {
  readonly code: number | string | null | undefined;
  readonly out: string;
  readonly err: string;
}

async function tidemark(stack: Stack, ...args: readonly string[]): Promise<Ended> {
  return await new Promise((resolve) => {
    execFile(process.execPath, [CLI, '--config', stack.configFile, ...args], (error, out, err) => {
      resolve({ code: error === null ? 0 : error.code, out, err });
    });
  });
}

async function stateObjects(stack: Stack): Promise<string[]> {
  const { buckets } = stack.loaded.config.lake;
  const response = await fetch(`${stack.storage.url}/storage/v1/b/${buckets.state}/o?prefix=v1/`);
  const { items = [] } = (await response.json()) as { items?: { name: string }[] };
  return items.map((item) => item.name);
}

describe('a vendor that refuses', () => {
  let stack: Stack;
  afterEach(async () => {
    await stack.close();
  });

  it('a wrong credential: the code, the stream and what to do; no unit was begun', async () => {
    stack = await openStack({ streams: ['activity', 'policy'], api: { eventsPerDay: 500, lateShare: 0 } });
    writeFileSync(path.join(stack.folder, 'token'), 'a-wrong-token');
    await stack.startWorker();
    const ended = await tidemark(stack, 'collect', 'acme', '--as-of', new Date(stack.nowMs).toISOString());
    expect(ended.code).toBe(1);
    expect(ended.err).toContain('SRC_AUTH_REFUSED');
    expect(ended.err).toContain('renew it or correct its reference');
    expect(ended.err + ended.out).not.toContain('a-wrong-token');
    expect(await stateObjects(stack)).toEqual([]);
    // Asked by the units under way when the first refusals came (twice each: the token is read again once), not by all ten.
    expect(stack.api.calls().total.refused['401']).toBeLessThanOrEqual(12);
  });

  it('a missing permission for one stream: it is named, and the other stream comes in whole', async () => {
    stack = await openStack({ streams: ['activity', 'policy'], api: { eventsPerDay: 500, lateShare: 0 } });
    stack.api.fault({ kind: 'forbidden', count: 1_000, stream: 'policy' });
    await stack.startWorker();
    const ended = await tidemark(stack, 'collect', 'acme', '--as-of', new Date(stack.nowMs).toISOString());
    expect(ended.code).toBe(1);
    expect(ended.err).toContain('SRC_PERMISSION_DENIED');
    expect(ended.err).toContain('acme/policy/');
    const names = await stateObjects(stack);
    expect(names.filter((name) => name.startsWith('v1/acme/policy/'))).toEqual([]);
    const [rows] = await stack.query<{ n: number }>(
      `SELECT COUNT(*) AS n FROM ${stack.loaded.config.lake.datasets.lake}.cloudaudit_googleapis_com_activity`,
    );
    expect(rows?.n).toBeGreaterThan(50);
    // The permission is granted: the next tick brings the rest.
    stack.api.clearFaults();
    expect((await tidemark(stack, 'collect', 'acme', '--as-of', new Date(stack.nowMs).toISOString())).code).toBe(0);
    expect(await stack.differences(stack.nowMs - DAY_MS, stack.nowMs - LAG_MS)).toEqual(NO_DIFFERENCES);
  });
});
