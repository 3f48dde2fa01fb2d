import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { openStack, workerLog, type Stack } from '../setup/stack';

/** Entries that others published, beside the checkout; nothing of them is kept here. */
const FOLDER = path.join(__dirname, '../../../shared/samples/gcp_audit');
const HOUR_MS = 3_600_000;
const AS_OF_MS = Date.parse('2026-03-11T00:00:00Z');
const PAGE_SIZE = 40;
const TABLE = 'cloudaudit_googleapis_com_activity';

const present = existsSync(FOLDER);
const entries = present
  ? readdirSync(FOLDER)
      .filter((file) => file.endsWith('.ndjson') && !file.startsWith('_'))
      .flatMap((file) => readFileSync(path.join(FOLDER, file), 'utf8').split('\n'))
      .filter((line) => line !== '')
  : [];

/** JSON with every number as its own text, and members in one order: equal texts are equal values, beyond 2^53 too. */
function valueOf(text: string): string {
  return JSON.stringify(
    JSON.parse(text, (_name, value: unknown, context?: { readonly source?: string }) => {
      if (typeof value === 'number') return { number: context?.source };
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
    }),
  );
}

/** The text as Google's front ends print it: two blanks per level, tokens as they are. */
function indented(text: string, depth: number): string {
  let level = depth;
  const line = (): string => `\n${'  '.repeat(level)}`;
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  const parts = tokens.map((token, index) => {
    if (token === ':') return ': ';
    if (token === ',') return `,${line()}`;
    if (token === '{' || token === '[') {
      level += 1;
      return /^[}\]]$/.test(tokens[index + 1] ?? '') ? token : `${token}${line()}`;
    }
    if (token !== '}' && token !== ']') return token;
    level -= 1;
    return /^[{[]$/.test(tokens[index - 1] ?? '') ? token : `${line()}${token}`;
  });
  return parts.join('');
}

/**
 * The answer of entries.list at an offset. The offset after the first page is answered without entries and with a token:
 * the service was still searching.
 */
function pageAt(offset: number, searched: boolean): string {
  const found = offset === PAGE_SIZE && !searched ? [] : entries.slice(offset, offset + PAGE_SIZE);
  const next = offset + found.length;
  const members = [
    ...(found.length === 0 ? [] : [`  "entries": [\n    ${found.map((text) => indented(text, 2)).join(',\n    ')}\n  ]`]),
    ...(next < entries.length
      ? [`  "nextPageToken": ${JSON.stringify(`${found.length === 0 ? 'searched' : 'page'}-${String(next)}`)}`]
      : []),
  ];
  return `{\n${members.join(',\n')}\n}\n`;
}

async function bodyOf(request: IncomingMessage): Promise<{ pageToken?: string; pageSize?: number }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as { pageToken?: string; pageSize?: number };
}

/** Answers every query with all entries, whatever its window. */
async function serveEntries(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void bodyOf(request).then(({ pageToken, pageSize }) => {
      const [kind, offset] = (pageToken ?? 'page-0').split('-');
      const known = request.url === '/v2/entries:list' && request.method === 'POST' && pageSize === PAGE_SIZE;
      response.writeHead(known ? 200 : 404, { 'content-type': 'application/json; charset=UTF-8' });
      response.end(known ? pageAt(Number(offset), kind === 'searched') : '{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Fate {
  readonly rows: string[];
  readonly untimed: string[];
  readonly conflicts: string[];
  duplicates: number;
}

/**
 * What must become of the entries, told from their text by the rules of the Logging API alone: an entry needs a time; one
 * with log, time and insertId is the entry of these three, whose first copy counts; one without them is an event of its own.
 * Tools on the way to their publishers made lower case of some names.
 */
function expectedFate(): Fate {
  const fate: Fate = { rows: [], untimed: [], conflicts: [], duplicates: 0 };
  const first = new Map<string, string>();
  for (const text of entries) {
    const { timestamp, receiveTimestamp: _received, receivetimestamp: _lower, ...rest } = JSON.parse(text) as Record<string, unknown>;
    if (timestamp === undefined) {
      fate.untimed.push(valueOf(text));
      continue;
    }
    const logName = rest['logName'] ?? rest['logname'];
    const insertId = rest['insertId'] ?? rest['insertid'];
    const identity = JSON.stringify([logName, timestamp, insertId]);
    const known = first.get(identity);
    const content = JSON.stringify(rest);
    if (!logName || !insertId || known === undefined) {
      first.set(identity, content);
      fate.rows.push(valueOf(text));
    } else if (known === content) fate.duplicates += 1;
    else fate.conflicts.push(valueOf(text));
  }
  return fate;
}

const sorted = (texts: readonly string[]): string[] => [...texts].sort();

(present ? describe : describe.skip)('published Cloud Logging entries (skipped where ../shared/samples is absent)', () => {
  const fate = expectedFate();
  let stack: Stack;
  let server: Awaited<ReturnType<typeof serveEntries>>;
  let lake: string;
  let ops: string;

  beforeAll(async () => {
    server = await serveEntries();
    stack = await openStack({
      streams: ['activity'],
      source: {
        since: new Date(AS_OF_MS - HOUR_MS).toISOString(),
        config: { parents: ['projects/test-project'], endpoint: server.url, pageSize: PAGE_SIZE },
      },
    });
    ({ lake, ops } = stack.loaded.config.lake.datasets);
    await stack.startWorker();
  });
  afterAll(async () => {
    await stack.close();
    await server.close();
  });

  const collect = async (asOfMs: number) =>
    await stack.collect(asOfMs).catch((error: unknown) => {
      throw new Error(`${String((error as { cause?: unknown }).cause)}\n${workerLog(stack)}`);
    });
  const rejects = async () =>
    await stack.query<{ reason: string; detail: string | null; event_key: string | null; item: string }>(
      `SELECT reason, detail, event_key, item FROM ${ops}.rejects WHERE recorded_at IS NOT NULL`,
    );
  const rawTexts = async () =>
    (await stack.query<{ raw: string }>(`SELECT TO_JSON_STRING(raw) AS raw FROM ${lake}.${TABLE} WHERE timestamp IS NOT NULL`)).map(
      ({ raw }) => raw,
    );

  it('are compared by values that keep every digit', () => {
    expect(valueOf('{"b":[1],"a":9007199254740993}')).toBe(valueOf('{ "a": 9007199254740993, "b": [1] }'));
    expect(valueOf('{"a":9007199254740993}')).not.toBe(valueOf('{"a":9007199254740992}'));
    expect(valueOf('{"a":1}')).not.toBe(valueOf('{"a":"1"}'));
    for (const text of entries) expect(valueOf(indented(text, 2))).toBe(valueOf(text));
  });

  it('are 191, and each is counted as a row, a duplicate, a conflict or a reject', async () => {
    expect(entries).toHaveLength(191);
    const result = await collect(AS_OF_MS);
    const counts = { rows: 155, inserted: 140, duplicates: 1, conflicts: 14, rejected: 36 };
    // Five pages with entries, and one of a search that went on.
    expect(result).toEqual({ plans: 1, units: 1, failed: [], failures: 0, tables: [{ table: TABLE, ...counts }], calls: 6 });
    expect(
      await stack.query(
        `SELECT received, rows_staged, inserted, duplicates, conflicts, rejected, pages FROM ${ops}.units WHERE fact = 'published'`,
      ),
    ).toEqual([{ received: 191, rows_staged: 155, inserted: 140, duplicates: 1, conflicts: 14, rejected: 36, pages: 6 }]);
    expect([fate.rows.length, fate.duplicates, fate.conflicts.length, fate.untimed.length]).toEqual([140, 1, 14, 36]);
  });

  it('come back from BigQuery value for value', async () => {
    expect(sorted((await rawTexts()).map(valueOf))).toEqual(sorted(fate.rows));
  });

  it('have notes where a value does not fit its column, and raw has it all the same', async () => {
    const notes = await stack.query<{ path: string; code: string; n: number }>(
      `SELECT note.path AS path, note.code AS code, COUNT(*) AS n FROM ${lake}.${TABLE}, UNNEST(ingest.notes) AS note
       WHERE timestamp IS NOT NULL GROUP BY path, code ORDER BY path, code`,
    );
    const code = 'TYPE_MISMATCH';
    expect(notes).toEqual([
      // A rule test whose boolean is text, in Cyrillic letters.
      { path: 'protopayload_auditlog.authorizationInfo.granted', code, n: 1 },
      // Records that whoever published them has replaced by '...'.
      { path: 'protopayload_auditlog.requestMetadata', code, n: 1 },
      { path: 'protopayload_auditlog.resourceLocation', code, n: 2 },
    ]);
  });

  it('are kept as rejects, with their text and one reason each, where they are no rows', async () => {
    const found = await rejects();
    const itemsOf = (reason: string): string[] => found.filter((reject) => reject.reason === reason).map(({ item }) => valueOf(item));
    // Rule tests without a time; two of them are written twice, and are two rejects each.
    expect(sorted(itemsOf('NO_EVENT_TIME'))).toEqual(sorted(fate.untimed));
    // Tests of one rule that share log, time and insertId but differ in content.
    expect(sorted(itemsOf('KEY_CONFLICT'))).toEqual(sorted(fate.conflicts));
    expect(found).toHaveLength(36 + 14);
    const keys = new Set(
      (await stack.query<{ key: string }>(`SELECT event_key AS key FROM ${lake}.${TABLE} WHERE timestamp IS NOT NULL`)).map(
        ({ key }) => key,
      ),
    );
    for (const { reason, event_key: key } of found) expect(key !== null && keys.has(key)).toBe(reason === 'KEY_CONFLICT');
  });

  it('land once: the tick again has nothing to do, and a later one that gets all of them again finds nothing new', async () => {
    const before = { raw: sorted(await rawTexts()), rejects: (await rejects()).length };
    expect(await collect(AS_OF_MS)).toMatchObject({ plans: 0, units: 0, calls: 0 });
    const later = await collect(AS_OF_MS + 7 * HOUR_MS);
    expect(later.units).toBeGreaterThan(1);
    expect(later.tables).toEqual([
      {
        table: TABLE,
        rows: 155 * later.units,
        inserted: 0,
        duplicates: 141 * later.units,
        conflicts: 14 * later.units,
        rejected: 36 * later.units,
      },
    ]);
    expect({ raw: sorted(await rawTexts()), rejects: (await rejects()).length }).toEqual(before);
  });
});
