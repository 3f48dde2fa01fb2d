/**
 * How a table that exists differs from its definition beside its columns. Pure. Kind and partitioning are for ever.
 * Clustering, the filter flag, labels and the description may be changed in place. How long partitions are kept may be
 * made longer; to make it shorter is to delete rows, so it is refused unless the person names the table.
 * https://docs.cloud.google.com/bigquery/docs/managing-partitioned-tables#partition-expiration
 */
import type { TableMetadata } from '@google-cloud/bigquery';
import type { TableSpec } from './lake-spec';
import { compareLabels, type Labels } from './migration-step';

export interface TablePatch {
  requirePartitionFilter?: boolean;
  clustering?: { fields: string[] };
  timePartitioning?: { type: 'DAY'; field: string; expirationMs: string | null };
  labels?: Labels;
  description?: string;
}

export interface SettingsComparison {
  readonly patch: TablePatch;
  readonly changed: readonly string[];
  /** What the table has beyond the definition, and keeps. */
  readonly left: readonly string[];
  /** Why the table would have to be made anew. */
  readonly refused: readonly string[];
  /** Set when partitions would be deleted that are kept now, and nobody has said so. */
  readonly retentionRefused?: string;
}

export interface SettingsOptions {
  readonly labels: Labels;
  /** Whether partitions may be deleted earlier than they are now. */
  readonly mayShorten: boolean;
}

const DAY_MS = 86_400_000;

export const expirationMsOf = (days: number): string => String(days * DAY_MS);

export function compareSettings(metadata: TableMetadata, spec: TableSpec, options: SettingsOptions): SettingsComparison {
  if (metadata.type !== 'TABLE') return { patch: {}, changed: [], left: [], refused: [`it is a ${String(metadata.type)}, not a table`] };
  const refused: string[] = [];
  const changed: string[] = [];
  const patch: TablePatch = {};
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
  const labels = compareLabels(metadata.labels, options.labels);
  if (labels.labels !== undefined) patch.labels = labels.labels;
  changed.push(...labels.changed);
  if (metadata.description !== spec.description) {
    patch.description = spec.description;
    changed.push('description changed');
  }
  const retention = compareRetention(daysOf(has?.expirationMs), spec.retentionDays, options.mayShorten);
  if (retention.days !== undefined) {
    const expirationMs = retention.days === 'never' ? null : expirationMsOf(retention.days);
    patch.timePartitioning = { type: 'DAY', field: spec.partition, expirationMs };
    changed.push(...retention.says);
  }
  return {
    patch,
    changed,
    left: retention.left === undefined ? [] : [retention.left],
    refused,
    ...(retention.refused === undefined ? {} : { retentionRefused: retention.refused }),
  };
}

/** Undefined: never. The service has whole milliseconds as text. */
function daysOf(expirationMs: string | number | null | undefined): number | undefined {
  const ms = Number(expirationMs ?? 0);
  return ms > 0 ? ms / DAY_MS : undefined;
}

interface RetentionComparison {
  /** What is to be set. */
  readonly days?: number | 'never';
  readonly says: readonly string[];
  readonly left?: string;
  readonly refused?: string;
}

const keptText = (days: number | undefined): string => (days === undefined ? 'kept for ever' : `kept for ${String(days)} days`);

function compareRetention(has: number | undefined, wanted: TableSpec['retentionDays'], mayShorten: boolean): RetentionComparison {
  if (wanted === undefined) {
    if (has === undefined) return { says: [] };
    return { says: [], left: `partitions are ${keptText(has)}, which nothing here says, and stay so: write \`never\` to end it` };
  }
  const days = wanted === 'never' ? undefined : wanted;
  if (days === has) return { says: [] };
  const shorter = days !== undefined && (has === undefined || days < has);
  const words = `partitions are ${keptText(has)} and would be ${keptText(days)}`;
  if (shorter && !mayShorten) return { says: [], refused: `${words}: older ones would be deleted at once` };
  return { days: wanted, says: [`partitions are now ${keptText(days)} (were ${keptText(has)})`] };
}
