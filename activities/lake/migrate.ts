/**
 * Makes the lake equal to its definition, or says why it cannot. First everything is looked at and nothing is changed
 * (`planLake`), then what was planned is done (`runLakePlan`). So a refusal anywhere leaves everything as it was, and a
 * second run finds nothing to do. Tables are changed under their etag, and the answer is compared again, because a service
 * may accept a change and not make it.
 */
import type { BigQuery, TableMetadata } from '@google-cloud/bigquery';
import { TidemarkError } from '../errors';
import { readGoogleError } from '../google-error';
import { type SchemaField, schemaFields } from './bigquery-schema';
import { lakeCall, lakeError, lakeLookup } from './client';
import { compareSchema, type SchemaComparison } from './compare-schema';
import type { DatasetSpec, LakeSpec, LockSpec, TableSpec, ViewSpec } from './lake-spec';

/** One thing and what was done to it. */
export interface Change {
  readonly kind: 'dataset' | 'table' | 'view' | 'schedule';
  readonly name: string;
  readonly action: 'created' | 'updated' | 'unchanged' | 'deleted' | 'left';
  /** What was changed, or what was found and left. */
  readonly details: readonly string[];
}

interface Step {
  readonly change: Change;
  /** Absent when nothing is to be done. */
  readonly run?: () => Promise<void>;
}

export interface LakePlan {
  readonly steps: readonly Step[];
  /** Reasons why the plan may not be run. */
  readonly refusals: readonly TidemarkError[];
}

/** Marks what apply made, for people who look at the project. */
const LABELS = { 'managed-by': 'tidemark' };

/** Looks at everything; changes nothing. Throws LAKE_* errors when it cannot look. */
export async function planLake(bigquery: BigQuery, spec: LakeSpec): Promise<LakePlan> {
  const refusals: TidemarkError[] = [];
  const datasets = await Promise.all(spec.datasets.map(async (dataset) => await planDataset(bigquery, spec, dataset, refusals)));
  const tables = await Promise.all(spec.tables.map(async (table) => await planTable(bigquery, table, refusals)));
  const locks = await Promise.all(spec.locks.map(async (lock) => await planLock(bigquery, spec, lock, refusals)));
  const views = await Promise.all(spec.views.map(async (view) => await planView(bigquery, view, refusals)));
  return { steps: [...datasets, ...tables, ...locks, ...views], refusals };
}

/** Does what was planned, in order. Throws at the first failure; what was done before it is found done by the next run. */
export async function runLakePlan(plan: LakePlan, onChange: (change: Change) => void = () => undefined): Promise<Change[]> {
  const [refusal] = plan.refusals;
  if (refusal !== undefined) throw refusal;
  const changes: Change[] = [];
  for (const step of plan.steps) {
    await step.run?.();
    onChange(step.change);
    changes.push(step.change);
  }
  return changes;
}

function step(kind: Change['kind'], name: string, action: Change['action'], details: readonly string[], run?: () => Promise<void>): Step {
  return { change: { kind, name, action, details }, ...(run === undefined ? {} : { run }) };
}

function refuse(refusals: TidemarkError[], name: string, reasons: readonly string[]): void {
  refusals.push(new TidemarkError('LAKE_SCHEMA_REFUSED', `${name}: ${reasons.join('; ')}`, { context: { table: name } }));
}

async function planDataset(bigquery: BigQuery, spec: LakeSpec, dataset: DatasetSpec, refusals: TidemarkError[]): Promise<Step> {
  const metadata = await lakeLookup(`dataset ${dataset.name}`, async () => await datasetMetadata(bigquery, dataset.name));
  if (metadata === undefined) {
    return step('dataset', dataset.name, 'created', [`location ${spec.location}`], async () => {
      await createOnce(`dataset ${dataset.name}`, async () => {
        await bigquery.createDataset(dataset.name, {
          location: spec.location,
          description: dataset.description,
          labels: { ...LABELS, ...dataset.labels },
          ...(dataset.tableExpirationMs === undefined ? {} : { defaultTableExpirationMs: String(dataset.tableExpirationMs) }),
        });
      });
    });
  }
  const { location } = metadata;
  if (typeof location === 'string' && location.toUpperCase() !== spec.location.toUpperCase()) {
    refuse(refusals, dataset.name, [`the dataset is in ${location}, the configuration says ${spec.location}`]);
  }
  const labels = { ...metadata.labels, ...dataset.labels };
  const missing = Object.keys(dataset.labels ?? {}).filter((name) => metadata.labels?.[name] === undefined);
  if (missing.length === 0) return step('dataset', dataset.name, 'unchanged', []);
  return step(
    'dataset',
    dataset.name,
    'updated',
    missing.map((name) => `label ${name} added`),
    async () => {
      await lakeCall(`dataset ${dataset.name}`, async () => {
        await bigquery.dataset(dataset.name).setMetadata({ ...etagOf(metadata), labels });
      });
    },
  );
}

interface DatasetMetadata {
  readonly location?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly etag?: string;
}

async function datasetMetadata(bigquery: BigQuery, name: string): Promise<DatasetMetadata> {
  const [metadata] = (await bigquery.dataset(name).getMetadata()) as [DatasetMetadata, unknown];
  return metadata;
}

/** Labels of a dataset; undefined when there is no such dataset. */
export async function datasetLabels(bigquery: BigQuery, name: string): Promise<Readonly<Record<string, string>> | undefined> {
  const metadata = await lakeLookup(`dataset ${name}`, async () => await datasetMetadata(bigquery, name));
  return metadata === undefined ? undefined : (metadata.labels ?? {});
}

async function tableMetadata(bigquery: BigQuery, dataset: string, name: string): Promise<TableMetadata | undefined> {
  return await lakeLookup(`table ${dataset}.${name}`, async () => {
    const [metadata] = (await bigquery.dataset(dataset).table(name).getMetadata()) as [TableMetadata, unknown];
    return metadata;
  });
}

async function planTable(bigquery: BigQuery, spec: TableSpec, refusals: TidemarkError[]): Promise<Step> {
  const name = `${spec.dataset}.${spec.name}`;
  const wanted = schemaFields(spec.columns);
  const metadata = await tableMetadata(bigquery, spec.dataset, spec.name);
  if (metadata === undefined) {
    return step('table', name, 'created', [`${String(wanted.length)} columns`], async () => {
      await createTable(bigquery, spec, wanted);
    });
  }
  const comparison = compareSchema(fieldsOf(metadata), wanted);
  const settings = compareSettings(metadata, spec);
  const reasons = [...settings.refused, ...comparison.refused];
  if (reasons.length > 0) refuse(refusals, name, reasons);
  const left = comparison.extra.map((path) => `column ${path} is not in the definition and stays`);
  const changes = [
    ...settings.changed,
    ...comparison.added.map((path) => `column ${path} added`),
    ...comparison.relaxed.map((path) => `column ${path} relaxed`),
  ];
  if (changes.length === 0) return step('table', name, left.length === 0 ? 'unchanged' : 'left', left);
  return step('table', name, 'updated', [...changes, ...left], async () => {
    await changeTable(bigquery, spec, metadata, { comparison, patch: settings.patch, wanted });
  });
}

function fieldsOf(metadata: TableMetadata): SchemaField[] {
  const { schema } = metadata;
  return typeof schema === 'object' && 'fields' in schema ? (schema.fields as SchemaField[]) : [];
}

function etagOf(metadata: { readonly etag?: string }): { etag?: string } {
  return metadata.etag === undefined ? {} : { etag: metadata.etag };
}

const CONFLICT = 409;

/** Another apply that made the same thing meanwhile is no failure: whoever looks next compares what is there. */
async function createOnce(what: string, create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (readGoogleError(error).status !== CONFLICT) throw lakeError(error, what);
  }
}

async function createTable(bigquery: BigQuery, spec: TableSpec, fields: SchemaField[]): Promise<void> {
  await createOnce(`table ${spec.dataset}.${spec.name}`, async () => {
    await bigquery.dataset(spec.dataset).createTable(spec.name, {
      schema: { fields },
      description: spec.description,
      labels: LABELS,
      timePartitioning: { type: 'DAY', field: spec.partition },
      clustering: { fields: [...spec.cluster] },
      requirePartitionFilter: spec.requirePartitionFilter,
    });
  });
}

interface Settings {
  readonly patch: { requirePartitionFilter?: boolean; clustering?: { fields: string[] } };
  readonly changed: readonly string[];
  readonly refused: readonly string[];
}

/** Kind and partitioning are for ever; clustering and the filter flag may be changed in place and concern later rows only. */
function compareSettings(metadata: TableMetadata, spec: TableSpec): Settings {
  if (metadata.type !== 'TABLE') return { patch: {}, changed: [], refused: [`it is a ${String(metadata.type)}, not a table`] };
  const refused: string[] = [];
  const changed: string[] = [];
  const patch: Settings['patch'] = {};
  const has = metadata.timePartitioning;
  if (has?.type !== 'DAY' || has.field !== spec.partition) {
    const found = has === undefined ? 'not partitioned' : `partitioned by ${String(has.type)} of ${has.field ?? 'load time'}`;
    refused.push(`it is ${found}, the definition says by DAY of ${spec.partition}`);
  }
  const clustered = metadata.clustering?.fields ?? [];
  if (clustered.join(',') !== spec.cluster.join(',')) {
    patch.clustering = { fields: [...spec.cluster] };
    changed.push(`clustering (${clustered.join(', ')}) becomes (${spec.cluster.join(', ')})`);
  }
  if ((metadata.requirePartitionFilter ?? false) !== spec.requirePartitionFilter) {
    patch.requirePartitionFilter = spec.requirePartitionFilter;
    changed.push(`requirePartitionFilter becomes ${String(spec.requirePartitionFilter)}`);
  }
  return { patch, changed, refused };
}

interface TableChange {
  readonly comparison: SchemaComparison;
  readonly patch: Settings['patch'];
  readonly wanted: readonly SchemaField[];
}

async function changeTable(bigquery: BigQuery, spec: TableSpec, before: TableMetadata, change: TableChange): Promise<void> {
  const name = `${spec.dataset}.${spec.name}`;
  const { comparison, patch, wanted } = change;
  const schema = comparison.added.length + comparison.relaxed.length > 0 ? { schema: { fields: comparison.merged } } : {};
  const after = await lakeCall(`table ${name}`, async () => {
    // The etag makes a change by someone else since we looked a refusal (412), not an overwrite.
    const answer: unknown = await bigquery
      .dataset(spec.dataset)
      .table(spec.name)
      .setMetadata({ ...etagOf(before), ...schema, ...patch });
    return (answer as [TableMetadata])[0];
  });
  const rest = compareSchema(fieldsOf(after), wanted);
  const ignored = [
    ...rest.added.map((path) => `column ${path} was not added`),
    ...rest.relaxed.map((path) => `column ${path} was not relaxed`),
    ...rest.refused,
    ...compareSettings(after, spec).changed.map((text) => `not done: ${text}`),
  ];
  if (ignored.length > 0) {
    const message = `${name}: the service accepted the change and did not make it: ${ignored.join('; ')}`;
    throw new TidemarkError('LAKE_SCHEMA_REFUSED', message, { context: { table: name } });
  }
}

async function planLock(bigquery: BigQuery, spec: LakeSpec, lock: LockSpec, refusals: TidemarkError[]): Promise<Step> {
  const name = `${lock.dataset}.${lock.name}`;
  const quoted = `\`${spec.project}.${lock.dataset}.${lock.name}\``;
  const query = async (sql: string): Promise<unknown[]> =>
    await lakeCall(`table ${name}`, async () => {
      const [rows] = (await bigquery.query({ query: sql, location: spec.location })) as [unknown[], ...unknown[]];
      return rows;
    });
  if ((await tableMetadata(bigquery, lock.dataset, lock.name)) === undefined) {
    return step('table', name, 'created', ['one row'], async () => {
      // Made and filled in one statement: of two at once, one makes it and the other finds it, with its one row.
      await query(`CREATE TABLE IF NOT EXISTS ${quoted} AS SELECT 0 AS seq`);
    });
  }
  const [counted] = (await query(`SELECT COUNT(*) AS row_count FROM ${quoted}`)) as { row_count: number }[];
  if (counted?.row_count !== 1) refuse(refusals, name, [`a lock table has exactly one row, this one has ${String(counted?.row_count)}`]);
  return step('table', name, 'unchanged', []);
}

async function planView(bigquery: BigQuery, view: ViewSpec, refusals: TidemarkError[]): Promise<Step> {
  const name = `${view.dataset}.${view.name}`;
  const metadata = await tableMetadata(bigquery, view.dataset, view.name);
  const definition = { view: { query: view.query, useLegacySql: false }, description: view.description };
  if (metadata === undefined) {
    return step('view', name, 'created', [], async () => {
      await createOnce(`view ${name}`, async () => {
        await bigquery.dataset(view.dataset).createTable(view.name, { ...definition, labels: LABELS });
      });
    });
  }
  if (metadata.type !== 'VIEW') refuse(refusals, name, [`it is a ${String(metadata.type)}, not a view`]);
  const existing = metadata.view;
  if (typeof existing === 'object' && existing.query === view.query) return step('view', name, 'unchanged', []);
  return step('view', name, 'updated', ['query replaced'], async () => {
    await lakeCall(`view ${name}`, async () => {
      await bigquery
        .dataset(view.dataset)
        .table(view.name)
        .setMetadata({ ...etagOf(metadata), ...definition });
    });
  });
}
