/** What the lake of one configuration consists of: datasets, tables, lock tables and views, as data for `migrate`. */
import type { Column, TableDefinition } from '../../schemas/table';
import { tableColumns } from '../../schemas/envelope';
import { DRIFT_COLUMNS } from '../../schemas/ops/drift';
import { REDACTIONS_COLUMNS } from '../../schemas/ops/redactions';
import { REJECTS_COLUMNS } from '../../schemas/ops/rejects';
import { REPLAYS_COLUMNS } from '../../schemas/ops/replays';
import { UNITS_COLUMNS } from '../../schemas/ops/units';
import { viewsOf } from '../../schemas/views';
import type { Config } from '../config';
import type { PolicyTags } from './bigquery-schema';

export interface DatasetSpec {
  readonly name: string;
  readonly description: string;
  /** Tables made in it without an expiration of their own end after this long. */
  readonly tableExpirationMs?: number;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface TableSpec {
  readonly dataset: string;
  readonly name: string;
  readonly description: string;
  readonly columns: readonly Column[];
  /** TIMESTAMP column of the day partition. */
  readonly partition: string;
  readonly cluster: readonly string[];
  readonly requirePartitionFilter: boolean;
  /** Days that partitions are kept; absent: nobody has said, so it stays as it is. */
  readonly retentionDays?: number | 'never';
}

/** A table of exactly one row, which publishers of another table update first. */
export interface LockSpec {
  readonly dataset: string;
  readonly name: string;
}

export interface ViewSpec {
  readonly dataset: string;
  readonly name: string;
  readonly description: string;
  readonly query: string;
}

export interface LakeSpec {
  readonly project: string;
  readonly location: string;
  /** Of every dataset, table and view. */
  readonly labels: Readonly<Record<string, string>>;
  readonly policyTags: PolicyTags;
  readonly datasets: readonly DatasetSpec[];
  readonly tables: readonly TableSpec[];
  readonly locks: readonly LockSpec[];
  readonly views: readonly ViewSpec[];
}

/** Marks what apply made, for people who look at the project. */
const LABELS = { 'managed-by': 'tidemark' };

const DAY_MS = 86_400_000;
/** Long enough to look at a batch that failed over a weekend. */
const STAGING_DAYS = 7;

/** Name of the lock table of a lake table. */
export function lockName(table: string): string {
  return `lock_${table}`;
}

/** The configuration's word goes before the definition's. */
function retentionOf(lake: Config['lake'], table: TableDefinition): Pick<TableSpec, 'retentionDays'> {
  const retentionDays = lake.retentionDays[table.name] ?? table.retentionDays;
  return retentionDays === undefined ? {} : { retentionDays };
}

/** `opsLabels` are set on the ops dataset when it is made. */
export function lakeSpec(
  lake: Config['lake'],
  tables: readonly TableDefinition[],
  opsLabels: Readonly<Record<string, string>> = {},
): LakeSpec {
  const { datasets } = lake;
  const ops = (name: string, description: string, columns: readonly Column[], cluster: readonly string[]): TableSpec => ({
    dataset: datasets.ops,
    name,
    description,
    columns,
    partition: 'recorded_at',
    cluster,
    requirePartitionFilter: false,
  });
  return {
    project: lake.project,
    location: lake.location,
    labels: { ...LABELS, ...lake.labels },
    policyTags: lake.policyTags,
    datasets: [
      { name: datasets.lake, description: 'Security logs: one table per stream, and views over them.' },
      { name: datasets.staging, description: 'Loaded batches on their way into the lake.', tableExpirationMs: STAGING_DAYS * DAY_MS },
      { name: datasets.ops, description: 'The ledger, rejects, and what is known of every hour.', labels: opsLabels },
    ],
    tables: [
      ops('units', 'The ledger: append-only facts about reads and streams.', UNITS_COLUMNS, ['source', 'stream']),
      ops('rejects', 'Items that could not become rows, each with its reason and place.', REJECTS_COLUMNS, [
        'table_name',
        'source',
        'reason',
      ]),
      ops('replays', 'Which rejects a replay has dealt with.', REPLAYS_COLUMNS, ['table_name', 'reject_id']),
      ops('drift', 'Paths and types that records had and no column asked for.', DRIFT_COLUMNS, ['table_name', 'path']),
      ops('redactions', 'What was redacted where.', REDACTIONS_COLUMNS, ['table_name', 'source']),
      ...tables.map((table) => ({
        dataset: datasets.lake,
        name: table.name,
        description: table.description,
        columns: tableColumns(table),
        partition: table.partition,
        cluster: table.cluster,
        // An object's state may be older than any filter: publish and the views ask for all of a state table.
        requirePartitionFilter: lake.requirePartitionFilter && table.requirePartitionFilter && table.kind === 'event',
        ...retentionOf(lake, table),
      })),
    ],
    locks: tables.map((table) => ({ dataset: datasets.ops, name: lockName(table.name) })),
    views: viewsOf(tables).map((view) => ({
      dataset: datasets[view.dataset],
      name: view.name,
      description: view.description,
      query: view.sql({ project: lake.project, ...datasets }),
    })),
  };
}
