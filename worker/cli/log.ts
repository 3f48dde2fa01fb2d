/**
 * The log of a worker: JSON lines on stdout with the members Google Cloud reads (`severity`, `message`). Never events,
 * secrets or whole errors of clients: names, counts and codes.
 */
import { type Logger, pino } from 'pino';
import type { Environment } from '../config-file';

const SEVERITY: Readonly<Record<string, string>> = {
  trace: 'DEBUG',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
};
const LEVELS = Object.keys(SEVERITY);

/** `TIDEMARK_LOG` names the least level written: trace, debug, info (default), warn or error. */
export function createLog(env: Environment): Logger {
  const wanted = env['TIDEMARK_LOG'] ?? 'info';
  return pino({
    level: LEVELS.includes(wanted) ? wanted : 'info',
    messageKey: 'message',
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ severity: SEVERITY[label] ?? 'DEFAULT' }) },
  });
}
