import fc from 'fast-check';
import { rowProblem, type Field } from './row';

const one = (type: string, mode = 'NULLABLE', fields?: Field[]): Field[] => [{ name: 'v', type, mode, fields }];
const problem = (value: string, type: string, mode?: string, fields?: Field[]): string | undefined =>
  rowProblem(`{"v":${value}}`, one(type, mode, fields));

describe('one value of a column', () => {
  test.each([
    ['STRING', '"a"'],
    ['STRING', '""'],
    ['STRING', '"\\ud83d\\ude00 \\u0000"'],
    ['STRING', 'null'],
    ['INTEGER', '-9007199254740991'],
    ['INTEGER', '"9223372036854775807"'],
    ['INTEGER', '"-9223372036854775808"'],
    ['FLOAT', '1.5e300'],
    ['FLOAT', '"NaN"'],
    ['BOOLEAN', 'true'],
    ['BOOLEAN', '"Yes"'],
    ['BOOLEAN', '0'],
    ['TIMESTAMP', '"2018-08-19T12:11"'],
    ['TIMESTAMP', '"2018-08-19T12:11:35"'],
    ['TIMESTAMP', '"2018-08-19T12:11:35.22"'],
    ['TIMESTAMP', '"2018/08/19T12:11"'],
    ['TIMESTAMP', '"2018-07-05T12:54:00 UTC"'],
    ['TIMESTAMP', '"2018-08-19T07:11:35.220 -05:00"'],
    ['TIMESTAMP', '"2018-08-19T12:11:35.220Z"'],
    ['TIMESTAMP', '1534680695'],
    ['TIMESTAMP', '1.534680695e12'],
    ['DATE', '"2024-02-29"'],
    ['BYTES', '"aGVsbG8="'],
    ['NUMERIC', '12.5'],
    ['JSON', '{"a":[1,"x",null,true,18446744073709551615,-9223372036854775808,0.1]}'],
    ['JSON', '[]'],
  ])('a %s column takes %s', (type, value) => {
    expect(problem(value, type)).toBeUndefined();
  });

  test.each([
    ['STRING', '3', 'Could not convert value to string. Field: v; Value: 3'],
    ['STRING', '{}', 'Could not convert value to string. Field: v'],
    ['STRING', '["a"]', 'Array specified for non-repeated field: v.'],
    ['STRING', '"\\ud83d"', 'Invalid Unicode: unpaired surrogate in string'],
    ['INTEGER', '1.5', 'Could not convert value to integer. Field: v; Value: 1.5'],
    ['INTEGER', '9007199254740993', 'Could not convert value to integer. Field: v; Value: 9007199254740993'],
    ['INTEGER', '"9223372036854775808"', 'Could not convert value to integer. Field: v; Value: 9223372036854775808'],
    ['INTEGER', 'true', 'Could not convert value to integer. Field: v; Value: true'],
    ['FLOAT', '"abc"', 'Could not convert value to float. Field: v; Value: abc'],
    ['BOOLEAN', '2', 'Could not convert value to boolean. Field: v; Value: 2'],
    ['TIMESTAMP', '"AA"', "Couldn't convert value to timestamp: Could not parse 'AA' as a timestamp. Field: v; Value: AA"],
    ['DATE', '"2023-02-29"', 'Could not convert value to date. Field: v; Value: 2023-02-29'],
    ['BYTES', '"a"', 'Could not convert value to bytes. Field: v; Value: a'],
    ['JSON', '{"a":18446744073709551616}', 'Input number: 18446744073709551616 cannot round-trip through string representation'],
    ['JSON', '{"a":"\\udc00"}', 'Invalid Unicode: unpaired surrogate in string'],
    ['JSON', '"text"', 'Could not convert value to json. Field: v; a bare scalar is refused'],
    ['JSON', '5', 'Could not convert value to json. Field: v; a bare scalar is refused'],
  ])('a %s column refuses %s', (type, value, message) => {
    expect(problem(value, type)).toBe(message);
  });

  test.each([
    '2014-04-02T20:00:00.000-0400',
    '2018-08-19',
    '2018-08-19T12:11:35.1234567Z',
    '2018-13-19T12:11',
    '2018-08-19T24:11',
    '2018-08/19T12:11',
  ])('the timestamp %s is refused', (text) => {
    expect(problem(JSON.stringify(text), 'TIMESTAMP')).toContain(`Could not parse '${text}' as a timestamp`);
  });
});

describe('modes', () => {
  const nested: Field[] = [{ name: 'inner', type: 'STRING', mode: 'REQUIRED' }];
  test.each([
    ['{}', 'REQUIRED', 'STRING', undefined, 'Missing required field: v.'],
    ['{"v":null}', 'REQUIRED', 'STRING', undefined, 'Only optional fields can be set to NULL. Field: v; Value: NULL'],
    ['{"v":null}', 'REPEATED', 'STRING', undefined, 'Only optional fields can be set to NULL. Field: v; Value: NULL'],
    ['{"v":["a",null]}', 'REPEATED', 'STRING', undefined, 'Only optional fields can be set to NULL. Field: v; Value: NULL'],
    ['{"v":"a"}', 'REPEATED', 'STRING', undefined, 'Repeated field must be imported as a JSON array. Field: v.'],
    ['{"v":"a"}', 'NULLABLE', 'RECORD', nested, 'Field: v is type RECORD but has no schema value of that type: an object is expected.'],
    ['{"v":{}}', 'NULLABLE', 'RECORD', nested, 'Missing required field: v.inner.'],
    ['{"v":{"inner":"a","other":null}}', 'NULLABLE', 'RECORD', nested, 'No such field: v.other.'],
    ['{"v":[{"inner":1}]}', 'REPEATED', 'RECORD', nested, 'Could not convert value to string. Field: v.inner; Value: 1'],
    ['{"_unk_":null}', 'NULLABLE', 'STRING', undefined, 'No such field: _unk_.'],
  ])('%s into a %s %s is refused', (line, mode, type, fields, message) => {
    expect(rowProblem(line, one(type, mode, fields))).toBe(message);
  });

  test('absent and null values of nullable columns, empty arrays and keys in another case pass', () => {
    const fields: Field[] = [...one('RECORD', 'NULLABLE', nested), { name: 'Many', type: 'STRING', mode: 'REPEATED' }];
    expect([rowProblem('{}', fields), rowProblem(' {"v" : null , "MANY":[ ]} ', fields)]).toEqual([undefined, undefined]);
  });

  test('unknown fields pass only when they are to be ignored', () => {
    expect([rowProblem('{"x":{"y":[1]}}', one('STRING'), true), rowProblem('{"x":{"y":[1]}}', one('STRING'))]).toEqual([
      undefined,
      'No such field: x.',
    ]);
  });
});

describe('the text of a row', () => {
  test('a JSON column takes 500 levels and refuses 501', () => {
    const nest = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    expect([problem(nest(500), 'JSON'), problem(nest(501), 'JSON')]).toEqual([undefined, 'JSON value is nested deeper than 500']);
  });

  test.each([
    '',
    '[]',
    '{"v":1',
    '{"v":1}}',
    '{"v":01}',
    '{"v":.5}',
    "{'v':1}",
    '{"v":1,}',
    '{"v":"\u0001"}',
    '{"v":"\\x"}',
    '{v:1}',
    '{"v":nul}',
    '{"v" 1}',
  ])('what is no JSON object is refused: %j', (line) => {
    expect(rowProblem(line, one('JSON'), true)).toEqual(expect.any(String));
  });

  test('a JSON column takes every object and array whose integers fit', () => {
    const value = fc.oneof(
      fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 5 }),
      fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 4 })),
    );
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1), (any, indent) => {
        // Doubles beyond 10^21 print with an exponent; between 2^64 and 10^21 they print as integers that do not fit.
        const text = JSON.stringify(any, undefined, indent).replaceAll('\n', ' ');
        fc.pre(!/\d{20}/.test(text));
        expect(problem(text, 'JSON')).toBeUndefined();
      }),
    );
  });

  test('cutting or damaging a line anywhere never throws, and a cut line is never accepted', () => {
    const line = '{"v":{"a":[1,2.5e3,"x\\u00e9\\n",null,true,false,{}]}}';
    fc.assert(
      fc.property(fc.nat(line.length - 1), fc.string({ minLength: 1, maxLength: 2 }), (at, noise) => {
        expect(rowProblem(line.slice(0, at), one('JSON'))).toEqual(expect.any(String));
        rowProblem(line.slice(0, at) + noise + line.slice(at + 1), one('JSON'));
      }),
    );
  });
});
