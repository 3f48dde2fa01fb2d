/** The generated pages are what the code says, and what makes them can tell when they are not. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { CONNECTORS } from '../../activities/connectors/catalogue';
import { driftOf, fillBlocks, referencePages, writeDocs } from '../../infra/docs';
import { configRows, configSchemaOf, lateness, typeWords } from '../../infra/docs/connectors';
import { cell, duration, list } from '../../infra/docs/markdown';
import { sourceText } from '../../infra/docs/sources';
import { tableColumns } from '../../schemas/envelope';
import { EACH, type Column, type EnvelopeSource } from '../../schemas/table';
import { TABLES } from '../../schemas/tables';
import { createProgram } from '../../worker/cli/main';

const ROOT = join(__dirname, '..', '..');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const pages = referencePages();
const pageOf = (path: string): string => pages.get(`docs/reference/${path}`) ?? '';

test('every generated page and block is as the code says', () => {
  expect({ mend: 'npm run docs', files: [...driftOf(ROOT).keys()] }).toEqual({ mend: 'npm run docs', files: [] });
});

describe('in a folder of its own', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tidemark-docs-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  test('everything is written once, and then there is nothing to write', () => {
    expect(writeDocs(root)).toEqual([...pages.keys()]);
    expect([...driftOf(root)]).toEqual([]);
    expect(readFileSync(join(root, 'docs/reference/errors.md'), 'utf8')).toBe(pageOf('errors.md'));
  });

  test('a changed page, a missing one and one of something that is no more are named and mended; a page by hand is left alone', () => {
    writeDocs(root);
    writeFileSync(join(root, 'docs/reference/errors.md'), `${pageOf('errors.md')}more\n`);
    rmSync(join(root, 'docs/reference/commands.md'));
    writeFileSync(join(root, 'docs/reference/tables/gone.md'), pageOf('errors.md'));
    writeFileSync(join(root, 'docs/reference/tables/by-hand.md'), '# Notes\n');
    const names = ['docs/reference/errors.md', 'docs/reference/commands.md', 'docs/reference/tables/gone.md'];
    expect([...driftOf(root).keys()]).toEqual(names);
    expect(writeDocs(root)).toEqual(names);
    expect([...driftOf(root)]).toEqual([]);
    expect(readFileSync(join(root, 'docs/reference/tables/by-hand.md'), 'utf8')).toBe('# Notes\n');
  });

  test('in the README only what stands between markers is written', () => {
    mkdirSync(join(root, 'docs'));
    writeFileSync(join(root, 'README.md'), 'before\n<!-- generated:commands -->old<!-- /generated -->\nafter\n');
    expect(writeDocs(root)).toContain('README.md');
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    expect(readme).toMatch(/^before\n<!-- generated:commands -->\n\n\| command \| what it does \|\n[^]*\n\n<!-- \/generated -->\nafter\n$/);
    expect(readme).toContain('| `tidemark collect <source>` | collect what is due of a source now, and print what came in |');
    expect([...driftOf(root)]).toEqual([]);
  });
});

describe('fillBlocks()', () => {
  const blocks = { a: () => 'A $& $1', b: () => 'B' };
  const filled = '<!-- generated:a -->\n\nA $& $1\n\n<!-- /generated -->';

  test('filling twice is filling once, and what is around stays', () => {
    const around = fc.string().filter((text) => !text.includes('<!--') && !text.includes('-->'));
    fc.assert(
      fc.property(around, around, around, (before, old, after) => {
        const text = `${before}<!-- generated:a -->${old}<!-- /generated -->${after}`;
        expect(fillBlocks(text, blocks)).toBe(`${before}${filled}${after}`);
        expect(fillBlocks(fillBlocks(text, blocks), blocks)).toBe(`${before}${filled}${after}`);
      }),
    );
  });

  test('each block is filled by its name', () => {
    const empty = (name: string): string => `<!-- generated:${name} --><!-- /generated -->`;
    expect(fillBlocks(`${empty('b')}x${empty('a')}`, blocks)).toBe(`<!-- generated:b -->\n\nB\n\n<!-- /generated -->x${filled}`);
    expect(fillBlocks('no markers', blocks)).toBe('no markers');
  });

  test.each([
    ['an unknown name', '<!-- generated:c --><!-- /generated -->', 'generated:c is none of a, b'],
    ['a name of every object', '<!-- generated:toString --><!-- /generated -->', 'generated:toString is none of a, b'],
    ['a marker without an end', 'x <!-- generated:a --> y', 'has no <!-- /generated -->'],
    ['a marker whose end belongs to the next', '<!-- generated:a --><!-- generated:b --><!-- /generated -->', 'has no <!-- /generated -->'],
  ])('%s is refused', (_name, text, said) => {
    expect(() => fillBlocks(text, blocks)).toThrow(said);
  });
});

/** First cells of table rows, without the code marks. */
const firstCells = (text: string): string[] => [...text.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '');

const names = (columns: readonly Column[], prefix = ''): string[] =>
  columns.flatMap(({ name, fields = [] }) => [prefix + name, ...names(fields, `${prefix}${name}.`)]);

test.each(TABLES.map((definition) => [definition.name, definition] as const))(
  '%s: the page names every column, and no other',
  (name, definition) => {
    const [, columns = ''] = pageOf(`tables/${name}.md`).split('## Columns of the vendor\n');
    expect(firstCells(columns)).toEqual(names(tableColumns(definition)));
  },
);

test('every page of a table that a connector fills says which stream fills it, and when it is complete', () => {
  const filled = new Set(CONNECTORS.flatMap(({ streams }) => streams.map(({ table }) => table)));
  for (const { name } of TABLES.filter((table) => filled.has(table.name)))
    expect(pageOf(`tables/${name}.md`)).toMatch(/^\*\*Filled by\*\* stream `\w+` of .* is \*\*complete\*\*/m);
});

test('every table page has the example queries, and the list of tables names every page', () => {
  for (const { name, examples = [] } of TABLES) for (const { sql } of examples) expect(pageOf(`tables/${name}.md`)).toContain(sql.trim());
  const linked = [...pageOf('tables/README.md').matchAll(/^\| \[`(\w+)`\]\((\w+)\.md\)/gm)].map(([, name, link]) => [name, link]);
  expect(linked).toEqual(TABLES.map(({ name }) => [name, name]));
});

test.each<[EnvelopeSource, string]>([
  [
    {
      from: [
        ['a', 'b-c'],
        ['list', 0, 'x'],
      ],
    },
    '`a["b-c"]` or `list[0].x`',
  ],
  [{ from: [['list', { where: 'name', is: 'IP' }, 'value']], as: 'ip' }, '`list[name="IP"].value`, if it is an address'],
  [{ from: [['a']], map: { ok: 'success', no: 'failure' } }, '`a`; `ok` → `success`, `no` → `failure`; else NULL'],
  [{ constant: 6003 }, 'always `6003`'],
  [{ derive: 'some_name' }, 'derived: `some_name`'],
  [{ observables: [{ type: 'ip', from: [['ips', EACH]] }] }, 'ip: `ips[*]`'],
  [
    {
      cases: [
        { when: { path: ['error'] }, then: { constant: 'failure' } },
        { when: { path: ['a'], absent: true }, then: { from: [['b']] } },
        { when: { path: ['a'], equals: [true, 'x'] }, then: { cases: [{ when: { path: ['c'], prefix: ['p'] }, then: { constant: 1 } }] } },
        { then: { constant: 'success' } },
      ],
    },
    'if `error` is present: `failure`; if `a` is absent: `b`; if `a` is `true` or `x`: (if `c` begins with `p`: `1`); else `success`',
  ],
])('sourceText(%j) is %s', (source, words) => {
  expect(sourceText(source)).toBe(words);
});

test.each(CONNECTORS.map((connector) => [connector.id, connector] as const))(
  '%s: every configuration key is described',
  (_id, connector) => {
    const rows = configRows(configSchemaOf(connector));
    expect(rows.filter(([, type, , meaning]) => type === 'anything' || meaning === '')).toEqual([]);
  },
);

test('every command of the program has its help on the page', () => {
  const nothing = (): void => undefined;
  const { program } = createProgram({ out: nothing, err: nothing, env: {}, cwd: '/', outIsTerminal: false, errIsTerminal: false });
  const sections = [...pageOf('commands.md').matchAll(/^## tidemark (\S+)\n\n```text\nUsage: tidemark (\S+)/gm)].map(([, a, b]) => [a, b]);
  expect(sections).toEqual(program.commands.map((command) => [command.name(), command.name()]));
});

test('lateness() says what each axis promises', () => {
  const settle = { lagMs: 5 * MINUTE_MS, agesMs: [HOUR_MS, 24 * HOUR_MS], horizonMs: 36 * HOUR_MS };
  expect(lateness({ axis: 'event', settle })).toBe(
    'An hour is **complete** once it was covered by a read that started 5 minutes or more after its end. It is read again at the age of 1 hour and 1 day. It is **settled** once a read that started 36 hours or more after its end found nothing new.',
  );
  expect(lateness({ axis: 'arrival', settle: { ...settle, agesMs: [] } })).toContain(
    'passed by a read that had caught up to 5 minutes after its end. It is not read again.',
  );
  expect(lateness({ axis: 'none', settle })).not.toContain('complete');
});

test.each([
  [{ type: 'array', items: { type: 'string' }, minItems: 1 }, 'list of text, 1 at least'],
  [{ type: 'integer', minimum: -9_007_199_254_740_991, maximum: 9_007_199_254_740_991 }, 'whole number'],
  [{ type: 'integer', minimum: 1, maximum: 1_000 }, 'whole number, 1 to 1,000'],
  [{ enum: ['a', 'b'] }, 'one of `a` and `b`'],
  [{ anyOf: [{ const: 'none' }, { type: 'object' }] }, '`none` or mapping'],
  [{ type: 'string', format: 'uri' }, 'URL'],
])('typeWords(%j) is %j', (schema, words) => {
  expect(typeWords(schema)).toBe(words);
});

test('configRows() gives keys of mappings after the mapping, with what they are required and default to', () => {
  const inner = { type: 'object', properties: { b: { type: 'boolean', default: false, description: 'On | off.' } } };
  expect(configRows({ properties: { a: inner, c: { type: 'string' } }, required: ['c'] })).toEqual([
    ['`a`', 'mapping', '', ''],
    ['`a.b`', 'true or false', '`false`', 'On \\| off.'],
    ['`c`', 'text', 'required', ''],
  ]);
});

test('a cell is one line, without column breaks, and without HTML outside code', () => {
  expect(cell('a | b\n  c <d> *e* `<f>*`')).toBe('a \\| b c &lt;d> \\*e\\* `<f>*`');
});

test.each([
  [90_000, '90 seconds'],
  [60_000, '1 minute'],
  [0, '0 milliseconds'],
  [1_500, '1,500 milliseconds'],
  [400 * 24 * HOUR_MS, '400 days'],
])('duration(%d) is %s', (ms, words) => {
  expect(duration(ms)).toBe(words);
});

test('list() joins as a sentence does', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(list)).toEqual(['', 'a', 'a and b', 'a, b and c']);
});
