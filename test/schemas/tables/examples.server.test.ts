/**
 * Every example query of every table runs on a lake that apply made: through the strict proxy, so that a query without a
 * condition on the partition of a table that demands one is refused as BigQuery refuses it.
 */
import type { BigQuery } from '@google-cloud/bigquery';
import { createBigQuery } from '../../../activities/lake/client';
import { lakeSpec } from '../../../activities/lake/lake-spec';
import { planLake, runLakePlan } from '../../../activities/lake/migrate';
import { configSchema } from '../../../activities/config';
import { TABLES } from '../../../schemas/tables';
import { testLake, uniqueName } from '../../setup/lake';
import { startStrictBigQuery } from '../../strict/bigquery';
import type { Proxy } from '../../strict/proxy';

const prefix = uniqueName('examples');
const DATASET = `${prefix}_lake`;
const server = testLake();
let strict: Proxy;
let bigquery: BigQuery;

beforeAll(async () => {
  const required = TABLES.filter((table) => table.requirePartitionFilter).map(({ name, partition }) => [`${DATASET}.${name}`, partition]);
  strict = await startStrictBigQuery({
    target: server.bigquery,
    storageRoot: server.storageRoot,
    requirePartitionFilter: Object.fromEntries(required) as Record<string, string>,
  });
  const lake = configSchema.shape.lake.parse({
    project: server.project,
    datasets: { lake: DATASET, staging: `${prefix}_staging`, ops: `${prefix}_ops` },
    buckets: { state: 'state', stage: 'stage' },
    identityKey: { env: 'KEY' },
    auth: 'none',
    endpoints: { bigquery: strict.url, storage: server.storage },
    // The local server's own flag refuses too much; the proxy enforces the demand instead.
    requirePartitionFilter: false,
  });
  bigquery = createBigQuery(lake);
  const spec = lakeSpec(lake, TABLES);
  await runLakePlan(await planLake(bigquery, spec));
  expect((await planLake(bigquery, spec)).groups.flat().filter(({ change }) => change.action !== 'unchanged')).toEqual([]);
}, 120_000);
afterAll(async () => strict.close());

const EXAMPLES = TABLES.flatMap(({ name, examples = [] }) => examples.map(({ question, sql }) => [name, question, sql] as const));

test.each(EXAMPLES)('%s: %s', async (_name, _question, sql) => {
  const query = sql.replaceAll(/\b(lake|ops)\.(?=\w)/g, `${prefix}_$1.`);
  const [rows] = await bigquery.query(query);
  expect(Array.isArray(rows)).toBe(true);
});

test('a query without a condition on the partition would have been refused', async () => {
  const demanding = TABLES.find((table) => table.requirePartitionFilter);
  if (demanding === undefined) return;
  await expect(bigquery.query(`SELECT event_key FROM ${DATASET}.${demanding.name}`)).rejects.toThrow(/without a filter over column/);
});
