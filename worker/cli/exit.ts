/**
 * How a command ends: one message per problem and a number. 0 done · 1 failed · 2 usage, configuration or secrets ·
 * 3 something it needs does not answer · 4 something it needs is missing or refuses permission · 5 `plan` found a difference.
 */
import { codeOf, type ErrorCode, ERRORS, type TidemarkError } from '../../activities/errors';
import type { Io } from './io';

export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3, denied: 4, differs: 5 } as const;

const EXIT_OF: Partial<Readonly<Record<ErrorCode, number>>> = {
  CONFIG_INVALID: EXIT.usage,
  CONFIG_NOT_FOUND: EXIT.usage,
  SECRET_UNAVAILABLE: EXIT.usage,
  IDENTITY_KEY_CHANGED: EXIT.usage,
  SOURCE_UNKNOWN: EXIT.usage,
  TEMPORAL_UNREACHABLE: EXIT.unreachable,
  STAGE_UNAVAILABLE: EXIT.unreachable,
  LAKE_UNAVAILABLE: EXIT.unreachable,
  SRC_UNAVAILABLE: EXIT.unreachable,
  TEMPORAL_DENIED: EXIT.denied,
  TEMPORAL_NAMESPACE_MISSING: EXIT.denied,
  TEMPORAL_NOT_APPLIED: EXIT.denied,
  TEMPORAL_SCHEDULE_TAKEN: EXIT.denied,
  STAGE_BUCKET_MISSING: EXIT.denied,
  STAGE_DENIED: EXIT.denied,
  LAKE_DENIED: EXIT.denied,
  LAKE_NOT_APPLIED: EXIT.denied,
  SRC_AUTH_REFUSED: EXIT.denied,
  SRC_PERMISSION_DENIED: EXIT.denied,
};

export function exitCodeOf(code: ErrorCode | undefined): number {
  return (code === undefined ? undefined : EXIT_OF[code]) ?? EXIT.failed;
}

/** Says each problem and what to do about it; several get one exit code, the one of the first. */
export function reportProblems(io: Io, problems: readonly TidemarkError[], debug: boolean): number {
  for (const problem of problems) {
    io.err(`${formatProblem(problem.code, problem.message)}\n`);
    if (debug && problem.stack !== undefined) io.err(`${problem.stack}\n`);
  }
  return exitCodeOf(problems[0]?.code);
}

/** `CODE: what happened`, and below it what can be done. */
export function formatProblem(code: ErrorCode, message: string): string {
  return `${code}: ${message}\n  hint: ${ERRORS[code].hint}`;
}

/** Says what was thrown. An error without a code is a fault of ours: it is named, and its place shown on request. */
export function reportThrown(io: Io, error: unknown, debug: boolean): number {
  if (codeOf(error) !== undefined) return reportProblems(io, [error as TidemarkError], debug);
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  io.err(
    `UNEXPECTED: ${message}\n  hint: ${debug ? 'Report it with the lines below.' : 'Run it again with --debug and report what it prints.'}\n`,
  );
  if (debug && stack !== undefined) io.err(`${stack}\n`);
  return EXIT.failed;
}
