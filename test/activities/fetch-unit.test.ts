/** A unit that was read half and is taken up again: at the next page, or from its start where its rows would not be alike. */
import { gunzipSync } from 'node:zlib';
import { configSchema } from '../../activities/config';
import { gcpAuditLogs } from '../../activities/connectors/gcp/audit-logs';
import type { Connector } from '../../activities/connectors/connector';
import { systemClock } from '../../activities/clock';
import type { Deps } from '../../activities/deps';
import { TidemarkError } from '../../activities/errors';
import { fetchUnit } from '../../activities/fetch-unit';
import type { UnitDocument, UnitSpec } from '../../activities/stage/unit';
import { tableRedaction } from '../../activities/transform/redact/table-redaction';
import { memoryStore, type MemoryStore } from '../setup/memory-store';
import { entry } from './transform/support';

const TABLE = 'cloudaudit_googleapis_com_activity';
const PLAN = 'plans/acme/p.json';
const SPEC: UnitSpec = {
  ...{ unit: 'u1', source: 'acme', stream: 'activity', connector: 'gcp.audit_logs', tenant: 'acme', table: TABLE, lane: 'live' },
  ...{ from: '2026-11-01T00:00:00.000Z', to: '2026-11-01T01:00:00.000Z' },
};
const { redaction: RULES } = configSchema.shape.redaction
  .transform((redaction) => ({ redaction }))
  .parse({
    pseudonymKey: { id: 'k1', secret: { env: 'KEY' } },
    tables: { [TABLE]: [{ path: 'protoPayload.authenticationInfo.principalEmail', method: 'pseudonym' }] },
  });

const ACTOR = { protoPayload: { authenticationInfo: { principalEmail: 'ann@example.com' } } };

/** Pages of one entry each, numbered by their cursors; the vendor fails instead of page `breaksAt`. */
function connectorOf(pages: number, asked: string[], breaksAt = pages): Connector {
  return {
    ...(gcpAuditLogs as Connector),
    async *pages(read) {
      for (let number = Number(read.cursor ?? '0'); number < pages; number += 1) {
        if (number === breaksAt) throw new TidemarkError('SRC_UNAVAILABLE', 'the vendor is away');
        asked.push(String(number));
        const item = Buffer.from(JSON.stringify(entry({ ...ACTOR, insertId: `entry-${String(number)}` })));
        yield { items: batch(item), next: () => (number + 1 < pages ? String(number + 1) : null) };
      }
    },
  };
}

async function* batch(item: Buffer): AsyncGenerator<readonly Buffer[]> {
  yield await Promise.resolve([item]);
}

interface Stores {
  readonly state: MemoryStore;
  readonly stage: MemoryStore;
}

async function read(stores: Stores, connector: Connector, keyId: string): Promise<UnitDocument> {
  const pseudonymKey = { id: keyId, key: Buffer.from(keyId.repeat(32)) };
  const source = {
    connector,
    connectorConfig: {},
    streams: connector.streams,
    configDigest: 'c',
    openHttp: () => ({ request: () => Promise.reject(new Error('no requests here')), calls: () => 0 }),
  };
  const deps = {
    ...stores,
    clock: systemClock,
    identityKey: Buffer.alloc(32, 7),
    redaction: (table: string) => tableRedaction(RULES, pseudonymKey, table),
    source: () => source,
  } as unknown as Deps;
  const attempt = { signal: new AbortController().signal, name: `attempt-${String(Math.random())}`, number: 1 };
  await fetchUnit({ plan: PLAN, index: 0, blocked: [] }, deps, attempt).catch((error: unknown) => {
    if (!(error instanceof TidemarkError)) throw error;
  });
  const document = [...stores.state.objects].find(([name]) => name.endsWith('/unit.json'))?.[1];
  return JSON.parse(document?.data.toString() ?? '') as UnitDocument;
}

function storesWithPlan(): Stores {
  const stores = { state: memoryStore(), stage: memoryStore() };
  const plan = { format: 1, source: 'acme', asOf: undefined, units: [SPEC] };
  void stores.state.write(PLAN, Buffer.from(JSON.stringify(plan)), 'application/json', undefined);
  return stores;
}

/** A bucket that is away for its first write. */
function awayAtFirst(store: MemoryStore): MemoryStore {
  let away = true;
  return {
    ...store,
    write: async (...given) => {
      if (!away) return await store.write(...given);
      away = false;
      throw new TidemarkError('STAGE_UNAVAILABLE', 'the bucket is away');
    },
  };
}

const actorsOf = ({ stage }: Stores, { parts }: UnitDocument): unknown[] =>
  parts
    .flatMap(({ name }) =>
      gunzipSync(stage.objects.get(name)?.data ?? Buffer.alloc(0))
        .toString()
        .trim()
        .split('\n'),
    )
    .map((line) => (JSON.parse(line) as { actor_id: string }).actor_id.slice(0, 'pseudo:k1'.length));

test('a unit that was read half goes on at the page after the last durable one', async () => {
  const [stores, asked] = [storesWithPlan(), [] as string[]];
  expect(await read(stores, connectorOf(3, asked, 2), 'k1')).toMatchObject({ complete: false, cursor: '2', stuck: 1 });
  const document = await read(stores, connectorOf(3, asked), 'k1');
  expect(document).toMatchObject({ complete: true, restarts: 0, counts: { received: 3, rows: 3, rejected: 0 } });
  expect(asked).toEqual(['0', '1', '2']);
  expect(actorsOf(stores, document)).toEqual(['pseudo:k1', 'pseudo:k1', 'pseudo:k1']);
});

test('a unit that was read half before the redaction changed is read again whole, so that its rows are redacted alike', async () => {
  const [stores, asked] = [storesWithPlan(), [] as string[]];
  await read(stores, connectorOf(3, asked, 2), 'k1');
  const document = await read(stores, connectorOf(3, asked), 'k2');
  expect(document).toMatchObject({ complete: true, restarts: 1, counts: { received: 3, rows: 3, rejected: 0 } });
  expect(asked).toEqual(['0', '1', '0', '1', '2']);
  expect(actorsOf(stores, document)).toEqual(['pseudo:k2', 'pseudo:k2', 'pseudo:k2']);
});

test('a unit whose last part could not be saved at once is read again whole, and no row of it is there twice', async () => {
  const [stores, asked] = [storesWithPlan(), [] as string[]];
  const broken = { ...stores, stage: awayAtFirst(stores.stage) };
  expect(await read(broken, connectorOf(3, asked), 'k1')).toMatchObject({ complete: false, cursor: null, counts: { rows: 3 } });
  const document = await read(broken, connectorOf(3, asked), 'k1');
  expect(document).toMatchObject({ complete: true, counts: { received: 3, rows: 3, rejected: 0 } });
  expect(actorsOf(stores, document)).toHaveLength(3);
  expect(document.hours.map(({ rows }) => rows)).toEqual([3]);
});
