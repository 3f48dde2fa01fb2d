/**
 * A Temporal server of a test's own, in memory, for what the shared one cannot show: settings that hold for a whole
 * server, such as the number of events from which on it suggests to continue as new. It ends with `close`, or with jest.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../../infra/local/ports';
import { isReady } from '../../infra/local/servers';
import { ensureTools } from '../../infra/local/tools';

const HOST = '127.0.0.1';
const READY_DEADLINE_MS = 30_000;

export interface TemporalServer {
  readonly address: string;
  close(): Promise<void>;
}

/** `settings`: the server's dynamic configuration, by key. */
export async function startTemporalServer(settings: Readonly<Record<string, string | number>>): Promise<TemporalServer> {
  const { temporal } = await ensureTools();
  // Unnamed, the HTTP API takes any port, also one that another server was given.
  const [port, uiPort, httpPort] = await freePorts([undefined, undefined, undefined]);
  const args = ['server', 'start-dev', '--ip', HOST, '--port', String(port), '--ui-port', String(uiPort), '--log-level', 'error'];
  args.push('--http-port', String(httpPort));
  for (const [key, value] of Object.entries(settings)) args.push('--dynamic-config-value', `${key}=${JSON.stringify(value)}`);
  const child = spawn(temporal, args, { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const close = async (): Promise<void> => {
    process.off('exit', endWithUs);
    child.kill('SIGTERM');
    await exited;
  };
  const deadline = Date.now() + READY_DEADLINE_MS;
  while (!(await isReady(`http://${HOST}:${String(uiPort)}/api/v1/namespaces/default`))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await close();
      throw new Error(`the Temporal server is not ready (exit code ${String(child.exitCode)})`);
    }
    await delay(100);
  }
  return { address: `${HOST}:${String(port)}`, close };
}
