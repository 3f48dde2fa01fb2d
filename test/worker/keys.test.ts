/** The lake's keys: read the same way for ever, long enough, and the identity key recognised by the lake it began. */
import { configSchema } from '../../activities/config';
import { assertIdentity, IDENTITY_LABEL, identityCheck, readIdentityKey, readPseudonymKey } from '../../worker/keys';

const sources = (KEY: string): Parameters<typeof readIdentityKey>[1] => ({ env: { KEY }, baseDir: '/' });
const HEX = '00ff'.repeat(16);
const LAKE = { project: 'acme', buckets: { state: 'aaa', stage: 'bbb' }, identityKey: { env: 'KEY' } };
const { lake } = configSchema.parse({ lake: LAKE, sources: [] });

test('hex of 32 bytes or more is bytes; other text is taken as it is', async () => {
  expect(await readIdentityKey({ env: 'KEY' }, sources(`${HEX}\n`))).toEqual(Buffer.from(HEX, 'hex'));
  const text = 'a passphrase that is long enough, és';
  expect(await readIdentityKey({ env: 'KEY' }, sources(text))).toEqual(Buffer.from(text, 'utf8'));
});

test('a short key is refused, also one that is long only as hex, and never quoted', async () => {
  for (const short of ['too short', '00ff'.repeat(7)]) {
    await expect(readIdentityKey({ env: 'KEY' }, sources(short))).rejects.toMatchObject({
      code: 'SECRET_UNAVAILABLE',
      message: expect.not.stringContaining(short) as string,
    });
  }
});

test('the key of pseudonyms is another key than that of identities, and may be absent', async () => {
  const config = (redaction: object): Parameters<typeof readPseudonymKey>[0] => configSchema.parse({ lake: LAKE, redaction, sources: [] });
  const pseudonymKey = { id: 'k1', secret: { env: 'PSEUDONYM' } };
  const read = async (PSEUDONYM: string): ReturnType<typeof readPseudonymKey> =>
    await readPseudonymKey(config({ pseudonymKey }), { env: { KEY: HEX, PSEUDONYM }, baseDir: '/' });
  expect(await readPseudonymKey(config({}), sources(HEX))).toBeUndefined();
  expect(await read('ab'.repeat(32))).toEqual({ id: 'k1', key: Buffer.alloc(32, 0xab) });
  await expect(read('short')).rejects.toMatchObject({
    code: 'SECRET_UNAVAILABLE',
    message: expect.stringContaining('pseudonym key') as string,
  });
  await expect(read(HEX)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});

test('the check value is fixed, a valid label, and differs between keys', () => {
  const key = Buffer.from(HEX, 'hex');
  expect(identityCheck(key)).toBe('eb97e533057caa3f');
  expect(() => {
    assertIdentity(key, { [IDENTITY_LABEL]: identityCheck(key) }, lake);
    assertIdentity(key, {}, lake);
    assertIdentity(key, undefined, lake);
  }).not.toThrow();
  expect(() => {
    assertIdentity(Buffer.from(`${HEX}01`, 'hex'), { [IDENTITY_LABEL]: identityCheck(key) }, lake);
  }).toThrow(expect.objectContaining({ code: 'IDENTITY_KEY_CHANGED' }));
});
