import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withLock } from '../../../infra/local/lock';

let file: string;

beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), 'tidemark-lock-')), 'a.lock');
});

afterEach(() => {
  rmSync(join(file, '..'), { recursive: true });
});

test('withLock() lets one in at a time, tells who waits, and gives the lock back after a failure', async () => {
  let inside = 0;
  const waits: number[] = [];
  const enter = (fails: boolean): Promise<number> =>
    withLock(
      file,
      async () => {
        inside += 1;
        await delay(30);
        const seen = inside;
        inside -= 1;
        if (fails) throw new Error('work failed');
        return seen;
      },
      (pid) => waits.push(pid),
    );
  const results = await Promise.allSettled([enter(true), enter(false), enter(false)]);
  expect(results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed'))).toEqual(['failed', 1, 1]);
  expect(waits).toEqual([process.pid, process.pid]);
  expect(existsSync(file)).toBe(false);
});

test.each([
  ['a holder that has ended', () => JSON.stringify({ pid: spawnSync('true').pid, started: 'long ago' })],
  ['another program that has the id of the holder by now', () => JSON.stringify({ pid: process.pid, started: 'long ago' })],
  ['a holder that was killed before it wrote its name', () => ''],
])('withLock() takes the lock over from %s', async (_name, text) => {
  writeFileSync(file, text());
  expect(await withLock(file, () => Promise.resolve('in'))).toBe('in');
  expect(existsSync(file)).toBe(false);
});
