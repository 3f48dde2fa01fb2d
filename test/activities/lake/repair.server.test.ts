/** Parts that BigQuery refuses, written by hand: what loads becomes rows, what does not becomes rejects, and nothing stops. */
import { createHash, randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { publish } from '../../../activities/lake/publish';
import { keepSchema } from '../../../activities/lake/schema-object';
import { openCheckpoint, readUnit, unitFolder, unitRef } from '../../../activities/stage/checkpoint';
import { HourCounts } from '../../../activities/stage/hour-counts';
import { LineBuffer } from '../../../activities/stage/line-buffer';
import { openPart } from '../../../activities/stage/part-writer';
import type { Part, UnitDocument, UnitSpec } from '../../../activities/stage/unit';
import { findTable } from '../../../schemas/tables';
import { createDeps } from '../../../worker/deps';
import { openStack, type Stack } from '../../setup/stack';
import { refuse, type SeenRequest } from '../../strict/faults';

const TABLE = 'cloudaudit_googleapis_com_activity';
const TIME = '2026-03-10T12:30:00.000000Z';

const attempt = () => ({ signal: new AbortController().signal, name: `test-${randomBytes(4).toString('hex')}`, number: 1 });
const keyOf = (id: string): string => `B.${createHash('sha256').update(id).digest('base64url').slice(0, 32)}`;

interface Line {
  readonly id: string;
  readonly time?: string;
  /** Members in place of the good ones; `undefined` leaves the member out. */
  readonly bad?: Readonly<Record<string, unknown>>;
  /** The whole line instead. */
  readonly text?: string;
}

let stack: Stack;
let deps: Awaited<ReturnType<typeof createDeps>>;
let units = 0;

beforeAll(async () => {
  stack = await openStack({ streams: ['activity'], api: { eventsPerDay: 1 } });
  deps = await createDeps(stack.loaded, { env: {}, log: pino({ enabled: false }) });
});
afterAll(async () => {
  await deps.close();
  await stack.close();
});

/** A complete unit whose parts hold the lines. */
async function stage(parts: readonly (readonly Line[])[], rejects: readonly string[] = []): Promise<UnitSpec> {
  units += 1;
  const spec: UnitSpec = {
    unit: `u${String(units)}`,
    source: 'acme',
    stream: 'activity',
    connector: 'gcp.audit_logs',
    tenant: 'acme',
    table: TABLE,
    lane: 'live',
    from: '2026-03-10T12:00:00.000Z',
    to: '2026-03-10T13:00:00.000Z',
  };
  const written: Part[] = [];
  const hours = new HourCounts([]);
  for (const [sequence, lines] of parts.entries()) {
    const writer = openPart({ store: deps.stage, folder: unitFolder(spec), kind: 'rows', table: TABLE, sequence, attempt: 1 });
    const page = new LineBuffer();
    for (const [row, line] of lines.entries()) {
      page.add(Buffer.from(line.text ?? lineText(spec, writer.name, row, line)));
      const key = Buffer.from(keyOf(line.id).slice(2), 'base64url');
      hours.add(BigInt(Date.parse(line.time ?? TIME)) * 1_000n, key.readUInt32BE(0), key.readUInt32BE(4));
    }
    await writer.append(page, hours.days());
    written.push(await writer.close());
  }
  if (rejects.length > 0) {
    const writer = openPart({
      store: deps.stage,
      folder: unitFolder(spec),
      kind: 'rejects',
      table: TABLE,
      sequence: parts.length,
      attempt: 1,
    });
    const page = new LineBuffer();
    for (const line of rejects) page.add(Buffer.from(line));
    await writer.append(page, []);
    written.push(await writer.close());
  }
  const rows = parts.reduce((sum, lines) => sum + lines.length, 0);
  const checkpoint = await openCheckpoint(deps.state, spec, 'writer', deps.clock);
  await checkpoint.advance({
    ...spec,
    format: 1,
    readStartedAt: '2026-03-10T13:06:00.000Z',
    readFinishedAt: '2026-03-10T13:07:00.000Z',
    configDigest: 'c',
    schemaDigest: await keepSchema(deps.state, findTable(TABLE)),
    cursor: null,
    nextSequence: parts.length + 1,
    parts: written,
    counts: { calls: 1, pages: 1, received: rows + rejects.length, rows, rejected: rejects.length },
    hours: hours.list(),
    findings: [],
    restarts: 0,
    stuck: 0,
    complete: true,
  });
  return spec;
}

const recordOf = (id: string): string => `{"insertId":"${id}","big":9007199254740993,"timestamp":"${TIME}"}`;

function lineText(spec: UnitSpec, object: string, row: number, { id, time = TIME, bad }: Line): string {
  const members = {
    timestamp: time,
    insertId: id,
    event_time: time,
    event_key: keyOf(id),
    content_hash: `hash-${id}`,
    connector: spec.connector,
    source: spec.source,
    stream: spec.stream,
    tenant: spec.tenant,
    ingest: { unit: unitRef(spec), object, row, fetched_at: '2026-03-10T13:06:30.000Z', schema_version: 'x' },
    key_class: 'B',
    ...bad,
  };
  return `${JSON.stringify(members).slice(0, -1)},"raw":${recordOf(id)}}`;
}

async function planOf(specs: readonly UnitSpec[]): Promise<string> {
  const name = `plans/test/${randomBytes(6).toString('hex')}.json`;
  const document = JSON.stringify({ format: 1, source: 'acme', units: specs });
  await deps.state.write(name, Buffer.from(document), 'application/json', undefined);
  return name;
}

async function publishAll(specs: readonly UnitSpec[]) {
  return await publish({ plan: await planOf(specs), table: TABLE, indexes: specs.map((_, index) => index) }, deps, attempt());
}

async function documentOf(spec: UnitSpec): Promise<UnitDocument> {
  const document = await readUnit(deps.state, spec);
  if (document === undefined) throw new Error('the unit is gone');
  return document;
}

const names = () => stack.loaded.config.lake.datasets;
const rowsOf = async (prefix: string): Promise<string[]> =>
  (
    await stack.query<{ insertId: string }>(
      `SELECT insertId FROM ${names().lake}.${TABLE} WHERE STARTS_WITH(insertId, '${prefix}') ORDER BY 1`,
    )
  ).map(({ insertId }) => insertId);
const rejectsOf = async (unit: UnitSpec): Promise<unknown[]> =>
  await stack.query(`SELECT reject_id, object_name, object_row, reason, detail, event_key, item, item_redacted,
    FORMAT_TIMESTAMP('%H:%M', event_time) AS event_time, FORMAT_TIMESTAMP('%H:%M:%S', fetched_at) AS fetched_at
    FROM ${names().ops}.rejects WHERE unit = '${unitRef(unit)}' ORDER BY object_name, object_row`);
const factOf = async (unit: UnitSpec): Promise<unknown[]> =>
  await stack.query(`SELECT received, rejected, rows_staged, inserted, (SELECT SUM(h.rows_staged) FROM UNNEST(hours) AS h) AS in_hours
    FROM ${names().ops}.units WHERE fact = 'published' AND unit = '${unitRef(unit)}'`);

/** What a reject of a refused line says; `item_redacted` because hand-written keys are not the keys of the records. */
const unloadable = (id: string, object: string | undefined, row: number) => ({
  reject_id: `UNLOADABLE.${keyOf(id)}.hash-${id}`,
  object_name: object,
  object_row: row,
  reason: 'UNLOADABLE',
  detail: 'BigQuery refuses the row',
  event_key: keyOf(id),
  item: recordOf(id),
  item_redacted: true,
  event_time: '12:30',
  fetched_at: '13:06:30',
});

const good = (prefix: string, from: number, to: number): Line[] =>
  Array.from({ length: to - from }, (_, index) => ({ id: `${prefix}${String(from + index).padStart(3, '0')}` }));

describe('a load that BigQuery refuses', () => {
  it('for one row of many becomes rows and one reject, and units beside it are not touched', async () => {
    const bad: Line = { id: 'one-bad', bad: { insertId: 5 } };
    const [broken, whole] = [
      await stage([good('one-', 0, 20), [...good('one-', 20, 33), bad, ...good('one-', 33, 40)]]),
      await stage([good('one-', 40, 45)]),
    ];
    const [before, wholeBefore] = [await documentOf(broken), await documentOf(whole)];
    expect(await publishAll([broken, whole])).toEqual({ table: TABLE, rows: 45, inserted: 45, duplicates: 0, conflicts: 0, rejected: 1 });

    expect(await rowsOf('one-')).toEqual(good('one-', 0, 45).map(({ id }) => id));
    expect(await rejectsOf(broken)).toEqual([unloadable('one-bad', before.parts[1]?.name, 13)]);
    expect(await factOf(broken)).toEqual([{ received: 41, rejected: 1, rows_staged: 40, inserted: 40, in_hours: 40 }]);
    const after = await documentOf(broken);
    expect(after.counts).toEqual({ ...before.counts, rows: 40, rejected: 1 });
    expect(after.parts.map(({ kind, rows }) => [kind, rows])).toEqual([
      ['rows', 20],
      ['rows', 20],
      ['rejects', 1],
    ]);
    expect(after.parts[0]).toEqual(before.parts[0]);
    expect(after.replaced).toEqual([before.parts[1]]);
    const expected = new HourCounts(before.hours);
    const key = Buffer.from(keyOf('one-bad').slice(2), 'base64url');
    expect(after.hours).toEqual([
      {
        hour: '2026-03-10T12:00:00.000Z',
        rows: 40,
        // XOR is its own inverse.
        fingerprint: (() => {
          expected.add(BigInt(Date.parse(TIME)) * 1_000n, key.readUInt32BE(0), key.readUInt32BE(4));
          return expected.list()[0]?.fingerprint;
        })(),
      },
    ]);
    expect(await documentOf(whole)).toEqual(wholeBefore);
  });

  it('for rows of every kind of fault keeps each with its place, and a part of bad rows alone is gone', async () => {
    const faults: Line[] = [
      { id: 'all-unknown', bad: { no_such_column: 1 } },
      { id: 'all-time', bad: { timestamp: '2026-02-30T00:00:00Z' } },
      { id: 'all-required', bad: { key_class: undefined } },
      { id: 'all-text', text: 'this is no line' },
    ];
    const unit = await stage([faults, good('all-0', 0, 3)]);
    const [part] = (await documentOf(unit)).parts;
    expect(await publishAll([unit])).toMatchObject({ rows: 3, inserted: 3, rejected: 4 });
    const { text, ...nothingKnown } = {
      ...unloadable('all-text', part?.name, 3),
      reject_id: expect.stringMatching(/^UNLOADABLE\.[\w-]{32}$/) as string,
      event_key: null,
      item: null,
      event_time: null,
      fetched_at: null,
      text: '',
    };
    expect([await rejectsOf(unit), text]).toEqual([
      [...['all-unknown', 'all-time', 'all-required'].map((id, row) => unloadable(id, part?.name, row)), nothingKnown],
      '',
    ]);
    expect((await documentOf(unit)).parts.map(({ kind, rows }) => [kind, rows])).toEqual([
      ['rows', 3],
      ['rejects', 4],
    ]);
  });

  it('for a reject is a reject that knows only the place of the other', async () => {
    const fine = JSON.stringify({
      reject_id: 'r1',
      table_name: TABLE,
      source: 'acme',
      stream: 'activity',
      unit: 'acme/activity/x',
      reason: 'NOT_JSON',
    });
    const unit = await stage([good('rej-', 0, 2)], [fine, fine.replace('"r1"', '7')]);
    const fineHere = fine.replace('acme/activity/x', unitRef(unit));
    const named = await stage([], [fineHere, fineHere.replace('"r1"', '7')]);
    expect(await publishAll([unit])).toMatchObject({ rows: 2, rejected: 2 });
    const before = await documentOf(named);
    await publishAll([named]);
    const again = await documentOf(named);
    expect(again.parts.map(({ kind, rows }) => [kind, rows])).toEqual([['rejects', 2]]);
    expect(await rejectsOf(named)).toMatchObject([
      { reason: 'UNLOADABLE', object_name: before.parts[0]?.name, object_row: 1, item: null, item_redacted: true },
    ]);
  });

  it('is repaired by one of two publishers at once, and both go on with the same parts', async () => {
    const unit = await stage([[...good('two-', 0, 9), { id: 'two-bad', bad: { insertId: {} } }]]);
    const plan = await planOf([unit]);
    const publishUntilDone = async (): Promise<unknown> => {
      for (let tries = 0; ; tries += 1) {
        try {
          return await publish({ plan, table: TABLE, indexes: [0] }, deps, attempt());
        } catch (error) {
          // The attempt that lost the document stops; its retry finds what the other wrote.
          if ((error as { code?: unknown }).code !== 'UNIT_TAKEN' || tries > 3) throw error;
        }
      }
    };
    const results = await Promise.all([publishUntilDone(), publishUntilDone()]);
    expect(results).toEqual(
      Array.from({ length: 2 }, () => ({ table: TABLE, rows: 9, inserted: 9, duplicates: 0, conflicts: 0, rejected: 1 })),
    );
    expect(await rowsOf('two-')).toHaveLength(9);
    expect(await rejectsOf(unit)).toHaveLength(1);
    expect((await documentOf(unit)).replaced).toHaveLength(1);
  });

  it('after a crash between the parts and unit.json is repaired as if nothing had been done', async () => {
    const unit = await stage([[...good('crash-', 0, 9), { id: 'crash-bad', bad: { insertId: [] } }]]);
    const before = await documentOf(unit);
    const isUnitWrite = (request: SeenRequest): boolean =>
      request.method === 'POST' && `${request.query.get('name') ?? ''}${JSON.stringify(request.json ?? {})}`.includes('unit.json');
    stack.storage.inject({ match: isUnitWrite, action: refuse({ status: 403, body: { error: { code: 403, message: 'crashed here' } } }) });
    await expect(publishAll([unit])).rejects.toMatchObject({ code: 'STAGE_DENIED' });
    expect(await documentOf(unit)).toEqual(before);
    expect(await rejectsOf(unit)).toEqual([]);
    expect(await publishAll([unit])).toMatchObject({ rows: 9, rejected: 1 });
  });
});
