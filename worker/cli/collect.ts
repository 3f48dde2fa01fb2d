/**
 * `tidemark collect <source>`: one tick now. It triggers the schedule, so that there is one mutex: a tick that runs already
 * is waited for, and no second one begins. `--as-of` starts a tick beside the schedule that plans for another moment; that
 * is for rehearsals, and its facts count as any others do.
 */
import { InvalidArgumentError } from 'commander';
import type { CollectInput } from '../../workflows/collect';
import { loadConfig } from '../config-file';
import { COLLECT_WORKFLOW, ORCHESTRATE_QUEUE, scheduleId } from '../reconcile/schedules';
import { connectTemporal, type TemporalHandle } from '../temporal';
import { formatResult } from './collect-report';
import { triggerSchedule } from './collect-run';
import { followRun, type FoundRun } from './follow-run';
import type { CommandContext } from './main';
import { requireSource } from './source';

interface CollectOptions {
  readonly wait: boolean;
  readonly asOf?: string;
  readonly json?: true;
}

export function addCollectCommand({ program, io, globals, run }: CommandContext): void {
  program
    .command('collect')
    .argument('<source>', 'id of a configured source')
    .description('collect what is due of a source now, and print what came in')
    .option('--no-wait', 'print the id of the run and return')
    .option('--as-of <time>', 'rehearse: plan for this moment, beside the schedule', parseTime)
    .option('--json', 'print the result as JSON')
    .action(
      run(async (source: string, options: CollectOptions) => {
        const { config, baseDir } = await loadConfig(globals().config, io);
        requireSource(config, source);
        const temporal = await connectTemporal(config.temporal, { env: io.env, baseDir });
        try {
          const found =
            options.asOf === undefined
              ? await triggerSchedule(temporal, scheduleId(source))
              : await startRehearsal(temporal, source, options.asOf);
          return await followRun({ io, temporal, found, what: 'tick', ...options, format: formatResult });
        } finally {
          await temporal.close();
        }
      }),
    );
}

function parseTime(text: string): string {
  const ms = Date.parse(text);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) || Number.isNaN(ms))
    throw new InvalidArgumentError('write a time such as 2026-01-31T00:00:00Z.');
  return new Date(ms).toISOString();
}

async function startRehearsal(temporal: TemporalHandle, source: string, asOf: string): Promise<FoundRun> {
  const input: CollectInput = { source, asOf };
  const workflowId = `${scheduleId(source)}/as-of/${asOf}`;
  const handle = await temporal.client.workflow.start(COLLECT_WORKFLOW, {
    taskQueue: ORCHESTRATE_QUEUE,
    workflowId,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
  });
  return { workflowId, runId: handle.firstExecutionRunId, wasRunning: false };
}
