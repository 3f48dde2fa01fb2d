/**
 * Loads parts into a staging table of their own. The table and the job are named by the parts, so a repeated load is the
 * same load; the target is never touched here.
 */
import { createHash } from 'node:crypto';
import type { Column } from '../../schemas/table';
import type { Deps } from '../deps';
import { TidemarkError } from '../errors';
import type { Part } from '../stage/unit';
import { schemaFields } from './bigquery-schema';
import { definitiveFailure, runJob, type JobRunner } from './jobs';

const TRIES_MAX = 5;

/** An object of lines ready to load. */
export type LoadablePart = Pick<Part, 'name' | 'rows' | 'crc32c'>;

/** Loads parts with the columns of one purpose. */
export type Load = (parts: readonly LoadablePart[]) => Promise<string | undefined>;

/**
 * Loads all parts or none: the name of the staging table, or undefined when BigQuery refuses the content of some part. What
 * BigQuery says then is passed on to nobody, since it quotes values; whoever may read the job finds it there.
 */
export async function loadParts(
  deps: Deps,
  runner: JobRunner,
  purpose: string,
  parts: readonly LoadablePart[],
  columns: readonly Column[],
): Promise<string | undefined> {
  const { lake } = deps.config;
  const digest = partsDigest(parts);
  const expectedRows = parts.reduce((sum, part) => sum + part.rows, 0);
  for (let number = 0; number < TRIES_MAX; number += 1) {
    const tableId = `${purpose}__${digest}_${String(number)}`;
    const jobId = `tidemark_load_${tableId}`;
    const outcome = await runJob(runner, jobId, {
      load: {
        destinationTable: { projectId: lake.project, datasetId: lake.datasets.staging, tableId },
        sourceUris: parts.map((part) => `gs://${lake.buckets.stage}/${part.name}`),
        sourceFormat: 'NEWLINE_DELIMITED_JSON',
        schema: { fields: schemaFields(columns) },
        writeDisposition: 'WRITE_TRUNCATE',
        createDisposition: 'CREATE_IF_NEEDED',
        autodetect: false,
        ignoreUnknownValues: false,
        maxBadRecords: 0,
      },
      labels: { tidemark: 'load' },
    });
    if (outcome.kind === 'lost') continue;
    if (outcome.kind === 'failed') {
      const definitive = definitiveFailure(outcome, `load job ${jobId}`);
      if (definitive !== undefined) throw definitive;
      if (outcome.reason !== 'invalid') continue;
      deps.log.warn({ job: jobId, parts: parts.length, rows: expectedRows }, 'a load was refused');
      return undefined;
    }
    const loadedRows = Number(outcome.metadata.statistics?.load?.outputRows);
    if (loadedRows !== expectedRows) {
      throw new TidemarkError('LAKE_ROWS_DIFFER', `load job ${jobId} took ${String(loadedRows)} rows of ${String(expectedRows)}`, {
        context: { job: jobId },
      });
    }
    return tableId;
  }
  throw new TidemarkError('LAKE_UNAVAILABLE', `${String(TRIES_MAX)} load jobs of ${purpose} failed`, { context: { table: purpose } });
}

/** Names and checksums of the parts as 24 hex digits. */
export function partsDigest(parts: readonly LoadablePart[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.name}\0${part.crc32c}\0`);
  return hash.digest('hex').slice(0, 24);
}
