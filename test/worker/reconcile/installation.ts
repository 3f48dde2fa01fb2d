/**
 * Configurations for tests with real servers: datasets, buckets and files of their own each, in one Temporal namespace per
 * test file, and the command line over them.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Change } from '../../../activities/lake/migration-step';
import { createBuckets } from '../../../infra/local/lake';
import { runCli } from '../../../worker/cli/main';
import { type LoadedConfig, loadConfig } from '../../../worker/config-file';
import { applyOrThrow } from '../../../worker/reconcile/apply';
import { connectTemporal, type TemporalHandle } from '../../../worker/temporal';
import { testLake, uniqueName } from '../../setup/lake';
import { registerNamespace } from '../../setup/stack';

const lake = testLake();
export const namespace = uniqueName('apply', '-');
const folder = mkdtempSync(join(tmpdir(), 'tidemark-apply-'));

export interface Names {
  readonly prefix: string;
  readonly buckets: { readonly state: string; readonly stage: string };
}
export type Source = Readonly<Record<string, unknown>>;

export function newNames(): Names {
  const name = uniqueName('apply', '-');
  return { prefix: name.replaceAll('-', '_'), buckets: { state: `${name}-state`, stage: `${name}-stage` } };
}

/** A configuration file of its own; `lakePart` overrides its lake section. */
export async function configure(names: Names, sources: readonly Source[], lakePart: Source = {}): Promise<LoadedConfig> {
  const file = join(folder, `${uniqueName('tidemark')}.yaml`);
  const { prefix, buckets } = names;
  const content = {
    lake: {
      project: lake.project,
      datasets: { lake: `${prefix}_lake`, staging: `${prefix}_staging`, ops: `${prefix}_ops` },
      buckets,
      identityKey: { file: 'identity.key' },
      auth: 'none',
      endpoints: { bigquery: lake.bigquery, storage: lake.storage },
      requirePartitionFilter: false,
      ...lakePart,
    },
    temporal: { address: lake.temporal.address, namespace },
    sources,
  };
  writeFileSync(file, stringify(content));
  return await loadConfig(file, { cwd: folder, env: {} });
}

/** A source of one stream that its schedule starts once a day at most. */
export const source = (id: string, more: Source = {}): Source => ({
  id,
  connector: 'gcp.audit_logs',
  tenant: 'acme',
  every: '1d',
  streams: ['activity'],
  auth: { bearer: { env: 'ACME_TOKEN' } },
  config: { parents: ['organizations/123456789012'] },
  ...more,
});
export const ENV = { ACME_TOKEN: 'a-token' };

export async function applied(loaded: LoadedConfig): Promise<readonly Change[]> {
  return await applyOrThrow(loaded, { env: ENV });
}

export async function makeBuckets({ config }: LoadedConfig): Promise<void> {
  await createBuckets(lake, Object.values(config.lake.buckets));
}

/** Makes the namespace and waits until the server knows of it. */
export async function openNamespace(): Promise<TemporalHandle> {
  writeFileSync(join(folder, 'identity.key'), '00ff'.repeat(16));
  writeFileSync(join(folder, 'other.key'), '11ee'.repeat(16));
  const { config } = await configure(newNames(), []);
  await registerNamespace(config.temporal.address, namespace);
  // The server's caches learn of a namespace within seconds.
  for (let tries = 0; ; tries++) {
    try {
      const temporal = await connectTemporal(config.temporal, { env: {}, baseDir: folder });
      for await (const _ of temporal.client.schedule.list()) break;
      return temporal;
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

export function removeFolder(): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Runs a command line over a configuration; `heard` fills while it runs. */
export async function cli(
  loaded: LoadedConfig,
  args: readonly string[],
  heard = { out: '', said: '' },
): Promise<{ code: number; out: string; said: string }> {
  const code = await runCli(['--config', loaded.path, ...args], {
    out: (text) => (heard.out += text),
    err: (text) => (heard.said += text),
    env: ENV,
    cwd: folder,
    outIsTerminal: false,
    errIsTerminal: false,
  });
  return { code, ...heard };
}
