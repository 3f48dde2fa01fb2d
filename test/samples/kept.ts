/** Everything an installation keeps, as bytes to search: objects, tables, log, and Temporal's histories. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Client } from '@temporalio/client';
import type { BigQuery } from '@google-cloud/bigquery';
import type { Config } from '../../activities/config';

export interface Kept {
  readonly where: 'objects' | 'tables' | 'log' | 'histories';
  readonly name: string;
  readonly bytes: Buffer;
}

export interface Keepers {
  readonly config: Config;
  readonly storageRoot: string;
  readonly logFile: string;
  readonly bigquery: BigQuery;
  readonly temporal: Client;
}

export async function* everythingKept({ config, storageRoot, logFile, bigquery, temporal }: Keepers): AsyncGenerator<Kept, void, void> {
  for (const bucket of Object.values(config.lake.buckets)) {
    const folder = path.join(storageRoot, bucket);
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const name = path.join(entry.parentPath, entry.name);
      const bytes = readFileSync(name);
      yield { where: 'objects', name, bytes: name.endsWith('.gz') ? gunzipSync(bytes) : bytes };
    }
  }
  for (const dataset of Object.values(config.lake.datasets)) {
    const [tables] = await bigquery.dataset(dataset).getTables();
    for (const { id, metadata } of tables) {
      if ((metadata as { type?: string }).type !== 'TABLE') continue;
      const name = `${dataset}.${String(id)}`;
      const [rows] = await bigquery.query({ query: `SELECT TO_JSON_STRING(t) AS line FROM ${name} AS t`, location: config.lake.location });
      yield { where: 'tables', name, bytes: Buffer.from((rows as { line: string }[]).map(({ line }) => line).join('\n')) };
    }
  }
  yield { where: 'log', name: logFile, bytes: readFileSync(logFile) };
  for await (const { workflowId, runId } of temporal.workflow.list()) {
    const history = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    yield { where: 'histories', name: workflowId, bytes: Buffer.from(JSON.stringify(history, payloadsAsText)) };
  }
}

/** Payloads are bytes, which JSON would print as numbers. */
function payloadsAsText(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const bytes = this[key];
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString('utf8') : value;
}
