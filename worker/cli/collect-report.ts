/** What a tick did, and why one failed, in words. */
import { type ErrorCode, ERRORS } from '../../activities/errors';
import type { RunResult } from '../../workflows/run-plan';
import type { TemporalHandle } from '../temporal';
import { EXIT, formatProblem } from './exit';
import type { FoundRun } from './follow-run';
import { formatTable, type Io } from './io';

export function formatResult(result: RunResult): string {
  const { units, calls, tables, failures, failed } = result;
  const lines: string[] = [];
  if (units === 0 && failures === 0) lines.push('nothing is due');
  else lines.push(`${String(units)} units read in ${String(calls)} calls`);
  if (tables.length > 0) {
    const rows = tables.map((table) => [table.table, table.rows, table.inserted, table.duplicates, table.conflicts, table.rejected]);
    lines.push(formatTable(['table', 'rows', 'new', 'known', 'conflicts', 'rejected'], rows));
  }
  if (failures > 0) lines.push(`${String(failures)} failed${failures > failed.length ? `, the first ${String(failed.length)}` : ''}:`);
  for (const { unit, code, message } of failed) lines.push(`  ${unit}: ${code}: ${message}`);
  return `${lines.join('\n')}\n`;
}

interface Failed {
  readonly temporal: TemporalHandle;
  readonly found: FoundRun;
  readonly json: boolean;
}

/** Says code, message and hint of the failure the run ended with, and what it did before. */
export function reportFailedRun(io: Io, error: unknown, { temporal, found, json }: Failed): number {
  const failure = failureOf(error);
  const { workflowId, runId } = found;
  if (json)
    io.out(
      `${JSON.stringify({ workflowId, runId, code: failure.code, message: failure.message, result: failure.result ?? null }, null, 2)}\n`,
    );
  else if (failure.result !== undefined) io.out(formatResult(failure.result));
  io.err(`${isCode(failure.code) ? formatProblem(failure.code, failure.message) : `${failure.code}: ${failure.message}`}\n`);
  io.err(`  run: ${workflowId} ${runId} in namespace ${temporal.namespace}\n`);
  return EXIT.failed;
}

interface RunFailure {
  /** A registry code, or the name of Temporal's failure. */
  readonly code: string;
  readonly message: string;
  /** What the tick did, when the failure carries it. */
  readonly result: RunResult | undefined;
}

const isCode = (text: string): text is ErrorCode => Object.hasOwn(ERRORS, text);

const CAUSES_MAX = 10;

const textOf = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);

/** The innermost failure that carries a code, else the innermost of all. */
export function failureOf(error: unknown): RunFailure {
  let found: RunFailure = { code: 'UNKNOWN', message: 'no reason was given', result: undefined };
  for (let current: unknown = error, depth = 0; typeof current === 'object' && current !== null && depth < CAUSES_MAX; depth++) {
    const { type, name, message, details, cause } = current as Record<'type' | 'name' | 'message' | 'details' | 'cause', unknown>;
    const code = typeof type === 'string' && type !== '' ? type : textOf(name, 'UNKNOWN');
    const first: unknown = Array.isArray(details) ? details[0] : undefined;
    found = { code, message: textOf(message, ''), result: isResult(first) ? first : found.result };
    if (isCode(code)) break;
    current = cause;
  }
  return found;
}

function isResult(value: unknown): value is RunResult {
  return (
    typeof value === 'object' &&
    value !== null &&
    'tables' in value &&
    Array.isArray(value.tables) &&
    'failed' in value &&
    Array.isArray(value.failed)
  );
}
