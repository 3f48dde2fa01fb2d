/** What a table can say as data, on small tables written for it. */
import fc from 'fast-check';
import { foldedName } from '../../../activities/transform/drift';
import { createTransform } from '../../../activities/transform/create-transform';
import type { RowOrigin } from '../../../activities/transform/transform';
import { EACH, type Column, type EnvelopeSource, type Path, type TableDefinition } from '../../../schemas/table';
import { loadFaults, NOW_MS, notesOf, ORIGIN, outcomesOf, rejectOf, rowOf, textOf, transformOf, type JsonObject } from './support';
import { stagedColumns } from '../../../schemas/envelope';

const TABLE: TableDefinition = {
  name: 'acme_events',
  kind: 'event',
  description: 'Events of a vendor that exists in tests only.',
  origin: 'acme.events',
  partition: 'event_time',
  cluster: ['action'],
  requirePartitionFilter: true,
  time: { from: [['at']], as: 'rfc3339' },
  key: { class: 'A', parts: [['id']] },
  volatile: [],
  columns: [],
  envelope: {},
};

const column = (name: string, type: Column['type'], more: Partial<Column> = {}): Column => ({
  name,
  type,
  description: name,
  sensitivity: 'internal',
  ...more,
});

const record = (members: JsonObject): JsonObject => ({ id: 'e1', at: '2026-11-01T10:00:00Z', ...members });

/** The line of a record for a table with these changes; it has been checked against the load schema. */
function lineOf(changes: Partial<TableDefinition>, members: JsonObject): JsonObject {
  const table = { ...TABLE, ...changes };
  const { line } = rowOf(transformOf(table)(textOf(record(members)), ORIGIN, NOW_MS));
  expect(loadFaults(stagedColumns(table), line)).toEqual([]);
  return line;
}

/** What an envelope column becomes. */
const mapped = (name: string, source: EnvelopeSource, members: JsonObject): unknown =>
  lineOf({ envelope: { [name]: source } }, members)[name];

describe('steps of paths', () => {
  const members = {
    target: [
      { id: 't0', kind: 'user' },
      { id: 't1', kind: 'group' },
    ],
    parameters: [{ name: 'A', value: 'first' }, { name: 'B', value: 'second' }, 'no object', { name: 'B', value: 'third' }],
  };

  test.each<[string, Path, unknown]>([
    ['a number is an element', ['target', 1, 'id'], 't1'],
    ['a number beyond the end is nothing', ['target', 2, 'id'], undefined],
    ['a number into an object is nothing', ['target', 0, 0], undefined],
    ['where takes the first element that has the text', ['parameters', { where: 'name', is: 'B' }, 'value'], 'second'],
    ['where without such an element is nothing', ['parameters', { where: 'name', is: 'C' }, 'value'], undefined],
    ['a name into an array is nothing', ['target', 'id'], undefined],
  ])('%s, in columns and in the envelope', (_name, path, expected) => {
    const line = lineOf({ columns: [column('found', 'STRING', { from: [path] })], envelope: { target_id: { from: [path] } } }, members);
    expect([line['found'], line['target_id']]).toEqual([expected, expected]);
  });
});

describe('conversions', () => {
  const converted = (type: Column['type'], as: Column['as'], value: JsonObject[string]): unknown[] => {
    const line = lineOf({ columns: [column('c', type, as === undefined ? {} : { as })] }, { c: value });
    return [line['c'], ...(notesOf(line) as { code: string }[]).map(({ code }) => code)];
  };

  test.each<[Column['type'], Column['as'], JsonObject[string], unknown[]]>([
    ['STRING', 'text', 'a', ['a']],
    ['STRING', 'text', 1.5, ['1.5']],
    ['STRING', 'text', true, ['true']],
    ['STRING', 'text', { a: 1 }, [undefined, 'TYPE_MISMATCH']],
    ['STRING', { enum: { '1': 'one', yes: 'two' } }, 1, ['one']],
    ['STRING', { enum: { '1': 'one', yes: 'two' } }, 'yes', ['two']],
    ['STRING', { enum: { '1': 'one' } }, 'other', [undefined, 'TYPE_MISMATCH']],
    ['BOOL', 'bool_text', 'True', [true]],
    ['BOOL', 'bool_text', 'FALSE', [false]],
    ['BOOL', 'bool_text', 'yes', [undefined, 'TYPE_MISMATCH']],
    ['TIMESTAMP', { local: 'Europe/Berlin' }, '2026-07-01 12:00:00.123456', ['2026-07-01T10:00:00.123456Z']],
    ['TIMESTAMP', { local: 'Europe/Berlin' }, '2026-01-01T12:00:00', ['2026-01-01T11:00:00Z']],
    // Clocks go from 02:00 to 03:00.
    ['TIMESTAMP', { local: 'Europe/Berlin' }, '2026-03-29 02:30:00', [undefined, 'TYPE_MISMATCH']],
    // Clocks show 02:30 at 00:30 and at 01:30 UTC.
    ['TIMESTAMP', { local: 'Europe/Berlin' }, '2026-10-25 02:30:00', ['2026-10-25T00:30:00Z']],
    ['TIMESTAMP', { local: 'Pacific/Kiritimati' }, '2026-01-01 00:00:00', ['2025-12-31T10:00:00Z']],
    ['TIMESTAMP', 'epoch_ms', '2026-07-01 12:00:00.5', ['2026-07-01T12:00:00.500000Z']],
  ])('%s as %j of %j', (type, as, value, expected) => {
    expect(converted(type, as, value)).toEqual(expected);
  });

  test('a local time is the moment at which the clocks of the zone show it', () => {
    const shown = new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/New_York', dateStyle: 'short', timeStyle: 'medium' });
    fc.assert(
      fc.property(fc.date({ min: new Date('2001-01-01'), max: new Date('2026-10-01'), noInvalidDate: true }), (date) => {
        const [text] = converted('TIMESTAMP', { local: 'America/New_York' }, shown.format(date));
        expect(shown.format(new Date(String(text)))).toBe(shown.format(date));
      }),
    );
  });
});

describe('sources of the envelope', () => {
  test.each<[string, string, EnvelopeSource, JsonObject, unknown]>([
    ['an address', 'src_ip', { from: [['ip']], as: 'ip' }, { ip: '192.0.2.1' }, '192.0.2.1'],
    ['an address with a port', 'src_ip', { from: [['ip']], as: 'ip' }, { ip: '192.0.2.1:443' }, '192.0.2.1'],
    ['an address in brackets', 'src_ip', { from: [['ip']], as: 'ip' }, { ip: '[2001:db8::1]:443' }, '2001:db8::1'],
    ['an address with a zone', 'src_ip', { from: [['ip']], as: 'ip' }, { ip: 'fe80::1%eth0' }, 'fe80::1'],
    ['a word is no address', 'src_ip', { from: [['ip']], as: 'ip' }, { ip: 'internal' }, undefined],
    [
      'the next place where the first has no address',
      'src_ip',
      { from: [['a'], ['b']], as: 'ip' },
      { a: '-', b: '192.0.2.2' },
      '192.0.2.2',
    ],
    ['an e-mail address', 'actor_email', { from: [['m']], as: 'email' }, { m: 'Ann@example.com' }, 'Ann@example.com'],
    ['a name is no e-mail address', 'actor_email', { from: [['m']], as: 'email' }, { m: 'ann' }, undefined],
    ['lower case', 'action', { from: [['a']], as: 'lower' }, { a: 'LogIn' }, 'login'],
    ['a word that is mapped', 'outcome', { from: [['r']], map: { OK: 'success' } }, { r: 'OK' }, 'success'],
    ['a word that is not mapped says nothing', 'outcome', { from: [['r']], map: { OK: 'success' } }, { r: 'odd' }, undefined],
    ['a flag that is mapped', 'outcome', { from: [['r']], map: { false: 'failure' } }, { r: false }, 'failure'],
    ['a word to a number', 'ocsf_activity_id', { from: [['r']], map: { login: 1 } }, { r: 'login' }, 1],
    ['text that is no number in a column of numbers', 'src_port', { from: [['p']], map: { a: 'b' } }, { p: 'a' }, undefined],
    ['empty text is no value', 'action', { from: [['a'], ['b']], as: 'lower' }, { a: '', b: 'B' }, 'b'],
  ])('%s', (_title, name, source, members, expected) => {
    expect(mapped(name, source, members)).toEqual(expected);
  });

  const outcome: EnvelopeSource = {
    cases: [
      { when: { path: ['status'], equals: [0, 'ok', true] }, then: { constant: 'success' } },
      { when: { path: ['code'], prefix: ['4', '5'] }, then: { constant: 'failure' } },
      { when: { path: ['error'] }, then: { from: [['error']], map: { denied: 'failure' } } },
      { when: { path: ['finished'], absent: true }, then: { constant: 'unknown' } },
    ],
  };
  test.each<[JsonObject, unknown]>([
    [{ status: 0, finished: 1 }, 'success'],
    [{ status: 'ok', finished: 1 }, 'success'],
    [{ status: true, finished: 1 }, 'success'],
    [{ status: 1, code: 404, finished: 1 }, 'failure'],
    [{ code: '503', finished: 1 }, 'failure'],
    [{ error: 'denied', finished: 1 }, 'failure'],
    [{ error: 'other', finished: 1 }, undefined],
    [{ error: null, finished: 1 }, undefined],
    [{}, 'unknown'],
  ])('the first case that holds decides: %j', (members, expected) => {
    expect(mapped('outcome', outcome, members)).toEqual(expected);
  });

  test('observables are collected from everywhere, checked, lower-cased where case does not matter, and each once', () => {
    const source: EnvelopeSource = {
      observables: [
        {
          type: 'ip',
          from: [
            ['ips', EACH],
            ['hosts', EACH, 'ip'],
          ],
        },
        { type: 'domain', from: [['domain']] },
        { type: 'url', from: [['url']] },
        { type: 'email', from: [['mail']] },
        { type: 'hash', from: [['files', EACH]] },
      ],
    };
    const found = mapped('observables', source, {
      ips: ['192.0.2.1', 'none', '192.0.2.1', '2001:DB8::1'],
      hosts: { a: { ip: '192.0.2.9' }, b: {}, c: 'x' },
      domain: 'WWW.Example.com.',
      url: 'https://example.com/A',
      mail: 'Ann@Example.com',
      files: ['D41D8CD98F00B204E9800998ECF8427E', 'abc'],
    });
    expect(found).toEqual([
      { type: 'ip', value: '192.0.2.1' },
      { type: 'ip', value: '2001:db8::1' },
      { type: 'ip', value: '192.0.2.9' },
      { type: 'domain', value: 'www.example.com' },
      { type: 'url', value: 'https://example.com/A' },
      { type: 'email', value: 'ann@example.com' },
      { type: 'hash', value: 'd41d8cd98f00b204e9800998ecf8427e' },
    ]);
  });
});

describe('a row per element', () => {
  const table: TableDefinition = {
    ...TABLE,
    each: { path: ['events'], index: 'event_index' },
    key: { class: 'B', parts: [['id']] },
    columns: [
      column('event_index', 'INT64', { from: [['event_index_of_nothing']] }),
      column('name', 'STRING', { from: [['events', EACH, 'name'], ['name']] }),
    ],
    envelope: {
      action: { from: [['events', EACH, 'name']] },
      observables: { observables: [{ type: 'ip', from: [['events', EACH, 'ips', EACH]] }] },
    },
  };
  const all = (members: JsonObject): JsonObject[] =>
    outcomesOf(table)(textOf(record(members)), ORIGIN, NOW_MS).map((outcome) => rowOf(outcome).line);
  const events = [
    { name: 'login', ips: ['192.0.2.1'] },
    { name: 'logout', ips: ['192.0.2.2', '192.0.2.3'] },
    { name: 'login', ips: ['192.0.2.1'] },
  ];

  test('every element is a row with its number, its own values and a key of its own', () => {
    const rows = all({ events });
    expect(rows.map((row) => [row['event_index'], row['name'], row['action'], row['observables']])).toEqual([
      [0, 'login', 'login', [{ type: 'ip', value: '192.0.2.1' }]],
      [
        1,
        'logout',
        'logout',
        [
          { type: 'ip', value: '192.0.2.2' },
          { type: 'ip', value: '192.0.2.3' },
        ],
      ],
      [2, 'login', 'login', [{ type: 'ip', value: '192.0.2.1' }]],
    ]);
    expect(new Set(rows.map((row) => row['event_key'])).size).toBe(3);
    expect(rows.map((row) => row['key_class'])).toEqual(['B', 'B', 'B']);
    expect(rows.map((row) => row['raw'])).toEqual(rows.map(() => record({ events })));
  });

  test.each([[{ events: [] }], [{ name: 'flat' }], [{ events: 'text', name: 'flat' }]])(
    'a record without elements is one row, known as a whole: %j',
    (members) => {
      const [row, ...others] = all(members);
      expect([others, row?.['key_class'], row?.['event_index']]).toEqual([[], 'C', undefined]);
    },
  );

  test('the place of a row is read again for every outcome', () => {
    const transform = createTransform({ table, identityKey: Buffer.alloc(32, 7), connector: 'c', source: 's', stream: 'm', tenant: 't' });
    const origin = { ...ORIGIN, row: 7 };
    const places: unknown[] = [];
    transform(textOf(record({ events })), origin, NOW_MS, (outcome) => {
      places.push((rowOf(outcome).line['ingest'] as JsonObject)['row']);
      origin.row += 1;
    });
    expect(places).toEqual([7, 8, 9]);
  });
});

describe('observations of states', () => {
  const table: TableDefinition = {
    ...TABLE,
    kind: 'state',
    partition: 'observed_at',
    key: null,
    object: [[['name'], ['finding', 'name']]],
    volatile: [['readAt']],
  };
  const observe = (members: JsonObject, origin: RowOrigin = ORIGIN, changes: Partial<TableDefinition> = {}): JsonObject =>
    rowOf(transformOf({ ...table, ...changes })(textOf(record(members)), origin, NOW_MS)).line;

  test('an observation says which object, when, and that it was there', () => {
    const line = observe({ finding: { name: 'f|1' } });
    expect([line['object_id'], line['observed_at'], line['event_time'], line['present']]).toEqual([
      'f|1',
      '2026-11-01T10:00:00Z',
      '2026-11-01T10:00:00Z',
      true,
    ]);
    expect(loadFaults(stagedColumns(table), line)).toEqual([]);
  });

  test('all observations of a snapshot have its time, also where the record has none', () => {
    const origin = { ...ORIGIN, observedAt: '2026-11-01T00:00:00.5Z' };
    const { line } = rowOf(transformOf(table)(textOf({ name: 'a' }), origin, NOW_MS));
    expect([line['observed_at'], line['event_time']]).toEqual(['2026-11-01T00:00:00.500000Z', '2026-11-01T00:00:00.500000Z']);
  });

  test('the key is the object and the time; the content is told apart by its hash, without what is volatile', () => {
    const first = observe({ name: 'a', v: 1, readAt: 1 });
    const again = observe({ v: 1, name: 'a', readAt: 2 });
    const changed = observe({ name: 'a', v: 2 });
    const later = observe({ name: 'a', v: 1, at: '2026-11-01T10:00:00.000001Z' });
    expect(again['event_key']).toBe(first['event_key']);
    expect(again['content_hash']).toBe(first['content_hash']);
    expect(changed['event_key']).toBe(first['event_key']);
    expect(changed['content_hash']).not.toBe(first['content_hash']);
    expect(later['event_key']).not.toBe(first['event_key']);
  });

  test('names of several parts never run together', () => {
    const parts: Partial<TableDefinition> = { object: [[['a']], [['b']]] };
    expect(observe({ a: 'x|y', b: 'z' }, ORIGIN, parts)['object_id']).toBe('x\\|y|z');
    expect(observe({ a: 'x', b: 'y|z' }, ORIGIN, parts)['object_id']).toBe('x|y\\|z');
    expect(observe({ a: 'x', b: 7 }, ORIGIN, parts)['object_id']).toBe('x|7');
  });

  test('a record that does not say what it is about is a reject', () => {
    expect(rejectOf(transformOf(table)(textOf(record({ name: '' })), ORIGIN, NOW_MS)).reject.reason).toBe('NO_OBJECT_ID');
  });
});

describe('drift', () => {
  const table: TableDefinition = {
    ...TABLE,
    columns: [
      column('name', 'STRING'),
      column('free', 'JSON'),
      column('who', 'RECORD', { fields: [column('id', 'STRING')] }),
      column('list', 'RECORD', { mode: 'REPEATED', fields: [column('n', 'INT64')] }),
    ],
    envelope: { actor_email: { from: [['who', 'mail']] }, src_ip: { from: [['net', 'ip']], as: 'ip' } },
  };
  const findings = (...records: JsonObject[]): unknown => {
    const transform = createTransform({ table, identityKey: Buffer.alloc(32, 7), connector: 'c', source: 's', stream: 'm', tenant: 't' });
    for (const members of records) transform(textOf(record(members)), ORIGIN, NOW_MS, () => undefined);
    const found = transform.takeFindings();
    expect(transform.takeFindings()).toEqual([]);
    return found;
  };

  test('what a column, key, time or envelope asks for is known, and what is below JSON is free', () => {
    expect(findings({ name: 'x', free: { any: 1 }, who: { id: 'a', mail: 'm' }, list: [{ n: 1 }], net: { ip: '192.0.2.1' } })).toEqual([]);
  });

  test('unknown members and other types are counted by path, with type, length and characters, and never a value', () => {
    const odd = {
      extra: 'deadbeef',
      who: { id: 5, role: 'x y' },
      list: [
        { n: 1, m: true },
        { n: 2, m: false },
      ],
    };
    expect(findings(odd, { extra: 'cafe' })).toEqual([
      { kind: 'drift', path: 'extra', code: 'string', count: 2, lengthMax: 8, characters: 'hex' },
      { kind: 'drift', path: 'who.id', code: 'number', count: 1 },
      { kind: 'drift', path: 'who.role', code: 'string', count: 1, lengthMax: 3, characters: 'text' },
      { kind: 'drift', path: 'list.m', code: 'boolean', count: 2 },
    ]);
  });

  test.each(['sourceIPAddress', 'x-amz-id-2', '@type', 'authorization.k8s.io/decision', 'user_agent'])('%s is a name', (name) => {
    expect(foldedName(name)).toBe(name);
  });

  test.each([
    '192.0.2.1',
    'ann@example.com',
    '20190617t202903',
    '0f8fad5b-d9cb-469f-a165-70867728950e',
    'Mozilla/5.0 (X11)',
    'AKIAIOSFODNN7EXAMPLE',
    'd41d8cd98f00b204',
    '',
  ])('%s may be data', (name) => {
    expect(foldedName(name)).toBe('*');
  });

  test('an object with very many unknown members has names that are data', () => {
    const many = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`a${'bcdefghij'.charAt(index % 9)}${'klmnopqrst'.charAt(Math.floor(index / 9))}`, 1]),
    );
    expect(findings(many)).toContainEqual({ kind: 'drift', path: '*', code: 'number', count: 10 });
  });

  test('no planted value comes out, whether it is a value or a name', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9+/]{28}$/);
    fc.assert(
      fc.property(secret, secret, (value, name) => {
        const found = JSON.stringify(findings({ [name]: value, who: { other: value, [name]: { deep: value } }, list: value }));
        expect(found.includes(value) || found.includes(name)).toBe(false);
      }),
    );
  });
});
