/**
 * The local lake of a test file, as its tests see it: the environment starts it and leaves its addresses in a file. The
 * tests of a file share it: names come from `uniqueName`.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Lake } from '../../infra/local/lake';

/** What of a lake can be written down; `lakeConfig` takes it as well. */
export type TestLake = Pick<Lake, 'dir' | 'project' | 'temporal' | 'bigquery' | 'storage' | 'storageRoot'>;

/** Names the file with the addresses. */
export const LAKE_FILE_VARIABLE = 'TIDEMARK_TEST_LAKE';

/** The lake that the environment started. Throws in a project without it. */
export function testLake(): TestLake {
  const file = process.env[LAKE_FILE_VARIABLE];
  if (file === undefined) throw new Error('no lake was started: tests that need one are named *.server.test.ts');
  return JSON.parse(readFileSync(file, 'utf8')) as TestLake;
}

/** A name no other test uses: lower-case letters, digits and `separator`, fit for datasets (`_`), buckets and queues (`-`). */
export function uniqueName(prefix: string, separator: '_' | '-' = '_'): string {
  return `${prefix}${separator}${randomBytes(5).toString('hex')}`;
}
