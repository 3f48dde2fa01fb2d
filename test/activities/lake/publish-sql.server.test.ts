import { BigQuery } from '@google-cloud/bigquery';
import { PassThroughClient } from 'google-auth-library';
import { schemaFields } from '../../../activities/lake/bigquery-schema';
import { publishSql } from '../../../activities/lake/publish-sql';
import { DRIFT_COLUMNS } from '../../../schemas/ops/drift';
import { REDACTIONS_COLUMNS } from '../../../schemas/ops/redactions';
import { REJECTS_COLUMNS, STAGED_REJECT_COLUMNS } from '../../../schemas/ops/rejects';
import { REPLAYS_COLUMNS } from '../../../schemas/ops/replays';
import { UNITS_COLUMNS } from '../../../schemas/ops/units';
import type { Column, TableDefinition } from '../../../schemas/table';
import { testLake, uniqueName } from '../../setup/lake';

const string = (name: string): Column => ({ name, type: 'STRING', description: name, sensitivity: 'public' });
const STAGED: readonly Column[] = [
  { name: 'event_time', type: 'TIMESTAMP', mode: 'REQUIRED', description: 'When.', sensitivity: 'public' },
  ...['event_key', 'content_hash', 'connector', 'source', 'stream', 'tenant'].map(string),
  { name: 'raw', type: 'JSON', description: 'Record.', sensitivity: 'public' },
  {
    name: 'ingest',
    type: 'RECORD',
    description: 'Origin.',
    sensitivity: 'public',
    fields: [
      string('unit'),
      string('object'),
      { name: 'row', type: 'INT64', description: 'Line.', sensitivity: 'public' },
      { ...string('fetched_at'), type: 'TIMESTAMP' },
    ],
  },
  string('key_class'),
];
const TABLE: TableDefinition = {
  name: 'probe',
  kind: 'event',
  description: 'A table of this test.',
  origin: 'example',
  partition: 'event_time',
  cluster: [],
  requirePartitionFilter: false,
  time: { from: [['time']], as: 'rfc3339' },
  key: null,
  volatile: [],
  columns: [],
  envelope: {},
};
const COLUMNS = STAGED.map((column) => column.name).filter((name) => name !== 'key_class');

interface StagedRow {
  readonly unit: string;
  readonly key: string;
  readonly hash?: string;
  readonly keyClass?: 'B' | 'C';
  readonly time?: string;
}

/** One lake of its own: datasets, the probe table, the ledger, the lock row. */
async function openProbe() {
  const { bigquery: apiEndpoint, project } = testLake();
  const bigquery = new BigQuery({ projectId: project, apiEndpoint, authClient: new PassThroughClient() });
  const datasets = { lake: uniqueName('lake'), staging: uniqueName('staging'), ops: uniqueName('ops') };
  for (const name of Object.values(datasets)) await bigquery.createDataset(name);
  const create = async (dataset: string, name: string, columns: readonly Column[]): Promise<void> => {
    await bigquery.dataset(dataset).createTable(name, { schema: { fields: schemaFields(columns) } });
  };
  await create(datasets.lake, 'probe', [
    ...COLUMNS.map((name) => STAGED.find((column) => column.name === name)).filter((column) => column !== undefined),
    string('batch'),
    { ...string('ingested_at'), type: 'TIMESTAMP' },
  ]);
  await create(datasets.ops, 'units', UNITS_COLUMNS);
  await create(datasets.ops, 'rejects', REJECTS_COLUMNS);
  await create(datasets.ops, 'replays', REPLAYS_COLUMNS);
  await create(datasets.ops, 'drift', DRIFT_COLUMNS);
  await create(datasets.ops, 'redactions', REDACTIONS_COLUMNS);
  await bigquery.query(`CREATE TABLE ${datasets.ops}.lock_probe AS SELECT 0 AS seq`);

  let staged = 0;
  const stage = async (rows: readonly StagedRow[]): Promise<string> => {
    const name = `rows_${String(staged++)}`;
    await create(datasets.staging, name, STAGED);
    const values = rows.map(
      (
        row,
        index,
      ) => `(TIMESTAMP '${row.time ?? '2026-03-10 12:30:00+00'}', '${row.key}', '${row.hash ?? 'h'}', 'c', 's', 'main', 't', JSON '{"n":1}',
        STRUCT('${row.unit}' AS unit, 'part' AS object, ${String(index)} AS \`row\`, TIMESTAMP '2026-03-10 13:00:00+00' AS fetched_at), '${row.keyClass ?? 'B'}')`,
    );
    await bigquery.query(
      `INSERT INTO ${datasets.staging}.${name} (${STAGED.map((column) => column.name).join(', ')}) VALUES ${values.join(', ')}`,
    );
    return name;
  };
  const publish = async (rows: string | undefined, units: readonly unknown[], batch: string, rejects?: string): Promise<void> => {
    const query = publishSql({ project, datasets, table: TABLE, columns: COLUMNS, rows, rejects, days: ['2026-03-10'] });
    const [job] = await bigquery.createQueryJob({ query, params: { batch, units: JSON.stringify(units) } });
    await job.getQueryResults();
  };
  const facts = async (): Promise<unknown[]> => {
    const [rows] = await bigquery.query(
      `SELECT unit, rows_staged AS r, inserted AS i, duplicates AS d, conflicts AS c, seq FROM ${datasets.ops}.units WHERE fact = 'published' ORDER BY seq, unit`,
    );
    return rows;
  };
  const keys = async (): Promise<unknown[]> => {
    const [rows] = await bigquery.query(`SELECT event_key FROM ${datasets.lake}.probe ORDER BY event_key`);
    return rows.map((row: { event_key: string }) => row.event_key);
  };
  const query = async (text: string): Promise<unknown[]> => (await bigquery.query(text))[0];
  return { datasets, create, stage, publish, facts, keys, query };
}

function unit(name: string, rows: number, hours: readonly unknown[] = []): Record<string, unknown> {
  return {
    unit: name,
    source: 's',
    stream: 'main',
    connector: 'c',
    lane: 'live',
    axis: 'event',
    window_from: '2026-03-10T12:00:00.000Z',
    window_to: '2026-03-10T13:00:00.000Z',
    read_started_at: '2026-03-10T13:05:00.000Z',
    read_finished_at: '2026-03-10T13:06:00.000Z',
    settle_lag_ms: 300000,
    horizon_ms: 86400000,
    calls: 1,
    pages: 1,
    received: rows,
    rejected: 0,
    rows_staged: rows,
    config_digest: 'x',
    schema_digest: 'y',
    hours,
  };
}

describe('the publish transaction', () => {
  it('inserts unseen keys, counts the rest, and does nothing the second time', async () => {
    const probe = await openProbe();
    const first = await probe.stage([
      { unit: 'u1', key: 'B.a' },
      { unit: 'u1', key: 'B.b', time: '2026-03-10 11:59:59.999999+00' },
      { unit: 'u1', key: 'B.a' },
    ]);
    const hours = [
      { hour: '2026-03-10T11:00:00.000Z', rows: 1, fingerprint: '00000000000000ff' },
      { hour: '2026-03-10T12:00:00.000Z', rows: 2, fingerprint: '0000000000000000' },
    ];
    await probe.publish(first, [unit('u1', 3, hours)], 'batch-1');
    await probe.publish(first, [unit('u1', 3, hours)], 'batch-1');
    const second = await probe.stage([
      { unit: 'u2', key: 'B.a' },
      { unit: 'u2', key: 'B.b', hash: 'other' },
      { unit: 'u2', key: 'B.c' },
    ]);
    await probe.publish(second, [unit('u2', 3)], 'batch-2');

    expect(await probe.keys()).toEqual(['B.a', 'B.b', 'B.c']);
    expect(await probe.facts()).toEqual([
      { unit: 'u1', r: 3, i: 2, d: 1, c: 0, seq: 1 },
      { unit: 'u2', r: 3, i: 1, d: 1, c: 1, seq: 3 },
    ]);
    expect(await probe.query(`SELECT reason, event_key, unit FROM ${probe.datasets.ops}.rejects`)).toEqual([
      { reason: 'KEY_CONFLICT', event_key: 'B.b', unit: 'u2' },
    ]);
    expect(
      await probe.query(
        `SELECT FORMAT_TIMESTAMP('%H', h.hour) AS hour, h.rows_staged AS r, h.inserted AS i, h.fingerprint AS f FROM ${probe.datasets.ops}.units AS u, UNNEST(u.hours) AS h WHERE u.unit = 'u1' ORDER BY 1`,
      ),
    ).toEqual([
      { hour: '11', r: 1, i: 1, f: '00000000000000ff' },
      { hour: '12', r: 2, i: 1, f: '0000000000000000' },
    ]);
  });

  it('publishes a unit once, whatever batches it is put into', async () => {
    const probe = await openProbe();
    await probe.publish(await probe.stage([{ unit: 'u1', key: 'B.a' }]), [unit('u1', 1)], 'batch-1');
    const together = await probe.stage([
      { unit: 'u1', key: 'B.a' },
      { unit: 'u2', key: 'B.b' },
    ]);
    await probe.publish(together, [unit('u1', 1), unit('u2', 1)], 'batch-2');
    expect(await probe.facts()).toEqual([
      { unit: 'u1', r: 1, i: 1, d: 0, c: 0, seq: 1 },
      { unit: 'u2', r: 1, i: 1, d: 0, c: 0, seq: 2 },
    ]);
  });

  it('counts equal records without an id as several events within a unit, and as the same ones when the window is read again', async () => {
    const probe = await openProbe();
    const twins = (name: string): StagedRow[] => Array.from({ length: 3 }, () => ({ unit: name, key: 'C.same', keyClass: 'C' as const }));
    await probe.publish(await probe.stage(twins('u1')), [unit('u1', 3)], 'batch-1');
    await probe.publish(await probe.stage([...twins('u2'), { unit: 'u2', key: 'C.same', keyClass: 'C' }]), [unit('u2', 4)], 'batch-2');
    expect(await probe.keys()).toEqual(['C.same', 'C.same.2', 'C.same.3', 'C.same.4']);
    expect(await probe.facts()).toEqual([
      { unit: 'u1', r: 3, i: 3, d: 0, c: 0, seq: 1 },
      { unit: 'u2', r: 4, i: 1, d: 3, c: 0, seq: 2 },
    ]);
  });

  it('keeps a conflict inside one batch once, and byte-equal rejects as many as there are, also when they come again', async () => {
    const probe = await openProbe();
    await probe.create(probe.datasets.staging, 'rejects_1', STAGED_REJECT_COLUMNS);
    await probe.query(
      `INSERT INTO ${probe.datasets.staging}.rejects_1 (reject_id, table_name, source, stream, unit, reason) VALUES ('r1', 'probe', 's', 'main', 'u1', 'NOT_JSON'), ('r1', 'probe', 's', 'main', 'u1', 'NOT_JSON')`,
    );
    const rows = await probe.stage([
      { unit: 'u1', key: 'B.a', hash: 'one' },
      { unit: 'u1', key: 'B.a', hash: 'two' },
    ]);
    await probe.publish(rows, [{ ...unit('u1', 2), received: 4, rejected: 2 }], 'batch-1', 'rejects_1');
    await probe.publish(await probe.stage([{ unit: 'u2', key: 'B.a', hash: 'two' }]), [unit('u2', 1)], 'batch-2', 'rejects_1');
    expect(await probe.facts()).toEqual([
      { unit: 'u1', r: 2, i: 1, d: 0, c: 1, seq: 1 },
      { unit: 'u2', r: 1, i: 0, d: 0, c: 1, seq: 2 },
    ]);
    expect(await probe.query(`SELECT reason FROM ${probe.datasets.ops}.rejects ORDER BY reason`)).toEqual([
      { reason: 'KEY_CONFLICT' },
      { reason: 'NOT_JSON' },
      { reason: 'NOT_JSON' },
    ]);
  });

  it('writes a fact for a unit that found nothing', async () => {
    const probe = await openProbe();
    await probe.publish(undefined, [unit('u1', 0)], 'batch-1');
    expect(await probe.facts()).toEqual([{ unit: 'u1', r: 0, i: 0, d: 0, c: 0, seq: 1 }]);
  });

  it('lets one of several publishers of a table commit at a time, and each key in once', async () => {
    const probe = await openProbe();
    const stagings: string[] = [];
    for (const name of ['u1', 'u2', 'u3', 'u4'])
      stagings.push(
        await probe.stage([
          { unit: name, key: 'B.shared' },
          { unit: name, key: `B.${name}` },
        ]),
      );
    const publishUntilDone = async (index: number): Promise<void> => {
      for (let attempt = 0; ; attempt += 1) {
        try {
          await probe.publish(stagings[index], [unit(`u${String(index + 1)}`, 2)], `batch-${String(index)}`);
          return;
        } catch (error) {
          if (attempt > 20) throw error;
        }
      }
    };
    await Promise.all([0, 1, 2, 3].map(publishUntilDone));
    expect(await probe.keys()).toEqual(['B.shared', 'B.u1', 'B.u2', 'B.u3', 'B.u4']);
    const facts = (await probe.facts()) as { i: number; d: number; seq: number }[];
    expect(facts.map((fact) => fact.i + fact.d)).toEqual([2, 2, 2, 2]);
    expect(facts.reduce((sum, fact) => sum + fact.i, 0)).toBe(5);
    expect(new Set(facts.map((fact) => fact.seq)).size).toBe(4);
  });
});
