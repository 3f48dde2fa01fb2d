/** The guide to the configuration file names every key there is, with its default, and its example is a good file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { configSchema, parseDurationMs } from '../../activities/config';
import { checkConfig } from '../../worker/config-file';

const guide = readFileSync(join(__dirname, '..', '..', 'docs', 'guides', 'configuration.md'), 'utf8');

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly default?: unknown;
}

const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;

/** Rows of the table below a heading: key to default. */
function documented(section: string): Map<string, string> {
  const text = guide.split(`## \`${section}\`\n`)[1]?.split('\n## ')[0] ?? '';
  return new Map([...text.matchAll(/^\| `(\w+)` \| (.*?) \|/gm)].map(([, key, value]) => [key ?? '', (value ?? '').replaceAll('`', '')]));
}

/** `300000` and `5m` are one default. */
const plain = (value: unknown): string => (typeof value === 'number' ? String(value) : String(parseDurationMs(String(value)) ?? value));

test.each(['lake', 'temporal', 'worker', 'redaction', 'sources'])('section %s: every key is there, and no other', (section) => {
  const part = schema.properties?.[section];
  const properties = part?.items?.properties ?? part?.properties ?? {};
  const rows = documented(section);
  expect([...rows.keys()].sort()).toEqual(Object.keys(properties).sort());
  for (const [key, { default: value }] of Object.entries(properties)) {
    // A section's default is that of its parts.
    if (value !== undefined && typeof value !== 'object') expect([key, plain(rows.get(key))]).toEqual([key, plain(value)]);
  }
});

test('the example is a good file', () => {
  const [, example = ''] = /```yaml\n([^]*?)```/.exec(guide) ?? [];
  expect(checkConfig(example)).toMatchObject({ ok: true });
});

test('the reported problems look as the guide shows them', () => {
  const [, example = ''] = /```yaml\n([^]*?)```/.exec(guide) ?? [];
  const checked = checkConfig(example.replace('gcp.audit_logs', 'gcp.audit').replace('every: 5m', 'every: 5'));
  const lines = checked.ok ? [] : checked.problems.map(({ path, message }) => `${path}: ${message}`);
  expect(lines[0]).toBe('sources[0].connector: gcp.audit is not a connector: write one of gcp.audit_logs');
  expect(guide).toContain(lines[0]);
});
