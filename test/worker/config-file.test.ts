/** tidemark.yaml: every problem at once, each with its place and what to write; the file's own faults; and what the environment adds. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { codeOf, type TidemarkError } from '../../activities/errors';
import { checkConfig, loadConfig } from '../../worker/config-file';

/** Keeps a profile of the person who runs the tests out of them. */
const NO_PROFILE = { TEMPORAL_CONFIG_FILE: join(tmpdir(), 'tidemark-no-such-profile.toml') };

const GOOD = `
lake:
  project: acme-security
  buckets: { state: acme-state, stage: acme-stage }
  identityKey: { file: keys/identity.key }
temporal:
  address: 192.0.2.10:7233
  namespace: security
sources:
  - id: acme-audit
    connector: gcp.audit_logs
    tenant: acme
    every: 5m
    streams: [activity]
    config: { parents: [organizations/123456789012] }
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-config-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function problems(text: string): string[] {
  const checked = checkConfig(text);
  return checked.ok
    ? []
    : checked.problems.map(({ line, column, path, message }) => `${String(line)}:${String(column)}: ${path}: ${message}`);
}

async function refusal(work: Promise<unknown>): Promise<TidemarkError> {
  try {
    await work;
  } catch (error) {
    if (codeOf(error) !== undefined) return error as TidemarkError;
    throw error;
  }
  throw new Error('nothing was refused');
}

async function load(text: string | Buffer, env: Record<string, string> = {}): ReturnType<typeof loadConfig> {
  writeFileSync(join(folder, 'tidemark.yaml'), text);
  return await loadConfig(undefined, { cwd: folder, env: { ...NO_PROFILE, ...env } });
}

describe('checkConfig()', () => {
  test('takes a good file, with defaults filled in', () => {
    const checked = checkConfig(GOOD);
    expect(checked).toMatchObject({
      ok: true,
      config: {
        lake: { location: 'US', datasets: { lake: 'lake', staging: 'staging', ops: 'ops' }, requirePartitionFilter: true },
        temporal: { address: '192.0.2.10:7233', namespace: 'security', tls: false },
        sources: [{ id: 'acme-audit', every: 300_000, paused: false, auth: 'application-default' }],
      },
    });
  });

  test('reports every problem at once, in the order of the file, each with what to write', () => {
    const text = `lake:
  project: ""
  datasets: { staging: lake, extra: 1 }
  buckets: { state: one-bucket, stage: one-bucket }
  identityKey: 0123456789abcdef0123456789abcdef
  auth: none
  requirePartitionFilter: maybe
  jobDeadline: 600
temporal:
  address: http://192.0.2.10
worker:
  fetchConcurrency: 0
  statusPort: 8080.5
sources:
  - id: Acme
    connector: okta
    tenant: acme
    every: 5 minutes
    auth: { bearer: { env: "" } }
  - id: acme
    connector: gcp.audit_logs
    tenant: acme
    since: yesterday
    streams: [activity, activities, activity]
    config: { parent: organizations/1 }
  - id: acme
    connector: gcp.audit_logs
    paused: "yes"
    every: 10ms
    config: { parents: [projects/acme-prod], pageSize: 5000 }
  - only text
colour: blue
`;
    expect(problems(text)).toEqual([
      '2:12: lake.project: is empty: write text',
      '3:24: lake.datasets.staging: is the dataset of lake too: give each its own',
      '3:30: lake.datasets.extra: is not a known key: correct or remove it',
      '4:40: lake.buckets.stage: is the state bucket too: name two buckets, since parts may be kept under retention and state must not',
      '5:16: lake.identityKey: cannot be used: write where the secret is found: `env: NAME` or `file: path`, never the secret itself',
      '6:9: lake.auth: is none, which Google refuses: write application-default, or give lake.endpoints of local servers',
      '7:27: lake.requirePartitionFilter: is text: write true or false',
      '8:16: lake.jobDeadline: is a number: write a duration as a whole number and ms, s, m, h or d, for example 5m',
      '10:12: temporal.address: is not an address: write host:port, for example 127.0.0.1:7233',
      '12:21: worker.fetchConcurrency: is too small: at least 1',
      '13:15: worker.statusPort: is a number: write a whole number',
      '15:9: sources[0].id: use lower-case letters, digits and dashes, starting with a letter',
      '16:16: sources[0].connector: okta is not a connector: write one of gcp.audit_logs',
      '18:12: sources[0].every: write a duration as a whole number and ms, s, m, h or d, for example 5m',
      '19:28: sources[0].auth.bearer.env: is empty: write text',
      '23:12: sources[1].since: cannot be used: write a time such as 2026-01-31T00:00:00Z',
      '24:25: sources[1].streams[1]: activities is not a stream of gcp.audit_logs: write one of activity, data_access, system_event, policy',
      '24:37: sources[1].streams[2]: activity is listed twice',
      '25:5: sources[1].config.parents: is missing: write a list',
      '25:15: sources[1].config.parent: is not a known key: correct or remove it',
      '26:5: sources[2].tenant: is missing: write text',
      '26:9: sources[2].id: acme is the id of sources[1] too: ids are unique',
      '28:13: sources[2].paused: is text: write true or false',
      '29:12: sources[2].every: is less than a second: write 1s or more',
      '30:56: sources[2].config.pageSize: is too large: at most 1000',
      '31:5: sources[3]: is text: write a section of `key: value` lines',
      '32:1: colour: is not a known key: correct or remove it',
    ]);
  });

  test('never repeats a value that stands where a secret reference belongs', () => {
    const pasted = 'c0ffee'.repeat(12);
    const text = GOOD.replace('{ file: keys/identity.key }', pasted).replace(
      'tenant: acme',
      `tenant: acme\n    auth: { bearer: ${pasted} }`,
    );
    const said = problems(text);
    expect(said).toHaveLength(2);
    expect(said.join('\n')).not.toContain('c0ffee');
  });

  test('places a missing section at the nearest one that exists', () => {
    expect(problems('lake:\n  project: a\n\nsources: []\n')).toEqual([
      '1:1: lake.buckets: is missing: write a section of `key: value` lines',
      '1:1: lake.identityKey: is missing: write where the secret is found: `env: NAME` or `file: path`, never the secret itself',
    ]);
  });

  test.each([
    ['an empty file', '', '1:1: : is empty: begin with the sections `lake:` and `sources:`'],
    ['a file of comments', '# nothing\n', '1:1: : is empty: begin with the sections `lake:` and `sources:`'],
    ['a list', '- a\n', '1:1: : is a list: write a section of `key: value` lines'],
    [
      'an open bracket',
      'lake: [a\n',
      '2:1: : is not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['a tab as indentation', 'lake:\n\tproject: a\n', '2:1: : is not valid YAML: Tabs are not allowed as indentation'],
    ['a second document', `${GOOD}---\n{}\n`, '16:1: : a second document begins here: keep one'],
  ])('refuses %s', (_, text, first) => {
    expect(problems(text)[0]).toBe(first);
  });

  test('takes labels, policy tags and retention, and says what is wrong with them at their lines', () => {
    const lake = (lines: string): string => GOOD.replace('  identityKey:', `${lines.replaceAll(/^/gm, '  ')}\n  identityKey:`);
    const tag = (location: string): string => `projects/acme/locations/${location}/taxonomies/1/policyTags/2`;
    expect(
      problems(
        lake(`location: EU
labels: { team: security, cost-center: "42" }
policyTags: { personal: ${tag('eu')} }
retentionDays: { okta_system_log: 400, slack_audit_log: never }`),
      ),
    ).toEqual([]);
    expect(
      problems(
        lake(`labels:
  Team: security
  team: The blue one
  managed-by: us
  cost-center: 42
policyTags:
  personal: ${tag('eu')}
  secret: secret
  hidden: ${tag('us')}
retentionDays:
  okta: 400
  okta_system_log: 1
  slack_audit_log: forever`),
      ).map((line) => line.replace(/^(\d+):\d+/, '$1')),
    ).toEqual([
      '6: lake.labels.Team: is not a label: write a lower-case letter, then lower-case letters, digits, dashes and underscores, 63 at most',
      '7: lake.labels.team: cannot be the value of a label: write lower-case letters, digits, dashes and underscores, 63 at most',
      "8: lake.labels.managed-by: is a label of tidemark's own: remove it",
      '9: lake.labels.cost-center: is a number: write text',
      "11: lake.policyTags.personal: is of a taxonomy in eu: BigQuery takes those of the lake's own location, us",
      '12: lake.policyTags.secret: write projects/.../locations/.../taxonomies/.../policyTags/...',
      '13: lake.policyTags.hidden: is not a known key: correct or remove it',
      '15: lake.retentionDays.okta: is not a table of the lake: docs/reference/tables/ has them',
      '16: lake.retentionDays.okta_system_log: is too small: at least 7',
      '17: lake.retentionDays.slack_audit_log: write a whole number of days from 7 to 36500, or never',
    ]);
  });

  test('takes rules of redaction, and says what is wrong with them at their lines', () => {
    const key = 'pseudonymKey: { id: k1, secret: { env: PSEUDONYM_KEY } }';
    const redaction = (lines: string): string => `${GOOD}redaction:\n${lines.replaceAll(/^/gm, '  ')}\n`;
    const taken = checkConfig(
      redaction(`${key}
detectorsOff: [payment_card, named_secret]
tables:
  okta_system_log:
    - { path: actor.alternateId, method: pseudonym }
    - { path: [client, "geo.ip", "*"], method: { truncate: 3 } }`),
    );
    expect(taken).toMatchObject({
      ok: true,
      config: {
        redaction: {
          tables: {
            okta_system_log: [
              { path: ['actor', 'alternateId'], method: 'pseudonym' },
              { path: ['client', 'geo.ip', '*'], method: { truncate: 3 } },
            ],
          },
        },
      },
    });
    expect(
      problems(
        redaction(`pseudonymKey: { id: K-1, secret: 0123456789abcdef }
detectorsOff: [credit_card]
tables:
  okta: []
  okta_system_log:
    - { path: actor..id, method: drop }
    - { path: "*", method: drop }
    - { path: actor.id, method: hash }
    - { path: actor.id, method: { mask: -1 } }`),
      ).map((line) => line.replace(/^(\d+):\d+/, '$1')),
    ).toEqual([
      '17: redaction.pseudonymKey.id: write 1 to 16 lower-case letters and digits, for example k1',
      '17: redaction.pseudonymKey.secret: cannot be used: write where the secret is found: `env: NAME` or `file: path`, never the secret itself',
      expect.stringMatching(/^18: redaction\.detectorsOff\[0\]: is not a detector: write one of aws_secret_key, .*, named_secret$/),
      '20: redaction.tables.okta: is not a table of the lake: docs/reference/tables/ has them',
      '22: redaction.tables.okta_system_log[0].path: write names of members with dots between them, for example user.emails.*',
      "23: redaction.tables.okta_system_log[1].path: is where the event's time is read, which stays in event_time: remove the rule",
      '24: redaction.tables.okta_system_log[2].method: write `drop`, `pseudonym`, `{ truncate: 8 }` or `{ mask: 4 }`',
      '25: redaction.tables.okta_system_log[3].method.mask: is too small: at least 0',
    ]);
    expect(problems(redaction('tables: { okta_system_log: [{ path: actor.id, method: pseudonym }] }'))).toEqual([
      '17:57: redaction.tables.okta_system_log[0].method: is pseudonym, which needs redaction.pseudonymKey: give it an id and a secret',
    ]);
  });

  test('reports a repeated key and goes on checking the rest', () => {
    expect(problems(GOOD.replace('every: 5m', 'every: 5m\n    every: 6m\n    color: red'))).toEqual([
      '14:5: : the key stands twice in its section: keep one',
      '15:5: sources[0].color: is not a known key: correct or remove it',
    ]);
  });

  test('refuses an alias bomb, and takes a few honest aliases', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      'b: &b [*a,*a,*a,*a,*a,*a,*a,*a]',
      'c: &c [*b,*b,*b,*b,*b,*b,*b,*b]',
      'd: [*c,*c,*c,*c,*c,*c]',
    ].join('\n');
    expect(problems(bomb)).toEqual(['1:1: : uses more than 100 aliases, or an alias without an anchor: write the values out']);
    expect(
      problems(
        GOOD.replace('tenant: acme', 'tenant: &tenant acme').concat(
          '  - { id: b, connector: gcp.audit_logs, tenant: *tenant, config: { parents: [projects/acme-prod] } }\n',
        ),
      ),
    ).toEqual([]);
  });

  test('refuses credentials over plain http, and an API key without TLS to another host', () => {
    const text = GOOD.replace('lake:', 'lake:\n  endpoints: { bigquery: "http://192.0.2.1", storage: "https://192.0.2.1" }').replace(
      'namespace: security',
      'tls: false\n  apiKey: { env: KEY }',
    );
    expect(problems(text)).toEqual([
      '3:26: lake.endpoints.bigquery: would get credentials over plain http: use https, or auth: none for local servers',
      '9:8: temporal.tls: is false while an API key is sent: write true',
    ]);
  });

  test('never throws, and places every problem inside the text', () => {
    const fragment = fc.oneof(
      fc.constantFrom(
        'lake:',
        'sources:',
        '  - ',
        '\n',
        ': ',
        '{',
        '[',
        '&a ',
        '*a',
        '"',
        '\t',
        '#',
        'config:',
        'connector: gcp.audit_logs',
        '? ',
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 25 }), (parts) => {
        const text = parts.join('');
        const checked = checkConfig(text);
        if (checked.ok) throw new Error('an accidental configuration');
        expect(checked.problems.length).toBeGreaterThan(0);
        for (const { line, column } of checked.problems) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(text.split('\n').length + 1);
          expect(column).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('loadConfig()', () => {
  test('names the file as the operator did, and counts secrets from its folder', async () => {
    const loaded = await load(GOOD);
    expect(loaded).toMatchObject({ baseDir: folder, path: join(folder, 'tidemark.yaml') });
    const error = await refusal(load('lake: 1\n'));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toBe(
      [
        '2 problems in tidemark.yaml',
        'tidemark.yaml:1:1: sources: is missing: write a list',
        'tidemark.yaml:1:7: lake: is a number: write a section of `key: value` lines',
      ].join('\n'),
    );
  });

  test('says when there is no file, at the default place and at a named one', async () => {
    const empty = mkdtempSync(join(folder, 'empty-'));
    expect(await refusal(loadConfig(undefined, { cwd: empty, env: {} }))).toMatchObject({
      code: 'CONFIG_NOT_FOUND',
      message: 'there is no tidemark.yaml',
    });
    expect(await refusal(loadConfig('other.yaml', { cwd: empty, env: {} }))).toMatchObject({
      code: 'CONFIG_NOT_FOUND',
      message: 'there is no other.yaml',
    });
  });

  test.each([
    [
      'a folder',
      () => {
        mkdirSync(join(folder, 'bad.yaml'));
      },
      'is not a file: name the configuration file itself',
    ],
    [
      'more than 1 MiB',
      () => {
        writeFileSync(join(folder, 'bad.yaml'), '#'.repeat(1024 * 1024 + 1));
      },
      'is larger than 1 MiB: this is not a configuration file',
    ],
    [
      'bytes that are not UTF-8',
      () => {
        writeFileSync(join(folder, 'bad.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xff]));
      },
      'is not UTF-8 text: save it as UTF-8',
    ],
  ])('refuses %s', async (_, make, message) => {
    make();
    const error = await refusal(loadConfig('bad.yaml', { cwd: folder, env: {} }));
    rmSync(join(folder, 'bad.yaml'), { recursive: true });
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: `1 problem in bad.yaml\nbad.yaml:1:1: ${message}` });
  });

  test('refuses a file it may not read', async () => {
    // Root reads everything.
    if (process.getuid?.() === 0) return;
    writeFileSync(join(folder, 'closed.yaml'), GOOD);
    chmodSync(join(folder, 'closed.yaml'), 0);
    expect((await refusal(loadConfig('closed.yaml', { cwd: folder, env: {} }))).message).toContain('cannot be opened (EACCES)');
  });

  test('takes what the temporal section leaves out from the environment of Temporal, and nothing else', async () => {
    const env = { TEMPORAL_ADDRESS: '198.51.100.7:7233', TEMPORAL_NAMESPACE: 'elsewhere' };
    expect((await load(GOOD, env)).config.temporal).toMatchObject({ address: '192.0.2.10:7233', namespace: 'security' });
    const bare = GOOD.replace(/temporal:\n.*\n.*\n/, '');
    expect((await load(bare, env)).config.temporal).toEqual({ address: '198.51.100.7:7233', namespace: 'elsewhere', tls: false });
    expect((await load(bare, { ...env, TEMPORAL_API_KEY: 'k' })).config.temporal).toMatchObject({ tls: true });
    expect((await load(bare)).config.temporal).toEqual({ address: '127.0.0.1:7233', namespace: 'default', tls: false });
  });

  test('shows the first hundred problems of a text that is all wrong', async () => {
    const error = await refusal(load('['.repeat(2_000)));
    const lines = error.message.split('\n');
    expect(lines).toHaveLength(102);
    expect(lines.at(-1)).toMatch(/^and \d+ more$/);
  });
});
