/** What Google's clients throw, as codes; and no request, header or token travels on in a cause. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { configSchema, type Config } from '../../activities/config';
import { faultOf, readGoogleError } from '../../activities/google-error';
import { createBigQuery, lakeError, lakeLookup } from '../../activities/lake/client';
import { createStorage, storageError } from '../../activities/stage/client';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

let server: Server;
let answer: Answer = { status: 200, body: {} };
let lake: Config['lake'];

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  ({ lake } = configSchema.parse({
    lake: {
      project: 'acme',
      buckets: { state: 'acme-state', stage: 'acme-stage' },
      identityKey: { env: 'KEY' },
      auth: 'none',
      endpoints: { bigquery: url, storage: url },
    },
    sources: [],
  }));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** The error shape of Google's JSON APIs (cloud.google.com/apis/design/errors, and BigQuery's `errors[].reason`). */
const refusal = (status: number, reason: string, message: string): Answer => ({
  status,
  body: { error: { code: status, message, errors: [{ message, domain: 'global', reason }] } },
});

async function thrownBy(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

test.each([
  [refusal(401, 'authError', 'Invalid Credentials'), 'LAKE_DENIED'],
  [refusal(403, 'accessDenied', 'Access Denied: Project acme'), 'LAKE_DENIED'],
  [refusal(403, 'quotaExceeded', 'Quota exceeded'), 'LAKE_UNAVAILABLE'],
  [refusal(404, 'notFound', 'Not found: Dataset acme:ops'), 'LAKE_NOT_APPLIED'],
  [refusal(400, 'invalidQuery', 'Syntax error'), 'LAKE_REQUEST_REFUSED'],
  [refusal(503, 'backendError', 'Try again'), 'LAKE_UNAVAILABLE'],
])('lakeError() of the answer %j is %s', async (given, code) => {
  answer = given;
  const thrown = await thrownBy(async () => await createBigQuery(lake, { retry: false }).dataset('ops').getMetadata());
  expect(lakeError(thrown, 'dataset ops')).toMatchObject({ code, context: { status: given.status } });
});

test.each([
  [
    refusal(403, 'forbidden', 'no storage.buckets.get'),
    'STAGE_DENIED',
    /^Cloud Storage failed at gs:\/\/acme-state: no storage\.buckets\.get/,
  ],
  [
    refusal(404, 'notFound', 'The specified bucket does not exist.'),
    'STAGE_BUCKET_MISSING',
    /^the bucket gs:\/\/acme-state does not exist$/,
  ],
  [refusal(429, 'rateLimitExceeded', 'slow down'), 'STAGE_UNAVAILABLE', /slow down/],
])('storageError() of the answer %j is %s', async (given, code, message) => {
  answer = given;
  const thrown = await thrownBy(async () => await createStorage(lake, { retry: false }).bucket('acme-state').getMetadata());
  const error = storageError(thrown, 'acme-state');
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
});

test('a job that failed has reasons and no status', () => {
  const failed = (reason: string): unknown => Object.assign(new Error('failed'), { errors: [{ reason }] });
  expect(faultOf(readGoogleError(failed('accessDenied')))).toBe('denied');
  expect(faultOf(readGoogleError(failed('notFound')))).toBe('missing');
  expect(faultOf(readGoogleError(failed('backendError')))).toBe('unavailable');
  expect(faultOf(readGoogleError(failed('invalidQuery')))).toBe('refused');
});

test('no answer is unavailable, whatever the client makes of it', async () => {
  const closed = { ...lake, endpoints: { bigquery: 'http://127.0.0.1:1', storage: 'http://127.0.0.1:1' } };
  expect(lakeError(await thrownBy(async () => await createBigQuery(closed, { retry: false }).getDatasets()), 'datasets')).toMatchObject({
    code: 'LAKE_UNAVAILABLE',
  });
  expect(storageError(await thrownBy(async () => await createStorage(closed, { retry: false }).bucket('b').exists()), 'b')).toMatchObject({
    code: 'STAGE_UNAVAILABLE',
  });
  expect(faultOf(readGoogleError(undefined))).toBe('unavailable');
});

test('lakeLookup() takes a 404 as an answer and nothing else', async () => {
  answer = refusal(404, 'notFound', 'Not found');
  expect(await lakeLookup('ops', async () => await createBigQuery(lake, { retry: false }).dataset('ops').getMetadata())).toBeUndefined();
  answer = refusal(403, 'accessDenied', 'no');
  expect(
    await thrownBy(
      async () => await lakeLookup('ops', async () => await createBigQuery(lake, { retry: false }).dataset('ops').getMetadata()),
    ),
  ).toMatchObject({
    code: 'LAKE_DENIED',
  });
});

test('neither the error nor its causes hold request or response, so no token can be logged with them', () => {
  const token = 'ya29.very-secret';
  const thrown = Object.assign(new Error('Request failed'), {
    status: 403,
    config: { headers: { Authorization: `Bearer ${token}` } },
    response: { status: 403, config: { headers: { Authorization: `Bearer ${token}` } }, data: { error: 'forbidden' } },
  });
  for (const error of [lakeError(thrown, 'x'), storageError(thrown, 'b', 'o')]) {
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(token);
    expect(JSON.stringify([error, error.cause])).not.toContain(token);
    expect(error.cause).toMatchObject({ message: 'Request failed (403, forbidden)' });
  }
});
