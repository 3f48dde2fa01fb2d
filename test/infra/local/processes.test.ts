import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning, processStarted, recordedProcesses, recordOf, stopProcess, type ProcessRecord } from '../../../infra/local/processes';

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function run(program: string): Promise<{ child: ChildProcess; record: ProcessRecord; exit: Promise<unknown[]> }> {
  const child = spawn(process.execPath, ['-e', `${program}; setInterval(() => undefined, 1_000); process.stdout.write('up');`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  const exit = once(child, 'exit');
  if (child.pid === undefined) throw new Error('the child has a pid');
  await once(child.stdout, 'data');
  const record = recordOf(child.pid);
  if (record === undefined) throw new Error('the child runs');
  return { child, record, exit };
}

test('stopProcess() ends a process that obeys SIGTERM', async () => {
  const { record, exit } = await run('');
  expect(await stopProcess(record, 5_000)).toBe('stopped');
  expect(isRunning(record)).toBe(false);
  expect(await exit).toEqual([null, 'SIGTERM']);
});

test('stopProcess() kills a process that ignores SIGTERM once its grace is over', async () => {
  const { record } = await run("process.on('SIGTERM', () => undefined)");
  expect(await stopProcess(record, 200)).toBe('killed');
  expect(isRunning(record)).toBe(false);
});

test('stopProcess() leaves another program alone that has the recorded id by now', async () => {
  const { child, record } = await run('');
  const stale: ProcessRecord = { pid: record.pid, started: `${record.started}0` };
  expect(await stopProcess(stale, 1_000)).toBe('gone');
  expect(isRunning(record)).toBe(true);
  expect(child.exitCode).toBeNull();
});

test('a process that ended but was not waited for counts as ended', async () => {
  // The shell starts a child that ends at once and never asks for its exit code.
  const parent = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(parent);
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  const deadline = Date.now() + 5_000;
  while (processStarted(pid) !== undefined && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(processStarted(pid)).toBeUndefined();
});

test.each(['', 'no JSON', '[]', '{"servers":null}', '{"servers":{"temporal":{"pid":"1"}}}'])(
  'recordedProcesses() finds none in a state file that holds %j',
  (text) => {
    const dir = mkdtempSync(join(tmpdir(), 'tidemark-state-'));
    writeFileSync(join(dir, 'state.json'), text);
    expect(recordedProcesses(join(dir, 'state.json'))).toEqual([]);
    rmSync(dir, { recursive: true });
    expect(recordedProcesses(join(dir, 'state.json'))).toEqual([]);
  },
);
