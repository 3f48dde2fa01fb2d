import { codeOf } from '../../../../activities/errors';
import type { ConnectorContext, WindowRead } from '../../../../activities/connectors/connector';
import { gcpAuditLogs } from '../../../../activities/connectors/gcp/audit-logs';
import { createRecords } from '../../../../activities/decode/records';
import { answer, clientFor, googleError, startLoopback, type Client, type Loopback } from '../../http/loopback';

type Config = typeof gcpAuditLogs extends { config: { parse: (value: unknown) => infer C } } ? C : never;

const WINDOW: WindowRead = { from: '2026-11-20T10:00:00Z', to: '2026-11-20T11:00:00.000001Z', cursor: null };
const JSON_TYPE = { 'content-type': 'application/json; charset=UTF-8' };

/** Two pages as the API sends them: indented, int64 as text, nanoseconds, keys that are no column names. */
const FIRST_PAGE = `{
  "entries": [
    {
      "protoPayload": {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "status": {},
        "authenticationInfo": {
          "principalEmail": "admin@example.com"
        },
        "requestMetadata": {
          "callerIp": "203.0.113.7",
          "callerSuppliedUserAgent": "Mozilla/5.0 (X11; \\"quoted\\")  [x]"
        },
        "serviceName": "compute.googleapis.com",
        "methodName": "v1.compute.instances.insert",
        "request": {
          "networkInterfaces": [ { "accessConfigs": [] } ],
          "big": 12345678901234567890
        }
      },
      "insertId": "-abc",
      "logName": "organizations/123/logs/cloudaudit.googleapis.com%2Factivity",
      "timestamp": "2026-11-20T10:00:00.123456789Z"
    },
    {
      "insertId": "def",
      "timestamp": "2026-11-20T10:00:00.123456789Z"
    }
  ],
  "nextPageToken": "EAA4_first=="
}
`;
const FIRST_ITEMS = [
  '{"protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","status":{},"authenticationInfo":{"principalEmail":"admin@example.com"},' +
    '"requestMetadata":{"callerIp":"203.0.113.7","callerSuppliedUserAgent":"Mozilla/5.0 (X11; \\"quoted\\")  [x]"},"serviceName":"compute.googleapis.com",' +
    '"methodName":"v1.compute.instances.insert","request":{"networkInterfaces":[{"accessConfigs":[]}],"big":12345678901234567890}},"insertId":"-abc",' +
    '"logName":"organizations/123/logs/cloudaudit.googleapis.com%2Factivity","timestamp":"2026-11-20T10:00:00.123456789Z"}',
  '{"insertId":"def","timestamp":"2026-11-20T10:00:00.123456789Z"}',
];
const STILL_SEARCHING = '{\n  "nextPageToken": "EAA4_second=="\n}\n';
const LAST_PAGE = '{\n  "entries": [\n    {\n      "insertId": "ghi"\n    }\n  ]\n}\n';
const LAST_ITEMS = ['{"insertId":"ghi"}'];

describe('gcp.audit_logs', () => {
  let server: Loopback;
  let client: Client;
  beforeEach(async () => {
    server = await startLoopback();
    client = clientFor(server.origin);
  });
  afterEach(async () => {
    await client.close();
    await server.close();
  });

  function context(input: Record<string, unknown> = {}, stream = 'activity'): ConnectorContext<Config> {
    const config = gcpAuditLogs.config.parse({ parents: ['organizations/123'], endpoint: server.origin, ...input });
    const found = gcpAuditLogs.streams.find(({ name }) => name === stream);
    if (found === undefined) throw new Error(`no stream ${stream}`);
    return {
      config,
      stream: found,
      http: client.http,
      records: createRecords(),
      now: () => 0,
      log: () => undefined,
      signal: client.abort.signal,
    };
  }

  async function readAll(read: WindowRead, ctx = context()): Promise<{ items: string[]; cursors: (string | null)[] }> {
    const items: string[] = [];
    const cursors: (string | null)[] = [];
    for await (const page of gcpAuditLogs.pages(read, ctx)) {
      for await (const batch of page.items) items.push(...batch.map(String));
      cursors.push(page.next());
    }
    return { items, cursors };
  }

  const requests = (): Record<string, unknown>[] => server.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);

  it('pages() gives the entries of all pages as they were sent, repeats every parameter, and goes on over a page without entries', async () => {
    server.script = [answer(200, FIRST_PAGE, JSON_TYPE), answer(200, STILL_SEARCHING, JSON_TYPE), answer(200, LAST_PAGE, JSON_TYPE)];
    expect(await readAll(WINDOW)).toEqual({
      items: [...FIRST_ITEMS, ...LAST_ITEMS],
      cursors: ['EAA4_first==', 'EAA4_second==', null],
    });
    const query = {
      resourceNames: ['organizations/123'],
      filter:
        '(logName="organizations/123/logs/cloudaudit.googleapis.com%2Factivity") AND timestamp >= "2026-11-20T10:00:00Z" AND timestamp < "2026-11-20T11:00:00.000001Z"',
      orderBy: 'timestamp asc',
      pageSize: 1000,
    };
    expect(requests()).toEqual([query, { ...query, pageToken: 'EAA4_first==' }, { ...query, pageToken: 'EAA4_second==' }]);
    expect(server.received.map(({ method, url }) => `${method} ${url}`)).toEqual(Array.from({ length: 3 }, () => 'POST /v2/entries:list'));
    expect(client.http.calls()).toBe(3);
  });

  it.each(['{}', '{ "entries": [] }', '{ "entries": [], "nextPageToken": "" }', ''])(
    'pages() ends after one empty page: %j',
    async (body) => {
      server.script = [answer(200, body, JSON_TYPE)];
      const outcome = await readAll(WINDOW).catch((error: unknown) => codeOf(error));
      // An empty body is not an empty page: Google sends at least an object.
      expect(outcome).toEqual(body === '' ? 'SRC_BODY_TRUNCATED' : { items: [], cursors: [null] });
      expect(client.http.calls()).toBe(1);
    },
  );

  it('pages() resumes at the cursor of the middle', async () => {
    server.script = [answer(200, STILL_SEARCHING, JSON_TYPE), answer(200, LAST_PAGE, JSON_TYPE)];
    expect((await readAll({ ...WINDOW, cursor: 'EAA4_first==' })).items).toEqual(LAST_ITEMS);
    expect(requests().map((request) => request['pageToken'])).toEqual(['EAA4_first==', 'EAA4_second==']);
  });

  it('pages() goes on after a spent quota', async () => {
    const spent = googleError(
      429,
      'RESOURCE_EXHAUSTED',
      "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute'",
    );
    server.script = [answer(200, FIRST_PAGE, JSON_TYPE), spent, spent, answer(200, LAST_PAGE, JSON_TYPE)];
    expect((await readAll(WINDOW)).items).toEqual([...FIRST_ITEMS, ...LAST_ITEMS]);
    expect([client.http.calls(), client.waits.length]).toEqual([4, 2]);
  });

  it('pages() gives what came before a body ended early, and fails instead of naming a next cursor', async () => {
    server.script = [answer(200, FIRST_PAGE.slice(0, FIRST_PAGE.indexOf('"nextPageToken"')), JSON_TYPE)];
    const items: string[] = [];
    let next: (() => string | null) | undefined;
    const read = async (): Promise<void> => {
      for await (const page of gcpAuditLogs.pages(WINDOW, context())) {
        next = page.next;
        for await (const batch of page.items) items.push(...batch.map(String));
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'SRC_BODY_TRUNCATED' });
    expect(items).toEqual(FIRST_ITEMS);
    expect(next).toThrow(expect.objectContaining({ code: 'SRC_BODY_TRUNCATED' }));
  });

  it('pages() passes a broken entry on as it is, and refuses a token that is not text', async () => {
    server.script = [answer(200, '{"entries":[{"insertId":tru},17],"nextPageToken":null}', JSON_TYPE)];
    expect((await readAll(WINDOW)).items).toEqual(['{"insertId":tru}', '17']);
    server.script = [answer(200, '{"entries":[],"nextPageToken":17}', JSON_TYPE)];
    await expect(readAll(WINDOW)).rejects.toMatchObject({ code: 'SRC_BODY_TRUNCATED' });
  });

  it('pages() takes an invalid request for an expired cursor only where it sent a cursor', async () => {
    server.script = [googleError(400, 'INVALID_ARGUMENT', "page_token doesn't match arguments from the request")];
    await expect(readAll({ ...WINDOW, cursor: 'EAA4_old==' })).rejects.toMatchObject({ code: 'SRC_CURSOR_EXPIRED' });
    await expect(readAll(WINDOW)).rejects.toMatchObject({ code: 'SRC_REQUEST_REFUSED' });
    server.script = [googleError(400, 'FAILED_PRECONDITION', 'The bucket is locked')];
    await expect(readAll({ ...WINDOW, cursor: 'EAA4_old==' })).rejects.toMatchObject({ code: 'SRC_REQUEST_REFUSED' });
  });

  it('pages() asks for the names of all parents, and through a view for the log id alone', async () => {
    server.script = [answer(200, '{}', JSON_TYPE)];
    await readAll(
      WINDOW,
      context({ parents: ['folders/7', 'projects/example-1', 'billingAccounts/0A1B2C-3D4E5F-678901'], pageSize: 5 }, 'data_access'),
    );
    const view = 'projects/example-1/locations/global/buckets/_Default/views/_AllLogs';
    await readAll(WINDOW, context({ parents: ['folders/7', view] }, 'policy'));
    const bounds = ' AND timestamp >= "2026-11-20T10:00:00Z" AND timestamp < "2026-11-20T11:00:00.000001Z"';
    expect(requests().map(({ filter, resourceNames, pageSize }) => ({ filter, resourceNames, pageSize }))).toEqual([
      {
        filter:
          '(logName="folders/7/logs/cloudaudit.googleapis.com%2Fdata_access" OR logName="projects/example-1/logs/cloudaudit.googleapis.com%2Fdata_access"' +
          ` OR logName="billingAccounts/0A1B2C-3D4E5F-678901/logs/cloudaudit.googleapis.com%2Fdata_access")${bounds}`,
        resourceNames: ['folders/7', 'projects/example-1', 'billingAccounts/0A1B2C-3D4E5F-678901'],
        pageSize: 5,
      },
      { filter: `log_id("cloudaudit.googleapis.com/policy")${bounds}`, resourceNames: ['folders/7', view], pageSize: 1000 },
    ]);
  });

  describe('config', () => {
    const messages = (input: unknown): string[] => {
      const result = gcpAuditLogs.config.safeParse(input);
      return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    };

    it.each([
      'organizations/123456789012',
      'folders/1',
      'projects/example-project',
      'projects/example.com:my-project',
      'billingAccounts/0A1B2C-3D4E5F-678901',
      'organizations/1/locations/eu/buckets/central_audit-1/views/_AllLogs',
    ])('takes the parent %s', (name) => {
      expect(messages({ parents: [name] })).toEqual([]);
    });

    it.each([
      ['projects/123456789012', 'parents.0: write the project id, not its number'],
      ['projects/1/locations/eu/buckets/b/views/v', 'parents.0: write the project id, not its number'],
      ['organizations/example.com', 'parents.0: write organizations/N'],
      ['projects/a" OR logName:"', 'parents.0: write organizations/N'],
      ['organizations/1\n', 'parents.0: write organizations/N'],
      ['projects/a/locations/eu/buckets/b', 'parents.0: write organizations/N'],
      ['example-project', 'parents.0: write organizations/N'],
    ])('refuses the parent %j', (name, message) => {
      expect(messages({ parents: [name] })).toEqual([expect.stringContaining(message)]);
    });

    it('refuses what the API would', () => {
      const many = Array.from({ length: 101 }, (_, index) => `folders/${String(index)}`);
      const long = Array.from({ length: 100 }, (_, index) => `projects/${'example.com'.repeat(20)}:p${String(index)}`);
      expect(messages({ parents: [] })).toHaveLength(1);
      expect(messages({ parents: many.slice(1) })).toEqual([]);
      expect(messages({ parents: many })).toHaveLength(1);
      expect(messages({ parents: ['folders/1', 'folders/1'] })).toEqual(['parents: name each parent once']);
      expect(messages({ parents: long })).toEqual([expect.stringContaining('20,000 characters')]);
      expect(messages({ parents: ['folders/1'], pageSize: 1001 })).toHaveLength(1);
      expect(messages({ parents: ['folders/1'], filter: 'x' })).toHaveLength(1);
    });

    it.each(['https://logging.googleapis.com/v2', 'https://user@example.com', 'ftp://example.com', 'logging.googleapis.com'])(
      'refuses the endpoint %s',
      (endpoint) => {
        expect(messages({ parents: ['folders/1'], endpoint }).length).toBeGreaterThan(0);
      },
    );

    it('fills in what is left out', () => {
      const config = gcpAuditLogs.config.parse({ parents: ['folders/1'] });
      expect(config).toEqual({ parents: ['folders/1'], endpoint: 'https://logging.googleapis.com', pageSize: 1000 });
      expect(gcpAuditLogs.origin(config)).toBe('https://logging.googleapis.com');
    });
  });

  it('names a table per stream as a Cloud Logging sink does, and its retention', () => {
    expect(gcpAuditLogs.streams.map(({ name, table }) => [name, table, gcpAuditLogs.retentionMs(name) / 86_400_000])).toEqual([
      ['activity', 'cloudaudit_googleapis_com_activity', 400],
      ['data_access', 'cloudaudit_googleapis_com_data_access', 30],
      ['system_event', 'cloudaudit_googleapis_com_system_event', 400],
      ['policy', 'cloudaudit_googleapis_com_policy', 30],
    ]);
  });
});
