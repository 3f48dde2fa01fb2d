/** What the parts of a migration have in common: a step, a refusal, and how a thing is looked up and made. */
import type { BigQuery, TableMetadata } from '@google-cloud/bigquery';
import { TidemarkError } from '../errors';
import { readGoogleError } from '../google-error';
import { lakeError, lakeLookup } from './client';

/** One thing and what was, or is to be, done to it. */
export interface Change {
  readonly kind: 'dataset' | 'table' | 'view' | 'schedule';
  readonly name: string;
  readonly action: 'created' | 'updated' | 'unchanged' | 'deleted' | 'left';
  /** What differs, or what was found and stays. */
  readonly details: readonly string[];
}

export interface Step {
  readonly change: Change;
  /** Absent when nothing is to be done. */
  readonly run?: () => Promise<void>;
}

export function step(
  kind: Change['kind'],
  name: string,
  action: Change['action'],
  details: readonly string[],
  run?: () => Promise<void>,
): Step {
  return { change: { kind, name, action, details }, ...(run === undefined ? {} : { run }) };
}

/** `wayOut` is what a person can do about it, in lines of its own. */
export function refusal(name: string, reasons: readonly string[], wayOut: readonly string[] = []): TidemarkError {
  return new TidemarkError('LAKE_SCHEMA_REFUSED', [`${name}: ${reasons.join('; ')}`, ...wayOut].join('\n'), { context: { table: name } });
}

/** Undefined when there is no such table. */
export async function tableMetadata(bigquery: BigQuery, dataset: string, name: string): Promise<TableMetadata | undefined> {
  return await lakeLookup(`table ${dataset}.${name}`, async () => {
    const [metadata] = (await bigquery.dataset(dataset).table(name).getMetadata()) as [TableMetadata, unknown];
    return metadata;
  });
}

/** The etag makes a change by someone else since we looked a refusal (412), not an overwrite. */
export function etagOf(metadata: { readonly etag?: string }): { etag?: string } {
  return metadata.etag === undefined ? {} : { etag: metadata.etag };
}

const CONFLICT = 409;

/** Another apply that made the same thing meanwhile is no failure: whoever looks next compares what is there. */
export async function createOnce(what: string, create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (readGoogleError(error).status !== CONFLICT) throw lakeError(error, what);
  }
}

export type Labels = Readonly<Record<string, string>>;

/**
 * Labels are only ever added or given the value we want; those of others stay. `labels` is what to send, absent when
 * nothing differs.
 */
export function compareLabels(existing: Labels | undefined, wanted: Labels): { readonly labels?: Labels; readonly changed: string[] } {
  const changed = Object.entries(wanted)
    .filter(([key, value]) => existing?.[key] !== value)
    .map(([key, value]) => {
      const has = existing?.[key];
      return has === undefined ? `label ${key} added` : `label ${key} becomes ${value} (is ${has})`;
    });
  return changed.length === 0 ? { changed } : { labels: { ...existing, ...wanted }, changed };
}
