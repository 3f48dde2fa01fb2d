import { inspect } from 'node:util';

import { applicationDefaultAuth, bearerAuth, type TokenSource } from '../../../activities/http/auth';
import { createSecret } from '../../../activities/secrets';
import { caught } from './loopback';

const later = <T>(value: T): Promise<T> => new Promise((resolve) => setTimeout(resolve, 5, value));

describe('bearerAuth()', () => {
  it('reads the secret once, and again when the vendor refused it', async () => {
    const values = ['first', 'second', 'third'];
    const auth = bearerAuth(() => later(createSecret(values.shift() ?? '')));
    expect(await Promise.all([auth.header(), auth.header()])).toEqual(['Bearer first', 'Bearer first']);
    expect(await auth.header()).toBe('Bearer first');
    await Promise.all([auth.refresh(), auth.refresh()]);
    expect(await auth.header()).toBe('Bearer second');
    expect(values).toEqual(['third']);
  });

  it.each(['two words', 'two\nlines', 'pässword', ''])('refuses a value no header can carry without showing it', async (value) => {
    const error = await caught(bearerAuth(() => Promise.resolve(createSecret(value))).header());
    expect(error).toMatchObject({ code: 'SECRET_UNAVAILABLE' });
    if (value !== '') expect(inspect(error, { depth: 9 })).not.toContain(value);
  });

  it('tries again after the secret could not be read', async () => {
    let calls = 0;
    const auth = bearerAuth(() => (++calls === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve(createSecret('here'))));
    await expect(auth.header()).rejects.toThrow('not yet');
    expect(await auth.header()).toBe('Bearer here');
  });
});

describe('applicationDefaultAuth()', () => {
  /** Sources as google-auth-library gives them: each caches its own token. */
  function sources(): { create: () => TokenSource; asked: string[] } {
    const asked: string[] = [];
    let made = 0;
    return {
      asked,
      create: () => {
        const name = `token-${String(++made)}`;
        return {
          getAccessToken: () => {
            asked.push(name);
            return later(name);
          },
        };
      },
    };
  }

  it('asks once for all who wait', async () => {
    const { create, asked } = sources();
    const auth = applicationDefaultAuth([], create);
    expect(await Promise.all([auth.header(), auth.header(), auth.header()])).toEqual(Array.from({ length: 3 }, () => 'Bearer token-1'));
    expect(asked).toEqual(['token-1']);
  });

  it('forgets a refused token, once for all who were refused', async () => {
    const { create } = sources();
    const auth = applicationDefaultAuth([], create);
    await auth.header();
    await Promise.all([auth.refresh(), auth.refresh()]);
    expect(await auth.header()).toBe('Bearer token-2');
  });

  it('does not take a token asked for before the refresh for the new one', async () => {
    const { create } = sources();
    const auth = applicationDefaultAuth([], create);
    const before = auth.header();
    await auth.refresh();
    expect(await auth.header()).toBe('Bearer token-2');
    await before;
  });

  it.each([
    ['no credentials at all', new Error('Could not load the default credentials.'), 'SRC_AUTH_REFUSED'],
    ['a refused refresh token', Object.assign(new Error('invalid_grant'), { status: 400 }), 'SRC_AUTH_REFUSED'],
    ['a token endpoint that is down', Object.assign(new Error('x'), { response: { status: 503 } }), 'SRC_UNAVAILABLE'],
    ['a token endpoint out of reach', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'SRC_UNAVAILABLE'],
    ['an error that says nothing', new Error(), 'SRC_AUTH_REFUSED'],
  ])('tells %s', async (_, cause, code) => {
    const auth = applicationDefaultAuth([], () => ({ getAccessToken: () => Promise.reject(cause) }));
    await expect(auth.header()).rejects.toMatchObject({ code });
  });

  it.each([null, undefined, ''])('takes %p for no token', async (token) => {
    await expect(applicationDefaultAuth([], () => ({ getAccessToken: () => Promise.resolve(token) })).header()).rejects.toMatchObject({
      code: 'SRC_AUTH_REFUSED',
    });
  });

  it('shows nothing of the request to the token endpoint, which holds the credential', async () => {
    const cause = Object.assign(new Error('refused: refresh_token=1//correct-horse'), {
      status: 400,
      config: { body: 'refresh_token=1//correct-horse' },
    });
    const error = await caught(applicationDefaultAuth([], () => ({ getAccessToken: () => Promise.reject(cause) })).header());
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('correct-horse');
  });
});
