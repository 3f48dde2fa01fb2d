import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findPython } from '../../../infra/local/python';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tidemark-python-'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function program(path: string, script: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** What pyenv's shim does when the version it stands for is not selected. */
const UNSELECTED_SHIM = 'echo "pyenv: python3.13: command not found" >&2; exit 127';

/** Debian's python3 without the package python3-venv: the import of ensurepip fails. */
const WITHOUT_VENV = 'echo "ModuleNotFoundError: No module named \'ensurepip\'" >&2; exit 1';

const env = (): NodeJS.ProcessEnv => ({ PATH: join(root, 'path'), HOME: join(root, 'home') });

test('findPython() passes over candidates that fail and takes the first that answers with a version that is enough', async () => {
  program('path/python3.13', UNSELECTED_SHIM);
  program('path/python3.14', WITHOUT_VENV);
  const python3 = program('path/python3', 'echo 3.14');
  expect(await findPython(env())).toBe(python3);
});

test('findPython() looks into pyenv when the PATH holds nothing but older ones, and takes the newest there', async () => {
  program('path/python3', 'echo 3.9');
  program('home/.pyenv/versions/3.13.0/bin/python', 'echo 3.13');
  const newest = program('home/.pyenv/versions/3.13.10/bin/python', 'echo 3.13');
  program('home/.pyenv/versions/3.8.18/bin/python', 'echo 3.8');
  program('home/.pyenv/versions/pypy3.99/bin/python', 'echo 3.99');
  expect(await findPython(env())).toBe(newest);
});

test('findPython() finds the versions behind a shim that fails, wherever pyenv lies, and a second of the name behind the first', async () => {
  const shims = program('elsewhere/shims/python3.13', UNSELECTED_SHIM);
  const behind = program('elsewhere/versions/3.13.2/bin/python', 'echo 3.13');
  expect(await findPython({ ...env(), PATH: `${dirname(shims)}:${join(root, 'path')}` })).toBe(behind);
  const second = program('path/python3.13', 'echo 3.13');
  expect(await findPython({ ...env(), PATH: `${dirname(shims)}:${join(root, 'path')}` })).toBe(second);
});

test('findPython() asks uv last, and runs what uv names before it believes it', async () => {
  const managed = program('uv/python', 'echo 3.13');
  program('path/uv', `[ "$1 $2 $3" = "python find >=3.13" ] && echo ${managed}`);
  expect(await findPython(env())).toBe(managed);
  program('uv/python', WITHOUT_VENV);
  expect(await findPython(env())).toBeUndefined();
});

test('findPython() finds none where every candidate is too old, broken, or not executable', async () => {
  program('path/python3', 'echo 3.12');
  chmodSync(program('path/python3.13', 'echo 3.13'), 0o644);
  expect(await findPython(env())).toBeUndefined();
});
