/** What of a table may be changed without asking: nullable columns in, requirements out. Everything else is refused by name. */
import fc from 'fast-check';
import { type SchemaField, schemaFields } from '../../../activities/lake/bigquery-schema';
import { compareSchema } from '../../../activities/lake/compare-schema';
import type { Column } from '../../../schemas/table';

const field = (name: string, type = 'STRING', mode = 'NULLABLE', fields?: SchemaField[]): SchemaField => ({
  name,
  type,
  mode,
  ...(fields === undefined ? {} : { fields }),
});

test('compareSchema() finds nothing to do where types have their other names and columns another order', () => {
  const wanted = [field('a', 'INTEGER'), field('b', 'FLOAT'), field('c', 'BOOLEAN'), field('d', 'RECORD', 'REPEATED', [field('e')])];
  const existing = [
    field('d', 'STRUCT', 'REPEATED', [field('e')]),
    field('c', 'BOOL'),
    field('b', 'FLOAT64'),
    { name: 'A', type: 'INT64' },
  ];
  expect(compareSchema(existing as SchemaField[], wanted)).toMatchObject({
    added: [],
    relaxed: [],
    described: [],
    tagged: [],
    extra: [],
    refused: [],
  });
});

test('compareSchema() adds nullable columns at every depth, after those that exist, and keeps what operators set on columns', () => {
  const existing = [{ ...field('a'), policyTags: { names: ['projects/p/tag'] } }, field('r', 'RECORD', 'NULLABLE', [field('x')])];
  const wanted = [
    field('n', 'JSON'),
    field('r', 'RECORD', 'NULLABLE', [field('y', 'INTEGER', 'REPEATED'), field('x')]),
    { ...field('a'), description: 'new words' },
  ];
  expect(compareSchema(existing, wanted)).toEqual({
    merged: [
      { ...field('a'), policyTags: { names: ['projects/p/tag'] }, description: 'new words' },
      field('r', 'RECORD', 'NULLABLE', [field('x'), field('y', 'INTEGER', 'REPEATED')]),
      field('n', 'JSON'),
    ],
    added: ['r.y', 'n'],
    relaxed: [],
    described: ['a'],
    tagged: [],
    otherwiseTagged: [],
    extra: [],
    refused: [],
  });
});

test('compareSchema() sets a policy tag where there is none, at every depth, and leaves another one as it is', () => {
  const tagged = (one: SchemaField, tag: string): SchemaField => ({ ...one, policyTags: { names: [tag] } });
  const existing = [field('a'), tagged(field('b'), 'theirs'), field('r', 'RECORD', 'NULLABLE', [field('x'), tagged(field('y'), 'ours')])];
  const wanted = [
    tagged(field('a'), 'ours'),
    tagged(field('b'), 'ours'),
    field('r', 'RECORD', 'NULLABLE', [tagged(field('x'), 'ours'), tagged(field('y'), 'ours')]),
  ];
  expect(compareSchema(existing, wanted)).toMatchObject({
    merged: [
      tagged(field('a'), 'ours'),
      tagged(field('b'), 'theirs'),
      field('r', 'RECORD', 'NULLABLE', [tagged(field('x'), 'ours'), tagged(field('y'), 'ours')]),
    ],
    tagged: ['a', 'r.x'],
    otherwiseTagged: ['b'],
    refused: [],
  });
});

test('schemaFields() gives a policy tag to leaves only, and a member that of its record where the record is more sensitive', () => {
  const column = (name: string, sensitivity: Column['sensitivity'], fields?: Column[]): Column => ({
    name,
    type: fields === undefined ? 'STRING' : 'RECORD',
    description: name,
    sensitivity,
    ...(fields === undefined ? {} : { fields }),
  });
  const columns = [
    column('a', 'internal'),
    column('b', 'personal'),
    column('r', 'personal', [column('x', 'public'), column('y', 'secret'), column('s', 'public', [column('z', 'internal')])]),
  ];
  const tagsOf = (fields: readonly SchemaField[], prefix = ''): [string, string | undefined][] =>
    fields.flatMap(({ name, policyTags, fields: inner = [] }) => [
      [prefix + name, policyTags?.names.join()] as [string, string | undefined],
      ...tagsOf(inner, `${prefix}${name}.`),
    ]);
  expect(tagsOf(schemaFields(columns, { personal: 'p', secret: 's' }))).toEqual([
    ['a', undefined],
    ['b', 'p'],
    ['r', undefined],
    ['r.x', 'p'],
    ['r.y', 's'],
    ['r.s', undefined],
    ['r.s.z', 'p'],
  ]);
});

test('compareSchema() relaxes a requirement and refuses to make one', () => {
  const comparison = compareSchema(
    [field('a', 'STRING', 'REQUIRED'), field('b'), field('c', 'STRING', 'REPEATED')],
    [field('a'), field('b', 'STRING', 'REQUIRED'), field('c')],
  );
  expect(comparison.relaxed).toEqual(['a']);
  expect(comparison.merged[0]).toEqual(field('a'));
  expect(comparison.refused).toEqual(['b is NULLABLE, the definition says REQUIRED', 'c is REPEATED, the definition says NULLABLE']);
});

test('compareSchema() refuses other types and new required columns, all of them at once', () => {
  const existing = [field('a'), field('r', 'RECORD', 'NULLABLE', [field('x', 'INTEGER')]), field('old')];
  const wanted = [field('a', 'INTEGER'), field('r', 'RECORD', 'NULLABLE', [field('x', 'FLOAT')]), field('n', 'STRING', 'REQUIRED')];
  const comparison = compareSchema(existing, wanted);
  expect(comparison.refused).toEqual([
    'a is STRING, the definition says INTEGER',
    'r.x is INTEGER, the definition says FLOAT',
    'n is missing and required: rows that exist have no value for it',
  ]);
  expect(comparison.extra).toEqual(['old']);
});

const names = fc.constantFrom('a', 'b', 'c', 'D', 'e');
const schema: fc.Memo<SchemaField[]> = fc.memo((depth) =>
  fc.uniqueArray(
    fc.oneof(
      fc.record({
        name: names,
        type: fc.constantFrom('STRING', 'INTEGER', 'JSON'),
        mode: fc.constantFrom('NULLABLE', 'REQUIRED', 'REPEATED'),
      }),
      ...(depth <= 1
        ? []
        : [
            fc.record({
              name: names,
              type: fc.constant('RECORD'),
              mode: fc.constantFrom('NULLABLE', 'REPEATED'),
              fields: schema(depth - 1),
            }),
          ]),
    ),
    { selector: ({ name }) => name.toLowerCase(), maxLength: 5 },
  ),
);

test('compareSchema() of any two schemas: what it merges needs no further change, and nothing that existed is lost', () => {
  fc.assert(
    fc.property(schema(3), schema(3), (existing, wanted) => {
      const { merged, refused } = compareSchema(existing, wanted);
      const again = compareSchema(merged, wanted);
      expect(again.added).toEqual([]);
      expect(again.relaxed).toEqual([]);
      expect(merged.slice(0, existing.length).map(({ name, type }) => [name, type])).toEqual(
        existing.map(({ name, type }) => [name, type]),
      );
      if (refused.length === 0) expect(again.refused).toEqual([]);
    }),
  );
});
