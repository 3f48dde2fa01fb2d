/**
 * What a lake's folder remembers between commands, in `state.json`: the ports, so that addresses stay the same, and the
 * servers' process records. Written in one rename; a file that cannot be read counts as none.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const record = z.object({ pid: z.int().positive(), started: z.string() });

const port = z.int().min(1).max(65_535);

const stateSchema = z.object({
  project: z.string(),
  ports: z.object({ temporal: port, temporalUi: port, temporalHttp: port, bigquery: port, bigqueryGrpc: port, storage: port }),
  servers: z.object({ temporal: record.optional(), bigquery: record.optional(), storage: record.optional() }),
});

export type LakeState = z.infer<typeof stateSchema>;

export function stateFileOf(dir: string): string {
  return join(dir, 'state.json');
}

export function readState(dir: string): LakeState | undefined {
  let text: string;
  try {
    text = readFileSync(stateFileOf(dir), 'utf8');
  } catch {
    return undefined; // a new folder
  }
  try {
    return stateSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // not JSON: the disk was full, or someone edited it; new ports are found
  }
}

export function writeState(dir: string, state: LakeState): void {
  const temporary = `${stateFileOf(dir)}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, stateFileOf(dir));
}
