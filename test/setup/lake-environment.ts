/**
 * The environment of test files with real servers: each file has a lake of its own, started before it and stopped after it.
 * The local BigQuery keeps a copy of its whole catalogue for every table that was ever created, so one lake for all files
 * grows with the square of their number: 22 GB and minutes per statement after twenty files. A lake starts in seconds.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestEnvironment } from 'jest-environment-node';
import { startLake, stopLake } from '../../infra/local/lake';
import { LAKE_FILE_VARIABLE, type TestLake } from './lake';

export default class LakeEnvironment extends TestEnvironment {
  #dir: string | undefined;

  override async setup(): Promise<void> {
    await super.setup();
    // It ends with this process, even when that is killed, and the folder goes with it.
    const { dir, project, temporal, bigquery, storage, storageRoot } = await startLake({
      dir: mkdtempSync(join(tmpdir(), 'tidemark-test-')),
      project: 'demo',
      ends: 'with-this-process',
    });
    this.#dir = dir;
    const lake: TestLake = { dir, project, temporal, bigquery, storage, storageRoot };
    const file = join(dir, 'addresses.json');
    writeFileSync(file, JSON.stringify(lake));
    // The files' `process` is a copy.
    this.global.process.env[LAKE_FILE_VARIABLE] = file;
  }

  /** Waits for the servers, so that nothing runs when the command has ended. */
  override async teardown(): Promise<void> {
    if (this.#dir !== undefined) await stopLake(this.#dir);
    await super.teardown();
  }
}
