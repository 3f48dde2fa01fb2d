/** `collect` and `coverage` against real servers: one run at a time, found, waited for, and told about. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultPayloadConverter } from '@temporalio/common';
import { createBigQuery } from '../../../activities/lake/client';
import type { TemporalHandle } from '../../../worker/temporal';
import { uniqueName } from '../../setup/lake';
import {
  applied,
  cli,
  configure,
  makeBuckets,
  type Names,
  namespace,
  newNames,
  openNamespace,
  removeFolder,
  source,
} from '../reconcile/installation';

let temporal: TemporalHandle;
let names: Names;

beforeAll(async () => {
  temporal = await openNamespace();
}, 60_000);
afterAll(async () => {
  await temporal.close();
  removeFolder();
});
beforeEach(() => {
  names = newNames();
});

/** Numbers of temporal.api.enums.v1.CommandType. */
const COMPLETE_WORKFLOW = 4;
const FAIL_WORKFLOW = 5;

/** Plays a worker that ends the next run of `collect` at its first task. */
async function endNextRun(end: { result: unknown } | { code: string; message: string }): Promise<void> {
  const { workflowService } = temporal.connection;
  let token: Uint8Array = new Uint8Array();
  while (token.length === 0) {
    ({ taskToken: token } = await temporal.connection.withDeadline(
      Date.now() + 65_000,
      async () => await workflowService.pollWorkflowTaskQueue({ namespace, taskQueue: { name: 'orchestrate' }, identity: 'test' }),
    ));
  }
  const command =
    'result' in end
      ? {
          commandType: COMPLETE_WORKFLOW,
          completeWorkflowExecutionCommandAttributes: { result: { payloads: [defaultPayloadConverter.toPayload(end.result)] } },
        }
      : {
          commandType: FAIL_WORKFLOW,
          failWorkflowExecutionCommandAttributes: {
            failure: { message: end.message, applicationFailureInfo: { type: end.code, nonRetryable: true } },
          },
        };
  await workflowService.respondWorkflowTaskCompleted({ namespace, taskToken: token, identity: 'test', commands: [command] });
}

describe('collect', () => {
  const RESULT = { plans: 1, units: 3, failed: [], failures: 0, tables: [], calls: 4 };

  test('needs an applied schedule', async () => {
    const loaded = await configure(names, [source('never-applied')]);
    expect(await cli(loaded, ['collect', 'never-applied'])).toEqual({
      code: 4,
      out: '',
      said: `TEMPORAL_NOT_APPLIED: there is no schedule collect/never-applied in namespace ${namespace}\n  hint: The schedule does not exist: run \`tidemark apply\`.\n`,
    });
  }, 30_000);

  test('starts one run, finds the one that runs already, and prints its result or why it failed', async () => {
    const id = uniqueName('run', '-');
    const loaded = await configure(names, [source(id, { paused: true })]);
    await makeBuckets(loaded);
    await applied(loaded);

    const started = await cli(loaded, ['collect', id, '--no-wait', '--json']);
    const { runId, workflowId } = JSON.parse(started.out) as { runId: string; workflowId: string };
    expect([started.code, workflowId.startsWith(`collect/${id}-`)]).toEqual([0, true]);
    const again = await cli(loaded, ['collect', id, '--no-wait', '--json']);
    expect(JSON.parse(again.out)).toEqual({ runId, workflowId });
    expect(again.said).toBe('a tick is running already; no other was started\n');

    const heard = { out: '', said: '' };
    const waiting = cli(loaded, ['collect', id], heard);
    // Ended before it is found, the run would not be waited for: another would be started.
    while (!heard.said.includes('a tick is running already; waiting for it')) await new Promise((resolve) => setTimeout(resolve, 20));
    await endNextRun({ result: RESULT });
    expect(await waiting).toMatchObject({ code: 0, out: '3 units read in 4 calls\n' });

    const failing = cli(loaded, ['collect', id]);
    await endNextRun({ code: 'SRC_AUTH_REFUSED', message: '1 failed' });
    const failed = await failing;
    expect(failed.code).toBe(1);
    expect(failed.said).toMatch(/SRC_AUTH_REFUSED: 1 failed\n {2}hint: The vendor does not accept the credential/);

    const rehearsal = await cli(loaded, ['collect', id, '--as-of', '2026-01-31T00:00:00Z', '--no-wait']);
    expect(rehearsal.out).toMatch(new RegExp(`^collect/${id}/as-of/2026-01-31T00:00:00.000Z `));
    await endNextRun({ result: RESULT });
  }, 60_000);
});

test('coverage answers from an empty ledger, and says what opens a stream', async () => {
  const loaded = await configure(names, [source(uniqueName('cover', '-'))]);
  await makeBuckets(loaded);
  expect(await cli(loaded, ['coverage'])).toMatchObject({ code: 4, said: expect.stringContaining('LAKE_NOT_APPLIED') as string });
  await applied(loaded);
  expect(await cli(loaded, ['coverage'])).toEqual({
    code: 0,
    out: '',
    said: 'no stream has been opened yet: the first `tidemark collect` opens them\n',
  });
  await createBigQuery(loaded.config.lake).query(
    `INSERT INTO ${names.prefix}_ops.units (recorded_at, fact, source, stream, window_from, settle_lag_ms) VALUES (CURRENT_TIMESTAMP(), 'stream_opened', 'acme', 'activity', TIMESTAMP_SUB(TIMESTAMP_TRUNC(CURRENT_TIMESTAMP(), HOUR), INTERVAL 3 HOUR), 300000)`,
  );
  const { code, out } = await cli(loaded, ['coverage', '--json']);
  const rows = JSON.parse(out) as { state: string; seq: null }[];
  expect([code, rows.length, rows[0]]).toMatchObject([
    0,
    4,
    { source: 'acme', stream: 'activity', state: 'missing', judged_seconds: 3_600, covered_seconds: 0, seq: null },
  ]);
}, 60_000);

test('rejects and drift answer from what publish noted, without a text or a value', async () => {
  const id = uniqueName('noted', '-');
  const loaded = await configure(names, [source(id)]);
  await makeBuckets(loaded);
  expect(await cli(loaded, ['drift'])).toMatchObject({ code: 4, said: expect.stringContaining('LAKE_NOT_APPLIED') as string });
  await applied(loaded);
  expect(await cli(loaded, ['rejects'])).toEqual({ code: 0, out: 'no rejects are open\n', said: '' });
  expect(await cli(loaded, ['drift'])).toEqual({ code: 0, out: 'every member of every record is known\n', said: '' });

  const bigquery = createBigQuery(loaded.config.lake);
  const rejected = (rejectId: string, reason: string, item: string, minutes: number): string =>
    `(TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL ${String(minutes)} MINUTE), 'b1', '${rejectId}', 'okta_system_log', '${id}', 'main', 'u1', '${reason}', 'detail of ${rejectId}', ${item}, 'part', 7)`;
  await bigquery.query(
    `INSERT INTO ${names.prefix}_ops.rejects (recorded_at, batch, reject_id, table_name, source, stream, unit, reason, detail, item, object_name, object_row)
     VALUES ${[
       rejected('r1', 'NOT_JSON', `'a text'`, 5),
       rejected('r2', 'NOT_JSON', 'NULL', 1),
       rejected('r3', 'KEY_CONFLICT', `'a text'`, 2),
       rejected('r4', 'NOT_JSON', `'a text'`, 60 * 24 * 20),
     ].join(', ')}`,
  );
  await bigquery.query(
    `INSERT INTO ${names.prefix}_ops.drift (recorded_at, batch, table_name, source, stream, unit, path, code, count, length_max, characters)
     VALUES (CURRENT_TIMESTAMP(), 'b1', 'okta_system_log', '${id}', 'main', 'u1', 'actor.new', 'string', 3, 10, 'digits'),
            (CURRENT_TIMESTAMP(), 'b1', 'okta_system_log', '${id}', 'main', 'u2', 'actor.new', 'string', 4, 20, 'letters'),
            (CURRENT_TIMESTAMP(), 'b1', 'slack_audit_log', '${id}', 'main', 'u2', 'x', 'object', 1, NULL, NULL)`,
  );

  const { out } = await cli(loaded, ['rejects', '--days', '10', '--json']);
  expect(JSON.parse(out)).toMatchObject([
    { table: 'okta_system_log', source: id, stream: 'main', reason: 'NOT_JSON', count: 2, whole: 1, detail: 'detail of r2' },
    { reason: 'KEY_CONFLICT', count: 1 },
  ]);
  const shown = await cli(loaded, ['rejects', '--show', '2', '--source', id, '--json']);
  expect(JSON.parse(shown.out)).toMatchObject([
    { rejectId: 'r2', objectName: 'part', objectRow: 7 },
    { rejectId: 'r3', reason: 'KEY_CONFLICT' },
  ]);
  expect(out + shown.out).not.toContain('a text');
  expect(JSON.parse((await cli(loaded, ['rejects', '--table', 'slack_audit_log', '--json'])).out)).toEqual([]);
  expect(await cli(loaded, ['rejects', '--source', 'nobody'])).toMatchObject({
    code: 2,
    said: expect.stringContaining('SOURCE_UNKNOWN') as string,
  });

  // What the guide gives to ask, can be asked.
  const guide = readFileSync(join(__dirname, '../../../docs/guides/rejects-and-drift.md'), 'utf8');
  const queries = [...guide.matchAll(/^```sql\n([^]*?)^```$/gm)].map(([, sql = '']) => sql);
  expect(queries).toHaveLength(2);
  for (const sql of queries) await bigquery.query(sql.replaceAll(/\bops\./g, `${names.prefix}_ops.`));

  const drift = await cli(loaded, ['drift', '--table', 'okta_system_log', '--json']);
  expect(JSON.parse(drift.out)).toMatchObject([
    { table: 'okta_system_log', path: 'actor.new', code: 'string', count: 7, lengthMax: 20, characters: 'digits, letters', sources: [id] },
  ]);
}, 60_000);
