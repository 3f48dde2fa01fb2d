/** The command line without servers: usage, configuration and unreachable services each give one clear message and an exit code. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONNECTORS } from '../../../activities/connectors/catalogue';
import { version } from '../../../package.json';
import { runCli } from '../../../worker/cli/main';

/** Nothing listens on port 1. */
const CONFIG = `
lake:
  project: acme
  buckets: { state: acme-state, stage: acme-stage }
  identityKey: { file: identity.key }
  auth: none
  endpoints: { bigquery: "http://127.0.0.1:1", storage: "http://127.0.0.1:1" }
temporal: { address: "127.0.0.1:1" }
sources:
  - id: acme-audit
    connector: gcp.audit_logs
    tenant: acme
    auth: { bearer: { env: ACME_TOKEN } }
    config: { parents: [organizations/123456789012] }
`;
const KEY = '0123456789abcdef'.repeat(4);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-cli-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const said = { out: '', err: '' };
  const code = await runCli(args, {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    env: { TEMPORAL_CONFIG_FILE: join(folder, 'none.toml'), ...env },
    cwd: folder,
    outIsTerminal: false,
    errIsTerminal: false,
  });
  return { code, ...said };
}

function configure(text = CONFIG, key = KEY): void {
  writeFileSync(join(folder, 'tidemark.yaml'), text);
  writeFileSync(join(folder, 'identity.key'), key);
}

test('--help and --version answer on stdout and exit 0', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  const help = await run(['--help']);
  expect(help).toMatchObject({ code: 0, err: '' });
  for (const command of ['plan', 'apply', 'collect', 'coverage', 'rejects', 'drift', 'worker', 'local', 'connectors', 'Exit codes'])
    expect(help.out).toContain(command);
});

test.each([
  [[], 'Usage: tidemark'],
  [['colect'], "unknown command 'colect'"],
  [['collect'], "missing required argument 'source'"],
  [['collect', 'acme-audit', '--as-of', 'yesterday'], 'write a time such as 2026-01-31T00:00:00Z.'],
  [['coverage', '--days', '0'], 'write a whole number of days from 1 to 3660.'],
  [['drift', '--table', 'okta'], 'there is no such table; near it are okta_system_log.'],
  [['rejects', '--show', '0'], 'write a whole number from 1 to 1000.'],
  [['rejects', 'replay'], "missing required argument 'table'"],
  [['rejects', 'replay', 'nothing'], 'there is no such table; docs/reference/tables lists them.'],
  [['local', 'upp'], 'Allowed choices are up, down, status, reset.'],
])('%j is wrong usage: exit 2 and how it is used', async (args, said) => {
  const { code, out, err } = await run(args);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(said);
});

test('no configuration file: exit 2, and where to look', async () => {
  expect(await run(['apply'])).toEqual({
    code: 2,
    out: '',
    err: 'CONFIG_NOT_FOUND: there is no tidemark.yaml\n  hint: Pass --config, or run the command in the folder that holds tidemark.yaml.\n',
  });
});

test('a malformed configuration: exit 2, and every error with file, line and column', async () => {
  configure(CONFIG.replace('tenant: acme', 'tenant: ACME').replace('gcp.audit_logs', 'gcp.audit'));
  expect(await run(['collect', 'acme-audit', '--config', 'tidemark.yaml'])).toEqual({
    code: 2,
    out: '',
    err: [
      'CONFIG_INVALID: 2 problems in tidemark.yaml',
      'tidemark.yaml:11:16: sources[0].connector: gcp.audit is not a connector: write one of gcp.audit_logs',
      'tidemark.yaml:12:13: sources[0].tenant: use lower-case letters, digits and dashes, starting with a letter',
      '  hint: Correct the lines named; nothing was changed.',
      '',
    ].join('\n'),
  });
});

test('an unknown source: exit 2, and the sources there are', async () => {
  configure();
  const { code, err } = await run(['collect', 'acme']);
  expect(code).toBe(2);
  expect(err).toContain('SOURCE_UNKNOWN: acme is not a configured source; there are: acme-audit\n');
  expect((await run(['coverage', 'acme'])).code).toBe(2);
});

test('Temporal that does not answer: exit 3, with its address', async () => {
  configure();
  expect(await run(['collect', 'acme-audit'])).toEqual({
    code: 3,
    out: '',
    err: 'TEMPORAL_UNREACHABLE: no Temporal server answers at 127.0.0.1:1\n  hint: Start Temporal or correct temporal.address in tidemark.yaml.\n',
  });
}, 10_000);

test('BigQuery that does not answer: exit 3', async () => {
  configure();
  const { code, err } = await run(['coverage']);
  expect(code).toBe(3);
  expect(err).toMatch(/^LAKE_UNAVAILABLE: BigQuery failed at view ops\.coverage: .*ECONNREFUSED/);
});

test('apply reports everything that is wrong at once, in a fixed order, and says that nothing was changed', async () => {
  configure(CONFIG, 'short');
  // Side by side, since each waits for Temporal until it gives up.
  const [{ code, out, err }, json] = await Promise.all([run(['apply']), run(['apply', '--json'], { ACME_TOKEN: 'hush-hush' })]);
  const codes = [...err.matchAll(/^([A-Z_]+): (.*)$/gm)].map(([, name, text]) => [name, text?.slice(0, 60)]);
  expect(codes).toEqual([
    ['SECRET_UNAVAILABLE', 'the identity key in file identity.key has 5 bytes; it needs '],
    ['LAKE_UNAVAILABLE', expect.stringMatching(/^BigQuery failed at project acme: /)],
    ['TEMPORAL_UNREACHABLE', 'no Temporal server answers at 127.0.0.1:1'],
    ['STAGE_UNAVAILABLE', expect.stringMatching(/^Cloud Storage failed at gs:\/\/acme-state: /)],
    ['STAGE_UNAVAILABLE', expect.stringMatching(/^Cloud Storage failed at gs:\/\/acme-stage: /)],
    ['SECRET_UNAVAILABLE', 'The secret in environment variable ACME_TOKEN is not set.'],
  ]);
  expect(err.endsWith('nothing was changed\n')).toBe(true);
  expect([code, out]).toEqual([2, '']);
  expect(err).not.toContain('    at ');

  const { ok, problems } = JSON.parse(json.out) as { ok: boolean; problems: { code: string }[] };
  expect([ok, problems.length]).toEqual([false, 5]);
  expect(json.out + json.err).not.toContain('hush-hush');
}, 20_000);

test('--debug shows where an error arose, and nothing else does', async () => {
  configure();
  expect((await run(['collect', 'acme'])).err).not.toContain('    at ');
  expect((await run(['--debug', 'collect', 'acme'])).err).toContain('    at ');
});

test('connectors needs no configuration, lists every connector, and the sources where there is one', async () => {
  const { code, out } = await run(['connectors', '--json']);
  expect(code).toBe(0);
  expect((JSON.parse(out) as { id: string; sources: string[] }[]).map(({ id, sources }) => [id, sources])).toEqual(
    CONNECTORS.map(({ id }) => [id, []]),
  );
  configure();
  const listed = (await run(['connectors'])).out;
  expect(listed).toContain('  sources: acme-audit\n');
  for (const { name, table } of CONNECTORS.flatMap(({ streams }) => streams)) expect(listed).toContain(`  stream ${name} -> ${table}\n`);
});
