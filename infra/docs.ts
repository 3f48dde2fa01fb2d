/**
 * `npm run docs`: writes what can be read off the code, so that it cannot be wrong for long. Pages below docs/reference/ are
 * written whole; in README.md only what stands between `<!-- generated:NAME -->` and `<!-- /generated -->`.
 *
 * With --check nothing is written: files that differ are named, with the command that mends them. test/docs/ does the same.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TABLES } from '../schemas/tables';
import { commandsPage, commandsTable } from './docs/commands';
import { connectorsPage, connectorsTable } from './docs/connectors';
import { errorsPage } from './docs/errors';
import { GENERATED } from './docs/markdown';
import { opsPage, tablePage, tablesPage, tablesTable } from './docs/tables';

const REFERENCE = 'docs/reference';

/** Text of every page, by its path from the root. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    [`${REFERENCE}/errors.md`, errorsPage()],
    [`${REFERENCE}/connectors.md`, connectorsPage()],
    [`${REFERENCE}/commands.md`, commandsPage()],
    [`${REFERENCE}/ops.md`, opsPage()],
    [`${REFERENCE}/tables/README.md`, tablesPage()],
    ...TABLES.map((table) => [`${REFERENCE}/tables/${table.name}.md`, tablePage(table)] as const),
  ]);
}

/** What the README may ask for. */
const BLOCKS: Readonly<Record<string, () => string>> = { connectors: connectorsTable, commands: commandsTable, tables: tablesTable };

const OPENING = /<!-- generated:([^ ]*) -->/g;
const BLOCK = /<!-- generated:([^ ]*) -->(?:(?!<!-- generated:)[^])*?<!-- \/generated -->/g;

/** The text with its blocks filled; throws a RangeError where a marker has no end or names no block. */
export function fillBlocks(text: string, blocks: Readonly<Record<string, () => string>> = BLOCKS): string {
  if ([...text.matchAll(OPENING)].length !== [...text.matchAll(BLOCK)].length)
    throw new RangeError('a <!-- generated:NAME --> has no <!-- /generated -->');
  return text.replaceAll(BLOCK, (_whole, name: string) => {
    const block = Object.hasOwn(blocks, name) ? blocks[name] : undefined;
    if (block === undefined) throw new RangeError(`generated:${name} is none of ${Object.keys(blocks).join(', ')}`);
    return `<!-- generated:${name} -->\n\n${block()}\n\n<!-- /generated -->`;
  });
}

/** What must be written for the tree to be as the code says, by path; null for a page of something that is no more. */
export function driftOf(root: string): ReadonlyMap<string, string | null> {
  const wanted = new Map<string, string | null>(referencePages());
  const readme = readText(root, 'README.md');
  if (readme !== undefined) wanted.set('README.md', fillBlocks(readme));
  for (const path of generatedFiles(root)) if (!wanted.has(path)) wanted.set(path, null);
  return new Map([...wanted].filter(([path, text]) => text !== (readText(root, path) ?? null)));
}

function readText(root: string, path: string): string | undefined {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Pages that an earlier run wrote. */
function generatedFiles(root: string): string[] {
  if (!existsSync(join(root, REFERENCE))) return [];
  return readdirSync(join(root, REFERENCE), { recursive: true, encoding: 'utf8' })
    .map((name) => `${REFERENCE}/${name.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.md') && readText(root, path)?.startsWith(GENERATED) === true);
}

/** Makes the tree as the code says, and gives the paths that were written or removed. */
export function writeDocs(root: string): readonly string[] {
  const drift = driftOf(root);
  for (const [path, text] of drift) {
    const file = join(root, path);
    if (text === null) {
      rmSync(file);
      continue;
    }
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return [...drift.keys()];
}

/** Exit code: 0, 1 when --check finds a difference, 2 for wrong usage. */
function main(root: string, args: readonly string[]): number {
  if (args.length > 1 || (args.length === 1 && args[0] !== '--check')) {
    process.stderr.write('usage: npm run docs [-- --check]\n');
    return 2;
  }
  if (args.length === 0) {
    for (const path of writeDocs(root)) process.stdout.write(`${path}\n`);
    return 0;
  }
  const paths = [...driftOf(root).keys()];
  if (paths.length > 0) process.stderr.write(`not as the code says, run npm run docs:\n  ${paths.join('\n  ')}\n`);
  return paths.length > 0 ? 1 : 0;
}

if (require.main === module) process.exitCode = main(process.cwd(), process.argv.slice(2));
