/**
 * `npm run bench:memory [-- --events N --windows W]`: a million entries in one window, on a lake of its own, in one worker.
 * Prints what it took and exits 1 when the worker's memory passed its bound or the lake does not hold what the vendor
 * served. More windows, each of six hours and the last the busiest with N entries, are read at once: a part in each.
 *
 * The vendor is a process of its own, so that its memory and its pauses are not taken for the worker's. Seed and window are
 * fixed: every run reads the same entries.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { WorkflowHandle } from '@temporalio/client';
import { stringify } from 'yaml';
import { createBigQuery } from '../../activities/lake/client';
import { lakeConfig, startLake, type Lake } from '../../infra/local/lake';
import { startWorkerProcess, type WorkerProcess } from '../../infra/local/worker-process';
import { loadConfig, type LoadedConfig } from '../../worker/config-file';
import { applyOrThrow } from '../../worker/reconcile/apply';
import { connectTemporal } from '../../worker/temporal';
import type { CollectInput } from '../../workflows/collect';
import type { RunResult } from '../../workflows/run-plan';

const PEAK_BYTES_MAX = 350e6;
const EVENTS_DEFAULT = 1_000_000;
const SOURCE = 'bench';
const STREAM = 'data_access';
const TOKEN = 'the-simulated-vendor-takes-this-token';
/** The longest window the connector asks for; the last one holds the busiest hours of a working day. */
const WINDOW_MS = 6 * 3_600_000;
const TO_MS = Date.parse('2026-03-10T18:00:00Z');
/** The connector's lag after the window's end: the window is read to its end and nothing more is due. */
const AS_OF_MS = TO_MS + 5 * 60_000;
/** Long after the latest entry of the window has become visible. */
const VENDOR_NOW_MS = TO_MS + 7 * 86_400_000;
/** This stream's last window has 0.27 of a day's entries of all logs; a little more keeps the count above what was asked for. */
const EVENTS_PER_DAY_FACTOR = 3.75;
const SAMPLE_MS = 250;
const PROGRESS_MS = 15_000;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

interface Load {
  /** Entries of the last window, at least. */
  readonly events: number;
  readonly windows: number;
  /** Start of the first window. */
  readonly fromMs: number;
}

interface Vendor {
  readonly url: string;
  readonly organization: string;
  readonly process: ChildProcess;
}

async function startVendor({ events, fromMs }: Load): Promise<Vendor> {
  const child = spawn(
    process.execPath,
    [
      path.join(__dirname, '..', 'vendors', 'main.js'),
      ...['--token', TOKEN, '--seed', 'bench', '--events-per-day', String(Math.ceil(events * EVENTS_PER_DAY_FACTOR))],
      ...['--start', iso(fromMs - 3_600_000), '--end', iso(TO_MS + 3_600_000), '--options', JSON.stringify({ weekendFactor: 1 })],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  process.once('exit', () => child.kill());
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, organization } = JSON.parse(line) as { url: string; organization: string };
    await fetch(`${url}/clock`, { method: 'POST', body: JSON.stringify({ now: VENDOR_NOW_MS }) });
    return { url, organization, process: child };
  }
  throw new Error('the simulated vendor ended before it listened');
}

/** Visible entries of the windows, by the vendor's own count. It answers nothing else meanwhile. */
async function servedBy(vendor: Vendor, fromMs: number): Promise<number> {
  const query = new URLSearchParams({ from: iso(fromMs), to: iso(TO_MS), stream: STREAM, summary: '1' });
  const answer = await fetch(`${vendor.url}/truth?${query.toString()}`);
  const { logs } = (await answer.json()) as { logs: Record<string, { count: number }> };
  return logs[STREAM]?.count ?? 0;
}

async function writeConfig(lake: Lake, vendor: Vendor, fromMs: number): Promise<{ configFile: string; loaded: LoadedConfig }> {
  const configFile = path.join(lake.dir, 'tidemark.yaml');
  writeFileSync(path.join(lake.dir, 'keys', 'vendor-token'), TOKEN, { mode: 0o600 });
  const source = {
    id: SOURCE,
    connector: 'gcp.audit_logs',
    tenant: 'bench',
    paused: true,
    since: iso(fromMs),
    streams: [STREAM],
    auth: { bearer: { file: path.join(lake.dir, 'keys', 'vendor-token') } },
    config: { parents: [`organizations/${vendor.organization}`], endpoint: vendor.url },
  };
  writeFileSync(configFile, stringify({ ...lakeConfig(lake), sources: [source] }));
  const loaded = await loadConfig(configFile, { cwd: process.cwd(), env: {} });
  await lake.createBuckets(Object.values(loaded.config.lake.buckets));
  await applyOrThrow(loaded, { env: {} });
  return { configFile, loaded };
}

/** High-water marks of a worker's resident memory over time. */
interface Sampled<T> {
  readonly result: T;
  /** Bytes at the end. */
  readonly peak: number;
  /** Bytes up to a moment. */
  readonly peakUntil: (ms: number) => number;
}

/** Waits for the work and watches the worker meanwhile; a worker that ends ends the wait. */
async function sampled<T>(worker: WorkerProcess, work: Promise<T>): Promise<Sampled<T>> {
  const samples: { readonly atMs: number; readonly bytes: number }[] = [];
  const take = (): number => {
    const bytes = worker.peakMemoryBytes() ?? 0;
    samples.push({ atMs: Date.now(), bytes });
    return bytes;
  };
  const over = new AbortController();
  const end = (): void => {
    over.abort();
  };
  work.then(end, end);
  void worker.exited.then(end);
  let toldMs = Date.now();
  while (!over.signal.aborted) {
    const bytes = take();
    if (Date.now() - toldMs >= PROGRESS_MS) {
      toldMs = Date.now();
      say(`  worker's peak so far: ${megabytes(bytes)}`);
    }
    await delay(SAMPLE_MS);
  }
  take();
  const ended = worker.exited.then((code) => {
    throw new Error(`the worker ended with ${String(code)}`);
  });
  const peakUntil = (ms: number): number => Math.max(0, ...samples.filter(({ atMs }) => atMs <= ms).map(({ bytes }) => bytes));
  return { result: await Promise.race([work, ended]), peak: peakUntil(Infinity), peakUntil };
}

/** Seconds that the tick's activities of a name took, and when the last of them ended. */
type Spans = Readonly<Record<string, { readonly seconds: number; readonly endedAtMs: number }>>;

async function spansOf(handle: WorkflowHandle): Promise<Spans> {
  const { events } = await handle.fetchHistory();
  const names = new Map<string, string>();
  const begins = new Map<string, number>();
  const spans: Record<string, { seconds: number; endedAtMs: number }> = {};
  for (const event of events ?? []) {
    const atMs = Number(event.eventTime?.seconds ?? 0) * 1_000 + (event.eventTime?.nanos ?? 0) / 1e6;
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      names.set(String(event.eventId), scheduled.activityType?.name ?? '');
      begins.set(String(event.eventId), atMs);
    }
    const completed = event.activityTaskCompletedEventAttributes;
    if (!completed) continue;
    const id = String(completed.scheduledEventId);
    const span = (spans[names.get(id) ?? ''] ??= { seconds: 0, endedAtMs: 0 });
    span.seconds += (atMs - (begins.get(id) ?? atMs)) / 1_000;
    span.endedAtMs = atMs;
  }
  return spans;
}

/** One tick in one worker; prints what it took. True when every bound held. */
async function measure(lake: Lake, vendor: Vendor, { events, windows, fromMs }: Load): Promise<boolean> {
  const { configFile, loaded } = await writeConfig(lake, vendor, fromMs);
  const { temporal, lake: section } = loaded.config;
  const worker = startWorkerProcess({ configFile, logFile: path.join(lake.dir, 'logs', 'worker.log') });
  const connected = await connectTemporal(temporal, { env: {}, baseDir: loaded.baseDir });
  try {
    await worker.ready;
    const input: CollectInput = { source: SOURCE, asOf: iso(AS_OF_MS) };
    const beganMs = Date.now();
    const handle = await connected.client.workflow.start('collect', { taskQueue: 'orchestrate', workflowId: 'bench', args: [input] });
    const { result, peak, peakUntil } = await sampled(worker, handle.result() as Promise<RunResult>);
    const seconds = (Date.now() - beganMs) / 1_000;
    const { fetchUnit, publish } = await spansOf(handle);

    const table = `${section.datasets.lake}.cloudaudit_googleapis_com_${STREAM}`;
    const query = `SELECT COUNT(*) AS n, COUNT(DISTINCT event_key) AS events, COUNT(DISTINCT ingest.object) AS parts FROM ${table}`;
    const [rows] = await createBigQuery(section).query({ query, location: section.location });
    const [held] = rows as { readonly n: number; readonly events: number; readonly parts: number }[];
    const served = await servedBy(vendor, fromMs);

    say(
      `\nevents                 ${String(served)} served by the vendor, ${String(held?.n)} rows in the lake, ${String(held?.events)} keys`,
    );
    say(`units and parts        ${String(result.units)} and ${String(held?.parts)}, read with ${String(result.calls)} calls`);
    say(
      `seconds                ${seconds.toFixed(1)} (fetches ${fetchUnit?.seconds.toFixed(1) ?? '?'}, publishes ${publish?.seconds.toFixed(1) ?? '?'}, each added up)`,
    );
    say(`events per second      ${(served / seconds).toFixed(0)}`);
    say(
      `worker's peak memory   ${megabytes(peak)} (up to the end of the fetch ${megabytes(peakUntil(fetchUnit?.endedAtMs ?? 0))}), at most ${megabytes(PEAK_BYTES_MAX)}`,
    );
    const faults = [
      ...(peak > PEAK_BYTES_MAX ? ['the worker took more memory than it may'] : []),
      ...(peak === 0 ? ['this system does not tell the memory of a process: run it on Linux'] : []),
      ...(held?.n !== served || held.events !== served ? ['the lake does not hold what was served'] : []),
      ...(served < events ? [`the windows have fewer than ${String(events)} events`] : []),
      ...(result.units === windows ? [] : [`the entries were not read in ${String(windows)} units`]),
    ];
    say(faults.length === 0 ? '\nAll bounds hold.' : `\nFAILED: ${faults.join('; ')}`);
    return faults.length === 0;
  } finally {
    await worker.kill('SIGTERM');
    await connected.close();
  }
}

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { events: text, windows: text } });
  const events = Number(values.events ?? EVENTS_DEFAULT);
  const windows = Number(values.windows ?? 1);
  if (![events, windows].every((count) => Number.isSafeInteger(count) && count > 0)) {
    throw new TypeError('--events and --windows take positive whole numbers');
  }
  const load: Load = { events, windows, fromMs: TO_MS - windows * WINDOW_MS };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const lake = await startLake({
    dir: mkdtempSync(path.join(tmpdir(), 'tidemark-bench-')),
    project: 'bench',
    ends: 'with-this-process',
    progress: say,
  });
  const vendor = await startVendor(load);
  try {
    say(`${String(windows)} x six hours, the last of at least ${String(events)} events, one worker; a million take some minutes`);
    return (await measure(lake, vendor, load)) ? 0 : 1;
  } finally {
    vendor.process.kill();
    if (vendor.process.exitCode === null) await once(vendor.process, 'exit');
    await lake.stop();
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
