/**
 * Runs the simulated Logging API as a process of its own. Prints one JSON line, `{"url": ..., "organization": ...}`, once
 * it listens; ends on SIGTERM or SIGINT.
 *
 *   main --token T --start 2026-11-24T00:00:00Z [--end ...] [--events-per-day 120000] [--seed demo] [--port 0]
 *        [--options '{"weekendFactor": 1, "faults": {"rate-limited": 0.02}}']      any other option of startLoggingApi
 */
import { parseArgs } from 'node:util';
import { parseRfc3339Ns } from './logging/time';
import { type LoggingApiOptions, startLoggingApi } from './logging-api';

function timeMs(name: string, text: string): number {
  const ns = parseRfc3339Ns(text);
  if (ns === undefined) throw new TypeError(`--${name} must be an RFC 3339 time, not ${text}`);
  return Number(ns / 1_000_000n);
}

/** The options a command line stands for; throws TypeError with the reason when it stands for none. */
export function optionsOf(args: readonly string[]): LoggingApiOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { token: text, start: text, end: text, 'events-per-day': text, seed: text, port: text, options: text },
  });
  const { token, start, end, seed, port, options } = values;
  if (token === undefined || start === undefined) throw new TypeError('--token and --start are required');
  const more = JSON.parse(options ?? '{}') as Partial<LoggingApiOptions>;
  return {
    seed: seed ?? 'tidemark',
    eventsPerDay: Number(values['events-per-day'] ?? 120_000),
    port: Number(port ?? 0),
    token,
    startMs: timeMs('start', start),
    ...(end === undefined ? {} : { endMs: timeMs('end', end) }),
    ...more,
  };
}

async function main(): Promise<void> {
  const api = await startLoggingApi(optionsOf(process.argv.slice(2)));
  const stop = (): void => {
    void api.close();
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  process.stdout.write(`${JSON.stringify({ url: api.url, organization: api.organization })}\n`);
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
