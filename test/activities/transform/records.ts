/**
 * Records that look as a table's definition expects them, in the wrong places too: every path the definition names is there or
 * absent, with a value of the kind meant or of any other. Written as text, since numbers and escapes of the text matter.
 */
import fc from 'fast-check';
import { EACH, type Column, type EnvelopeSource, type Path, type TableDefinition } from '../../../schemas/table';

/** A value as it will stand in the text. */
type Node = string | Node[] | Map<string, Node>;

/** Every path a definition asks for, from the root of the record. */
export function pathsOf(table: TableDefinition): Path[] {
  const paths: Path[] = [
    ...table.time.from,
    ...(table.key?.parts ?? []),
    ...(table.key?.alternatives ?? []).flat(),
    ...(table.object ?? []).flat(),
    ...table.volatile,
    ...Object.values(table.envelope).flatMap(sourcePaths),
    ...columnPaths(table.columns, []),
  ];
  return [...new Map(paths.filter((path) => path.length > 0).map((path) => [JSON.stringify(path), path])).values()];
}

function columnPaths(columns: readonly Column[], base: Path): Path[] {
  return columns.flatMap((column) =>
    (column.from ?? [[column.name]]).flatMap((from) => {
      const path = [...base, ...from, ...(column.mode === 'REPEATED' ? [0] : [])];
      return column.type === 'RECORD' ? columnPaths(column.fields ?? [], path) : [path];
    }),
  );
}

function sourcePaths(source: EnvelopeSource): Path[] {
  if ('from' in source) return [...source.from];
  if ('observables' in source) return source.observables.flatMap(({ from }) => from);
  if ('cases' in source)
    return source.cases.flatMap(({ when, then }) => [...(when === undefined ? [] : [when.path]), ...sourcePaths(then)]);
  return [];
}

const quoted = (text: string): string => JSON.stringify(text);

/** Values of all the kinds that columns take, and of kinds that none takes. */
const scalar = fc.oneof(
  fc.constantFrom(
    ...['2026-03-10T12:30:00.123456789Z', '2026-03-10T12:30:00+0000', '2026-03-10 12:30:00', '1773145800', '1773145800123', '0', '-1'].map(
      quoted,
    ),
    ...['192.0.2.7', '2001:db8::1', 'ann@example.com', 'a.example', 'https://a.example/x?y=1', 'true', 'FALSE', '', ' ', 'null'].map(
      quoted,
    ),
    ...['1773145800', '1773145800123', '1773145800123456789', '9007199254740993', '18446744073709551616', '-0', '1e400', '0.1', '1E5'],
    ...['true', 'false', 'null', '[]', '{}', '[null]', '[[1,"a"],{"b":null}]', '{"a":{"b":[1]}}'],
    ...[String.raw`"\ud800"`, String.raw`"\u0000\u001f"`, String.raw`"\ud83d\ude00"`, String.raw`"{\"a\":[1,2]}"`, '"\u2028é"'],
  ),
  fc.string({ unit: 'binary', maxLength: 12 }).map(quoted),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
);

/** What is likely where an id or a time is asked for, so that some records become rows. */
const likelyTime = fc.constantFrom('"2026-03-10T12:30:00Z"', '"2026-03-10T12:30:00.123456789Z"', '1773145800', '1773145800123');
const likelyId = fc.constantFrom('"id-1"', '"id-2"', '"2026-03-10T12:30:00Z"', '1773145800');

function put(root: Map<string, Node>, path: Path, value: string): void {
  let node: Node = root;
  for (const [at, step] of path.entries()) {
    const isLast = at === path.length - 1;
    const next = (): Node => (isLast ? value : startsArray(path[at + 1]) ? [] : new Map<string, Node>());
    if (Array.isArray(node)) {
      const index: number = typeof step === 'number' ? step : 0;
      const found: Node | undefined = node[index];
      const child: Node = found === undefined || isLast ? next() : found;
      while (node.length < index) node.push('null');
      node[index] = child;
      if (typeof step === 'object' && child instanceof Map) child.set(step.where, quoted(step.is));
      node = child;
    } else if (node instanceof Map && typeof step === 'string') {
      const found: Node | undefined = node.get(step);
      const child: Node = found === undefined || isLast ? next() : found;
      node.set(step, child);
      node = child;
    } else {
      return;
    }
  }
}

const startsArray = (step: Path[number] | undefined): boolean => step !== undefined && (typeof step !== 'string' || step === EACH);

function textOf(node: Node, space: string): string {
  if (typeof node === 'string') return node;
  if (Array.isArray(node)) return `[${node.map((element) => `${space}${textOf(element, space)}`).join(',')}]`;
  return `{${[...node].map(([name, value]) => `${space}${quoted(name)}:${space}${textOf(value, space)}`).join(`${space},`)}}`;
}

/** Text of a record for the table. */
export function recordOf(table: TableDefinition): fc.Arbitrary<string> {
  const paths = pathsOf(table);
  const ids = [...(table.key?.parts ?? []), ...(table.object ?? []).flat()];
  const needed = [...ids, ...table.time.from];
  return fc
    .record({
      some: fc.array(fc.tuple(fc.constantFrom(...paths), scalar), { maxLength: 25 }),
      // Of what makes a row, all or nothing.
      needed: fc.option(fc.tuple(...ids.map(() => likelyId), ...table.time.from.map(() => likelyTime)), { freq: 3 }),
      extra: fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 8 }), scalar, { maxKeys: 3 }),
      space: fc.constantFrom('', '', ' ', '\n\t'),
      tail: fc.constantFrom('', '', '', ',"zz":1,"zz":2'),
    })
    .map(({ some, needed: values, extra, space, tail }) => {
      const root = new Map<string, Node>(Object.entries(extra));
      for (const [path, value] of some) put(root, path, value);
      if (values !== null) for (const [index, path] of needed.entries()) put(root, path, values[index] ?? 'null');
      const text = textOf(root, space);
      return root.size === 0 ? text : `${text.slice(0, -1)}${tail}}`;
    });
}
