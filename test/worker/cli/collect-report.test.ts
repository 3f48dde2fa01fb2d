/** What a tick did and why one failed, in words. */
import { failureOf, formatResult } from '../../../worker/cli/collect-report';
import type { RunResult } from '../../../workflows/run-plan';

const RESULT: RunResult = {
  plans: 2,
  units: 12,
  failed: [],
  failures: 0,
  tables: [{ table: 'cloudaudit_googleapis_com_activity', rows: 1_200, inserted: 1_180, duplicates: 19, conflicts: 1, rejected: 3 }],
  calls: 15,
};

test('formatResult() prints what came in per table', () => {
  expect(formatResult(RESULT)).toBe(
    [
      '12 units read in 15 calls',
      'table                               rows   new  known  conflicts  rejected',
      'cloudaudit_googleapis_com_activity  1200  1180     19          1         3',
      '',
    ].join('\n'),
  );
});

test('formatResult() says when nothing was due, and names what failed', () => {
  expect(formatResult({ ...RESULT, units: 0, tables: [], calls: 0, plans: 0 })).toBe('nothing is due\n');
  const failed = [{ unit: 'acme/activity/u1', code: 'SRC_PERMISSION_DENIED', message: 'The vendor refuses' }];
  expect(formatResult({ ...RESULT, tables: [], failures: 3, failed })).toBe(
    '12 units read in 15 calls\n3 failed, the first 1:\n  acme/activity/u1: SRC_PERMISSION_DENIED: The vendor refuses\n',
  );
});

/** The chain a client gets: WorkflowFailedError, then the failures of the server, outermost first. */
const chain = (...links: Record<string, unknown>[]): unknown =>
  links.reduceRight<unknown>((cause, link) => ({ ...link, cause }), undefined);

test('failureOf() finds the registry code in the chain, with what the tick had done', () => {
  const failed = { name: 'WorkflowFailedError', message: 'Workflow execution failed' };
  const details = [{ ...RESULT, failures: 1 }];
  expect(failureOf(chain(failed, { name: 'ApplicationFailure', type: 'SRC_AUTH_REFUSED', message: '1 failed', details }))).toEqual({
    code: 'SRC_AUTH_REFUSED',
    message: '1 failed',
    result: { ...RESULT, failures: 1 },
  });
  const activity = { name: 'ActivityFailure', message: 'Activity task failed' };
  expect(
    failureOf(
      chain(
        failed,
        activity,
        { name: 'ApplicationFailure', type: 'LAKE_NOT_APPLIED', message: 'no table' },
        { name: 'Error', message: 'deeper' },
      ),
    ),
  ).toEqual({
    code: 'LAKE_NOT_APPLIED',
    message: 'no table',
    result: undefined,
  });
});

test('failureOf() names the innermost failure when none has a code, and stands anything thrown', () => {
  expect(
    failureOf(chain({ name: 'WorkflowFailedError', message: 'x' }, { name: 'TerminatedFailure', message: 'by a person' })),
  ).toMatchObject({
    code: 'TerminatedFailure',
    message: 'by a person',
  });
  for (const thrown of [undefined, null, 'text', 5]) expect(failureOf(thrown)).toMatchObject({ code: 'UNKNOWN' });
  const loop: { cause?: unknown; name: string } = { name: 'Loop' };
  loop.cause = loop;
  expect(failureOf(loop)).toMatchObject({ code: 'Loop' });
});
