import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { Hmac } from '../../../activities/transform/hmac';
import { ACTIVITY, auditTable, entry, NOW_MS, ORIGIN, rowOf, textOf, transformOf, type Json, type JsonObject } from './support';

const transform = transformOf();

interface Keys {
  readonly key: string;
  readonly content: string;
}
function keysOf(item: unknown, by = transform): Keys {
  const { line } = rowOf(by(textOf(item), ORIGIN, NOW_MS));
  return { key: line['event_key'] as string, content: line['content_hash'] as string };
}

/** The same object with its members in another order, at every depth. */
function reordered(value: Json, order: (names: string[]) => string[]): Json {
  if (Array.isArray(value)) return value.map((element) => reordered(element, order));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(order(Object.keys(value)).map((name) => [name, reordered(value[name] as Json, order)]));
}

const escaped = (text: string): string => text.replace(/[a-z]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);

describe('HMAC', () => {
  test('is the HMAC-SHA256 of the crypto library, for any key and message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 500 }), (key, message) => {
        const hmac = new Hmac(Buffer.from(key));
        hmac.start(Buffer.alloc(0));
        hmac.message.all(Buffer.from(message));
        expect(hmac.digest()).toBe(createHmac('sha256', key).update(message).digest('base64url'));
      }),
    );
  });
});

describe('event_key and content_hash', () => {
  test('do not depend on the order of members, on white space or on escapes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }), fc.constantFrom(0, 1, 4), (extra, indent) => {
        const value = entry({ protoPayload: extra as JsonObject });
        const plain = keysOf(value);
        expect(keysOf(reordered(value, (names) => names.toReversed()))).toEqual(plain);
        expect(keysOf(JSON.stringify(value, null, indent))).toEqual(plain);
      }),
    );
    const written = '{"logName":"projects/p/logs/l","timestamp":"2026-11-01T10:00:00Z","insertId":"i","note":"é/ü"}';
    const spelled =
      '{"logName":"projects\\/p\\/logs\\/l","\\u0074imestamp":"2026-11-01T10:00:00Z","insertId":"i","note":"\\u00e9/\\u00FC"}';
    expect(keysOf(spelled)).toEqual(keysOf(written));
    expect(keysOf(written.replace('"insertId"', `"${escaped('insertId')}"`))).toEqual(keysOf(written));
  });

  test('differ for records that differ, in particular in the text of a number, in a type, or in what is null', () => {
    const hashes = [
      '1',
      '1.0',
      '1e0',
      '"1"',
      'true',
      'null',
      '[]',
      '{}',
      '[1]',
      '[[1]]',
      '{"a":1}',
      '12345678901234567890',
      '12345678901234567891',
      '"\\ud800"',
      '"\\ud801"',
    ].map((value) => keysOf(`{"timestamp":"2026-11-01T10:00:00Z","x":${value}}`).content);
    expect(new Set([...hashes, keysOf('{"timestamp":"2026-11-01T10:00:00Z"}').content]).size).toBe(hashes.length + 1);
  });

  test('keep duplicate members, in their order', () => {
    const hash = (members: string): string => keysOf(`{"timestamp":"2026-11-01T10:00:00Z",${members}}`).content;
    expect(hash('"a":1,"a":2')).not.toBe(hash('"a":2,"a":1'));
    expect(hash('"a":1,"a":2')).not.toBe(hash('"a":1'));
    expect(hash('"a":1,"b":0,"a":2')).toBe(hash('"b":0,"a":1,"a":2'));
  });

  test('sort long objects as they sort short ones', () => {
    const members = Array.from({ length: 200 }, (_, place) => [`name${(place * 37) % 200}`, place] as const);
    const value = entry({ protoPayload: Object.fromEntries(members) });
    expect(keysOf(reordered(value, (names) => names.toSorted()))).toEqual(keysOf(value));
  });

  test('class B is log, timestamp text and insertId: nothing else changes the key, each of them does', () => {
    const base = keysOf(entry());
    expect(base.key).toMatch(/^B\.[A-Za-z0-9_-]{32}$/);
    expect(keysOf(entry({ severity: 'ERROR' })).key).toBe(base.key);
    expect(keysOf(entry({ severity: 'ERROR' })).content).not.toBe(base.content);
    for (const changed of [{ logName: 'projects/other/logs/x' }, { timestamp: '2026-11-01T10:00:00.123456788Z' }, { insertId: 'abc124' }]) {
      expect(keysOf(entry(changed)).key).not.toBe(base.key);
    }
  });

  test('parts cannot run into one another', () => {
    expect(keysOf(entry({ logName: 'ab', insertId: 'c' })).key).not.toBe(keysOf(entry({ logName: 'a', insertId: 'bc' })).key);
  });

  test.each([
    ['absent', undefined],
    ['null', null],
    ['empty', ''],
    ['an object', {}],
  ])('an insertId that is %s makes a key of the whole record (class C)', (_what, insertId) => {
    const { insertId: _dropped, ...rest } = entry();
    const record = insertId === undefined ? rest : { ...rest, insertId };
    const base = keysOf(record);
    expect(base.key).toMatch(/^C\./);
    expect(keysOf({ ...record, severity: 'ERROR' }).key).not.toBe(base.key);
  });

  test('the other spelling of a part is another member', () => {
    expect(keysOf(entry({ insertid: 'other', logname: 'other' })).key).toBe(keysOf(entry()).key);
  });

  test('a volatile path changes neither key nor hash, in class C either', () => {
    const later = { receiveTimestamp: '2026-11-01T11:00:00Z' };
    const { insertId: _dropped, ...unkeyed } = entry();
    expect(keysOf(entry(later))).toEqual(keysOf(entry()));
    expect(keysOf({ ...unkeyed, ...later })).toEqual(keysOf(unkeyed));
    expect(keysOf(entry({ operation: later })).content).not.toBe(keysOf(entry()).content);
  });

  test('scope is tenant and origin: not the source, not the table', () => {
    const base = keysOf(entry());
    expect(keysOf(entry(), transformOf(ACTIVITY, { source: 'gcp-second-route' }))).toEqual(base);
    expect(keysOf(entry(), transformOf(auditTable('policy')))).toEqual(base);
    expect(keysOf(entry(), transformOf(ACTIVITY, { tenant: 'other' })).key).not.toBe(base.key);
    expect(keysOf(entry(), transformOf({ ...ACTIVITY, origin: 'example.other' })).key).not.toBe(base.key);
    const otherKey = keysOf(entry(), transformOf(ACTIVITY, { identityKey: Buffer.alloc(32, 8) }));
    expect(otherKey.key).not.toBe(base.key);
    expect(otherKey.content).not.toBe(base.content);
  });

  test('the first 64 bits of the key are given as two numbers', () => {
    const { row, line } = rowOf(transform(textOf(entry()), ORIGIN, NOW_MS));
    const bits = Buffer.from((line['event_key'] as string).slice(2), 'base64url');
    expect([row.keyHigh, row.keyLow]).toEqual([bits.readUInt32BE(0), bits.readUInt32BE(4)]);
  });

  test('never change: these are the keys of the first version of the tables', () => {
    expect(keysOf(entry({ protoPayload: { methodName: 'example', n: 1.0 } }))).toMatchInlineSnapshot(`
     {
       "content": "Dut6jsGExAFTqm3AfLpvZGA7HiRVOiFP",
       "key": "B.58XeekRN80AwpDzZpITG9kOGZg8eX5Cv",
     }
    `);
  });
});
