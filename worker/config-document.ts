/**
 * A YAML text as a value, with the line and column of everything in it. Syntax errors, duplicate keys and alias bombs are
 * problems with a place like any other. Nothing here knows what the keys mean.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

export type ConfigPath = readonly (string | number)[];

export interface ConfigProblem {
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  /** `sources[0].every`; empty for the document as a whole. */
  readonly path: string;
  readonly message: string;
}

export interface ConfigDocument {
  /** The content as plain values; undefined when the text is no YAML. */
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  /** A problem at the value of a path, or at its key, or at the nearest section that exists. */
  readonly problemAt: (path: ConfigPath, message: string, at?: 'key' | 'value') => ConfigProblem;
}

/** Aliases resolved at most this often: more is an attack or an accident. */
const ALIASES_MAX = 100;

export function parseConfigDocument(text: string): ConfigDocument {
  const lines = new LineCounter();
  const problems: ConfigProblem[] = [];
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, logLevel: 'error' });
  } catch {
    // The parser recurses; a text of brackets exhausts the stack before it is found to be wrong.
    const problem = { line: 1, column: 1, path: '', message: 'is nested too deeply' };
    return { value: undefined, problems: [problem], problemAt: () => problem };
  }
  for (const error of [...document.errors, ...document.warnings]) {
    problems.push({ ...place(error.pos[0]), path: '', message: yamlMessage(error.code, error.message) });
  }
  const problemAt: ConfigDocument['problemAt'] = (path, message, at = 'value') => ({
    ...place(offsetOf(document, path, at)),
    path: formatPath(path),
    message,
  });
  // A repeated key is wrong, but what stands elsewhere can still be checked; after any other error the tree is a guess.
  const readable = document.errors.every((error) => error.code === 'DUPLICATE_KEY');
  let value: unknown;
  try {
    if (readable) value = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch {
    problems.push({
      line: 1,
      column: 1,
      path: '',
      message: `uses more than ${String(ALIASES_MAX)} aliases, or an alias without an anchor: write the values out`,
    });
  }
  return { value, problems, problemAt };
}

function yamlMessage(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'the key stands twice in its section: keep one';
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here: keep one';
  return `is not valid YAML: ${message.replaceAll(/\s+/g, ' ').slice(0, 200)}`;
}

/** `['sources', 0, 'every']` as `sources[0].every`. */
export function formatPath(path: ConfigPath): string {
  return path
    .map((segment, index) => (typeof segment === 'number' ? `[${String(segment)}]` : index === 0 ? segment : `.${segment}`))
    .join('');
}

function offsetOf(document: Document.Parsed, path: ConfigPath, at: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const [index, segment] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(segment));
      if (pair === undefined) return offset;
      offset = startOf(pair.key) ?? offset;
      if (at === 'key' && index === path.length - 1) return offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(segment)];
      if (node === undefined) return offset;
      offset = startOf(node) ?? offset;
    } else {
      return offset;
    }
  }
  // An empty value has no place of its own worth pointing at: its key has.
  return isScalar(node) && node.value === null ? offset : (startOf(node) ?? offset);
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
