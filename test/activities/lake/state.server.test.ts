/**
 * State tables on the local BigQuery: whatever order observations and listings arrive in, the stored rows tell the history that all of
 * them in the order of their times tell. What that is, a model of a few lines says, which knows nothing of the SQL.
 */
import { BigQuery } from '@google-cloud/bigquery';
import fc from 'fast-check';
import { PassThroughClient } from 'google-auth-library';
import { configSchema } from '../../../activities/config';
import { schemaFields } from '../../../activities/lake/bigquery-schema';
import { lakeSpec } from '../../../activities/lake/lake-spec';
import { planLake, runLakePlan } from '../../../activities/lake/migrate';
import { publishSql } from '../../../activities/lake/publish-sql';
import { stagedColumns, tableColumns } from '../../../schemas/envelope';
import type { TableDefinition } from '../../../schemas/table';
import { testLake, uniqueName } from '../../setup/lake';

const TABLE: TableDefinition = {
  name: 'probe_object',
  kind: 'state',
  description: 'Objects of this test.',
  origin: 'example',
  partition: 'observed_at',
  cluster: [],
  requirePartitionFilter: false,
  time: { from: [['time']], as: 'rfc3339' },
  object: [[['id']]],
  key: null,
  volatile: [],
  columns: [{ name: 'colour', type: 'STRING', description: 'Colour.', sensitivity: 'public', from: [['colour']] }],
  envelope: {},
} as unknown as TableDefinition;

const DAY = '2026-03-10';
const at = (minute: number): string => new Date(Date.parse(`${DAY}T00:00:00Z`) + minute * 60_000).toISOString();

/** A read of states at one minute of the day; `null`: the vendor says that the object is no more. */
interface Read {
  readonly unit: string;
  readonly stream: string;
  readonly minute: number;
  readonly listing: 'complete' | 'pinned' | 'with rejects' | 'partial';
  readonly objects: Readonly<Record<string, string | null>>;
}

interface Interval {
  readonly object: string;
  readonly from: number;
  readonly to: number | null;
  /** Null: deleted. */
  readonly colour: string | null;
}

/** What the reads tell, in the order of their times. */
function modelOf(reads: readonly Read[]): Interval[] {
  const ordered = [...reads].sort((a, b) => a.minute - b.minute);
  const objects = [...new Set(ordered.flatMap((read) => Object.keys(read.objects)))].sort();
  return objects.flatMap((object) => historyOf(object, ordered));
}

function historyOf(object: string, ordered: readonly Read[]): Interval[] {
  const intervals: Interval[] = [];
  const knownTo = new Set<string>();
  let misses = 0;
  const become = (minute: number, colour: string | null): void => {
    const last = intervals.at(-1);
    if (last?.colour === colour) return;
    if (last !== undefined) intervals[intervals.length - 1] = { ...last, to: minute };
    intervals.push({ object, from: minute, to: null, colour });
  };
  for (const { stream, minute, listing, objects } of ordered) {
    const said = objects[object];
    if (said !== undefined) {
      misses = 0;
      knownTo.add(stream);
      become(minute, said);
    } else if (knownTo.has(stream) && (listing === 'complete' || listing === 'pinned')) {
      misses += 1;
      if (listing === 'pinned' || misses > 1) become(minute, null);
    }
  }
  return intervals;
}

async function openProbe() {
  const server = testLake();
  const bigquery = new BigQuery({ projectId: server.project, apiEndpoint: server.bigquery, authClient: new PassThroughClient() });
  const datasets = { lake: uniqueName('lake'), staging: uniqueName('staging'), ops: uniqueName('ops') };
  const { lake } = configSchema.parse({
    lake: { project: server.project, datasets, buckets: { state: 'state', stage: 'stage' }, identityKey: { env: 'KEY' } },
    sources: [],
  });
  await runLakePlan(await planLake(bigquery, lakeSpec(lake, [TABLE])));
  const query = async <Row>(sql: string, params: Readonly<Record<string, unknown>> = {}): Promise<Row[]> =>
    (await bigquery.query({ query: sql, params }))[0] as Row[];
  let staged = 0;
  let spaces = 0;

  /** The rows of all reads as one load would stage them. */
  async function stage(reads: readonly Read[]): Promise<string | undefined> {
    const rows = reads.flatMap((read) =>
      Object.entries(read.objects).map(([object, colour], row) => ({
        object,
        colour: colour ?? '',
        present: colour !== null,
        key: `B.${object}.${String(read.minute)}`,
        time: at(read.minute),
        stream: read.stream,
        unit: read.unit,
        row,
      })),
    );
    if (rows.length === 0) return undefined;
    const name = `rows_${String((staged += 1))}`;
    await bigquery.dataset(datasets.staging).createTable(name, { schema: { fields: schemaFields(stagedColumns(TABLE)) } });
    const text = (member: string): string => `JSON_VALUE(r, '$.${member}')`;
    await query(
      `INSERT INTO ${datasets.staging}.${name} (colour, object_id, observed_at, present, event_time, event_key, content_hash, connector, source, stream, tenant, raw, ingest, key_class)
       SELECT ${text('colour')}, ${text('object')}, TIMESTAMP(${text('time')}), ${text('present')} = 'true', TIMESTAMP(${text('time')}), ${text('key')},
         ${text('colour')}, 'c', 's', ${text('stream')}, 't', JSON '{"n":1}',
         STRUCT(${text('unit')} AS unit, CONCAT('part of ', ${text('unit')}) AS object, CAST(${text('row')} AS INT64) AS \`row\`,
           TIMESTAMP(${text('time')}) AS fetched_at, 'v' AS schema_version, ARRAY<STRUCT<path STRING, code STRING>>[] AS notes), 'B'
       FROM UNNEST(JSON_QUERY_ARRAY(@rows)) AS r`,
      { rows: JSON.stringify(rows) },
    );
    return name;
  }

  /** One publish of all reads, in one batch. */
  async function publish(reads: readonly Read[], batch: string): Promise<void> {
    const columns = tableColumns(TABLE)
      .map(({ name }) => name)
      .filter((name) => stagedColumns(TABLE).some((column) => column.name === name));
    const sql = publishSql({
      project: server.project,
      datasets,
      table: TABLE,
      columns,
      rows: await stage(reads),
      rejects: undefined,
      days: [DAY],
    });
    const [job] = await bigquery.createQueryJob({ query: sql, params: { batch, units: JSON.stringify(reads.map(factOf)) } });
    await job.getQueryResults();
  }

  /** Objects and streams that no other test has: what one test reads says nothing of what another knows. */
  function openSpace() {
    const prefix = `space${String((spaces += 1)).padStart(2, '0')}-`;
    const own = (one: Read): Read => ({
      ...one,
      stream: `${prefix}${one.stream}`,
      objects: Object.fromEntries(Object.entries(one.objects).map(([object, colour]) => [`${prefix}${object}`, colour])),
    });

    const history = async (view = 'history'): Promise<Interval[]> => {
      const to = view === 'history' ? 'valid_to' : 'CAST(NULL AS TIMESTAMP)';
      const minute = (time: string): string => `TIMESTAMP_DIFF(${time}, TIMESTAMP '${DAY} 00:00:00+00', MINUTE)`;
      const rows = await query<{ object: string; start: unknown; stop: unknown; colour: string | null }>(
        `SELECT object_id AS object, ${minute('valid_from')} AS start, ${minute(to)} AS stop, IF(deleted, NULL, colour) AS colour
       FROM ${datasets.lake}.${TABLE.name}_${view} WHERE STARTS_WITH(object_id, '${prefix}') ORDER BY object_id, valid_from`,
      );
      return rows.map(({ object, start, stop, colour }) => ({
        object: object.slice(prefix.length),
        from: Number(start),
        to: stop === null ? null : Number(stop),
        colour,
      }));
    };
    const facts = async (): Promise<unknown[]> =>
      await query(
        `SELECT unit, rows_staged AS r, inserted AS i, duplicates AS d, conflicts AS c, absences AS a, reasserted AS again
       FROM ${datasets.ops}.units WHERE fact = 'published' AND STARTS_WITH(stream, '${prefix}') ORDER BY unit`,
      );
    const storedRows = async (): Promise<number> =>
      Number(
        (
          await query<{ n: unknown }>(`SELECT COUNT(*) AS n FROM ${datasets.lake}.${TABLE.name} WHERE STARTS_WITH(object_id, '${prefix}')`)
        )[0]?.n,
      );
    const conflicts = async (): Promise<unknown[]> =>
      await query(`SELECT reason, event_key FROM ${datasets.ops}.rejects WHERE STARTS_WITH(stream, '${prefix}')`);
    return {
      prefix,
      history,
      facts,
      storedRows,
      conflicts,
      /** One publish of all reads, in one batch. */
      publish: async (reads: readonly Read[], batch: string): Promise<void> => {
        await publish(reads.map(own), batch);
      },
    };
  }
  return { openSpace };
}

function factOf(read: Read): Readonly<Record<string, unknown>> {
  const rows = Object.keys(read.objects).length;
  const rejected = read.listing === 'with rejects' ? 1 : 0;
  return {
    unit: read.unit,
    ...{ source: 's', stream: read.stream, tenant: 't', connector: 'c', lane: 'live', axis: 'event' },
    window_from: at(read.minute),
    window_to: at(read.minute),
    read_started_at: at(read.minute),
    read_finished_at: at(read.minute),
    observed_at: at(read.minute),
    ...(read.listing === 'partial' ? {} : { snapshot_complete: true, snapshot_pinned: read.listing === 'pinned' }),
    ...{ settle_lag_ms: 1, horizon_ms: 1, calls: 1, pages: 1, received: rows + rejected, rejected, rows_staged: rows },
    ...{ config_digest: 'x', schema_digest: 'y', hours: [], findings: [] },
  };
}

let reads = 0;
const read = (minute: number, objects: Read['objects'], listing: Read['listing'] = 'complete', stream = 'main'): Read => ({
  unit: `u${String((reads += 1)).padStart(4, '0')}`,
  stream,
  minute,
  listing,
  objects,
});

/** Publishes one after the other; the history is what the model says of them. */
async function published(all: readonly Read[], space: Space): Promise<void> {
  for (const one of all) await space.publish([one], `batch-${one.unit}`);
  expect(await space.history()).toEqual(modelOf(all));
}

type Probe = Awaited<ReturnType<typeof openProbe>>;
type Space = ReturnType<Probe['openSpace']>;

let probe: Probe;
beforeAll(async () => {
  probe = await openProbe();
});

describe('a state table', () => {
  let space: Space;
  beforeEach(() => {
    space = probe.openSpace();
  });

  it('keeps a row per change, none for what is seen again unchanged, and knows the state of any moment', async () => {
    await published([read(1, { o: 'red', p: 'red' }), read(2, { o: 'red', p: 'red' }), read(3, { o: 'blue', p: 'red' })], space);
    expect(await space.storedRows()).toBe(3);
    expect(await space.history('latest')).toEqual([
      { object: 'o', from: 3, to: null, colour: 'blue' },
      { object: 'p', from: 1, to: null, colour: 'red' },
    ]);
  });

  it('goes back to a state it had, and takes an observation between two others where it belongs', async () => {
    await published([read(1, { o: 'red' }), read(9, { o: 'red' }), read(5, { o: 'blue' }), read(7, { o: 'blue' }, 'partial')], space);
    // The listing at 9 was told by nothing until the late one at 5 changed what was before it.
    expect(await space.history()).toEqual([
      { object: 'o', from: 1, to: 5, colour: 'red' },
      { object: 'o', from: 5, to: 9, colour: 'blue' },
      { object: 'o', from: 9, to: null, colour: 'red' },
    ]);
  });

  it('deletes what two complete listings in a row lack, or one pinned listing, and never for a partial one or one with rejects', async () => {
    const all = { twice: 'red', pinned: 'red', once: 'red', partly: 'red' };
    await published(
      [
        read(1, all),
        read(2, { pinned: 'red', once: 'red' }, 'with rejects'),
        read(3, { pinned: 'red' }, 'partial'),
        read(4, { pinned: 'red', partly: 'red' }),
        read(5, { pinned: 'red', once: 'red', partly: 'red' }),
        read(6, { once: 'red', partly: 'red' }, 'pinned'),
      ],
      space,
    );
    expect(await space.history('latest')).toEqual([
      { object: 'once', from: 1, to: null, colour: 'red' },
      { object: 'partly', from: 1, to: null, colour: 'red' },
      { object: 'pinned', from: 6, to: null, colour: null },
      { object: 'twice', from: 5, to: null, colour: null },
    ]);
  });

  it('deletes at once what the vendor says is no more, and has it back when it is seen again', async () => {
    await published([read(1, { o: 'red' }), read(2, { o: null }, 'partial'), read(4, { o: 'red' }), read(5, {}, 'pinned', 'other')], space);
    expect((await space.history()).map(({ colour }) => colour)).toEqual(['red', null, 'red']);
  });

  it('takes a listing that arrives late for what it was, also where it now lacks what an earlier one had', async () => {
    await published([read(3, { p: 'red' }), read(4, { p: 'red' }), read(1, { o: 'red', p: 'blue' }), read(2, { o: 'red' })], space);
  });

  it('does nothing the second time, in whatever batch, and balances each fact', async () => {
    const [first, second] = [read(1, { o: 'red', p: 'red' }), read(2, { o: 'red' })];
    await space.publish([first], 'one');
    await space.publish([first, second], 'two');
    await space.publish([second, first], 'three');
    expect(await space.facts()).toEqual([
      { unit: first.unit, r: 2, i: 2, d: 0, c: 0, a: 0, again: 0 },
      { unit: second.unit, r: 1, i: 0, d: 1, c: 0, a: 1, again: 0 },
    ]);
  });

  it('refuses a second content of one object and time as a conflict', async () => {
    await space.publish([read(1, { o: 'red' })], 'one');
    await space.publish([read(1, { o: 'blue' }, 'partial')], 'two');
    expect((await space.facts()).at(-1)).toMatchObject({ r: 1, i: 0, d: 0, c: 1 });
    expect(await space.conflicts()).toEqual([{ reason: 'KEY_CONFLICT', event_key: `B.${space.prefix}o.1` }]);
  });
});

/** Objects are histories of their own, so that a few reads of many objects are many histories. */
const OBJECTS = Array.from({ length: 40 }, (_, index) => `o${String(index).padStart(2, '0')}`);
const READS = 7;

const colours = fc.constantFrom<string | undefined>('red', 'red', 'blue', undefined, undefined);
const scenario = fc
  .record({
    reads: fc.array(
      fc.record({
        listing: fc.constantFrom<Read['listing']>('complete', 'complete', 'complete', 'pinned', 'with rejects', 'partial'),
        stream: fc.constantFrom('main', 'main', 'other'),
        said: fc.array(fc.tuple(colours, fc.nat(9)), { minLength: OBJECTS.length, maxLength: OBJECTS.length }),
      }),
      { minLength: READS, maxLength: READS },
    ),
    order: fc.shuffledSubarray(
      Array.from({ length: READS }, (_, index) => index),
      { minLength: READS },
    ),
    together: fc.array(fc.nat(2), { minLength: READS, maxLength: READS }),
  })
  .map(({ reads: shapes, order, together }) => {
    const all = shapes.map(({ listing, stream, said }, index): Read => {
      const objects = said.flatMap(([colour, chance], number): [string, string | null][] => {
        const object = OBJECTS[number] ?? '';
        if (listing === 'partial' && chance === 0) return [[object, null]];
        return colour === undefined ? [] : [[object, colour]];
      });
      return read(index + 1, Object.fromEntries(objects), listing, stream);
    });
    const batches: Read[][] = [];
    order.forEach((index, position) => {
      const one = all[index];
      if (one === undefined) return;
      if (together[position] === 0 && batches.length > 0) batches.at(-1)?.push(one);
      else batches.push([one]);
    });
    return batches;
  });

test('in any order and in any batches, the history is what all reads in the order of their times tell', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (batches) => {
      const space = probe.openSpace();
      const done: Read[] = [];
      for (const batch of batches) {
        await space.publish(batch, `batch-${batch.map(({ unit }) => unit).join('-')}`);
        done.push(...batch);
        expect(await space.history()).toEqual(modelOf(done));
      }
    }),
    { numRuns: 2, endOnFailure: true },
  );
}, 240_000);
