/**
 * `npm start`: the local lake, the simulated organization on the real clock and a worker, kept up until Ctrl-C. The
 * schedule collects every minute; Temporal's UI and the status endpoint show it.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { applyOrThrow } from '../../worker/reconcile/apply';
import { demoConfig, openDemo, SOURCE } from './demo-organization';
import { startLake } from './lake';
import { startWorkerProcess } from './worker-process';

const STATUS_PORT = 7_280;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(): Promise<void> {
  const stopping = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  const lake = await startLake({ dir: '.local', project: 'demo', progress: say });
  mkdirSync(path.join(lake.dir, 'logs'), { recursive: true });
  const demo = await openDemo(lake.dir, { realClock: true });
  const { configFile, loaded } = await demoConfig(lake, demo, { paused: false, statusPort: STATUS_PORT });
  try {
    await lake.createBuckets(Object.values(loaded.config.lake.buckets));
    await applyOrThrow(loaded, { env: {} });
    const worker = startWorkerProcess({ configFile, logFile: path.join(lake.dir, 'logs', 'worker.log') });
    await worker.ready;
    say(`
Temporal's UI     ${lake.temporal.uiUrl}
status            http://127.0.0.1:${String(STATUS_PORT)}/status
BigQuery (REST)   ${lake.bigquery}
Cloud Storage     ${lake.storage}
simulated vendor  ${demo.api.url}   (its truth: /truth, the calls it got: /calls)

The schedule collect/${SOURCE} runs every minute. Try, in another terminal:
  npm run tidemark -- --config .local/tidemark.yaml coverage
  npm run tidemark -- --config .local/tidemark.yaml collect ${SOURCE}
Ctrl-C stops everything; data stays in .local/ (npm run local -- reset deletes it).`);
    await Promise.race([stopping, worker.exited]);
    say('\nstopping');
    await worker.kill('SIGTERM');
  } finally {
    await demo.close();
    await lake.stop();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
