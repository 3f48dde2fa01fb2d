/** `plan` against real servers: the exact difference, nothing changed, and a way out that works where apply refuses. */
import type { BigQuery } from '@google-cloud/bigquery';
import { createBigQuery } from '../../../activities/lake/client';
import type { LoadedConfig } from '../../../worker/config-file';
import type { TemporalHandle } from '../../../worker/temporal';
import { testLake, uniqueName } from '../../setup/lake';
import { startStrictBigQuery } from '../../strict/bigquery';
import { applied, cli, configure, makeBuckets, type Names, newNames, openNamespace, removeFolder, source } from './installation';

const ACTIVITY = 'cloudaudit_googleapis_com_activity';
const PERSONAL = 'projects/acme/locations/us/taxonomies/1/policyTags/2';
const THEIRS = 'projects/acme/locations/us/taxonomies/1/policyTags/9';

interface Metadata {
  etag: string;
  description: string;
  labels?: Record<string, string>;
  timePartitioning: { type: string; field: string; expirationMs?: string };
  schema: { fields: Field[] };
}
interface Field {
  name: string;
  type: string;
  mode?: string;
  description?: string;
  policyTags?: { names: string[] };
  fields?: Field[];
}

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

const metadataOf = async (dataset: 'lake' | 'ops', table: string): Promise<Metadata> =>
  (await bigquery.dataset(`${names.prefix}_${dataset}`).table(table).getMetadata())[0] as Metadata;

/** Exit code and the lines on stdout. */
async function plan(loaded: LoadedConfig, ...more: string[]): Promise<{ code: number; lines: string[]; said: string }> {
  const { code, out, said } = await cli(loaded, ['plan', ...more]);
  return { code, lines: out.trimEnd().split('\n'), said };
}

test('plan shows what apply would make and makes nothing; after apply there is nothing to do', async () => {
  const id = uniqueName('plan', '-');
  const loaded = await configure(names, [source(id)]);
  await makeBuckets(loaded);
  const first = await plan(loaded);
  expect([first.code, first.said]).toEqual([5, '']);
  expect(first.lines[0]).toBe(`+ create dataset ${names.prefix}_lake: location US`);
  expect(first.lines).toContain(`+ create table ${names.prefix}_lake.${ACTIVITY}`);
  expect(first.lines).toContain('    partitioned by DAY of timestamp');
  expect(first.lines).toContain(`+ create schedule collect/${id}`);
  expect((await bigquery.dataset(`${names.prefix}_lake`).exists())[0]).toBe(false);
  await applied(loaded);
  expect(await plan(loaded)).toEqual({ code: 0, lines: ['nothing to do'], said: '' });
  expect(JSON.parse((await plan(loaded, '--json')).lines.join('\n'))).toEqual({ ok: true, differs: false, changes: [], problems: [] });
}, 60_000);

test('labels, policy tags and retention of the configuration are set once, beside what others set', async () => {
  const before = await configure(names, [source(uniqueName('tags', '-'))]);
  await makeBuckets(before);
  await applied(before);
  const table = bigquery.dataset(`${names.prefix}_lake`).table(ACTIVITY);
  const made = await metadataOf('lake', ACTIVITY);
  const fields = made.schema.fields.map((one) => (one.name === 'actor_email' ? { ...one, policyTags: { names: [THEIRS] } } : one));
  await table.setMetadata({ schema: { fields: fields }, labels: { ...made.labels, theirs: 'kept' } });

  const after = await configure(
    names,
    before.config.sources.map(({ id }) => source(id)),
    {
      labels: { team: 'security' },
      policyTags: { personal: PERSONAL },
      retentionDays: { [ACTIVITY]: 400 },
    },
  );
  const refused = await plan(after);
  expect(refused.code).toBe(1);
  expect(refused.said).toContain(
    `LAKE_SCHEMA_REFUSED: ${names.prefix}_lake.${ACTIVITY}: partitions are kept for ever and would be kept for 400 days: older ones would be deleted at once\n`,
  );
  expect(refused.said).toContain(`tidemark apply --shorten-retention ${ACTIVITY}\n`);
  expect((await cli(after, ['apply'])).code).toBe(1);
  expect(await metadataOf('lake', ACTIVITY)).not.toHaveProperty('timePartitioning.expirationMs');

  const { code, lines } = await plan(after, '--shorten-retention', ACTIVITY);
  expect(code).toBe(5);
  expect(lines.filter((line) => !/^ {4}column .* gets its policy tag$/.test(line))).toEqual([
    ...['lake', 'staging', 'ops'].map((dataset) => `~ update dataset ${names.prefix}_${dataset}: label team added`),
    ...lines.filter((line) => line.includes(`table ${names.prefix}_ops`)),
    `~ update table ${names.prefix}_lake.${ACTIVITY}`,
    '    label team added',
    '    partitions are now kept for 400 days (were kept for ever)',
    '    column actor_email has another policy tag than the configuration says, and keeps it',
    ...lines.filter((line) => line.includes(`view ${names.prefix}_`)),
    lines.at(-1),
  ]);
  expect((await cli(after, ['apply', '--shorten-retention', ACTIVITY])).code).toBe(0);

  const now = await metadataOf('lake', ACTIVITY);
  const tag = (path: string): string | undefined => {
    let inside = now.schema.fields;
    let found: Field | undefined;
    for (const name of path.split('.')) {
      found = inside.find((one) => one.name === name);
      inside = found?.fields ?? [];
    }
    return found?.policyTags?.names.join();
  };
  expect(now.labels).toEqual({ 'managed-by': 'tidemark', team: 'security', theirs: 'kept' });
  expect(now.timePartitioning).toEqual({ type: 'DAY', field: 'timestamp', expirationMs: String(400 * 86_400_000) });
  expect(['actor_email', 'raw', 'observables.value', 'event_key'].map(tag)).toEqual([THEIRS, PERSONAL, PERSONAL, undefined]);
  const again = await plan(after);
  expect([again.code, again.lines.slice(1)]).toEqual([0, ['1 to do or to look at']]);

  const forEver = await configure(
    names,
    before.config.sources.map(({ id }) => source(id)),
    {
      labels: { team: 'security' },
      policyTags: { personal: PERSONAL },
      retentionDays: { [ACTIVITY]: 'never' },
    },
  );
  expect((await plan(forEver)).lines).toContain('    partitions are now kept for ever (were kept for 400 days)');
  await applied(forEver);
  expect((await metadataOf('lake', ACTIVITY)).timePartitioning).toEqual({ type: 'DAY', field: 'timestamp' });
}, 120_000);

test('where apply refuses, the statements it names make the table anew with every row', async () => {
  const loaded = await configure(names, []);
  await makeBuckets(loaded);
  await applied(loaded);
  const dataset = `${names.prefix}_ops`;
  const rejects = bigquery.dataset(dataset).table('rejects');
  const { schema } = await metadataOf('ops', 'rejects');
  const fields = schema.fields.map((one) => (one.name === 'object_row' ? { ...one, type: 'STRING' } : one));
  await rejects.delete();
  await rejects.create({ schema: { fields: fields as [] }, timePartitioning: { type: 'DAY', field: 'fetched_at' } });
  const required = fields.filter(({ mode, name }) => mode === 'REQUIRED' && name !== 'object_row');
  const value = ({ type }: Field): string => (type === 'TIMESTAMP' ? "TIMESTAMP '2026-01-01'" : type === 'INTEGER' ? '7' : "'text'");
  await bigquery.query(
    `INSERT INTO ${dataset}.rejects (object_row, ${required.map(({ name }) => name).join(', ')}) SELECT row, ${required.map(value).join(', ')} FROM UNNEST(['12', 'x']) AS row`,
  );
  const before = await metadataOf('ops', 'rejects');

  const { code, said } = await plan(loaded);
  expect(code).toBe(1);
  expect(said).toContain('object_row is STRING, the definition says INTEGER');
  expect((await metadataOf('ops', 'rejects')).etag).toBe(before.etag);
  const statement = (number: number): string => new RegExp(`^ {4}${String(number)}\\. (.*);$`, 'm').exec(said)?.[1] ?? '';
  await bigquery.query(statement(2));
  await applied(loaded);
  await bigquery.query(statement(4));
  expect((await bigquery.query(`SELECT object_row, COUNT(*) AS n FROM ${dataset}.rejects GROUP BY 1 ORDER BY 1`))[0]).toEqual([
    { object_row: null, n: 1 },
    { object_row: 12, n: 1 },
  ]);
  expect((await plan(loaded)).code).toBe(0);
}, 60_000);

test('a strict service takes every schema, label, policy tag and expiration that apply sends', async () => {
  const lake = testLake();
  const strict = await startStrictBigQuery({ target: lake.bigquery, storageRoot: lake.storageRoot });
  try {
    const loaded = await configure(names, [source(uniqueName('strict', '-'), { streams: ['activity', 'policy'] })], {
      endpoints: { bigquery: strict.url, storage: lake.storage },
      labels: { team: 'security' },
      policyTags: { personal: PERSONAL, internal: THEIRS },
      retentionDays: { [ACTIVITY]: 30 },
    });
    await makeBuckets(loaded);
    await applied(loaded);
    expect((await plan(loaded)).code).toBe(0);
  } finally {
    await strict.close();
  }
}, 60_000);
