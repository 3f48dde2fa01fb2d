/**
 * Makes the lake equal to its definition, or says why it cannot. First everything is looked at and nothing is changed
 * (`planLake`), then what was planned is done (`runLakePlan`). So a refusal anywhere leaves everything as it was, and a
 * second run finds nothing to do. Tables are changed under their etag, and the answer is compared again, because a service
 * may accept a change and not make it.
 */
import type { BigQuery } from '@google-cloud/bigquery';
import type { TidemarkError } from '../errors';
import { lakeCall, lakeLookup } from './client';
import { inParallel } from './in-parallel';
import type { DatasetSpec, LakeSpec, LockSpec, ViewSpec } from './lake-spec';
import { planTable } from './migrate-table';
import { type Change, compareLabels, createOnce, etagOf, type Labels, refusal, type Step, step, tableMetadata } from './migration-step';

export interface LakePlan {
  /** In the order they are done; those of one group at once, since none needs another. */
  readonly groups: readonly (readonly Step[])[];
  /** Reasons why the plan may not be run. */
  readonly refusals: readonly TidemarkError[];
}

export interface LakePlanOptions {
  /** Names of tables whose partitions may be deleted earlier than now. */
  readonly shortenRetention?: ReadonlySet<string>;
}

/** Calls at once. BigQuery takes 100 metadata reads a second and user; each table is changed at most once. */
const CALLS_AT_ONCE = 8;

/** Looks at everything; changes nothing. Throws LAKE_* errors when it cannot look. */
export async function planLake(bigquery: BigQuery, spec: LakeSpec, options: LakePlanOptions = {}): Promise<LakePlan> {
  const refusals: TidemarkError[] = [];
  const shortenRetention = options.shortenRetention ?? new Set<string>();
  const datasets = await inParallel(spec.datasets, CALLS_AT_ONCE, async (dataset) => await planDataset(bigquery, spec, dataset, refusals));
  const tables = await inParallel(
    spec.tables,
    CALLS_AT_ONCE,
    async (table) => await planTable(table, { bigquery, lake: spec, shortenRetention }, refusals),
  );
  const locks = await planLocks(bigquery, spec, refusals);
  const views = await inParallel(spec.views, CALLS_AT_ONCE, async (view) => await planView(bigquery, spec, view, refusals));
  // A view may read the views before it, so each is a group of its own.
  return { groups: [datasets, [...tables, ...locks], ...views.map((view) => [view])], refusals };
}

/** What is to be done, in order. */
export function plannedChanges(plan: LakePlan): Change[] {
  return plan.groups.flat().map(({ change }) => change);
}

/** Does what was planned, in order. Throws at the first failure; what was done before it is found done by the next run. */
export async function runLakePlan(plan: LakePlan, onChange: (change: Change) => void = () => undefined): Promise<Change[]> {
  const [first] = plan.refusals;
  if (first !== undefined) throw first;
  for (const group of plan.groups) {
    await inParallel(group, CALLS_AT_ONCE, async ({ change, run }) => {
      await run?.();
      onChange(change);
    });
  }
  return plannedChanges(plan);
}

async function planDataset(bigquery: BigQuery, spec: LakeSpec, dataset: DatasetSpec, refusals: TidemarkError[]): Promise<Step> {
  const wanted = { ...spec.labels, ...dataset.labels };
  const metadata = await lakeLookup(`dataset ${dataset.name}`, async () => await datasetMetadata(bigquery, dataset.name));
  if (metadata === undefined) {
    return step('dataset', dataset.name, 'created', [`location ${spec.location}`], async () => {
      await createOnce(`dataset ${dataset.name}`, async () => {
        await bigquery.createDataset(dataset.name, {
          location: spec.location,
          description: dataset.description,
          labels: wanted,
          ...(dataset.tableExpirationMs === undefined ? {} : { defaultTableExpirationMs: String(dataset.tableExpirationMs) }),
        });
      });
    });
  }
  const { location } = metadata;
  if (typeof location === 'string' && location.toUpperCase() !== spec.location.toUpperCase()) {
    refusals.push(refusal(dataset.name, [`the dataset is in ${location}, the configuration says ${spec.location}`]));
  }
  const { labels, changed } = compareLabels(metadata.labels, wanted);
  if (labels === undefined) return step('dataset', dataset.name, 'unchanged', []);
  return step('dataset', dataset.name, 'updated', changed, async () => {
    await lakeCall(`dataset ${dataset.name}`, async () => {
      await bigquery.dataset(dataset.name).setMetadata({ ...etagOf(metadata), labels });
    });
  });
}

interface DatasetMetadata {
  readonly location?: string;
  readonly labels?: Labels;
  readonly etag?: string;
}

async function datasetMetadata(bigquery: BigQuery, name: string): Promise<DatasetMetadata> {
  const [metadata] = (await bigquery.dataset(name).getMetadata()) as [DatasetMetadata, unknown];
  return metadata;
}

/** Labels of a dataset; undefined when there is no such dataset. */
export async function datasetLabels(bigquery: BigQuery, name: string): Promise<Labels | undefined> {
  const metadata = await lakeLookup(`dataset ${name}`, async () => await datasetMetadata(bigquery, name));
  return metadata === undefined ? undefined : (metadata.labels ?? {});
}

/** One query counts the rows of all that exist. */
async function planLocks(bigquery: BigQuery, spec: LakeSpec, refusals: TidemarkError[]): Promise<Step[]> {
  const query = async (what: string, sql: string): Promise<unknown[]> =>
    await lakeCall(what, async () => {
      const [rows] = (await bigquery.query({ query: sql, location: spec.location })) as [unknown[], ...unknown[]];
      return rows;
    });
  const quoted = (lock: LockSpec): string => `\`${spec.project}.${lock.dataset}.${lock.name}\``;
  const found = await inParallel(spec.locks, CALLS_AT_ONCE, async (lock) => await tableMetadata(bigquery, lock.dataset, lock.name));
  const existing = spec.locks.filter((_lock, index) => found[index] !== undefined);
  const counts = new Map<string, number>();
  if (existing.length > 0) {
    const sql = existing.map((lock) => `SELECT '${lock.name}' AS name, COUNT(*) AS row_count FROM ${quoted(lock)}`).join(' UNION ALL ');
    const rows = (await query('the lock tables', sql)) as { name: string; row_count: number }[];
    for (const { name, row_count: count } of rows) counts.set(name, count);
  }
  return spec.locks.map((lock) => {
    const name = `${lock.dataset}.${lock.name}`;
    if (!existing.includes(lock)) {
      return step('table', name, 'created', ['one row'], async () => {
        // Made and filled in one statement: of two at once, one makes it and the other finds it, with its one row.
        await query(`table ${name}`, `CREATE TABLE IF NOT EXISTS ${quoted(lock)} ${lockOptions(spec.labels)} AS SELECT 0 AS seq`);
      });
    }
    const count = counts.get(lock.name);
    if (count !== 1) refusals.push(refusal(name, [`a lock table has exactly one row, this one has ${String(count)}`]));
    return step('table', name, 'unchanged', []);
  });
}

/** Label rules leave nothing to escape. */
function lockOptions(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `('${key}', '${value}')`);
  return `OPTIONS (description = 'One row that the publishers of a table update first.', labels = [${pairs.join(', ')}])`;
}

async function planView(bigquery: BigQuery, spec: LakeSpec, view: ViewSpec, refusals: TidemarkError[]): Promise<Step> {
  const name = `${view.dataset}.${view.name}`;
  const metadata = await tableMetadata(bigquery, view.dataset, view.name);
  const definition = { view: { query: view.query, useLegacySql: false }, description: view.description };
  if (metadata === undefined) {
    return step('view', name, 'created', [], async () => {
      await createOnce(`view ${name}`, async () => {
        await bigquery.dataset(view.dataset).createTable(view.name, { ...definition, labels: { ...spec.labels } });
      });
    });
  }
  if (metadata.type !== 'VIEW') refusals.push(refusal(name, [`it is a ${String(metadata.type)}, not a view`]));
  const { labels, changed } = compareLabels(metadata.labels, spec.labels);
  const existing = typeof metadata.view === 'object' ? metadata.view.query : undefined;
  if (existing !== view.query) changed.push('query replaced', ...lineDifference(existing ?? '', view.query));
  if (metadata.description !== view.description) changed.push('description changed');
  if (changed.length === 0) return step('view', name, 'unchanged', []);
  return step('view', name, 'updated', changed, async () => {
    await lakeCall(`view ${name}`, async () => {
      await bigquery
        .dataset(view.dataset)
        .table(view.name)
        .setMetadata({ ...etagOf(metadata), ...definition, ...(labels === undefined ? {} : { labels }) });
    });
  });
}

/** Lines that only one of two texts has. */
function lineDifference(before: string, after: string): string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `- ${line.trim()}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+ ${line.trim()}`),
  ];
}
