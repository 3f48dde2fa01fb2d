/**
 * Everything an apply needs, looked at before anything is made: secrets, Temporal, both buckets, BigQuery, and how what
 * exists differs from its definition. All problems come back together, so that a person fixes them in one round.
 */
import type { Storage } from '@google-cloud/storage';
import { GoogleAuth } from 'google-auth-library';
import { findConnector } from '../../activities/connectors/catalogue';
import { codeOf, TidemarkError } from '../../activities/errors';
import { createBigQuery, lakeCall } from '../../activities/lake/client';
import { lakeSpec } from '../../activities/lake/lake-spec';
import { datasetLabels, type LakePlan, type LakePlanOptions, planLake, plannedChanges } from '../../activities/lake/migrate';
import type { Change } from '../../activities/lake/migration-step';
import { resolveSecret, type SecretSources } from '../../activities/secrets';
import { createStorage, storageError } from '../../activities/stage/client';
import type { Config, SourceConfig } from '../../activities/config';
import { TABLES } from '../../schemas/tables';
import type { TableDefinition } from '../../schemas/table';
import { assertIdentity, IDENTITY_LABEL, identityCheck, readIdentityKey, readPseudonymKey } from '../keys';
import { connectTemporal, type TemporalHandle } from '../temporal';
import { planSchedules, type SchedulePlan } from './schedules';

export interface Preflight {
  readonly problems: readonly TidemarkError[];
  /** What differs, as far as it could be looked at. */
  readonly differences: readonly Change[];
  /** Set when there are no problems. `temporal` is open and the caller closes it. */
  readonly ready?: { readonly temporal: TemporalHandle; readonly lake: LakePlan; readonly schedules: SchedulePlan };
}

/** Never throws for what a person can fix: that is in `problems`. */
export async function preflight(config: Config, secrets: SecretSources, options: LakePlanOptions = {}): Promise<Preflight> {
  // Looks run side by side; the order of what they find is that of the configuration file, whoever ends first.
  const looks: (readonly TidemarkError[])[] = [];
  const collect = async <Result>(look: () => Promise<Result>): Promise<Result | undefined> => {
    const place = looks.push([]) - 1;
    try {
      return await look();
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      looks[place] = [error as TidemarkError];
      return undefined;
    }
  };
  const key = await collect(async () => await readIdentityKey(config.lake.identityKey, secrets));
  await collect(async () => await readPseudonymKey(config, secrets));
  const storage = createStorage(config.lake, { retry: false });
  const [lake, temporal] = await Promise.all([
    collect(async () => await lookAtLake(config, key, options)),
    collect(async () => await connectTemporal(config.temporal, secrets)),
    ...Object.values(config.lake.buckets).map(
      async (bucket) =>
        await collect(async () => {
          await checkBucket(storage, bucket);
        }),
    ),
    ...config.sources.map(
      async (source) =>
        await collect(async () => {
          await checkCredential(source, secrets);
        }),
    ),
  ]);
  try {
    const schedules = temporal === undefined ? undefined : await collect(async () => await planSchedules(temporal, config));
    const problems = [...looks.flat(), ...(lake?.refusals ?? []), ...(schedules?.refusals ?? [])];
    const planned = [...(lake === undefined ? [] : plannedChanges(lake)), ...(schedules?.steps ?? []).map(({ change }) => change)];
    const differences = planned.filter(({ action }) => action !== 'unchanged');
    if (problems.length === 0 && temporal !== undefined && lake !== undefined && schedules !== undefined) {
      return { problems, differences, ready: { temporal, lake, schedules } };
    }
    await temporal?.close();
    return { problems, differences };
  } catch (error) {
    await temporal?.close();
    throw error;
  }
}

/** Lake tables of the streams in use, each once. */
export function tablesInUse(config: Config): TableDefinition[] {
  const names = new Set(config.sources.flatMap((source) => streamTables(source)));
  return TABLES.filter((table) => names.has(table.name));
}

function streamTables(source: SourceConfig): string[] {
  const streams = findConnector(source.connector)?.streams ?? [];
  return streams.filter((stream) => source.streams?.includes(stream.name) ?? true).map((stream) => stream.table);
}

async function lookAtLake(config: Config, key: Buffer | undefined, options: LakePlanOptions): Promise<LakePlan> {
  const { lake } = config;
  if (lake.auth === 'application-default') await checkGoogleIdentity('https://www.googleapis.com/auth/bigquery', 'LAKE_DENIED');
  await lakeCall(`project ${lake.project}`, async () => {
    // Needs bigquery.jobs.create, costs nothing, and makes nothing.
    await createBigQuery(lake, { retry: false }).createQueryJob({ query: 'SELECT 1', location: lake.location, dryRun: true });
  });
  const bigquery = createBigQuery(lake);
  if (key !== undefined) assertIdentity(key, await datasetLabels(bigquery, lake.datasets.ops), lake);
  const labels = key === undefined ? {} : { [IDENTITY_LABEL]: identityCheck(key) };
  return await planLake(bigquery, lakeSpec(lake, tablesInUse(config), labels), options);
}

async function checkBucket(storage: Storage, bucket: string): Promise<void> {
  try {
    await storage.bucket(bucket).getMetadata();
  } catch (error) {
    throw storageError(error, bucket);
  }
}

async function checkCredential(source: SourceConfig, secrets: SecretSources): Promise<void> {
  if (source.auth === 'application-default')
    await checkGoogleIdentity('https://www.googleapis.com/auth/logging.read', 'SRC_AUTH_REFUSED', source.id);
  else await resolveSecret(source.auth.bearer, secrets);
}

/** Whether there is a Google identity at all; what it may do shows at the calls. */
async function checkGoogleIdentity(scope: string, code: 'LAKE_DENIED' | 'SRC_AUTH_REFUSED', source?: string): Promise<void> {
  try {
    await new GoogleAuth({ scopes: [scope] }).getClient();
  } catch {
    const whose = source === undefined ? 'the lake' : `source ${source}`;
    const message = `there are no application default credentials for ${whose}: run \`gcloud auth application-default login\`, or run where a service account is attached`;
    throw new TidemarkError(code, message, source === undefined ? {} : { context: { source } });
  }
}
