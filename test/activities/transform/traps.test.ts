/** The traps of ../shared/reference/data-traps.md that lie in single records, one test each; and all published records at once. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { NO_REDACTION } from '../../../activities/transform/redact/redaction';
import type { Column, Conversion, TableDefinition } from '../../../schemas/table';
import { stagedColumns } from '../../../schemas/envelope';
import { loadFaults, NOW_MS, notesOf, ORIGIN, rejectOf, rowOf, transformOf, type Json, type JsonObject } from './support';

/** A column whose value is the member of that name of `payload`, unless a path says otherwise. */
const column = (name: string, type: Column['type'], from: NonNullable<Column['from']> = [['payload', name]], as?: Conversion): Column => ({
  name: name.replaceAll(/\W/g, '_'),
  type,
  description: name,
  sensitivity: 'internal',
  from,
  ...(as === undefined ? {} : { as }),
});

const TABLE: TableDefinition = {
  name: 'acme_events',
  kind: 'event',
  description: 'Records of others inside a record of ours.',
  origin: 'acme.events',
  partition: 'event_time',
  cluster: ['action'],
  requirePartitionFilter: true,
  time: { from: [['at']], as: 'rfc3339' },
  key: null,
  volatile: [],
  columns: [column('payload', 'JSON', [['payload']])],
  envelope: {},
};

interface Made {
  readonly line: JsonObject;
  readonly text: string;
}

/** The line of a record whose member `payload` has this exact text. */
function lineOf(payload: string, ...columns: Column[]): Made {
  const table = { ...TABLE, columns: [...TABLE.columns, ...columns] };
  const item = `{"at":"2026-11-01T10:00:00Z","payload":${payload}}`;
  const { row, line } = rowOf(transformOf(table, { redaction: NO_REDACTION })(Buffer.from(item), ORIGIN, NOW_MS));
  expect(loadFaults(stagedColumns(table), line)).toEqual([]);
  return { line, text: row.line.toString() };
}

test('integers beyond 2^53 keep every digit, in raw and in a typed column', () => {
  // Nanoseconds of Falco, an inode of Jamf, an instance of Google, a process of CrowdStrike.
  for (const digits of ['1700000000123456789', '18014398509481985', '9223372036854775807', '-9223372036854775808']) {
    const { line, text } = lineOf(`{"n":${digits}}`, column('n', 'INT64'));
    expect(line['n']).toBe(digits);
    expect(text).toContain(`"raw":{"at":"2026-11-01T10:00:00Z","payload":{"n":${digits}}}`);
  }
});

test('int64 as text and as number become one number', () => {
  const bytesSent = column('bytes_sent', 'INT64', undefined, 'int64_text');
  expect(lineOf('{"bytes_sent":"38144"}', bytesSent).line['bytes_sent']).toBe(38144);
  expect(lineOf('{"bytes_sent":38144}', bytesSent).line['bytes_sent']).toBe(38144);
  expect(lineOf('{"bytes_sent":"-5224040487274219132"}', bytesSent).line['bytes_sent']).toBe('-5224040487274219132');
});

test('an integer outside INT64 and UINT64 is text in raw, with a note, and NULL in a typed column', () => {
  const { line, text } = lineOf('{"n":18446744073709551616}', column('n', 'INT64'));
  expect(line['n']).toBeUndefined();
  expect((line['raw'] as JsonObject)['_text']).toBe('{"at":"2026-11-01T10:00:00Z","payload":{"n":18446744073709551616}}');
  expect(text).toContain('{"path":"raw","code":"JSON_LIMIT"}');
});

test.each([
  '@type',
  'id.orig_h',
  'evt.time',
  'detail-type',
  'x-amz-id-2',
  'authorization.k8s.io/decision',
  '.tag',
  '20190617t202903',
  'http://schemas.example.com/claims/provider',
  'Mozilla/5.0 (X11; "Linux")',
])('a member named %s, which no column can be, is reached by a path and kept in JSON', (name) => {
  const { line } = lineOf(JSON.stringify({ [name]: 'v' }), column('found', 'STRING', [['payload', name]]));
  expect([line['found'], line['payload']]).toEqual(['v', { [name]: 'v' }]);
});

test.each([
  ['IPProtocol', 'ipProtocol'],
  ['insertId', 'insertid'],
  ['Tagging', 'tagging'],
])('%s and %s, which are one name for BigQuery, are two members here', (left, right) => {
  const { line } = lineOf(
    JSON.stringify({ [left]: 'l', [right]: 'r' }),
    column('a', 'STRING', [['payload', left]]),
    column('b', 'STRING', [['payload', right]]),
  );
  expect([line['a'], line['b'], line['payload']]).toEqual(['l', 'r', { [left]: 'l', [right]: 'r' }]);
});

test.each(['[{"key":"a"}]', '{"a":"b"}', '"arn:aws:iam::123456789012:role/x"', '7', 'true', 'null'])(
  'a path of several types never fails a row: %s in columns of every type',
  (value) => {
    const types = ['STRING', 'INT64', 'FLOAT64', 'BOOL', 'TIMESTAMP', 'JSON'] as const;
    const columns = types.map((type) => ({ ...column(`as ${type}`, type, [['payload', 'p']]) }));
    const { line } = lineOf(`{"p":${value}}`, ...columns, {
      ...column('as RECORD', 'RECORD', [['payload', 'p']]),
      fields: [column('a', 'STRING', [['a']])],
    });
    const notes = notesOf(line) as { path: string; code: string }[];
    const filled = columns.filter(({ name }) => line[name] !== undefined).map(({ name }) => name);
    // Each column has the value, or a note that says why not.
    if (value !== 'null')
      for (const { name } of columns)
        expect([name, filled.includes(name) || notes.some((note) => note.path === name)]).toEqual([name, true]);
    else expect([filled, notes]).toEqual([[], []]);
  },
);

test.each([
  ['"text"', '"text"'],
  ['7', '7'],
  ['true', 'true'],
])('a bare scalar in a JSON column is kept as text: %s', (value, text) => {
  const { line } = lineOf(value);
  expect(line['payload']).toEqual({ _text: text });
  expect(notesOf(line)).toEqual([{ path: 'payload', code: 'JSON_LIMIT' }]);
});

test.each([
  ['nested 501 deep', `${'['.repeat(500)}${']'.repeat(500)}`],
  ['a number beyond a double', '{"n":1e400}'],
  ['half a surrogate', '{"s":"\\ud800"}'],
  ['half a surrogate as a name', '{"\\ud800":1}'],
])('what JSON of BigQuery cannot hold is kept as text with a note: %s', (_title, value) => {
  const { line } = lineOf(value);
  expect((line['raw'] as JsonObject)['_text']).toBe(`{"at":"2026-11-01T10:00:00Z","payload":${value}}`);
  expect(notesOf(line)).toContainEqual({ path: 'raw', code: 'JSON_LIMIT' });
});

test.each(['-0', '1.0', '1e3', '0.10000000000000000555', '123456789012345678901234567890.5'])(
  'the text of the number %s is kept',
  (number) => {
    expect(lineOf(`{"n":${number}}`).text).toContain(`"payload":{"n":${number}}`);
  },
);

test.each([45_000, 500_000])('a record of %i bytes is one row, whole', (bytes) => {
  const findings = Array.from({ length: bytes / 50 }, (_, index) => `{"id":${String(index)},"text":"${'x'.repeat(24)}"}`).join(',');
  const { text } = lineOf(`{"findings":[${findings}]}`);
  expect(text).toContain(findings);
});

test.each<[string, Conversion, Json, string]>([
  ['seconds of Slack', 'epoch_s', 1_623_190_575, '2021-06-08T22:16:15Z'],
  ['milliseconds of GitHub', 'epoch_ms', 1_623_190_575_123, '2021-06-08T22:16:15.123000Z'],
  ['milliseconds as text, of a data replicator', 'epoch_ms', '1623190575123', '2021-06-08T22:16:15.123000Z'],
  ['nanoseconds of Falco', 'epoch_ns', 1_623_190_575_123_456_800, '2021-06-08T22:16:15.123456Z'],
  ['no fraction', 'rfc3339', '2026-11-01T10:00:00Z', '2026-11-01T10:00:00Z'],
  ['nine digits', 'rfc3339', '2026-11-01T10:00:00.123456789Z', '2026-11-01T10:00:00.123456Z'],
  ['a zone without a colon, of Jira', 'rfc3339', '2026-11-01T10:00:00.123+0100', '2026-11-01T09:00:00.123000Z'],
  ['a zone with a colon', 'rfc3339', '2026-11-01T10:00:00-03:30', '2026-11-01T13:30:00Z'],
  ['UTC without a zone, where the vendor documents it', 'rfc3339_utc', '2022-05-07T12:55:53', '2022-05-07T12:55:53Z'],
  ['local time of a firewall', { local: 'America/Sao_Paulo' }, '2026-11-01 10:00:00', '2026-11-01T13:00:00Z'],
])('time: %s', (_title, as, value, expected) => {
  expect(lineOf(JSON.stringify({ t: value }), column('t', 'TIMESTAMP', undefined, as)).line['t']).toBe(expected);
});

test.each(['{"a":1', '{"a":01}', "{'a':1}", '{"a":1}{"b":2}', '{"a":NaN}', ''])('broken input is a reject that says where: %s', (text) => {
  const { reject, line } = rejectOf(transformOf(TABLE)(Buffer.from(text), ORIGIN, NOW_MS));
  expect(reject.reason).toBe('NOT_JSON');
  expect(line['detail']).toMatch(/^at byte \d+$/);
  expect(line['item']).toBe(text);
});

const SAMPLES = path.join(__dirname, '../../../../shared/samples');
const present = existsSync(SAMPLES);

(present ? test : test.skip)(
  'every published record of every vendor is kept to the byte (skipped where ../shared/samples is absent)',
  () => {
    const files = readdirSync(SAMPLES, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ndjson') && !path.basename(file).startsWith('_'),
    );
    let records = 0;
    for (const file of files) {
      for (const text of readFileSync(path.join(SAMPLES, file), 'utf8').split('\n')) {
        if (!text.startsWith('{')) continue;
        records += 1;
        const { text: line } = lineOf(text);
        expect(line.includes(`"raw":{"at":"2026-11-01T10:00:00Z","payload":${text}}`) || line.includes('"code":"JSON_LIMIT"')).toBe(true);
      }
    }
    expect(records).toBeGreaterThan(5_000);
  },
);
