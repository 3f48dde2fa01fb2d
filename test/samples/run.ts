/**
 * Every record of the sample folders through the real path: Temporal, fetch, transform, parts, load, publish. States are published
 * as snapshots of one moment, so that a second run reads the same snapshots again.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BigQuery } from '@google-cloud/bigquery';
import { NativeConnection } from '@temporalio/worker';
import { destination, pino } from 'pino';
import { stringify } from 'yaml';
import type { Deps, Source } from '../../activities/deps';
import { fetchUnit } from '../../activities/fetch-unit';
import { bearerAuth } from '../../activities/http/auth';
import { createHttpAgents } from '../../activities/http/agents';
import { createHttp } from '../../activities/http/client';
import { createBigQuery } from '../../activities/lake/client';
import { lakeSpec } from '../../activities/lake/lake-spec';
import { planLake, runLakePlan } from '../../activities/lake/migrate';
import { publish } from '../../activities/lake/publish';
import { resolveSecret } from '../../activities/secrets';
import type { UnitSpec } from '../../activities/stage/unit';
import { lakeConfig, type Lake } from '../../infra/local/lake';
import { findTable } from '../../schemas/tables';
import { loadConfig, type LoadedConfig } from '../../worker/config-file';
import { createDeps } from '../../worker/deps';
import { applyOrThrow } from '../../worker/reconcile/apply';
import { connectTemporal, temporalOptions } from '../../worker/temporal';
import { startWorker } from '../../worker/worker';
import { registerNamespace } from '../setup/stack';
import { samplesOf, type SampleFolder } from './folder';
import { everythingKept, type Kept } from './kept';
import { leaksIn, MARK, planted, secretOf } from './plant';
import { reportOf, type SampleSource, type TableReport } from './report';
import { sampleConnector, startSampleVendor } from './vendor';

/** A snapshot is read at a time; read again, it is the same snapshot. */
const OBSERVED_AT = '2026-11-01T00:00:00.000Z';
const HOUR_MS = 3_600_000;

/** What of a run is kept under which names: another prefix is another installation on the same servers. */
export interface Place {
  readonly lake: Pick<Lake, 'dir' | 'project' | 'temporal' | 'bigquery' | 'storage' | 'storageRoot' | 'createBuckets'>;
  readonly folder: string;
  readonly prefix: string;
}

const isState = (table: string): boolean => findTable(table).kind === 'state';

interface Work extends SampleSource {
  readonly records: ReadonlyMap<string, readonly Buffer[]>;
}

/** Records by folder and table. Events and states are sources of their own: the former are read by windows, the latter are snapshots. */
async function workOf(folders: readonly SampleFolder[]): Promise<Work[]> {
  const works: Work[] = [];
  for (const folder of folders) {
    const byTable = new Map<string, Buffer[]>();
    for (const { table, item } of await samplesOf(folder)) byTable.set(table, [...(byTable.get(table) ?? []), item]);
    const name = folder.folder.replaceAll('_', '-');
    const tables = [...byTable.keys()];
    for (const [source, own] of [
      [`samples-${name}`, tables.filter((table) => !isState(table))],
      [`samples-${name}-states`, tables.filter(isState)],
    ] as const) {
      if (own.length > 0)
        works.push({ folder: folder.folder, source, tables: own, records: new Map([...byTable].filter(([table]) => own.includes(table))) });
    }
  }
  return works;
}

/** Writes a configuration without sources and reads it back as the product does. */
async function configOf({ lake, folder, prefix }: Place): Promise<LoadedConfig> {
  const base = lakeConfig(lake);
  const dataset = prefix.replaceAll('-', '_');
  const file = path.resolve(folder, 'tidemark.yaml');
  const config = {
    lake: {
      ...base.lake,
      datasets: { lake: `${dataset}_lake`, staging: `${dataset}_staging`, ops: `${dataset}_ops` },
      buckets: { state: `${prefix}-state`, stage: `${prefix}-stage` },
    },
    temporal: { ...base.temporal, namespace: prefix },
    sources: [],
  };
  writeFileSync(file, stringify(config));
  return await loadConfig(file, { cwd: folder, env: {} });
}

/** The product's own means, with the samples as its sources. */
async function depsOf(
  loaded: LoadedConfig,
  works: readonly Work[],
  vendorUrl: string,
  logFile: string,
): Promise<Deps & { close(): Promise<void> }> {
  const log = pino({ level: 'debug', base: null }, destination({ dest: logFile, sync: true }));
  const deps = await createDeps(loaded, { env: {}, log });
  const agents = createHttpAgents();
  const token = await resolveSecret({ env: 'TOKEN' }, { env: { TOKEN: 'the-sample-vendor-asks-for-none' }, baseDir: loaded.baseDir });
  const sourceOf = (work: Work): Source => {
    const connector = sampleConnector(work.folder, work.tables, vendorUrl);
    const since = new Date(Date.now() - HOUR_MS).toISOString();
    return {
      config: {
        id: work.source,
        connector: connector.id,
        tenant: 'acme',
        every: HOUR_MS,
        since,
        paused: true,
        auth: 'application-default',
        config: {},
      },
      connector,
      connectorConfig: {},
      streams: connector.streams,
      configDigest: 'samples',
      openHttp: (signal) =>
        createHttp({
          origin: vendorUrl,
          agent: agents.agentFor(vendorUrl),
          auth: bearerAuth(() => Promise.resolve(token)),
          clock: deps.clock,
          random: Math.random,
          signal,
          log: () => undefined,
        }),
    };
  };
  const sources = new Map(works.map((work) => [work.source, sourceOf(work)]));
  return {
    ...deps,
    source: (id) => {
      const source = sources.get(id);
      if (source === undefined) throw new RangeError(`there is no source ${id}`);
      return source;
    },
    close: async () => {
      await agents.close();
      await deps.close();
    },
  };
}

/** One tick per source, as its schedule would start it. */
async function collectEvents(loaded: LoadedConfig, deps: Deps, works: readonly Work[]): Promise<void> {
  const secrets = { env: {}, baseDir: loaded.baseDir };
  const connection = await NativeConnection.connect(await temporalOptions(loaded.config.temporal, secrets));
  const temporal = await connectTemporal(loaded.config.temporal, secrets);
  const worker = await startWorker(deps, connection);
  try {
    await Promise.all(
      works.map(async ({ source }) => {
        const workflowId = `collect/${loaded.config.lake.datasets.lake}/${source}/${new Date().toISOString()}`;
        await temporal.client.workflow.execute('collect', { taskQueue: 'orchestrate', workflowId, args: [{ source }] });
      }),
    );
  } finally {
    worker.stop();
    await worker.finished;
    await connection.close();
    await temporal.close();
  }
}

/** A snapshot per stream. Planning does not make them yet, so the units are written down here and go the rest of the way as any. */
async function readStates(deps: Deps, works: readonly Work[]): Promise<void> {
  const now = new Date().toISOString();
  const unit = `snapshot-${now.replaceAll(/[-:.]/g, '')}`;
  for (const { source, tables } of works) {
    const units = tables.map((table): UnitSpec => {
      const bounds = { from: OBSERVED_AT, to: OBSERVED_AT, observedAt: OBSERVED_AT };
      return { unit, source, stream: table, connector: deps.source(source).connector.id, tenant: 'acme', table, lane: 'live', ...bounds };
    });
    const plan = `plans/${source}/${unit}.json`;
    await deps.state.write(plan, Buffer.from(JSON.stringify({ format: 1, source, units })), 'application/json', undefined);
    for (const [index, { table }] of units.entries()) {
      const attempt = { signal: new AbortController().signal, name: `samples-${unit}-${String(index)}`, number: 1 };
      await fetchUnit({ plan, index, blocked: [] }, deps, attempt);
      await publish({ plan, table, indexes: [index] }, deps, attempt);
    }
  }
}

/** What was found of the planted secrets in everything that is kept. */
export interface Search {
  /** Places by kind that were searched, and those that hold a planted record. */
  readonly places: Readonly<Record<Kept['where'], { readonly searched: number; readonly marked: number }>>;
  readonly leaks: readonly string[];
}

export interface SamplesRun {
  readonly reports: readonly TableReport[];
  readonly search?: Search;
}

async function searched({ lake, folder }: Place, loaded: LoadedConfig, bigquery: BigQuery): Promise<Search> {
  const { config } = loaded;
  const temporal = await connectTemporal(config.temporal, { env: {}, baseDir: loaded.baseDir });
  const leaks: string[] = [];
  const places = {
    objects: { searched: 0, marked: 0 },
    tables: { searched: 0, marked: 0 },
    log: { searched: 0, marked: 0 },
    histories: { searched: 0, marked: 0 },
  };
  const keepers = { config, storageRoot: lake.storageRoot, logFile: logFileOf(folder), bigquery, temporal: temporal.client };
  try {
    for await (const { where, name, bytes } of everythingKept(keepers)) {
      places[where].searched += 1;
      if (bytes.includes(MARK)) places[where].marked += 1;
      leaks.push(...leaksIn(bytes).map((detector) => `${detector} in ${where} ${name}`));
    }
  } finally {
    await temporal.close();
  }
  return { places, leaks };
}

const logFileOf = (folder: string): string => path.join(folder, 'worker.log');

/** Everything once; what the lake says of it afterwards. With `plant` every record has a secret, and all that is kept is searched. */
export async function runSamples(
  place: Place,
  folders: readonly SampleFolder[],
  { plant = false }: { readonly plant?: boolean } = {},
): Promise<SamplesRun> {
  const works = (await workOf(folders)).map((work) => ({
    ...work,
    records: new Map(
      [...work.records].map(([table, items]) => [table, plant ? items.map((item, index) => planted(item, secretOf(index))) : items]),
    ),
  }));
  const loaded = await configOf(place);
  const { lake } = loaded.config;
  await place.lake.createBuckets(Object.values(lake.buckets));
  await registerNamespace(loaded.config.temporal.address, loaded.config.temporal.namespace);
  await applyOrThrow(loaded, { env: {} });
  const bigquery = createBigQuery(lake);
  const tables = [...new Set(works.flatMap((work) => work.tables))].map(findTable);
  await runLakePlan(await planLake(bigquery, lakeSpec(lake, tables)));
  const vendor = await startSampleVendor(
    new Map(works.flatMap(({ folder, records }) => [...records].map(([table, items]) => [`${folder}/${table}`, items] as const))),
  );
  const deps = await depsOf(loaded, works, vendor.url, logFileOf(place.folder));
  const since = new Date().toISOString();
  try {
    const events = works.filter(({ tables: [first = ''] }) => !isState(first));
    await collectEvents(loaded, deps, events);
    await readStates(
      deps,
      works.filter((work) => !events.includes(work)),
    );
    const reports = await reportOf(bigquery, lake, works, since);
    return { reports, ...(plant ? { search: await searched(place, loaded, bigquery) } : {}) };
  } finally {
    await deps.close();
    await vendor.close();
  }
}
