import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { delay, hold, holdAnswer, jobDone, loseAnswer, meet, refuse } from './faults';
import { startProxy, type Proxy } from './proxy';
import { startUpstream, type Upstream } from './upstream';

let upstream: Upstream;
let proxy: Proxy;
let polls = 0;

beforeEach(async () => {
  polls = 0;
  upstream = await startUpstream(({ url }) => {
    if (url.startsWith('/poll')) return { body: { jobComplete: ++polls === 3 } };
    if (url.startsWith('/session')) return { headers: { location: `${upstream.url}/upload?upload_id=7` } };
    return { body: { echoed: url } };
  });
  proxy = await startProxy(upstream.url, { around: async (_request, forward) => forward() });
});

afterEach(async () => {
  await proxy.close();
  await upstream.close();
});

const call = async (path: string, body?: unknown): Promise<unknown> => {
  const answer = await fetch(
    proxy.url + path,
    body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  );
  return answer.json();
};
const broken = async (promise: Promise<unknown>): Promise<boolean> =>
  promise.then(
    () => false,
    () => true,
  );

describe('passing through', () => {
  test('method, path, query, headers and body arrive; the answer comes back; the log says so', async () => {
    await call('/a%2Fb?x=1', { k: [1] });
    expect(upstream.reached).toEqual([
      {
        method: 'POST',
        url: '/a%2Fb?x=1',
        body: '{"k":[1]}',
        headers: expect.objectContaining({ host: upstream.url.slice(7), 'content-type': 'application/json' }) as object,
      },
    ]);
    expect(proxy.requests()).toEqual([
      {
        method: 'POST',
        path: '/a%2Fb',
        query: new URLSearchParams('x=1'),
        job: undefined,
        status: 200,
        ms: expect.any(Number) as number,
        fault: undefined,
      },
    ]);
    proxy.forget();
    expect(proxy.requests()).toEqual([]);
  });

  test('the address of an upload session leads back through the proxy', async () => {
    const answer = await fetch(`${proxy.url}/session`);
    expect(answer.headers.get('location')).toBe(`${proxy.url}/upload?upload_id=7`);
  });

  test('a body too large to hold is streamed, and matched without it', async () => {
    const seen: unknown[] = [];
    proxy.inject({
      match: ({ body }) => {
        seen.push(body);
        return false;
      },
      action: hold,
    });
    await fetch(`${proxy.url}/big`, {
      method: 'POST',
      body: 'x'.repeat(1_000_000),
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect([upstream.reached[0]?.body.length, seen]).toEqual([1_000_000, [undefined]]);
  });

  test('a client that breaks off in its body leaves no whole request at the server', async () => {
    const arrived = Promise.withResolvers<undefined>();
    proxy.inject({
      match: () => {
        arrived.resolve(undefined);
        return false;
      },
      action: hold,
    });
    const request = httpRequest(`${proxy.url}/upload`, { method: 'POST', headers: { 'content-length': '2000000' } });
    request.on('error', () => undefined);
    request.write('x'.repeat(500_000));
    await arrived.promise;
    request.destroy();
    await sleep(50);
    expect(upstream.reached).toEqual([]);
  });

  test('the parts of a multipart upload can be matched on', async () => {
    const seen: unknown[] = [];
    proxy.inject({
      match: ({ json, media }) => {
        seen.push(json, media?.toString());
        return false;
      },
      action: hold,
    });
    const body = '--b\r\nContent-Type: application/json\r\n\r\n{"name":"n"}\r\n--b\r\nContent-Type: text/plain\r\n\r\ncontent\r\n--b--';
    await fetch(proxy.url, { method: 'POST', headers: { 'content-type': 'multipart/related; boundary="b"' }, body });
    expect(seen).toEqual([{ name: 'n' }, 'content']);
  });
});

describe('faults', () => {
  test('hold keeps the request from the server until it is released', async () => {
    const held = proxy.inject({ match: ({ path }) => path === '/a', action: hold });
    const answer = call('/a');
    await held.reached;
    expect(await call('/b')).toEqual({ echoed: '/b' });
    expect(upstream.reached.map(({ url }) => url)).toEqual(['/b']);
    held.release();
    expect(await answer).toEqual({ echoed: '/a' });
    expect(held.hits()).toBe(1);
  });

  test('hold then drop breaks the connection and the server never sees the request', async () => {
    const held = proxy.inject({ match: () => true, action: hold });
    const answer = broken(call('/a'));
    await held.reached;
    held.drop();
    expect([await answer, upstream.reached, proxy.requests()[0]?.status]).toEqual([true, [], 0]);
  });

  test('a client that gives up while it is held leaves nothing at the server', async () => {
    const held = proxy.inject({ match: () => true, action: hold });
    const abort = new AbortController();
    const answer = broken(fetch(`${proxy.url}/a`, { signal: abort.signal }));
    await held.reached;
    abort.abort();
    await answer;
    await sleep(20);
    held.release();
    await sleep(20);
    expect(upstream.reached).toEqual([]);
  });

  test('holdAnswer and loseAnswer act after the server has done its work', async () => {
    const held = proxy.inject({ match: ({ path }) => path === '/a', action: holdAnswer() });
    const lost = proxy.inject({ match: ({ path }) => path === '/b', action: loseAnswer() });
    const [a, b] = [call('/a'), broken(call('/b'))];
    await Promise.all([held.reached, lost.reached]);
    expect(upstream.reached.map(({ url }) => url).sort()).toEqual(['/a', '/b']);
    held.release();
    expect([await a, await b]).toEqual([{ echoed: '/a' }, true]);
  });

  test('with until, answers pass until one satisfies it', async () => {
    const lost = proxy.inject({ match: ({ path }) => path === '/poll', action: loseAnswer(jobDone) });
    expect([await call('/poll'), await call('/poll'), await broken(call('/poll')), lost.hits(), polls]).toEqual([
      { jobComplete: false },
      { jobComplete: false },
      true,
      1,
      3,
    ]);
  });

  test('refuse answers in the place of the server, as often as asked', async () => {
    proxy.inject({ match: () => true, times: 2, action: refuse({ status: 503, body: { error: 1 }, headers: { 'retry-after': '1' } }) });
    const answers = [await fetch(proxy.url), await fetch(proxy.url), await fetch(proxy.url)];
    expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([
      [503, '1'],
      [503, '1'],
      [200, null],
    ]);
  });

  test('delay waits before the server is asked; a removed injection does nothing', async () => {
    proxy.inject({ match: () => true, action: hold }).remove();
    proxy.inject({ match: () => true, action: delay(60) });
    await call('/a');
    expect(proxy.requests()[0]).toMatchObject({ fault: 'delay', status: 200 });
    expect(proxy.requests()[0]?.ms).toBeGreaterThanOrEqual(55);
  });

  test('meet() sends the parties of a race on together, after those it skips', async () => {
    const race = meet(proxy, { match: ({ path }) => path === '/race', parties: 2, skip: 1 });
    await call('/race?0');
    const first = call('/race?1');
    await sleep(30);
    expect(upstream.reached.map(({ url }) => url)).toEqual(['/race?0']);
    const second = call('/race?2');
    await race;
    await Promise.all([first, second]);
    expect(upstream.reached).toHaveLength(3);
    await call('/race?3');
    expect(upstream.reached).toHaveLength(4);
  });

  test('closing breaks what is still held', async () => {
    const held = proxy.inject({ match: () => true, action: hold });
    const answer = broken(call('/a'));
    await held.reached;
    await proxy.close();
    expect(await answer).toBe(true);
  });

  test('a server that is not there looks like a broken connection', async () => {
    const orphan = await startProxy('http://127.0.0.1:1', { around: async (_request, forward) => forward() });
    expect(await broken(fetch(orphan.url))).toBe(true);
    await orphan.close();
  });
});
