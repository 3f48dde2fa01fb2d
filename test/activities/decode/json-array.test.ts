import fc from 'fast-check';

import { codeOf } from '../../../activities/errors';
import { jsonArray, type JsonArrayLimits } from '../../../activities/decode/json-array';

async function* chunksOf(...chunks: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk as string));
}

interface Outcome {
  readonly items: string[];
  readonly rest: Readonly<Record<string, unknown>>;
}

async function read(body: AsyncIterable<Buffer>, limits: Partial<JsonArrayLimits> = {}): Promise<Outcome> {
  const array = jsonArray(body, 'entries', limits);
  const items: string[] = [];
  for await (const batch of array.items) for (const item of batch) items.push(item.toString('latin1'));
  return { items, rest: array.rest() };
}

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');

async function failure(body: AsyncIterable<Buffer>, limits: Partial<JsonArrayLimits> = {}): Promise<string | undefined> {
  try {
    await read(body, limits);
  } catch (error) {
    return codeOf(error);
  }
  return undefined;
}

/** All ways to cut a buffer in two, and the cut into single bytes. */
function* cuts(bytes: Buffer): Generator<Buffer[]> {
  for (let at = 0; at <= bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)];
  yield Array.from(bytes, (byte) => Buffer.from([byte]));
}

describe('jsonArray()', () => {
  it('keeps every byte of an element except whitespace outside strings, wherever the stream is cut', async () => {
    const text = `\ufeff \n{
  "before": {"entries": [1, 2], "deep": [[{}]]} ,
  "entries" : [
    {"id": 12345678901234567890123, "t":\t1.50e+10, "s": "a \\" b \\\\", "s": "\\u00e9\\ud83d\\ude00 é 😀 \u2028"},
    [ ], { }, "  [x, \\"y\\"] } ", -0.0, true, null , [ 1 , { "k" : [ "v" ] } ]
  ],
  "nextPageToken": "to\\u006ben == ]}"
}\r\n `;
    const expected = [
      `{"id":12345678901234567890123,"t":1.50e+10,"s":"a \\" b \\\\","s":"\\u00e9\\ud83d\\ude00 é 😀 \u2028"}`,
      '[]',
      '{}',
      '"  [x, \\"y\\"] } "',
      '-0.0',
      'true',
      'null',
      '[1,{"k":["v"]}]',
    ];
    for (const chunks of cuts(Buffer.from(text))) {
      const { items, rest } = await read(chunksOf(...chunks));
      expect(items.map(utf8)).toEqual(expected);
      expect(rest).toEqual({ before: { entries: [1, 2], deep: [[{}]] }, nextPageToken: 'token == ]}' });
    }
  });

  it('agrees with JSON.parse on any document, indentation and cut', async () => {
    const member = fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 8 });
    const others = fc.dictionary(fc.string({ unit: 'binary', maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), {
      maxKeys: 4,
      noNullPrototype: true,
    });
    const indent = fc.constantFrom(undefined, 1, 2, '\t', '\r\n');
    await fc.assert(
      fc.asyncProperty(
        others,
        fc.option(member),
        others,
        indent,
        fc.array(fc.nat(), { maxLength: 6 }),
        async (a, entries, b, space, at) => {
          const document = { ...a, ...(entries === null ? {} : { entries }), ...b };
          fc.pre(document['entries'] === undefined || document['entries'] === entries);
          // JSON.stringify indents with any text; a line end alone is not one it takes, so it is put in afterwards.
          const text =
            space === '\r\n' ? JSON.stringify(document, null, 1).replaceAll('\n', '\r\n') : JSON.stringify(document, null, space);
          const bytes = Buffer.from(text);
          const points = [0, ...at.map((point) => point % (bytes.length + 1)), bytes.length].sort((x, y) => x - y);
          const { items, rest } = await read(chunksOf(...points.slice(1).map((point, i) => bytes.subarray(points[i], point))));
          const parsed = JSON.parse(text) as Record<string, unknown>;
          delete parsed['entries'];
          expect(rest).toEqual(parsed);
          expect(items.map(utf8)).toEqual((entries ?? []).map((value) => JSON.stringify(value)));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('copies long texts whole, with escapes anywhere and cut anywhere', async () => {
    const piece = fc.constantFrom('x'.repeat(47), 'y'.repeat(1030), '\\\\', '\\"', '\\n', '\\u00e9', 'é', '{[', ' ');
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 8 }), async (pieces, at) => {
        const element = `"${pieces.join('')}"`;
        const bytes = Buffer.from(`{"entries":[${element}, ${element}]}`);
        const points = [0, ...at.map((point) => point % (bytes.length + 1)), bytes.length].sort((x, y) => x - y);
        const { items } = await read(chunksOf(...points.slice(1).map((point, i) => bytes.subarray(points[i], point))));
        expect(items.map(utf8)).toEqual([element, element]);
      }),
    );
  });

  it('accepts a damaged document only where JSON.parse does, or where the damage is inside one element', async () => {
    const base = `{"a":[1,{"b":"c"}],"entries":[{"k":"v\\n","n":-1.5e3},[true,null],"s",17],"nextPageToken":"x"}`;
    const edit = fc.record({
      at: fc.nat(base.length - 1),
      cut: fc.nat(2),
      put: fc.constantFrom('', ' ', ',', ':', '"', '\\', '[', ']', '{', '}', '1', 'x', '\n'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
        let text = base;
        for (const { at, cut, put } of edits) text = text.slice(0, at) + put + text.slice(at + cut);
        const outcome = await read(chunksOf(text.slice(0, 20), text.slice(20))).catch((error: unknown) => codeOf(error));
        const parsed = attempt(text);
        if (typeof outcome === 'string' || outcome === undefined) {
          expect(outcome).toBe('SRC_BODY_TRUNCATED');
          // The one thing refused that parses: another type of value in the place of the records.
          if (parsed !== undefined) expect(Array.isArray(parsed['entries'] ?? [])).toBe(false);
          return;
        }
        const elements = outcome.items.map((item) => attemptAny(utf8(item)));
        if (elements.some((element) => !element.ok)) expect(parsed).toBeUndefined();
        else expect(parsed === undefined ? undefined : (parsed['entries'] ?? [])).toEqual(elements.map((element) => element.value));
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['an empty body', ''],
    ['white space', ' \n '],
    ['half a byte order mark', Buffer.from([0xef, 0xbb, 0x7b, 0x7d])],
    ['an array', '[{"entries":[]}]'],
    ['a scalar', '17'],
    ['a web page', '<html>{"entries":[]}</html>'],
    ['an object cut in a key', '{"entr'],
    ['an object cut after a key', '{"entries"'],
    ['an object cut in an element', '{"entries":[{"a":1'],
    ['an object cut between elements', '{"entries":[{"a":1},'],
    ['an object cut after its records', '{"entries":[{"a":1}]'],
    ['an object cut in an escape', '{"entries":["\\'],
    ['a trailing comma in the array', '{"entries":[1,]}'],
    ['a missing comma in the array', '{"entries":[1 2]}'],
    ['a trailing comma in the object', '{"entries":[1],}'],
    ['a missing colon', '{"entries" [1]}'],
    ['a second document', '{"entries":[1]}{"entries":[2]}'],
    ['trailing text', '{"entries":[1]} x'],
    ['brackets that do not pair up', '{"entries":[{"a":[1}]]}'],
    ['an object in the place of the records', '{"entries":{"a":1}}'],
    ['a text in the place of the records', '{"entries":"[1]"}'],
    ['another member that is no JSON', '{"entries":[1],"nextPageToken":tru}'],
  ])('refuses %s as truncated', async (_, body) => {
    expect(await failure(chunksOf(body))).toBe('SRC_BODY_TRUNCATED');
  });

  it.each([
    ['a missing member', '{"nextPageToken":"x"}', { nextPageToken: 'x' }],
    ['a member of that name deeper down only', '{"x":{"entries":[1]}}', { x: { entries: [1] } }],
    ['an empty array', '{"entries":[ ],"nextPageToken":"x"}', { nextPageToken: 'x' }],
    ['null in its place', '{"entries": null }', {}],
    ['an empty object', ' { } ', {}],
  ])('gives no records for %s', async (_, body, rest) => {
    expect(await read(chunksOf(body))).toEqual({ items: [], rest });
  });

  it('finds the member when its name is escaped, and gives the records of both when it occurs twice', async () => {
    expect((await read(chunksOf('{"entri\\u0065s":[1],"entries":[2]}'))).items).toEqual(['1', '2']);
  });

  it('does not glue scalars together that are not JSON, whitespace between them cut or not', async () => {
    for (const chunks of cuts(Buffer.from('{"entries":[{"a":1 \n 2}]}'))) {
      expect((await read(chunksOf(...chunks))).items).toEqual(['{"a":1 2}']);
    }
  });

  it('leaves invalid UTF-8 as it is', async () => {
    const bytes = Buffer.concat([Buffer.from('{"entries":["'), Buffer.from([0xff, 0xc3]), Buffer.from('"]}')]);
    expect((await read(chunksOf(bytes))).items).toEqual(['"\xff\xc3"']);
  });

  it('ends at each of its caps with a code that says so, and passes what is at the cap', async () => {
    const nested = (depth: number): string => `{"entries":[${'['.repeat(depth)}${']'.repeat(depth)}]}`;
    const sized = (bytes: number): string => `{"entries":["${'x'.repeat(bytes - 2)}"]}`;
    const rest = (bytes: number): string => `{"a":"${'x'.repeat(bytes - 5)}","entries":[]}`;
    expect(await failure(chunksOf(nested(30)), { depthMax: 30 })).toBeUndefined();
    expect(await failure(chunksOf(nested(31)), { depthMax: 30 })).toBe('SRC_BODY_TOO_LARGE');
    expect(await failure(chunksOf(sized(100)), { elementBytesMax: 100 })).toBeUndefined();
    expect(await failure(chunksOf(sized(101)), { elementBytesMax: 100 })).toBe('SRC_BODY_TOO_LARGE');
    expect(await failure(chunksOf(rest(100)), { restBytesMax: 109 })).toBeUndefined();
    expect(await failure(chunksOf(rest(101)), { restBytesMax: 109 })).toBe('SRC_BODY_TOO_LARGE');
    expect(await failure(chunksOf('{"entries"', ':[]}'), { bodyBytesMax: 14 })).toBeUndefined();
    expect(await failure(chunksOf('{"entries"', ':[] }'), { bodyBytesMax: 14 })).toBe('SRC_BODY_TOO_LARGE');
  });

  it('yields what a chunk completed before it asks for the next', async () => {
    const asked: number[] = [];
    async function* body(): AsyncGenerator<Buffer> {
      for (const [index, part] of ['{"entries":[1,', '2,3', ',4]', '}'].entries()) {
        asked.push(index);
        yield await Promise.resolve(Buffer.from(part));
      }
    }
    const seen: string[] = [];
    for await (const batch of jsonArray(body(), 'entries').items) seen.push(`${asked.length}:${batch.join('|')}`);
    expect(seen).toEqual(['1:1', '2:2', '3:3|4']);
  });

  it('keeps slices valid after later chunks were read', async () => {
    const values = Array.from({ length: 3000 }, (_, index) => `"${String(index).padStart(300, 'x')}"`);
    const bytes = Buffer.from(`{"entries":[${values.join(',\n')}]}`);
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 777) pieces.push(bytes.subarray(at, at + 777));
    const kept: Buffer[] = [];
    for await (const batch of jsonArray(chunksOf(...pieces), 'entries').items) kept.push(...batch);
    expect(kept.map(String)).toEqual(values);
  });

  it('collects an element much larger than its buffers from small chunks', async () => {
    const element = JSON.stringify(Array.from({ length: 60_000 }, (_, index) => index));
    const bytes = Buffer.from(`{"entries":[0,${element},1]}`);
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 997) pieces.push(bytes.subarray(at, at + 997));
    expect((await read(chunksOf(...pieces))).items).toEqual(['0', element, '1']);
  });

  it('refuses to give the rest before the body was read to its end', async () => {
    const array = jsonArray(chunksOf('{"entries":[1,', '2],"nextPageToken":"x"}'), 'entries');
    for await (const batch of array.items) if (batch.length > 0) break;
    expect(() => array.rest()).toThrow(expect.objectContaining({ code: 'SRC_BODY_TRUNCATED' }));
  });

  it('never quotes the body in an error', async () => {
    const error: unknown = await read(chunksOf('{"entries":[1],"x":nonsense-of-mallory}')).catch((caught: unknown) => caught);
    expect(codeOf(error)).toBe('SRC_BODY_TRUNCATED');
    expect(JSON.stringify([String(error), (error as Error).stack, (error as Error).cause ?? null])).not.toContain('mallory');
  });
});

function attemptAny(text: string): { ok: boolean; value?: unknown } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}

function attempt(text: string): Record<string, unknown> | undefined {
  const { value } = attemptAny(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}
