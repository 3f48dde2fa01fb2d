import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bigqueryHome } from '../../../infra/local/python';
import { ensureTools, temporalIsEnough, toolCache } from '../../../infra/local/tools';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tidemark-tools-'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function program(path: string, script: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

const env = (): NodeJS.ProcessEnv => ({
  PATH: `${join(root, 'path')}:/usr/bin:/bin`,
  HOME: join(root, 'home'),
  XDG_CACHE_HOME: join(root, 'cache'),
});

const inCache = (name: string): string => join(root, 'cache', 'tidemark', name);

/** A go that "builds" a script named like the module's last part into GOBIN, and counts how often. */
const GO = `
case "$1" in
  version) echo "go version go1.26.8 linux/amd64" ;;
  env) echo auto ;;
  install) name=\${2%@*}; name=\${name##*/}; sleep 0.2; echo "$2" >> $HOME/built; printf '#!/bin/sh\\n' > "$GOBIN/$name"; chmod 755 "$GOBIN/$name" ;;
esac`;

test.each([
  ['temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)', true],
  ['temporal version 1.10.0 (Server 1.31.0, UI 2.50.0)', true],
  ['temporal version 2.0.0 (Server 1.40.0, UI 3.0.0)', true],
  ['temporal version 0.0.0-DEV (Server 1.29.1, UI 2.42.1)', true],
  ['temporal version 0.0.0-DEV (Server 1.28.0, UI 2.40.0)', false],
  ['temporal version 1.4.9 (Server 1.29.1, UI 2.42.1)', false],
  ['', false],
])('temporalIsEnough() judges %j', (printed, enough) => {
  expect(temporalIsEnough(printed)).toBe(enough);
});

test('toolCache() is the XDG cache where that is set, else ~/.cache', () => {
  expect(toolCache({ XDG_CACHE_HOME: '/x', HOME: '/h' })).toBe('/x/tidemark');
  expect(toolCache({ XDG_CACHE_HOME: '', HOME: '/h' })).toBe('/h/.cache/tidemark');
});

test('ensureTools() names everything the machine lacks at once, and installs nothing then', async () => {
  const bare = { ...env(), PATH: join(root, 'path') };
  program('path/go', 'echo "go version go1.20.1 linux/amd64"');
  program('path/python3', 'echo 3.11');
  await expect(ensureTools({ env: bare, goPlaces: [] })).rejects.toMatchObject({
    code: 'LOCAL_PREREQUISITE_MISSING',
    message: expect.stringMatching(/Go >= 1\.26[^\n]*\n\s+\S+[^]*Python >= 3\.13[^\n]*\n\s+\S+/) as string,
  });
  expect(existsSync(join(root, 'cache'))).toBe(false);
});

test('ensureTools() called twice at once builds each tool once, and a build that was killed leaves nothing behind', async () => {
  program('path/go', GO);
  mkdirSync(join(root, 'home'));
  program(`cache/tidemark/${bigqueryHome('')}/venv/bin/python`, 'true');
  program('cache/tidemark/building-temporal/half-a-temporal', 'exit 1');
  program('path/temporal', 'echo "temporal version 1.4.0 (Server 1.27.0, UI 2.30.0)"');
  const both = await Promise.all([ensureTools({ env: env() }), ensureTools({ env: env() })]);
  const expected = { temporal: inCache('temporal-v1.5.1/temporal'), storage: inCache('fake-gcs-server-v1.56.1/fake-gcs-server') };
  expect(both).toEqual([expect.objectContaining(expected), expect.objectContaining(expected)]);
  expect(
    readFileSync(join(root, 'home', 'built'), 'utf8')
      .trim()
      .split('\n')
      .sort(),
  ).toEqual(['github.com/fsouza/fake-gcs-server@v1.56.1', 'github.com/temporalio/cli/cmd/temporal@v1.5.1']);
  expect(readdirSync(join(root, 'cache', 'tidemark')).filter((name) => name.startsWith('building-') || name.endsWith('.lock'))).toEqual([]);
});

test('ensureTools() fails with the end of the output when a build fails, and the next call tries again', async () => {
  program(`cache/tidemark/${bigqueryHome('')}/venv/bin/python`, 'true');
  program('path/temporal', 'echo "temporal version 1.6.0 (Server 1.30.0, UI 2.42.1)"');
  program(
    'path/go',
    'case "$1" in version) echo "go version go1.27.0 linux/amd64" ;; *) echo "module lookup disabled" >&2; exit 1 ;; esac',
  );
  const attempt = (): Promise<unknown> => ensureTools({ env: env() });
  await expect(attempt()).rejects.toMatchObject({
    code: 'LOCAL_INSTALL_FAILED',
    message: expect.stringContaining('module lookup disabled') as string,
  });
  mkdirSync(join(root, 'home'));
  program('path/go', GO);
  expect(await attempt()).toMatchObject({
    temporal: join(root, 'path', 'temporal'),
    storage: inCache('fake-gcs-server-v1.56.1/fake-gcs-server'),
  });
});
