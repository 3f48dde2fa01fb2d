import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';

import { TidemarkError } from '../../../activities/errors';
import { createHttpAgents } from '../../../activities/http/agents';
import { createHttp } from '../../../activities/http/client';
import type { VendorRequest } from '../../../activities/connectors/connector';
import { answer, caught, clientFor, googleError, startLoopback, textOf, TOKEN, type Answer, type Client, type Loopback } from './loopback';

const LIST: VendorRequest = { method: 'POST', path: '/v2/entries:list', json: { pageSize: 2 } };
const OK = answer(200, '{"entries":[]}');
const reset: Answer = (response) => response.socket?.resetAndDestroy();

describe('createHttp()', () => {
  let server: Loopback;
  const clients: Client[] = [];
  const client = (options: Parameters<typeof clientFor>[1] = {}): Client => {
    const made = clientFor(server.origin, options);
    clients.push(made);
    return made;
  };

  beforeEach(async () => {
    server = await startLoopback();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((made) => made.close()));
    await server.close();
  });

  it('sends a JSON body, the credential and an offer to compress, and gives the body undecoded by anything but gzip', async () => {
    server.script = [answer(200, gzipSync('{"entries":[]}'), { 'content-encoding': 'gzip' })];
    const { http } = client();
    const response = await http.request({
      ...LIST,
      path: '/v2/entries:list?x=1',
      headers: { Authorization: 'mine', 'X-Goog-User-Project': 'example' },
    });
    expect(await textOf(response.body)).toBe('{"entries":[]}');
    expect(server.received).toEqual([
      {
        method: 'POST',
        url: '/v2/entries:list?x=1',
        headers: expect.objectContaining({
          authorization: `Bearer ${TOKEN}`,
          'content-type': 'application/json',
          'accept-encoding': 'gzip',
          'user-agent': expect.stringContaining('gzip') as string,
          'x-goog-user-project': 'example',
        }) as object,
        body: '{"pageSize":2}',
      },
    ]);
    expect(http.calls()).toBe(1);
  });

  describe('repeats a request before its body began', () => {
    it.each([
      ['a 429 of Google, which has no Retry-After', googleError(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded')],
      [
        'a 403 that is a quota',
        googleError(403, 'PERMISSION_DENIED', 'Rate Limit Exceeded', { errors: [{ reason: 'userRateLimitExceeded' }] }),
      ],
      ['a 409 that is a conflict of the vendor', googleError(409, 'ABORTED', 'try again')],
      ['a 408', answer(408, '')],
      ['a 500', answer(500, '<html>')],
      ['a 503', googleError(503, 'UNAVAILABLE', 'backend')],
      ['a reset connection', reset],
    ])('after %s', async (_, refusal) => {
      server.script = [refusal, refusal, OK];
      const { http, waits } = client();
      expect(await textOf((await http.request(LIST)).body)).toBe('{"entries":[]}');
      expect(http.calls()).toBe(3);
      expect(waits).toEqual([499, 999]);
      expect(server.received.map(({ body }) => body)).toEqual(Array.from({ length: 3 }, () => '{"pageSize":2}'));
    });

    it("waits as long as Retry-After says, in seconds or until a date on the vendor's clock", async () => {
      server.script = [
        answer(429, '', { 'retry-after': '7' }),
        answer(503, '', { 'retry-after': 'Fri, 20 Nov 2026 10:00:09 GMT', date: 'Fri, 20 Nov 2026 10:00:00 GMT' }),
        OK,
      ];
      const { http, waits } = client();
      await textOf((await http.request(LIST)).body);
      expect(waits).toEqual([7_000, 9_000]);
    });

    it('hands a wait over its budget to the caller instead of waiting', async () => {
      server.script = [answer(429, '', { 'retry-after': '20' }), answer(429, '', { 'retry-after': '11' })];
      const { http, waits } = client();
      await expect(http.request(LIST)).rejects.toMatchObject({ code: 'SRC_RATE_LIMITED', retryAfterMs: 11_000 });
      expect(waits).toEqual([20_000]);
    });

    it('takes the wait from a RetryInfo detail where there is no header', async () => {
      const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '45.5s' }];
      server.script = [googleError(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded', { details })];
      await expect(client().http.request(LIST)).rejects.toMatchObject({ code: 'SRC_RATE_LIMITED', retryAfterMs: 45_500 });
    });

    it('gives up after its tries, with the code of the last answer', async () => {
      server.script = [
        answer(500, ''),
        answer(500, ''),
        answer(500, ''),
        answer(500, ''),
        googleError(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded'),
      ];
      const { http, waits } = client();
      await expect(http.request(LIST)).rejects.toMatchObject({
        code: 'SRC_RATE_LIMITED',
        context: { status: 429, path: '/v2/entries:list' },
      });
      expect(http.calls()).toBe(5);
      expect(waits).toEqual([499, 999, 1_999, 3_999]);
    });

    it('says that nobody answers when nobody listens', async () => {
      const gone = await startLoopback();
      await gone.close();
      const { http, close } = clientFor(gone.origin, { limits: { triesMax: 2 } });
      await expect(http.request(LIST)).rejects.toMatchObject({ code: 'SRC_UNAVAILABLE', context: { reason: 'ECONNREFUSED' } });
      expect(http.calls()).toBe(2);
      await close();
    });
  });

  describe('classifies what waiting does not help', () => {
    it.each([
      [400, 'INVALID_ARGUMENT', 'SRC_REQUEST_REFUSED'],
      [403, 'PERMISSION_DENIED', 'SRC_PERMISSION_DENIED'],
      [404, 'NOT_FOUND', 'SRC_REQUEST_REFUSED'],
      [409, 'ALREADY_EXISTS', 'SRC_REQUEST_REFUSED'],
      [413, 'OUT_OF_RANGE', 'SRC_REQUEST_REFUSED'],
    ])('%i %s as it is, at the first answer', async (status, word, code) => {
      server.script = [googleError(status, word, 'Permission denied for all log views')];
      const { http, waits } = client();
      await expect(http.request(LIST)).rejects.toMatchObject({
        code,
        message: `The vendor answered ${String(status)} ${word}: Permission denied for all log views`,
        context: { status },
      });
      expect([http.calls(), waits]).toEqual([1, []]);
    });

    it('asks the request first what its refusal means', async () => {
      server.script = [googleError(400, 'INVALID_ARGUMENT', 'page_token')];
      const classify: VendorRequest['classify'] = (status, body) =>
        status === 400 && body.includes('page_token') ? 'SRC_CURSOR_EXPIRED' : undefined;
      await expect(client().http.request({ ...LIST, classify })).rejects.toMatchObject({ code: 'SRC_CURSOR_EXPIRED' });
    });

    it('refuses a redirect, and sends the credential nowhere else', async () => {
      const other = await startLoopback();
      server.script = [answer(302, '', { location: `${other.origin}/steal` })];
      await expect(client().http.request(LIST)).rejects.toMatchObject({ code: 'SRC_ORIGIN_REFUSED' });
      expect([server.received.length, other.received.length]).toEqual([1, 0]);
      await other.close();
    });

    it('renews the credential once after a 401', async () => {
      server.script = [googleError(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.'), OK];
      const made = client();
      await textOf((await made.http.request(LIST)).body);
      expect([made.refreshes(), made.http.calls(), made.waits]).toEqual([1, 2, []]);
      server.script = [googleError(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.')];
      await expect(made.http.request(LIST)).rejects.toMatchObject({ code: 'SRC_AUTH_REFUSED' });
      expect([made.refreshes(), made.http.calls()]).toEqual([2, 4]);
    });
  });

  describe('pins the origin', () => {
    it.each(['https://example.com/v2', '//example.com/v2', '/\\example.com/v2', 'v2', '', '/v2\n', '/v2 x', '/a\\b'])(
      'against the path %j',
      async (path) => {
        await expect(client().http.request({ ...LIST, path })).rejects.toMatchObject({ code: 'SRC_ORIGIN_REFUSED' });
        expect(server.received).toEqual([]);
      },
    );

    it.each([
      'http://logging.example.com',
      'https://example.com/v2',
      'https://user:word@example.com',
      'ftp://example.com',
      'example.com',
      '',
    ])('against the origin %j', async (origin) => {
      const agents = createHttpAgents();
      const options = { agent: agents.agentFor('https://example.com'), auth: { header: async () => '', refresh: async () => undefined } };
      const rest = {
        clock: { now: () => 0, sleep: async () => undefined },
        random: () => 0,
        signal: new AbortController().signal,
        log: () => undefined,
      };
      expect(() => createHttp({ origin, ...options, ...rest })).toThrow(expect.objectContaining({ code: 'SRC_ORIGIN_REFUSED' }));
      await agents.close();
    });
  });

  describe('never gives half a body for a whole one', () => {
    const half: Answer = (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"entries":[', () => setTimeout(() => response.socket?.destroy(), 20));
    };
    const halfChunked: Answer = (response) => {
      response.write('{"entries":[', () => setTimeout(() => response.socket?.resetAndDestroy(), 20));
    };
    const packed = gzipSync(Buffer.from('{"entries":[]}'.repeat(2_000)));

    it.each([
      ['the connection closes', half],
      ['the connection is reset', halfChunked],
      ['the compressed stream ends early', answer(200, packed.subarray(0, packed.length - 9), { 'content-encoding': 'gzip' })],
      ['the compressed stream is none', answer(200, '{"entries":[]}', { 'content-encoding': 'gzip' })],
    ])('when %s', async (_, script) => {
      server.script = [script];
      const { http } = client();
      const response = await http.request(LIST);
      await expect(textOf(response.body)).rejects.toMatchObject({ code: 'SRC_BODY_TRUNCATED' });
      expect(http.calls()).toBe(1);
    });

    it('when it is in an encoding that was not asked for', async () => {
      server.script = [answer(200, 'x', { 'content-encoding': 'br' })];
      await expect(client().http.request(LIST)).rejects.toMatchObject({ code: 'SRC_BODY_TRUNCATED' });
      server.script = [answer(403, 'x', { 'content-encoding': 'br' })];
      await expect(client().http.request(LIST)).rejects.toMatchObject({ code: 'SRC_PERMISSION_DENIED' });
    });

    it('and says that it is unavailable when the body falls silent', async () => {
      server.script = [(response) => response.writeHead(200).write('{"entries":[')];
      const response = await client({ limits: { bodyTimeoutMs: 60 } }).http.request(LIST);
      await expect(textOf(response.body)).rejects.toMatchObject({ code: 'SRC_UNAVAILABLE' });
    });

    it('and does not take a slow reader for a silent vendor', async () => {
      server.script = [answer(200, Buffer.alloc(4_000_000, 'x'))];
      const response = await client({ limits: { bodyTimeoutMs: 60 } }).http.request(LIST);
      let bytes = 0;
      for await (const chunk of response.body) {
        if (bytes === 0) await new Promise((resolve) => setTimeout(resolve, 1_300));
        bytes += chunk.length;
      }
      expect(bytes).toBe(4_000_000);
    });

    it('and says so when a body drips on beyond the total time-out', async () => {
      let timer: NodeJS.Timeout | undefined;
      server.script = [
        (response) => {
          response.writeHead(200);
          timer = setInterval(() => response.write(' '), 10);
        },
      ];
      const response = await client({ limits: { totalTimeoutMs: 120 } }).http.request(LIST);
      await expect(textOf(response.body)).rejects.toMatchObject({ code: 'SRC_UNAVAILABLE', context: { totalTimeoutMs: 120 } });
      clearInterval(timer);
    });

    it('and says so when no status comes at all, without trying again once the total time is spent', async () => {
      server.script = [() => undefined];
      const { http } = client({ limits: { totalTimeoutMs: 60 } });
      await expect(http.request(LIST)).rejects.toMatchObject({ code: 'SRC_UNAVAILABLE' });
      expect(http.calls()).toBe(1);
      const other = client({ limits: { headersTimeoutMs: 60, triesMax: 2 } }).http;
      await expect(other.request(LIST)).rejects.toMatchObject({ code: 'SRC_UNAVAILABLE', context: { reason: 'UND_ERR_HEADERS_TIMEOUT' } });
      expect(other.calls()).toBe(2);
    });
  });

  describe('caps a body', () => {
    it('in bytes after decompression', async () => {
      server.script = [answer(200, gzipSync('x'.repeat(5_000)), { 'content-encoding': 'gzip' })];
      const { http } = client({ limits: { bodyBytesMax: 4_999 } });
      await expect(textOf((await http.request(LIST)).body)).rejects.toMatchObject({
        code: 'SRC_BODY_TOO_LARGE',
        context: { cap: 'bytes' },
      });
      server.script = [answer(200, 'x'.repeat(5_000))];
      await expect(textOf((await http.request(LIST)).body)).rejects.toMatchObject({
        code: 'SRC_BODY_TOO_LARGE',
        context: { cap: 'bytes' },
      });
      server.script = [answer(200, 'x'.repeat(4_999))];
      expect((await textOf((await http.request(LIST)).body)).length).toBe(4_999);
    });

    it('in ratio, long before a compression bomb has gone off', async () => {
      server.script = [answer(200, gzipSync(Buffer.alloc(64 * 1024 * 1024)), { 'content-encoding': 'gzip' })];
      const response = await client().http.request(LIST);
      let bytes = 0;
      const drained = (async () => {
        for await (const chunk of response.body) bytes += chunk.length;
      })();
      await expect(drained).rejects.toMatchObject({ code: 'SRC_BODY_TOO_LARGE', context: { cap: 'ratio' } });
      expect(bytes).toBeLessThan(8 * 1024 * 1024);
    });

    it('of a refusal, and still knows the refusal', async () => {
      server.script = [
        answer(403, Buffer.alloc(10_000_000, 'x')),
        answer(403, gzipSync(Buffer.alloc(50_000_000)), { 'content-encoding': 'gzip' }),
      ];
      const { http } = client();
      await expect(http.request(LIST)).rejects.toMatchObject({ code: 'SRC_PERMISSION_DENIED', message: 'The vendor answered 403' });
      await expect(http.request(LIST)).rejects.toMatchObject({ code: 'SRC_PERMISSION_DENIED', message: 'The vendor answered 403' });
    });
  });

  describe("ends when its signal does, with the signal's reason", () => {
    const reason = new Error('the worker is stopping');

    it('before a request', async () => {
      const { http, abort } = client();
      abort.abort(reason);
      expect(await caught(http.request(LIST))).toBe(reason);
      expect([http.calls(), server.received.length]).toEqual([0, 0]);
    });

    it('while it waits for the status', async () => {
      const { http, abort } = client();
      server.script = [() => abort.abort(reason)];
      expect(await caught(http.request(LIST))).toBe(reason);
    });

    it('while it reads the body, compressed or not', async () => {
      for (const headers of [{}, { 'content-encoding': 'gzip' }]) {
        server.script = [(response) => response.writeHead(200, headers).write(gzipSync('{').subarray(0, 12))];
        const { http, abort } = client();
        const response = await http.request(LIST);
        setTimeout(() => abort.abort(reason), 20);
        expect(await caught(textOf(response.body))).toBe(reason);
      }
    });

    it('between the status and the first look at the body', async () => {
      server.script = [(response) => response.writeHead(200).write('{')];
      const { http, abort } = client();
      const response = await http.request(LIST);
      abort.abort(reason);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await caught(textOf(response.body))).toBe(reason);
    });

    it('while it waits for the credential', async () => {
      const abort = new AbortController();
      const header = (): Promise<string> => {
        abort.abort(reason);
        return Promise.resolve(`Bearer ${TOKEN}`);
      };
      const auth = { header, refresh: () => Promise.resolve() };
      expect(await caught(client({ auth, signal: abort.signal }).http.request(LIST))).toBe(reason);
      expect(server.received).toEqual([]);
    });

    it('while it waits between tries', async () => {
      const abort = new AbortController();
      const clock = {
        now: () => 0,
        sleep: (_ms: number, signal?: AbortSignal) => {
          abort.abort(reason);
          return Promise.reject(new Error('aborted', { cause: signal?.reason }));
        },
      };
      server.script = [answer(500, '')];
      expect(await caught(client({ clock, signal: abort.signal }).http.request(LIST))).toBe(reason);
    });

    it('and leaves no listener behind on it', async () => {
      const added: string[] = [];
      const { abort, http } = client();
      const { signal } = abort;
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...args: Parameters<typeof add>) => {
        added.push(args[0]);
        add(...args);
      };
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        added.pop();
        remove(...args);
      };
      server.script = [
        answer(500, ''),
        reset,
        OK,
        (response) => response.writeHead(200).write('{'),
        answer(404, ''),
        answer(200, '', { 'content-encoding': 'br' }),
      ];
      await textOf((await http.request(LIST)).body);
      for await (const chunk of (await http.request(LIST)).body) if (chunk.length > 0) break;
      await caught(http.request(LIST));
      await caught(http.request(LIST));
      expect(added).toEqual([]);
    });
  });

  it('takes from its budget before every attempt, and sends nothing when that refuses', async () => {
    let left = 2;
    const take = (): Promise<void> =>
      left-- > 0 ? Promise.resolve() : Promise.reject(new TidemarkError('SRC_RATE_LIMITED', 'spent', { retryAfterMs: 5 }));
    server.script = [answer(500, '')];
    const { http } = client({ budget: { take } });
    await expect(http.request(LIST)).rejects.toMatchObject({ code: 'SRC_RATE_LIMITED', retryAfterMs: 5 });
    expect([http.calls(), server.received.length]).toEqual([2, 2]);
  });

  it('keeps tokens, queries and event data out of errors and logs, whatever the vendor repeats', async () => {
    const leak = `Bearer ${TOKEN} is wrong for ${TOKEN}\u2028\n${'y'.repeat(250)}${TOKEN}${'y'.repeat(300)}`;
    server.script = [googleError(503, 'UNAVAILABLE', leak, { details: [{ '@type': 'x', event: 'mallory@example.com' }] })];
    const { http, logged } = client();
    const error = await caught(
      http.request({ ...LIST, path: '/v2/entries:list?key=AIza-not-to-be-seen', json: { filter: 'mallory@example.com' } }),
    );
    const shown = inspect(error, { depth: 20, showHidden: true }) + JSON.stringify([error, logged]) + String((error as Error).stack);
    expect(shown).toContain('The vendor answered 503 UNAVAILABLE: Bearer [secret] is wrong for [secret] yyy');
    expect(['correct-horse', 'AIza', 'mallory', '\u2028', 'y'.repeat(301)].filter((text) => shown.includes(text))).toEqual([]);
    expect(logged).toHaveLength(4);
  });
});
