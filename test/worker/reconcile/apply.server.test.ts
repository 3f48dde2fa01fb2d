/** `apply` against real servers: all or nothing, twice is once, and people's decisions are left alone. */
import type { BigQuery } from '@google-cloud/bigquery';
import { createBigQuery } from '../../../activities/lake/client';
import type { Change } from '../../../activities/lake/migration-step';
import { createStorage } from '../../../activities/stage/client';
import type { LoadedConfig } from '../../../worker/config-file';
import { apply } from '../../../worker/reconcile/apply';
import { findTable } from '../../../schemas/tables';
import { viewsOf } from '../../../schemas/views';
import type { TemporalHandle } from '../../../worker/temporal';
import { testLake, uniqueName } from '../../setup/lake';
import {
  applied,
  cli,
  configure,
  ENV,
  makeBuckets,
  type Names,
  namespace,
  newNames,
  openNamespace,
  removeFolder,
  source,
} from './installation';

const lake = testLake();
const ACTIVITY = 'cloudaudit_googleapis_com_activity';

async function refused(loaded: LoadedConfig): Promise<[string, string][]> {
  const outcome = await apply(loaded, { env: ENV });
  if (outcome.ok) throw new Error('nothing was refused');
  return outcome.problems.map(({ code, message }) => [code, message]);
}

/** Kind, name and details of what is not as it was. */
const news = (changes: readonly Change[]): unknown[] =>
  changes.filter(({ action }) => action !== 'unchanged').map(({ kind, name, action, details }) => [action, kind, name, ...details]);

let temporal: TemporalHandle;
let bigquery: BigQuery;
let names: Names;

beforeAll(async () => {
  temporal = await openNamespace();
  bigquery = createBigQuery((await configure(newNames(), [])).config.lake);
}, 60_000);
afterAll(async () => {
  await temporal.close();
  removeFolder();
});
beforeEach(() => {
  names = newNames();
});

const datasetExists = async (name: string): Promise<boolean> => (await bigquery.dataset(name).exists())[0];

test('apply makes what is missing, and a second run finds nothing to do', async () => {
  const id = uniqueName('twice', '-');
  const loaded = await configure(names, [source(id)]);
  await makeBuckets(loaded);
  const { prefix } = names;
  expect((await applied(loaded)).map(({ kind, name, action }) => `${action} ${kind} ${name}`)).toEqual([
    `created dataset ${prefix}_lake`,
    `created dataset ${prefix}_staging`,
    `created dataset ${prefix}_ops`,
    ...['units', 'rejects', 'replays', 'drift', 'redactions'].map((table) => `created table ${prefix}_ops.${table}`),
    `created table ${prefix}_lake.${ACTIVITY}`,
    `created table ${prefix}_ops.lock_${ACTIVITY}`,
    ...viewsOf([findTable(ACTIVITY)]).map(({ dataset, name }) => `created view ${prefix}_${dataset}.${name}`),
    `created schedule collect/${id}`,
  ]);
  expect(news(await applied(loaded))).toEqual([]);

  const [table] = (await bigquery.dataset(`${prefix}_lake`).table(ACTIVITY).getMetadata()) as [Record<string, unknown>, unknown];
  expect(table).toMatchObject({
    type: 'TABLE',
    timePartitioning: { type: 'DAY', field: 'timestamp' },
    labels: { 'managed-by': 'tidemark' },
  });
  const [locks] = (await bigquery.query(`SELECT seq FROM ${prefix}_ops.lock_${ACTIVITY}`)) as [unknown[], ...unknown[]];
  expect(locks).toEqual([{ seq: 0 }]);
  expect(await temporal.client.schedule.getHandle(`collect/${id}`).describe()).toMatchObject({
    spec: { intervals: [{ every: 86_400_000, offset: 0 }], jitter: 8_640_000 },
    policies: { overlap: 'SKIP', catchupWindow: 86_400_000, pauseOnFailure: false },
    action: { workflowType: 'collect', taskQueue: 'orchestrate', workflowId: `collect/${id}`, args: [{ source: id }] },
    state: { paused: false },
  });
}, 60_000);

test('apply makes nothing while a bucket is missing, and names every bucket that is', async () => {
  const loaded = await configure(names, [source(uniqueName('bucket', '-'))]);
  await createStorage(loaded.config.lake).createBucket(names.buckets.state);
  expect(await refused(loaded)).toEqual([['STAGE_BUCKET_MISSING', `the bucket gs://${names.buckets.stage} does not exist`]]);
  expect(await datasetExists(`${names.prefix}_ops`)).toBe(false);
  const { code, said } = await cli(loaded, ['apply']);
  expect(code).toBe(4);
  expect(said).toBe(
    `STAGE_BUCKET_MISSING: the bucket gs://${names.buckets.stage} does not exist\n  hint: Create the bucket named, or correct lake.buckets in tidemark.yaml.\nnothing was changed\n`,
  );
}, 30_000);

test('apply refuses a namespace that is not there, and another identity key than the lake was begun with', async () => {
  const loaded = await configure(names, []);
  await makeBuckets(loaded);
  const elsewhere = { ...loaded, config: { ...loaded.config, temporal: { ...loaded.config.temporal, namespace: 'nowhere' } } };
  expect(await refused(elsewhere)).toEqual([
    ['TEMPORAL_NAMESPACE_MISSING', `Temporal at ${lake.temporal.address} has no namespace nowhere`],
  ]);
  expect(await datasetExists(`${names.prefix}_ops`)).toBe(false);
  await applied(loaded);
  expect(await refused(await configure(names, [], { identityKey: { file: 'other.key' } }))).toEqual([
    ['IDENTITY_KEY_CHANGED', `the identity key in file other.key is not the one the dataset ${names.prefix}_ops was begun with`],
  ]);
}, 30_000);

test('apply adds a missing column, leaves what it does not know, and refuses everything else by name, changing nothing', async () => {
  const loaded = await configure(names, []);
  await makeBuckets(loaded);
  await applied(loaded);
  const drift = bigquery.dataset(`${names.prefix}_ops`).table('drift');
  const [metadata] = (await drift.getMetadata()) as [
    { description: string; schema: { fields: { name: string; type: string }[] } },
    unknown,
  ];
  const recreate = async (fields: readonly unknown[], partition = 'recorded_at'): Promise<void> => {
    await drift.delete();
    await drift.create({
      description: metadata.description,
      labels: { 'managed-by': 'tidemark' },
      schema: { fields: [...fields] as [] },
      timePartitioning: { type: 'DAY', field: partition },
      clustering: { fields: ['table_name', 'path'] },
    });
  };
  const { fields } = metadata.schema;

  await recreate([...fields.filter(({ name }) => name !== 'characters'), { name: 'ours', type: 'STRING' }]);
  expect(news(await applied(loaded))).toEqual([
    ['updated', 'table', `${names.prefix}_ops.drift`, 'column characters added', 'column ours is not in the definition and stays'],
  ]);
  expect(news(await applied(loaded))).toEqual([
    ['left', 'table', `${names.prefix}_ops.drift`, 'column ours is not in the definition and stays'],
  ]);

  await recreate(
    [
      ...fields.filter(({ name }) => name !== 'source').map((one) => (one.name === 'length_max' ? { ...one, type: 'STRING' } : one)),
      { name: 'seen_at', type: 'TIMESTAMP' },
    ],
    'seen_at',
  );
  const before = (await drift.getMetadata())[0] as { etag: string };
  const [[code, message] = ['', '']] = await refused(loaded);
  expect(code).toBe('LAKE_SCHEMA_REFUSED');
  expect(message.split('\n')[0]).toBe(
    `${names.prefix}_ops.drift: it is partitioned by DAY of seen_at, the definition says by DAY of recorded_at; length_max is STRING, the definition says INTEGER; source is missing and required: rows that exist have no value for it`,
  );
  expect((await drift.getMetadata())[0]).toMatchObject({ etag: before.etag });
}, 60_000);

test('apply says so when the service accepts a nested column and does not add it', async () => {
  const loaded = await configure(names, []);
  await makeBuckets(loaded);
  await applied(loaded);
  const units = bigquery.dataset(`${names.prefix}_ops`).table('units');
  const [metadata] = (await units.getMetadata()) as [
    { description: string; schema: { fields: { name: string; fields?: { name: string }[] }[] } },
    unknown,
  ];
  const fields = metadata.schema.fields.map((one) =>
    one.name === 'hours' ? { ...one, fields: one.fields?.filter(({ name }) => name !== 'fingerprint') } : one,
  );
  await units.delete();
  await units.create({
    description: metadata.description,
    labels: { 'managed-by': 'tidemark' },
    schema: { fields: fields as [] },
    timePartitioning: { type: 'DAY', field: 'recorded_at' },
    clustering: { fields: ['source', 'stream'] },
  });
  await expect(apply(loaded, { env: ENV })).rejects.toMatchObject({
    code: 'LAKE_SCHEMA_REFUSED',
    message: `${names.prefix}_ops.units: the service accepted the change and did not make it: column hours.fingerprint was not added`,
  });
}, 60_000);

test('schedules follow the configuration, people keep their pauses, and other installations their schedules', async () => {
  const [kept, gone] = [uniqueName('kept', '-'), uniqueName('gone', '-')];
  const first = await configure(names, [source(kept), source(gone, { paused: true })]);
  await makeBuckets(first);
  expect(news(await applied(first)).slice(-2)).toEqual([
    ['created', 'schedule', `collect/${kept}`],
    ['created', 'schedule', `collect/${gone}`, 'paused'],
  ]);
  await listed(gone);

  await temporal.client.schedule.getHandle(`collect/${kept}`).pause('the vendor asked us to');
  expect(news(await applied(await configure(names, [source(kept, { every: '2d' })])))).toEqual([
    [
      'updated',
      'schedule',
      `collect/${kept}`,
      'interval changed',
      'jitter changed',
      'catch-up window changed',
      'stays paused by hand: the vendor asked us to',
    ],
    ['deleted', 'schedule', `collect/${gone}`, 'the source is no longer configured'],
  ]);
  expect((await temporal.client.schedule.getHandle(`collect/${kept}`).describe()).state).toEqual({
    paused: true,
    note: 'the vendor asked us to',
  });

  const unpaused = await configure(names, [source(kept, { every: '2d' })]);
  await temporal.client.schedule.getHandle(`collect/${kept}`).unpause('done');
  expect(news(await applied(await configure(names, [source(kept, { every: '2d', paused: true })])))).toEqual([
    ['updated', 'schedule', `collect/${kept}`, 'paused'],
  ]);
  expect(news(await applied(unpaused))).toEqual([['updated', 'schedule', `collect/${kept}`, 'unpaused']]);

  const other = await configure({ ...newNames(), prefix: names.prefix }, [source(kept)]);
  await makeBuckets(other);
  expect(await refused(other)).toEqual([
    ['TEMPORAL_SCHEDULE_TAKEN', `the schedule collect/${kept} in namespace ${namespace} belongs to ${lake.project}/${names.buckets.state}`],
  ]);
  // With no source of that name, another installation leaves it alone.
  expect(
    news(
      await applied(
        await configure(
          { prefix: names.prefix, buckets: { state: other.config.lake.buckets.state, stage: other.config.lake.buckets.stage } },
          [],
        ),
      ),
    ),
  ).toEqual([]);
}, 60_000);

/** Listings lag behind what was made. */
async function listed(id: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    for await (const { scheduleId } of temporal.client.schedule.list()) if (scheduleId === `collect/${id}`) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the schedule of ${id} is not listed`);
}
