/** Links between the documents lead somewhere: to a file that exists, and to a heading it has. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { anchor } from '../../infra/docs/markdown';

const ROOT = join(__dirname, '..', '..');

const documents = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name)),
].filter((path) => path.endsWith('.md') && existsSync(join(ROOT, path)));

const withoutCode = (text: string): string => text.replaceAll(/^```[^]*?^```$/gm, '');

/** Targets of inline links and images that are not on another host. */
function targets(path: string): string[] {
  const text = withoutCode(readFileSync(join(ROOT, path), 'utf8'));
  return [...text.matchAll(/\]\(([^)\s]+)[^)]*\)/g)].map((match) => match[1] ?? '').filter((target) => !/^[a-z]+:/.test(target));
}

function anchors(file: string): string[] {
  return [...withoutCode(readFileSync(file, 'utf8')).matchAll(/^#+ (.*)$/gm)].map((match) => anchor((match[1] ?? '').trim()));
}

function isBroken(path: string, target: string): boolean {
  const [name = '', fragment] = target.split('#');
  const file = name === '' ? join(ROOT, path) : join(ROOT, dirname(path), name);
  if (relative(ROOT, file).startsWith('..') || !existsSync(file)) return true;
  return fragment !== undefined && (!statSync(file).isFile() || !anchors(file).includes(fragment));
}

test.each(documents)('every link of %s leads somewhere', (path) => {
  expect(targets(path).filter((target) => isBroken(path, target))).toEqual([]);
});

test.each(['nowhere.md', 'reference/errors.md#nothing', '../../outside.md'])('a link to %s would be found out', (target) => {
  expect(isBroken('docs/guides.md', target)).toBe(true);
});

test('a link to a heading with code in it is no broken one', () => {
  expect(isBroken('docs/guides.md', 'guides/configuration.md#sources')).toBe(false);
});
