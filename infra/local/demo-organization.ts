/**
 * The organization of the demo: a simulated Logging API whose entries are a function of a seed and the time, and a clock
 * that each run moves on. What must outlive a run is one small file.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { loadConfig, type LoadedConfig } from '../../worker/config-file';
import { startLoggingApi, type LoggingApi } from '../../test/vendors/logging-api';
import { lakeConfig, type Lake } from './lake';

export const SOURCE = 'acme-audit';
const TOKEN = 'the-simulated-vendor-takes-this-token';
const EVENTS_PER_DAY = 110_000;
const HOUR_MS = 3_600_000;
/** The first run ends in the past, so that later runs have hours of their own to live through. */
const HOURS_BACK = 12;

/** How long a late entry takes, in seconds: within the hour after which every hour is read again. */
const LATE_BANDS_S = [
  [0.7, 60, 600],
  [0.3, 600, 3_000],
] as const;

interface SavedClock {
  readonly port: number;
  readonly startMs: number;
  readonly endMs: number;
}

export interface Demo {
  readonly api: LoggingApi;
  readonly firstRun: boolean;
  readonly eventsPerDay: number;
  /** Where the organization's logs begin. */
  readonly startMs: number;
  /** Where this run ends. */
  readonly endMs: number;
  close(): Promise<void>;
}

/** Starts the vendor and moves its clock on by an hour, or to the present if that is nearer. */
export async function openDemo(dir: string, options: { readonly realClock?: boolean } = {}): Promise<Demo> {
  const file = path.join(dir, 'demo.json');
  const saved = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SavedClock) : undefined;
  const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const endMs = saved === undefined ? hour - HOURS_BACK * HOUR_MS : Math.max(saved.endMs, Math.min(saved.endMs + HOUR_MS, Date.now()));
  const startMs = saved?.startMs ?? endMs - 25 * HOUR_MS;
  const api = await startLoggingApi({
    seed: 'demo',
    port: saved?.port ?? 0,
    startMs,
    eventsPerDay: EVENTS_PER_DAY,
    weekendFactor: 1,
    token: TOKEN,
    lateBandsS: LATE_BANDS_S,
    ...(options.realClock === true ? {} : { now: () => endMs }),
    faults: { 'rate-limited': 0.02, 'status-503': 0.02, 'status-500': 0.01, 'truncated-text': 0.01, reset: 0.01, 'slow-headers': 0.05 },
    faultDelayMs: 400,
  });
  const save = (): void => {
    const clock: SavedClock = { port: Number(new URL(api.url).port), startMs, endMs: options.realClock === true ? Date.now() : endMs };
    writeFileSync(file, JSON.stringify(clock));
  };
  save();
  return {
    api,
    firstRun: saved === undefined,
    eventsPerDay: EVENTS_PER_DAY,
    startMs,
    endMs,
    close: async () => {
      save();
      await api.close();
    },
  };
}

/** Writes tidemark.yaml for the local lake and the demo's source, and reads it back as the product does. */
export async function demoConfig(
  lake: Lake,
  demo: Demo,
  options: { readonly paused: boolean; readonly statusPort?: number },
): Promise<{ configFile: string; loaded: LoadedConfig }> {
  const configFile = path.join(lake.dir, 'tidemark.yaml');
  writeFileSync(path.join(lake.dir, 'keys', 'vendor-token'), TOKEN, { mode: 0o600 });
  const { lake: lakeSection, temporal } = lakeConfig(lake);
  const config = {
    lake: lakeSection,
    temporal,
    // Seconds instead of minutes: a killed worker is missed sooner.
    worker: { heartbeatTimeout: '3s', stickyTimeout: '1s', statusPort: options.statusPort ?? 0 },
    sources: [
      {
        id: SOURCE,
        connector: 'gcp.audit_logs',
        tenant: 'acme',
        every: '1m',
        paused: options.paused,
        since: new Date(demo.startMs).toISOString(),
        auth: { bearer: { file: path.join(lake.dir, 'keys', 'vendor-token') } },
        config: { parents: [`organizations/${demo.api.organization}`], endpoint: demo.api.url },
      },
    ],
  };
  writeFileSync(configFile, stringify(config));
  return { configFile, loaded: await loadConfig(configFile, { cwd: process.cwd(), env: {} }) };
}
