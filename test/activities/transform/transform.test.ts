import fc from 'fast-check';
import { stagedColumns } from '../../../schemas/envelope';
import { STAGED_REJECT_COLUMNS } from '../../../schemas/ops/rejects';
import {
  ACTIVITY,
  entry,
  loadFaults,
  notesOf,
  NOW_MS,
  ORIGIN,
  rejectOf,
  rowOf,
  textOf,
  transformOf,
  valueAt,
  type Json,
  type JsonObject,
} from './support';

const transform = transformOf();
const run = (item: unknown): ReturnType<typeof transform> => transform(Buffer.isBuffer(item) ? item : textOf(item), ORIGIN, NOW_MS);
const lineOf = (item: unknown): JsonObject => rowOf(run(item)).line;
const STAGED = stagedColumns(ACTIVITY);

/** Faults of a result's line against the columns it will be loaded with. */
function faultsOf(result: ReturnType<typeof transform>): string[] {
  if (result.line.toString().includes('\n')) return ['a line feed in the line'];
  return loadFaults(result.kind === 'row' ? STAGED : STAGED_REJECT_COLUMNS, JSON.parse(result.line.toString()) as Json);
}

/** Records with the names the table knows and values it does not expect there. */
const hostileEntry = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    ) as fc.Arbitrary<Json>,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        ...'protoPayload resource labels operation authenticationInfo principalEmail authorizationInfo granted status code request requestMetadata callerIp time serviceData policyDelta bindingDeltas member httpRequest requestSize timestamp first last severity @type'.split(
          ' ',
        ),
      ),
      tie('value'),
      { maxKeys: 6, noNullPrototype: true },
    ),
  ),
})).value;

describe('transform()', () => {
  test('never throws and gives a loadable line, whatever bytes come', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => expect(faultsOf(run(Buffer.from(bytes)))).toEqual([])));
  });

  test('never throws and gives a loadable line, whatever JSON comes', () => {
    fc.assert(
      fc.property(hostileEntry, (value) => {
        const changes = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { protoPayload: value };
        const { timestamp: _time, ...rest } = changes;
        const results = [run(value), run(entry(rest))];
        expect(results.flatMap(faultsOf)).toEqual([]);
        expect(results[1]?.kind).toBe('row');
      }),
      { numRuns: 500 },
    );
  });

  test('gives the same bytes for the same record every time, whatever came between', () => {
    fc.assert(
      fc.property(hostileEntry, hostileEntry, (value, between) => {
        const first = run(entry({ protoPayload: value }));
        run(entry({ protoPayload: between }));
        expect(run(entry({ protoPayload: value }))).toEqual(first);
      }),
    );
  });

  test('keeps the whole record in raw', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
        const item = JSON.stringify(entry({ protoPayload: value as Json }));
        const { row, line } = rowOf(run(item));
        // A double such as 1e20 is written as an integer that no JSON column holds; those are tested below.
        fc.pre(!/\d{20}/.test(item));
        expect(line['raw']).toEqual(JSON.parse(item));
        expect(row.line.toString()).toContain(`"raw":${item},`);
      }),
    );
  });

  test('takes white space between tokens out of raw, and none out of strings', () => {
    const { row } = rowOf(run('{ "timestamp" : "2026-11-01T10:00:00Z",\r\n\t"a b": [ 1, " x \\" y " ] }'));
    expect(row.line.toString()).toContain('"raw":{"timestamp":"2026-11-01T10:00:00Z","a b":[1," x \\" y "]},');
  });

  test('says where the row came from', () => {
    expect(lineOf(entry())).toMatchObject({
      event_time: '2026-11-01T10:00:00.123456Z',
      timestamp: '2026-11-01T10:00:00.123456Z',
      connector: 'gcp.audit_logs',
      source: 'gcp-prod',
      stream: 'activity',
      tenant: 'acme',
      key_class: 'B',
      ingest: {
        unit: ORIGIN.unit,
        object: ORIGIN.object,
        row: 3,
        fetched_at: '2026-11-01T12:00:00.000Z',
        schema_version: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    });
    expect(rowOf(run(entry())).row.eventTimeUs).toBe(BigInt(Date.parse('2026-11-01T10:00:00.123Z')) * 1_000n + 456n);
    const moved = transform(textOf(entry()), { ...ORIGIN, object: 'other', row: 0 }, NOW_MS);
    expect(valueAt(rowOf(moved).line, 'ingest', 'object')).toBe('other');
  });
});

describe('typed columns', () => {
  const httpLine = (httpRequest: string): JsonObject => lineOf(JSON.stringify(entry()).replace('{', `{"httpRequest":${httpRequest},`));

  test.each([
    ['"9223372036854775807"', '9223372036854775807'],
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['9007199254740993', '9007199254740993'],
    ['"9007199254740991"', 9007199254740991],
    ['"007"', 7],
    ['-0', 0],
  ])('the integer %s is exact', (text, expected) => {
    expect(httpLine(`{"requestSize":${text}}`)['httpRequest']).toEqual({ requestSize: expected });
  });

  test.each([
    ['9223372036854775808', 'OUT_OF_RANGE'],
    ['"123456789012345678901234567890"', 'OUT_OF_RANGE'],
    ['1.5', 'TYPE_MISMATCH'],
    ['1e3', 'TYPE_MISMATCH'],
    ['"many"', 'TYPE_MISMATCH'],
    ['""', 'TYPE_MISMATCH'],
    ['{"a":1}', 'TYPE_MISMATCH'],
    ['[1]', 'TYPE_MISMATCH'],
    ['true', 'TYPE_MISMATCH'],
  ])('%s is no integer: NULL and a note', (text, code) => {
    const line = httpLine(`{"requestSize":${text},"status":200}`);
    expect(line['httpRequest']).toEqual({ status: 200 });
    expect(notesOf(line)).toEqual([{ path: 'httpRequest.requestSize', code }]);
  });

  test('NULL is not empty text, and null and absence are both NULL without a note', () => {
    const line = lineOf(entry({ trace: '', spanId: null }));
    expect([line['trace'], 'spanId' in line, 'severity' in line]).toEqual(['', false, false]);
    expect(notesOf(line)).toEqual([]);
  });

  test('records and arrays without a value are left out', () => {
    const line = lineOf(
      entry({ operation: {}, resource: { labels: { unheard_of: 'x' } }, protoPayload: { status: {}, authorizationInfo: [] } }),
    );
    expect(['operation', 'resource', 'protopayload_auditlog'].filter((name) => name in line)).toEqual([]);
  });

  test('one path of several types: what fits is kept, each misfit is noted once', () => {
    const authorizationInfo = [
      { granted: true },
      { granted: 'true' },
      { granted: 'афдиу', permission: 'p' },
      { granted: 'no' },
      null,
      'text',
    ];
    const line = lineOf(entry({ protoPayload: { authorizationInfo, resourceLocation: 'here' } }));
    expect(line['protopayload_auditlog']).toEqual({ authorizationInfo: [{ granted: true }, { granted: true }, { permission: 'p' }] });
    expect(notesOf(line)).toEqual([
      { path: 'protopayload_auditlog.authorizationInfo.granted', code: 'TYPE_MISMATCH' },
      { path: 'protopayload_auditlog.authorizationInfo', code: 'TYPE_MISMATCH' },
      { path: 'protopayload_auditlog.resourceLocation', code: 'TYPE_MISMATCH' },
    ]);
  });

  test('free-form members are the text they had, digits and order and escapes included', () => {
    const request = '{"@type":"t","big":12345678901234567890123,"z":1.0,"a":"\\u00e9\\n\\"","list":[{}]}';
    const line = lineOf(JSON.stringify(entry()).replace('{', `{"protoPayload":{"request":${request},"response":"...","metadata":null},`));
    expect(line['protopayload_auditlog']).toEqual({ requestJson: request, responseJson: '"..."' });
  });

  test('names that only a path can spell reach their column', () => {
    const line = lineOf(entry({ labels: { 'authorization.k8s.io/decision': 'allow', 'compute.googleapis.com/root_trigger_id': 'r' } }));
    expect(line['labels']).toEqual({ authorization_k8s_io_decision: 'allow', compute_googleapis_com_root_trigger_id: 'r' });
  });

  test('half a character becomes U+FFFD with a note, and the record stays as text', () => {
    const line = lineOf(JSON.stringify(entry()).replace('{', '{"trace":"a\\ud800b",'));
    expect(line['trace']).toBe('a\ufffdb');
    expect(valueAt(line, 'raw', '_text')).toContain('"trace":"a\\ud800b"');
    expect(notesOf(line)).toEqual([
      { path: 'trace', code: 'TEXT_REPLACED' },
      { path: 'raw', code: 'JSON_LIMIT' },
    ]);
  });

  test('times of every precision become microseconds in UTC; other text is NULL with a note', () => {
    const received = (text: string): Json | undefined => lineOf(entry({ receiveTimestamp: text }))['receiveTimestamp'];
    expect(received('2026-11-01T10:00:01.987654321Z')).toBe('2026-11-01T10:00:01.987654Z');
    expect(received('2026-11-01T19:00:01+09:00')).toBe('2026-11-01T10:00:01Z');
    expect(notesOf(lineOf(entry({ receiveTimestamp: 'yesterday' })))).toEqual([{ path: 'receiveTimestamp', code: 'TYPE_MISMATCH' }]);
  });
});

describe('raw', () => {
  const withMember = (member: string): string => JSON.stringify(entry()).replace('{', `{${member},`);

  test.each(['18446744073709551616', '-9223372036854775809', '123456789012345678901234567890', '1e999', '-1e400'])(
    'is text where a number is beyond a JSON column: %s',
    (number) => {
      const item = withMember(`"n":${number}`);
      const line = lineOf(item);
      expect(line['raw']).toEqual({ _text: item });
      expect(notesOf(line)).toEqual([{ path: 'raw', code: 'JSON_LIMIT' }]);
    },
  );

  test.each(['18446744073709551615', '-9223372036854775808', '1685022245478445995', '1.5e300', '0.1234567890123456789'])(
    'keeps the digits of %s',
    (number) => {
      const { row, line } = rowOf(run(withMember(`"n":${number}`)));
      expect(row.line.toString()).toContain(`"raw":{"n":${number},`);
      expect(notesOf(line)).toEqual([]);
    },
  );

  test('is text where nesting is deeper than 500', () => {
    const nested = (depth: number): string => withMember(`"n":${'['.repeat(depth)}${']'.repeat(depth)}`);
    expect(valueAt(lineOf(nested(499)), 'raw', '_text')).toBeUndefined();
    expect(lineOf(nested(500))['raw']).toEqual({ _text: nested(500) });
  });

  test('tells that a JSON column keeps one of duplicate members only, and columns take the same one: the first', () => {
    const line = lineOf(withMember('"trace":"first","trace":"second"'));
    expect(line['trace']).toBe('first');
    expect(notesOf(line)).toEqual([{ path: 'raw', code: 'DUPLICATE_KEY' }]);
  });

  test('members that differ in case only are different members', () => {
    const line = lineOf(entry({ insertid: 'lower', protoPayload: { request: { IPProtocol: 'tcp', ipProtocol: 'udp' } } }));
    expect(line['insertId']).toBe('abc123');
    expect(notesOf(line)).toEqual([]);
  });
});

describe('rejects', () => {
  test.each([
    ['NOT_JSON', '{"timestamp":"2026-11-01T10:00:00Z"'],
    ['NOT_JSON', '\ufeff{}'],
    ['NOT_AN_OBJECT', '[1]'],
    ['NOT_AN_OBJECT', '"text"'],
    ['NOT_AN_OBJECT', 'null'],
    ['NO_EVENT_TIME', '{}'],
    ['NO_EVENT_TIME', '{"timestamp":null}'],
    ['NO_EVENT_TIME', '{"timestamp":1647987178}'],
    ['NO_EVENT_TIME', '{"timestamp":"08.03.2023 18:52:52"}'],
    ['EVENT_TIME_OUT_OF_RANGE', '{"timestamp":"1970-01-01T00:00:00Z"}'],
    ['EVENT_TIME_OUT_OF_RANGE', '{"timestamp":"1999-12-31T23:59:59.999999999Z"}'],
    ['EVENT_TIME_OUT_OF_RANGE', '{"timestamp":"2026-11-03T00:00:01Z"}'],
    ['EVENT_TIME_OUT_OF_RANGE', '{"timestamp":"0000-01-01T00:00:00Z"}'],
    ['TOO_DEEP', `{"a":${'['.repeat(2_000)}`],
  ])('%s: %.60s', (reason, item) => {
    const { reject, line } = rejectOf(run(item));
    expect(reject.reason).toBe(reason);
    expect(line).toMatchObject({
      reason,
      table_name: ACTIVITY.name,
      unit: ORIGIN.unit,
      object_name: ORIGIN.reject?.object,
      object_row: 1,
      item,
    });
    expect(faultsOf(reject)).toEqual([]);
  });

  test('event times up to a day ahead, and from 2000 on, are rows', () => {
    expect(run({ timestamp: '2026-11-03T00:00:00Z' }).kind).toBe('row');
    expect(run({ timestamp: '2000-01-01T00:00:00Z' }).kind).toBe('row');
  });

  test('bytes that are no UTF-8 are kept as base64, all of them', () => {
    const item = Buffer.concat([Buffer.from('{"timestamp":"2026-11-01T10:00:00Z","a":"'), Buffer.from([0xff, 0xc3]), Buffer.from('"}')]);
    const { line } = rejectOf(run(item));
    expect(line).toMatchObject({ reason: 'NOT_JSON', detail: 'not UTF-8; item is base64' });
    expect(Buffer.from(line['item'] as string, 'base64')).toEqual(item);
  });

  test('an item above 16 MiB is refused unread, and its text is cut at a whole character', () => {
    const item = Buffer.from(`{"a":"${'é'.repeat(8 * 1_048_576)}"}`);
    const { line } = rejectOf(run(item));
    expect(line).toMatchObject({ reason: 'TOO_LARGE', detail: `${item.length} bytes` });
    const kept = line['item'] as string;
    expect(item.toString().startsWith(kept)).toBe(true);
    expect(Buffer.byteLength(kept)).toBeGreaterThan(1_048_572);
    expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(1_048_576);
  });

  test('a row after an item of many megabytes is what it is without it', () => {
    const before = run(entry());
    const large = lineOf(entry({ protoPayload: { request: { text: '"'.repeat(3 * 1_048_576) } } }));
    expect((valueAt(large, 'protopayload_auditlog', 'requestJson') as string).length).toBeGreaterThan(6 * 1_048_576);
    expect(run(entry())).toEqual(before);
  });

  test('an item of 2000 levels is read without exhausting the stack', () => {
    const depth = 1_999;
    const line = lineOf(
      JSON.stringify(entry()).replace('{', `{"protoPayload":{"request":${'{"a":'.repeat(depth - 2)}1${'}'.repeat(depth - 2)}},`),
    );
    expect(notesOf(line)).toEqual([{ path: 'raw', code: 'JSON_LIMIT' }]);
  });

  test('the same item refused again has the same id, another one has not', () => {
    const id = (item: string): Json | undefined => rejectOf(run(item)).line['reject_id'];
    expect(id('{}')).toBe(id('{}'));
    expect(id('{}')).not.toBe(id('{ }'));
    expect(id('{}')).not.toBe(id('[]'));
  });

  test('an event out of range has a key and, where a column can hold it, a time', () => {
    const { line } = rejectOf(run(entry({ timestamp: '1970-01-01T00:00:00Z' })));
    expect(line).toMatchObject({ event_key: expect.stringMatching(/^B\./), event_time: '1970-01-01T00:00:00Z' });
  });

  test('where the caller does not know the place of a reject, the line names none', () => {
    const { reject: _place, ...origin } = ORIGIN;
    expect(rejectOf(transform(textOf('{}'), origin, NOW_MS)).line).not.toHaveProperty('object_name');
  });
});
