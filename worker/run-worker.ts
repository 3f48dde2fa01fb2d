/** `tidemark worker`: runs until the process is asked to stop, then saves what is in flight and leaves. */
import { NativeConnection, Runtime, makeTelemetryFilterString } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { LoadedConfig } from './config-file';
import { datasetLabels } from '../activities/lake/migrate';
import { createDeps } from './deps';
import { assertIdentity } from './keys';
import { startStatus } from './status';
import { temporalError, temporalOptions } from './temporal';
import { startWorker } from './worker';

export interface RunWorkerOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

export async function runWorker(loaded: LoadedConfig, options: RunWorkerOptions): Promise<void> {
  const { temporal, worker } = loaded.config;
  Runtime.install({
    // SIGTERM drains all queues; `shutdownSignals` is how the SDK learns of it.
    shutdownSignals: ['SIGTERM', 'SIGINT'],
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'WARN' }) } },
    logger: {
      log: (level, message, meta) => sdkLog(options.log, level, message, meta),
      trace: (message, meta) => options.log.trace(meta, message),
      debug: (message, meta) => options.log.debug(meta, message),
      info: (message, meta) => options.log.debug(meta, message),
      warn: (message, meta) => options.log.warn(meta, message),
      error: (message, meta) => options.log.error(meta, message),
    },
  });
  const deps = await createDeps(loaded, options);
  // A worker with another identity key would bring every event in a second time.
  assertIdentity(deps.identityKey, await datasetLabels(deps.bigquery, loaded.config.lake.datasets.ops), loaded.config.lake);
  const connection = await connect(loaded, options);
  try {
    const running = await startWorker(deps, connection);
    const status =
      worker.statusPort === undefined ? undefined : await startStatus(deps, { port: worker.statusPort, running: running.running });
    options.log.info({ address: temporal.address, statusUrl: status?.url }, 'worker started');
    await running.finished;
    await status?.close();
    options.log.info({}, 'worker stopped');
  } finally {
    await connection.close();
    await deps.close();
  }
}

function sdkLog(log: Logger, level: string, message: string, meta: object | undefined): void {
  if (level === 'ERROR') log.error(meta, message);
  else if (level === 'WARN') log.warn(meta, message);
  else log.debug(meta, message);
}

async function connect(loaded: LoadedConfig, options: RunWorkerOptions): Promise<NativeConnection> {
  const { temporal } = loaded.config;
  const connection = await temporalOptions(temporal, { env: options.env, baseDir: loaded.baseDir });
  try {
    return await NativeConnection.connect(connection);
  } catch (error) {
    throw temporalError(error, temporal);
  }
}
