/**
 * Jest's global set-up for tests with real servers: one lake in a new folder for the whole run. It ends with this process,
 * even when the process is killed, and the folder goes with it.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLake } from '../../infra/local/lake';
import { LAKE_FILE_VARIABLE, type TestLake } from './lake';

export default async function startServers(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-test-'));
  const progress = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const { dir, project, temporal, bigquery, storage, storageRoot } = await startLake({
    dir: folder,
    project: 'demo',
    ends: 'with-this-process',
    progress,
  });
  const addresses: TestLake = { dir, project, temporal, bigquery, storage, storageRoot };
  const file = join(dir, 'addresses.json');
  writeFileSync(file, JSON.stringify(addresses));
  process.env[LAKE_FILE_VARIABLE] = file;
}
