import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, inspect } from 'node:util';

import { createSecret, resolveSecret } from '../../activities/secrets';

const VALUE = 'correct-horse-battery-staple';

describe('a secret', () => {
  it('prints [secret] however it is printed, and gives its value only when asked to', () => {
    const secret = createSecret(VALUE);
    const held = { auth: { secret }, list: [secret] };
    const printed = [
      String(secret),
      JSON.stringify(held),
      inspect(held, { depth: 9, showHidden: true, getters: true }),
      format('%s %o %j', secret, secret, secret),
      [secret, secret].join(),
      String(new Error('x', { cause: secret }).cause),
    ];
    expect(printed.filter((text) => text.includes(VALUE))).toEqual([]);
    expect(JSON.stringify(held)).toBe('{"auth":{"secret":"[secret]"},"list":["[secret]"]}');
    expect(secret.reveal()).toBe(VALUE);
  });
});

describe('resolveSecret()', () => {
  let baseDir: string;
  beforeAll(async () => {
    baseDir = await mkdtemp(join(tmpdir(), 'tidemark-secrets-'));
  });
  afterAll(async () => {
    await rm(baseDir, { recursive: true });
  });

  it('reads an environment variable from what it was given', async () => {
    expect((await resolveSecret({ env: 'TOKEN' }, { env: { TOKEN: VALUE }, baseDir })).reveal()).toBe(VALUE);
  });

  it.each([
    [`${VALUE}\n`, VALUE],
    [`${VALUE}\r\n`, VALUE],
    [`${VALUE}\n\n`, `${VALUE}\n`],
    [` ${VALUE} `, ` ${VALUE} `],
  ])('reads a file relative to the configuration and trims one line feed: %j', async (content, expected) => {
    await writeFile(join(baseDir, 'token'), content);
    expect((await resolveSecret({ file: 'token' }, { env: {}, baseDir })).reveal()).toBe(expected);
    expect((await resolveSecret({ file: join(baseDir, 'token') }, { env: {}, baseDir: '/' })).reveal()).toBe(expected);
  });

  it.each([
    ['a variable that is not set', { env: 'TOKEN' }, {}, 'environment variable TOKEN'],
    ['a variable that is empty', { env: 'TOKEN' }, { TOKEN: '\n' }, 'environment variable TOKEN'],
    ['a name every object inherits', { env: 'constructor' }, {}, 'environment variable constructor'],
    ['a missing file', { file: 'missing' }, {}, 'file missing'],
    ['a folder', { file: '.' }, {}, 'file .'],
  ])('names the reference when it is %s', async (_, ref, env, name) => {
    await expect(resolveSecret(ref, { env, baseDir })).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE', context: { secret: name } });
  });

  it('refuses a file too large to be a secret without quoting it', async () => {
    await writeFile(join(baseDir, 'large'), VALUE.repeat(3_000));
    const error: unknown = await resolveSecret({ file: 'large' }, { env: {}, baseDir }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'SECRET_UNAVAILABLE' });
    expect(inspect(error, { depth: 9 })).not.toContain(VALUE);
  });

  it('refuses a file of binary content instead of changing it', async () => {
    await writeFile(join(baseDir, 'binary'), Buffer.from([0xff, 0x00, 0xc3, 0x28]));
    await expect(resolveSecret({ file: 'binary' }, { env: {}, baseDir })).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
  });
});
