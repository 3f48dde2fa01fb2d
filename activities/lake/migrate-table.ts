/** One table made equal to its definition, or the reason why not and the way out. */
import type { BigQuery, TableMetadata } from '@google-cloud/bigquery';
import type { TidemarkError } from '../errors';
import { type SchemaField, schemaFields } from './bigquery-schema';
import { lakeCall } from './client';
import { compareSchema, type SchemaComparison } from './compare-schema';
import type { LakeSpec, TableSpec } from './lake-spec';
import { createOnce, etagOf, refusal, type Step, step, tableMetadata } from './migration-step';
import { compareSettings, expirationMsOf, type SettingsOptions, type TablePatch } from './table-settings';
import { wayOut } from './way-out';

export interface TableOptions {
  readonly bigquery: BigQuery;
  readonly lake: LakeSpec;
  /** Names of tables whose partitions may be deleted earlier than now. */
  readonly shortenRetention: ReadonlySet<string>;
}

/** Looks at the table; changes nothing. Refusals are added to `refusals`. */
export async function planTable(spec: TableSpec, options: TableOptions, refusals: TidemarkError[]): Promise<Step> {
  const { bigquery, lake } = options;
  const name = `${spec.dataset}.${spec.name}`;
  const wanted = schemaFields(spec.columns, lake.policyTags);
  const metadata = await tableMetadata(bigquery, spec.dataset, spec.name);
  if (metadata === undefined) {
    return step('table', name, 'created', creationDetails(spec, wanted), async () => {
      await createTable(spec, options, wanted);
    });
  }
  const settingsOptions = { labels: lake.labels, mayShorten: options.shortenRetention.has(spec.name) };
  const existing = fieldsOf(metadata);
  const comparison = compareSchema(existing, wanted);
  const settings = compareSettings(metadata, spec, settingsOptions);
  const reasons = [...settings.refused, ...comparison.refused];
  if (reasons.length > 0) {
    const field = metadata.timePartitioning?.field;
    const filter = metadata.requirePartitionFilter === true && field !== undefined ? { filterOn: field } : {};
    refusals.push(refusal(name, reasons, wayOut(spec, wanted, { project: lake.project, existing, ...filter })));
  }
  if (settings.retentionRefused !== undefined) refusals.push(refusal(name, [settings.retentionRefused], retentionWayOut(spec)));
  const left = [
    ...settings.left,
    ...comparison.extra.map((path) => `column ${path} is not in the definition and stays`),
    ...comparison.otherwiseTagged.map((path) => `column ${path} has another policy tag than the configuration says, and keeps it`),
  ];
  const changes = [...settings.changed, ...schemaChanges(comparison)];
  if (changes.length === 0) return step('table', name, left.length === 0 ? 'unchanged' : 'left', left);
  return step('table', name, 'updated', [...changes, ...left], async () => {
    await changeTable(spec, { ...options, settingsOptions }, metadata, { comparison, patch: settings.patch, wanted });
  });
}

const retentionWayOut = ({ name }: TableSpec): string[] => [
  `  either keep them: lake.retentionDays in tidemark.yaml, with \`${name}: never\` or the number of days there is now;`,
  `  or delete them: tidemark apply --shorten-retention ${name}`,
];

function creationDetails(spec: TableSpec, wanted: readonly SchemaField[]): string[] {
  const { partition, cluster, requirePartitionFilter, retentionDays } = spec;
  return [
    `${String(wanted.length)} columns`,
    `partitioned by DAY of ${partition}${requirePartitionFilter ? ', which every query must have a condition on' : ''}`,
    ...(cluster.length === 0 ? [] : [`clustered on ${cluster.join(', ')}`]),
    ...(typeof retentionDays === 'number' ? [`partitions are deleted after ${String(retentionDays)} days`] : []),
  ];
}

function schemaChanges({ added, relaxed, tagged, described }: SchemaComparison): string[] {
  return [
    ...added.map((path) => `column ${path} added`),
    ...relaxed.map((path) => `column ${path} relaxed`),
    ...tagged.map((path) => `column ${path} gets its policy tag`),
    ...described.map((path) => `description of column ${path} changed`),
  ];
}

function fieldsOf(metadata: TableMetadata): SchemaField[] {
  const { schema } = metadata;
  return typeof schema === 'object' && 'fields' in schema ? (schema.fields as SchemaField[]) : [];
}

async function createTable(spec: TableSpec, { bigquery, lake }: TableOptions, fields: SchemaField[]): Promise<void> {
  const { retentionDays } = spec;
  await createOnce(`table ${spec.dataset}.${spec.name}`, async () => {
    await bigquery.dataset(spec.dataset).createTable(spec.name, {
      schema: { fields },
      description: spec.description,
      labels: { ...lake.labels },
      timePartitioning: {
        type: 'DAY',
        field: spec.partition,
        ...(typeof retentionDays === 'number' ? { expirationMs: expirationMsOf(retentionDays) } : {}),
      },
      clustering: { fields: [...spec.cluster] },
      requirePartitionFilter: spec.requirePartitionFilter,
    });
  });
}

interface TableChange {
  readonly comparison: SchemaComparison;
  readonly patch: TablePatch;
  readonly wanted: readonly SchemaField[];
}

type ChangeOptions = TableOptions & { readonly settingsOptions: SettingsOptions };

async function changeTable(spec: TableSpec, options: ChangeOptions, before: TableMetadata, change: TableChange): Promise<void> {
  const name = `${spec.dataset}.${spec.name}`;
  const { comparison, patch, wanted } = change;
  const schema = schemaChanges(comparison).length > 0 ? { schema: { fields: comparison.merged } } : {};
  // A null in a patch takes a member away, which the client's types do not know.
  const request = { ...etagOf(before), ...schema, ...patch } as TableMetadata;
  const after = await lakeCall(`table ${name}`, async () => {
    const answer: unknown = await options.bigquery.dataset(spec.dataset).table(spec.name).setMetadata(request);
    return (answer as [TableMetadata])[0];
  });
  const rest = compareSchema(fieldsOf(after), wanted);
  const ignored = [
    ...rest.added.map((path) => `column ${path} was not added`),
    ...rest.relaxed.map((path) => `column ${path} was not relaxed`),
    ...rest.tagged.map((path) => `column ${path} did not get its policy tag`),
    ...rest.refused,
    ...compareSettings(after, spec, options.settingsOptions).changed.map((text) => `not done: ${text}`),
  ];
  if (ignored.length > 0) throw refusal(name, [`the service accepted the change and did not make it: ${ignored.join('; ')}`]);
}
