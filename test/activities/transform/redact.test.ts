import fc from 'fast-check';
import { createTransform } from '../../../activities/transform/create-transform';
import { DETECTORS } from '../../../activities/transform/redact/detectors';
import { createRedaction, NO_REDACTION, type Redaction } from '../../../activities/transform/redact/redaction';
import type { Rule } from '../../../activities/transform/redact/rules';
import { ACTIVITY, loadFaults, NOW_MS, ORIGIN, outcomesOf, rejectOf, rowOf, transformOf, type JsonObject } from './support';
import { stagedColumns } from '../../../schemas/envelope';
import { PLANTED } from './secrets';

const ENTRY = {
  logName: 'projects/p/logs/cloudaudit.googleapis.com%2Factivity',
  timestamp: '2026-11-01T10:00:00Z',
  insertId: 'i1',
  protoPayload: {
    methodName: 'google.login',
    authenticationInfo: { principalEmail: 'ann@example.com' },
    requestMetadata: { callerIp: '192.0.2.7', callerSuppliedUserAgent: 'curl' },
    resourceName: 'projects/p',
  },
};
const textOf = (more: object): Buffer => Buffer.from(JSON.stringify({ ...ENTRY, ...more }));
const withRules = (...rules: Rule[]): Redaction =>
  createRedaction({ detectors: 'all', rules, pseudonymKey: { id: 'k1', key: Buffer.alloc(32, 1) } });
const lineOf = (item: Buffer, redaction?: Redaction): JsonObject =>
  rowOf(transformOf(ACTIVITY, redaction === undefined ? {} : { redaction })(item, ORIGIN, NOW_MS)).line;
const identityOf = (line: JsonObject) => [line['event_key'], line['content_hash'], line['event_time'], line['key_class']];

describe('a secret in a record', () => {
  it('has a planted example for every detector', () => {
    const planted = new Set(PLANTED.map(({ detector }) => detector));
    expect(DETECTORS.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([]);
  });

  it.each(PLANTED)('of kind $detector is gone from every place it can stand in, and all else stays', ({ detector, text, secret }) => {
    for (const payload of [
      { textPayload: text },
      { labels: { [text]: 'x' } },
      { protoPayload: { ...ENTRY.protoPayload, request: { deep: [{ er: text }] } } },
      { textPayload: JSON.stringify({ nested: { more: text } }) },
      { textPayload: `${'x'.repeat(3_000)} ${text}` },
    ]) {
      const item = textOf(payload);
      const made = JSON.stringify(lineOf(item));
      expect(made).not.toContain(secret);
      expect(made).not.toContain(JSON.stringify(secret).slice(1, -1));
      expect(made).toContain(`[redacted:${detector}]`);
      expect(identityOf(lineOf(item))).toEqual(identityOf(lineOf(item, NO_REDACTION)));
      expect(loadFaults(stagedColumns(ACTIVITY), lineOf(item))).toEqual([]);
      expect(lineOf(item)['ingest']).toMatchObject({
        notes: expect.arrayContaining([{ path: expect.stringMatching(/^raw\./) as unknown, code: 'REDACTED' }]) as unknown,
      });
    }
    // As a program that escapes everything would print it.
    const escaped = Buffer.from(
      textOf({ textPayload: text })
        .toString()
        .replace(JSON.stringify(text), `"${Array.from(text, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`),
    );
    expect(JSON.stringify(lineOf(escaped))).not.toContain(secret);
  });

  it('is found wherever it begins, at even and odd bytes, and in capitals where case says nothing', () => {
    for (const { detector, text, secret } of PLANTED) {
      for (const before of ['', '.', '..', '...', '....']) {
        const made = JSON.stringify(lineOf(textOf({ textPayload: `${before} ${text}` })));
        expect([detector, made.includes(secret), made.includes(`[redacted:${detector}]`)]).toEqual([detector, false, true]);
      }
    }
    for (const text of ['PassWord=hunter2x', 'CLIENT_SECRET: hunter2x', 'x-Api_Key = "hunter2x"', 'Authorization: hunter2x']) {
      expect(JSON.stringify(lineOf(textOf({ textPayload: text })))).not.toContain('hunter2x');
    }
  });

  it('by the name of its member is gone, and names that only sound like it are not', () => {
    const line = JSON.stringify(
      lineOf(
        textOf({
          protoPayload: {
            ...ENTRY.protoPayload,
            request: { password: 'hunter2', client_secret: 'abc', 'X-Api-Key': 'def', nextPageToken: 'page2', tokenCount: '7' },
          },
        }),
      ),
    );
    expect(line).not.toMatch(/hunter2|abc"|def"/);
    expect(line).toContain('page2');
    expect(line).toContain('tokenCount');
  });

  it.each([
    ['a long id', { textPayload: 'request 123456789012345678901 of project 112233445566' }],
    ['a number with a wrong check digit', { textPayload: '4111 1111 1111 1112' }],
    ['an id of thirteen digits that is no card', { textPayload: '1700000000000' }],
    ['an id in the path of a resource', { textPayload: `projects/p/zones/z/instances/${['4111', '1111', '1111', '1111'].join('')}` }],
    ['a name that begins like one of a secret', { protoPayload: { ...ENTRY.protoPayload, authorizationInfo: [{ permission: 'x7' }] } }],
    ['a digest', { textPayload: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' }],
    ['a link without password', { textPayload: 'https://user@example.com:8080/path?x=1' }],
    ['stars', { textPayload: 'password=******** api_key: "<your key>"' }],
    ['words with the letters of a prefix', { textPayload: 'task-force-of-the-department-of-the-interior sk-learn myghp_x' }],
    [
      'the id of the key that made a request',
      { protoPayload: { ...ENTRY.protoPayload, request: { accessKeyId: ['AK', 'IAABCDEFGH234567IJ'].join('') } } },
    ],
  ])('is not %s', (_what, payload) => {
    const item = textOf(payload);
    expect(lineOf(item)).toEqual(lineOf(item, NO_REDACTION));
  });

  it('is reported by place and kind, never with its value', () => {
    const [first] = PLANTED.filter(({ detector }) => detector === 'npm_token');
    const transform = createTransform({
      table: ACTIVITY,
      identityKey: Buffer.alloc(32, 7),
      connector: 'c',
      source: 's',
      stream: 'm',
      tenant: 't',
    });
    transform(textOf({ labels: { [first?.text ?? '']: first?.text } }), ORIGIN, NOW_MS, () => undefined);
    const findings = transform.takeFindings().filter(({ kind }) => kind === 'redaction');
    expect(findings).toEqual([{ kind: 'redaction', path: 'labels.*', code: 'npm_token', count: 2 }]);
  });

  it('is gone from rejects, and their text says so', () => {
    for (const { text, secret } of PLANTED) {
      for (const item of [
        Buffer.from(`not json ${text}`),
        Buffer.from(JSON.stringify({ noTime: text })),
        Buffer.from(JSON.stringify([text])),
        Buffer.concat([Buffer.from([0xff]), Buffer.from(text)]),
      ]) {
        const { line } = rejectOf(transformOf()(item, ORIGIN, NOW_MS));
        const kept = `${JSON.stringify(line)} ${Buffer.from(line['item'] as string, 'base64').toString('latin1')}`;
        expect(kept).not.toContain(secret);
        expect(kept).not.toContain(JSON.stringify(secret).slice(1, -1));
        expect(line['item_redacted']).toBe(true);
      }
    }
  });
});

describe('a rule', () => {
  const EMAIL = ['protoPayload', 'authenticationInfo', 'principalEmail'];

  it('takes its value out of every column that would have it', () => {
    for (const method of ['drop', 'pseudonym', { truncate: 2 }, { mask: 3 }] as const) {
      const line = lineOf(textOf({}), withRules({ path: EMAIL, method }));
      expect(JSON.stringify(line)).not.toContain('ann@example.com');
      expect(identityOf(line)).toEqual(identityOf(lineOf(textOf({}), NO_REDACTION)));
    }
    expect(lineOf(textOf({}), withRules({ path: EMAIL, method: { truncate: 2 } }))['actor_id']).toBe('an');
    expect(lineOf(textOf({}), withRules({ path: EMAIL, method: { mask: 4 } }))['actor_id']).toBe('***********.com');
    expect(lineOf(textOf({}), withRules({ path: EMAIL, method: 'drop' }))).not.toHaveProperty('actor_id');
  });

  it('makes pseudonyms that join, change with their key, and say which key made them', () => {
    const first = lineOf(textOf({}), withRules({ path: EMAIL, method: 'pseudonym' }))['actor_id'];
    expect(first).toMatch(/^pseudo:k1:[\w-]{22}$/);
    const elsewhere = { ...ENTRY, insertId: 'other', protoPayload: { ...ENTRY.protoPayload, resourceName: 'ann@example.com' } };
    const both = lineOf(
      Buffer.from(JSON.stringify(elsewhere)),
      withRules({ path: EMAIL, method: 'pseudonym' }, { path: ['protoPayload', 'resourceName'], method: 'pseudonym' }),
    );
    expect(both['target_id']).toBe(first);
    const other = createRedaction({
      detectors: 'all',
      rules: [{ path: EMAIL, method: 'pseudonym' }],
      pseudonymKey: { id: 'k2', key: Buffer.alloc(32, 2) },
    });
    expect(lineOf(textOf({}), other)['actor_id']).toMatch(/^pseudo:k2:/);
    expect(lineOf(textOf({}), other)['actor_id']).not.toContain((first as string).slice(10));
    expect(identityOf(lineOf(textOf({}), other))).toEqual(identityOf(lineOf(textOf({}), NO_REDACTION)));
  });

  it('reaches every element and every member by a star, and takes what is below with it', () => {
    const payload = {
      protoPayload: { ...ENTRY.protoPayload, request: { list: [{ who: 'ann' }, { who: 'bob' }], map: { x: { y: 'carl' } } } },
    };
    const line = JSON.stringify(
      lineOf(
        textOf(payload),
        withRules(
          { path: ['protoPayload', 'request', 'list', '*', 'who'], method: 'drop' },
          { path: ['protoPayload', 'request', 'map', '*'], method: 'pseudonym' },
        ),
      ),
    );
    expect(line).not.toMatch(/"ann"|"bob"|carl/);
  });

  it('withholds the text of items it cannot be applied to, and is applied to those it can', () => {
    const transform = transformOf(ACTIVITY, { redaction: withRules({ path: ['who'], method: 'drop' }) });
    const { line } = rejectOf(transform(Buffer.from('{"who":"ann"'), ORIGIN, NOW_MS));
    expect(line).toMatchObject({ reason: 'NOT_JSON', item_redacted: true });
    expect(line).not.toHaveProperty('item');
    expect(rejectOf(transform(Buffer.from('{"who":"ann","x":1}'), ORIGIN, NOW_MS)).line).toMatchObject({
      item: '{"who":null,"x":1}',
      item_redacted: true,
    });
  });
});

describe('whatever the bytes', () => {
  it('redaction never throws and changes no identity', () => {
    const redaction = withRules({ path: ['*'], method: { mask: 2 } }, { path: ['a', '*', 'b'], method: 'pseudonym' });
    const [plain, redacted] = [outcomesOf(ACTIVITY, { redaction: NO_REDACTION }), outcomesOf(ACTIVITY, { redaction })];
    const secret = fc.constantFrom(...PLANTED.map(({ text }) => text));
    const value = fc.jsonValue({ maxDepth: 4 }).chain((json) => fc.tuple(fc.constant(json), secret, fc.string({ unit: 'binary' })));
    fc.assert(
      fc.property(value, ([json, text, name]) => {
        const item = Buffer.from(JSON.stringify({ ...ENTRY, a: [{ b: json }, text], [name]: { [text]: json } }));
        const identities = [plain, redacted].map((transform) =>
          transform(item, ORIGIN, NOW_MS).map((outcome) =>
            outcome.kind === 'row' ? identityOf(JSON.parse(outcome.line.toString()) as JsonObject) : outcome.reason,
          ),
        );
        expect(identities[1]).toEqual(identities[0]);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(redacted(Buffer.from(bytes), ORIGIN, NOW_MS)).toHaveLength(1);
      }),
    );
  });
});
