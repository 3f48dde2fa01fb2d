import fc from 'fast-check';
import { Names } from '../../../activities/transform/names';
import { DEPTH_MAX, Scanner, type ScanFault } from '../../../activities/transform/scan';
import { KIND, NODES_MAX, Tape } from '../../../activities/transform/tape';

const tape = new Tape();
const scanner = new Scanner(tape, new Names());
const scan = (text: string | Buffer): ScanFault | null => scanner.scan(typeof text === 'string' ? Buffer.from(text) : text);

/** The value the tape describes, built from its nodes alone. */
function valueAt(node: number): unknown {
  const children = (): number[] => {
    const list: number[] = [];
    for (let child = node + 1; child < (tape.next[node] as number); child = tape.next[child] as number) list.push(child);
    return list;
  };
  switch (tape.kind[node]) {
    case KIND.OBJECT:
      return Object.fromEntries(
        children().map((child) => [tape.nameSource(child).toString('utf8', tape.nameStart[child], tape.nameEnd[child]), valueAt(child)]),
      );
    case KIND.ARRAY:
      return children().map(valueAt);
    case KIND.STRING:
      return tape.string(node);
    case KIND.NUMBER:
      return Number(tape.slice(node));
    default:
      return tape.kind[node] === KIND.TRUE ? true : tape.kind[node] === KIND.FALSE ? false : null;
  }
}

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('scan()', () => {
  test('describes every JSON value as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 4), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(scan(text)).toBeNull();
        expect(valueAt(0)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('accepts and refuses exactly what JSON.parse does, one change away from valid text', () => {
    const piece = fc.constantFrom(
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '0',
      '-',
      '.',
      'e',
      '+',
      't',
      'n',
      ' ',
      '\n',
      '\u0000',
      '\\u',
      'é',
      '\\ud800',
      'true',
      '01',
    );
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), fc.nat(3), piece, (value, place, removed, inserted) => {
        const text = JSON.stringify(value);
        const from = place % (text.length + 1);
        const changed = text.slice(0, from) + inserted + text.slice(from + removed);
        const wellFormed = Buffer.from(changed).toString();
        expect([wellFormed, scan(wellFormed) === null]).toEqual([wellFormed, parses(wellFormed)]);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(['{"a":1,}', '[1 2]', '{"a" 1}', '"open', '01', '1.', 'nul', '', '{} {}', '\ufeff{}', '"\t"', '"\\x"', '"\\u12g4"'])(
    'refuses %j',
    (text) => {
      expect(parses(text)).toBe(false);
      expect(scan(text)).toMatchObject({ reason: 'NOT_JSON' });
    },
  );

  test('reads nesting up to the limit and says where it is exceeded', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(scan(nested(DEPTH_MAX))).toBeNull();
    expect(tape.depth).toBe(DEPTH_MAX);
    expect(scan(nested(DEPTH_MAX + 1))).toEqual({ reason: 'TOO_DEEP', at: DEPTH_MAX + 1 });
    expect(scan('['.repeat(5_000_000))).toEqual({ reason: 'TOO_DEEP', at: DEPTH_MAX + 1 });
  });

  test('reads as many values as a tape takes, and keeps no memory of a long one', () => {
    const list = (count: number): string => `[${'0,'.repeat(count - 2)}0]`;
    expect(scan(list(NODES_MAX))).toBeNull();
    expect(scan(list(NODES_MAX + 1))).toMatchObject({ reason: 'TOO_LARGE' });
    expect(scan('[{"a":1}]')).toBeNull();
    expect(valueAt(0)).toEqual([{ a: 1 }]);
    expect(tape.kind.length).toBeLessThan(100_000);
  });

  test('keeps the digits of numbers and the names that only escapes spell', () => {
    expect(scan('{"\\u0061b":12345678901234567890.10}')).toBeNull();
    expect(tape.slice(1)).toBe('12345678901234567890.10');
    expect(tape.nameSource(1).toString('utf8', tape.nameStart[1], tape.nameEnd[1])).toBe('ab');
  });

  test('notices white space between tokens but not inside strings', () => {
    scan('{"a":" \\n "}');
    expect(tape.spaced).toBe(false);
    scan('{"a": 1}');
    expect(tape.spaced).toBe(true);
  });
});
