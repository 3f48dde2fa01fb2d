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

/** Loads all parts or none; returns the name of the staging table. LAKE_LOAD_REFUSED when BigQuery does not take a part. */
export async function loadParts(
  deps: Deps,
  runner: JobRunner,
  purpose: string,
  parts: readonly Part[],
  columns: readonly Column[],
): Promise<string> {
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
      if (outcome.reason === 'invalid') {
        throw new TidemarkError('LAKE_LOAD_REFUSED', `load job ${jobId}: ${outcome.message}`, { context: { job: jobId } });
      }
      continue;
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
export function partsDigest(parts: readonly Part[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.name}\0${part.crc32c}\0`);
  return hash.digest('hex').slice(0, 24);
}
