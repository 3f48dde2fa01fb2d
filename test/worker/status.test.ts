/** The status endpoint: read only, on the loopback address only, one query at a time. */
import { request } from 'node:http';
import { TidemarkError } from '../../activities/errors';
import { serveStatus, type StatusServer, type StatusSources, type StreamSummary } from '../../worker/status';

const SUMMARY: StreamSummary = {
  source: 'acme-audit',
  stream: 'activity',
  hours: { missing: 0, partial: 1, open: 2, complete: 3, settled: 4 },
};

let nowMs = 1_767_225_600_000;
let asked = 0;
let coverage: StatusSources['coverage'] = () => Promise.resolve([SUMMARY]);
let server: StatusServer;

beforeEach(async () => {
  asked = 0;
  server = await serveStatus(0, {
    version: '1.2.3',
    running: () => ({ orchestrate: 0, 'fetch-live': 2 }),
    clock: { now: () => nowMs, sleep: () => Promise.resolve() },
    coverage: () => {
      asked++;
      return coverage();
    },
  });
});
afterEach(async () => {
  await server.close();
});

async function get(path: string, options: { method?: string; host?: string } = {}): Promise<{ status: number; body: unknown }> {
  return await new Promise((resolve, reject) => {
    const headers = options.host === undefined ? {} : { host: options.host };
    request(`${server.url}${path}`, { method: options.method ?? 'GET', headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown });
      });
    })
      .on('error', reject)
      .end();
  });
}

test('/healthz answers without asking anything', async () => {
  expect(await get('/healthz')).toEqual({ status: 200, body: { ok: true } });
  expect(asked).toBe(0);
});

test('/status says version, queues with their activities, and the coverage of every stream', async () => {
  expect(await get('/status?x=1')).toEqual({
    status: 200,
    body: {
      version: '1.2.3',
      startedAt: '2026-01-01T00:00:00.000Z',
      taskQueues: { orchestrate: 0, 'fetch-live': 2 },
      sources: [SUMMARY],
      sourcesReadAt: '2026-01-01T00:00:00.000Z',
    },
  });
});

test('/status reads the coverage once in ten seconds, however many ask at once', async () => {
  await Promise.all([get('/status'), get('/status'), get('/status')]);
  nowMs += 9_999;
  await get('/status');
  expect(asked).toBe(1);
  nowMs += 1;
  await get('/status');
  expect(asked).toBe(2);
});

test('/status keeps what it knew when the lake does not answer, and says so by code', async () => {
  await get('/status');
  coverage = () => Promise.reject(new TidemarkError('LAKE_UNAVAILABLE', 'secret words'));
  nowMs += 10_000;
  const { body } = await get('/status');
  coverage = () => Promise.resolve([SUMMARY]);
  expect(body).toMatchObject({ sources: [SUMMARY], sourcesError: 'LAKE_UNAVAILABLE' });
  expect(JSON.stringify(body)).not.toContain('secret words');
});

test('it refuses to be changed, other paths, and pages that came by a host name of their own', async () => {
  expect(await get('/status', { method: 'POST' })).toEqual({ status: 405, body: { error: 'read only' } });
  expect((await get('/')).status).toBe(404);
  expect((await get('/status', { host: 'rebound.example.com' })).status).toBe(403);
  expect((await get('/status', { host: 'localhost' })).status).toBe(200);
});
