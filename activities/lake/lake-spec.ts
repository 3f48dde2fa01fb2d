/** What the lake of one configuration consists of: datasets, tables, lock tables and views, as data for `migrate`. */
import type { Column, TableDefinition } from '../../schemas/table';
import { tableColumns } from '../../schemas/envelope';
import { REJECTS_COLUMNS } from '../../schemas/ops/rejects';
import { UNITS_COLUMNS } from '../../schemas/ops/units';
import { VIEWS } from '../../schemas/views';
import type { Config } from '../config';

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
  readonly datasets: readonly DatasetSpec[];
  readonly tables: readonly TableSpec[];
  readonly locks: readonly LockSpec[];
  readonly views: readonly ViewSpec[];
}

const DAY_MS = 86_400_000;
/** Long enough to look at a batch that failed over a weekend. */
const STAGING_DAYS = 7;

/** Name of the lock table of a lake table. */
export function lockName(table: string): string {
  return `lock_${table}`;
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
      ...tables.map((table) => ({
        dataset: datasets.lake,
        name: table.name,
        description: table.description,
        columns: tableColumns(table),
        partition: table.partition,
        cluster: table.cluster,
        requirePartitionFilter: lake.requirePartitionFilter && table.requirePartitionFilter,
      })),
    ],
    locks: tables.map((table) => ({ dataset: datasets.ops, name: lockName(table.name) })),
    views: VIEWS.map((view) => ({
      dataset: datasets[view.dataset],
      name: view.name,
      description: view.description,
      query: view.sql({ project: lake.project, ...datasets }),
    })),
  };
}
