/** docs/reference/errors.md: the registry of errors as a page. */
import { ERRORS, type ErrorKind } from '../../activities/errors';
import { cell, code, page, table } from './markdown';

export function errorsPage(): string {
  const rows = Object.entries<ErrorKind>(ERRORS).map(([name, { retryable, alert, fixer, hint }]) => [
    code(name),
    retryable ? 'yes' : 'no',
    alert ? 'yes' : 'no',
    fixer,
    cell(hint),
  ]);
  return page('Errors', 'activities/errors.ts', [
    [
      'Every error carries one of these codes: in what a command prints, in the log of a worker, and as the type of a failure in Temporal.',
      '',
      '- **retry**: whether the same call may succeed later without anyone acting; if so, it is tried again.',
      '- **alert**: whether a person must be told at its first occurrence.',
      '- **who**: who can make it go away.',
    ].join('\n'),
    table(['code', 'retry', 'alert', 'who', 'what to do'], rows),
  ]);
}
