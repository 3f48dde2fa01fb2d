/**
 * `npm run demo`: the main job on this machine, with real servers and a simulated vendor that misbehaves. One organization's
 * last 24 hours are collected while the worker is killed, an hour later what has come late is found, and then everything
 * in the lake is compared with what the vendor has. Exits 1 if any count is off.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { createBigQuery } from '../../activities/lake/client';
import { createStorage } from '../../activities/stage/client';
import { applyOrThrow } from '../../worker/reconcile/apply';
import { connectTemporal, type TemporalHandle } from '../../worker/temporal';
import type { CollectInput } from '../../workflows/collect';
import { demoConfig, openDemo, SOURCE, type Demo } from './demo-organization';
import { compareWithTruth, printDetection, printTable } from './demo-report';
import { startLake, type Lake } from './lake';
import { startWorkerProcess, type WorkerProcess } from './worker-process';

const DIR = '.local';
const HOUR_MS = 3_600_000;
const KILLS: readonly ('SIGKILL' | 'SIGTERM')[] = ['SIGKILL', 'SIGTERM', 'SIGKILL', 'SIGKILL'];
/** A worker lives this long before it is killed, at random. */
const LIFE_MS_MIN = 700;
const LIFE_MS_MAX = 2_500;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(): Promise<number> {
  const beganAtMs = Date.now();
  const lake = await startLake({ dir: DIR, project: 'demo', progress: say });
  mkdirSync(path.join(lake.dir, 'logs'), { recursive: true });
  const demo = await openDemo(lake.dir);
  const { configFile, loaded } = await demoConfig(lake, demo, { paused: true });
  let temporal: TemporalHandle | undefined;
  try {
    await lake.createBuckets(Object.values(loaded.config.lake.buckets));
    await applyOrThrow(loaded, { env: {} });
    temporal = await connectTemporal(loaded.config.temporal, { env: {}, baseDir: loaded.baseDir });

    say(`\nAn organization with about ${String(demo.eventsPerDay)} audit events a day; its clock stands at ${iso(demo.endMs)}.`);
    const { seconds, peakMb } = await live(temporal, lake, demo, configFile);
    const lakeClients = { bigquery: createBigQuery(loaded.config.lake), storage: createStorage(loaded.config.lake) };
    const report = await compareWithTruth(lakeClients, loaded.config, demo);
    printTable(report, seconds, say);
    if (peakMb > 0) say(`Peak memory of a worker: ${peakMb.toFixed(0)} MB.`);
    await printDetection(lakeClients.bigquery, loaded.config, demo, say);
    say(
      `\nTotal ${((Date.now() - beganAtMs) / 1_000).toFixed(0)} s. ${report.faults.length === 0 ? 'Every count is right.' : 'COUNTS ARE OFF:'}`,
    );
    for (const fault of report.faults) say(`  ${fault}`);
    say(
      '\nLook around: `npm start` keeps everything up and prints where; `npm run tidemark -- --config .local/tidemark.yaml coverage` shows every hour.',
    );
    return report.faults.length === 0 ? 0 : 1;
  } finally {
    await temporal?.close();
    await demo.close();
    await lake.stop();
  }
}

/** Lives through what is new of the organization's time; returns how long collecting took and the largest memory of a worker. */
async function live(temporal: TemporalHandle, lake: Lake, demo: Demo, configFile: string): Promise<{ seconds: number; peakMb: number }> {
  let peakMb = 0;
  const kill = async (doomed: WorkerProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    peakMb = Math.max(peakMb, (doomed.peakMemoryBytes() ?? 0) / 1e6);
    await doomed.kill(signal);
  };
  const start = (): WorkerProcess => startWorkerProcess({ configFile, logFile: path.join(lake.dir, 'logs', 'worker.log') });
  let worker = start();
  await worker.ready;
  const beganAtMs = Date.now();
  if (demo.firstRun) {
    const before = demo.endMs - HOUR_MS;
    demo.api.setNow(before);
    say(`Collecting the 24 hours before ${iso(before)}. The worker will be killed: ${KILLS.join(', ')}.`);
    const collecting = collectAsOf(temporal, before);
    const run = { ended: false };
    void collecting.finally(() => {
      run.ended = true;
    });
    for (const signal of KILLS) {
      await new Promise((resolve) => setTimeout(resolve, LIFE_MS_MIN + Math.random() * (LIFE_MS_MAX - LIFE_MS_MIN)));
      if (run.ended) break;
      await kill(worker, signal);
      say(`  ${((Date.now() - beganAtMs) / 1_000).toFixed(1).padStart(5)} s  ${signal}, a new worker starts`);
      worker = start();
      await worker.ready;
    }
    await collecting;
  }
  demo.api.setNow(demo.endMs);
  say(`The clock moves to ${iso(demo.endMs)}: new events, and hours that are due to be read again for late ones.`);
  await collectAsOf(temporal, demo.endMs);
  const seconds = (Date.now() - beganAtMs) / 1_000;
  await kill(worker, 'SIGTERM');
  return { seconds, peakMb };
}

async function collectAsOf(temporal: TemporalHandle, asOfMs: number): Promise<void> {
  const input: CollectInput = { source: SOURCE, asOf: iso(asOfMs) };
  const handle = await temporal.client.workflow.start('collect', {
    taskQueue: 'orchestrate',
    workflowId: `collect/${SOURCE}/as-of/${iso(asOfMs)}`,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  await handle.result();
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
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
