/**
 * `tidemark rejects replay <table>`: starts the workflow `replay/<table>`, or finds the one that runs, and says what became of the
 * rejects. Two replays of one table at once would read the same rejects twice.
 */
import type { Command } from 'commander';
import type { ReplayInput, ReplayResult } from '../../workflows/replay';
import { loadConfig } from '../config-file';
import { ORCHESTRATE_QUEUE } from '../reconcile/schedules';
import { connectTemporal, temporalError, type TemporalHandle } from '../temporal';
import { parseTable } from './arguments';
import { formatResult } from './collect-report';
import { followRun, type FoundRun } from './follow-run';
import type { CommandContext } from './main';
import { requireSource } from './source';

interface ReplayOptions {
  readonly source?: string;
  readonly reason?: string;
  readonly wait: boolean;
  readonly json?: true;
}

export function addRejectsReplay(rejects: Command, { io, globals, run }: CommandContext): void {
  rejects
    .command('replay')
    .argument('<table>', 'whose rejects', parseTable)
    .description("put a table's open rejects through the transform of today, and print what became of them")
    .option('--source <id>', 'only those of one source')
    .option('--reason <code>', 'only those with one reason')
    .option('--no-wait', 'print the id of the run and return')
    .option('--json', 'print the result as JSON')
    .action(
      run(async (table: string, _own: ReplayOptions, command: Command) => {
        // Options that `rejects` has as well are taken by it.
        const { source, reason, wait, json } = command.optsWithGlobals<ReplayOptions>();
        const { config, baseDir } = await loadConfig(globals().config, io);
        if (source !== undefined) requireSource(config, source);
        const temporal = await connectTemporal(config.temporal, { env: io.env, baseDir });
        try {
          const input: ReplayInput = {
            table,
            ...(source === undefined ? {} : { source }),
            ...(reason === undefined ? {} : { reason }),
          };
          const found = await startReplay(temporal, input);
          return await followRun({
            io,
            temporal,
            found,
            what: 'replay',
            wait,
            ...(json === undefined ? {} : { json }),
            format: formatReplay,
          });
        } finally {
          await temporal.close();
        }
      }),
    );
}

async function startReplay(temporal: TemporalHandle, input: ReplayInput): Promise<FoundRun> {
  const workflowId = `replay/${input.table}`;
  const wasRunning = await isRunning(temporal, workflowId);
  try {
    const handle = await temporal.client.workflow.start('replay', {
      taskQueue: ORCHESTRATE_QUEUE,
      workflowId,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    });
    return { workflowId, runId: handle.firstExecutionRunId, wasRunning };
  } catch (error) {
    throw temporalError(error, temporal);
  }
}

async function isRunning(temporal: TemporalHandle, workflowId: string): Promise<boolean> {
  try {
    return (await temporal.client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING';
  } catch (error) {
    if ((error as { name?: unknown }).name === 'WorkflowNotFoundError') return false;
    throw temporalError(error, temporal);
  }
}

/** What a replay did, in words. */
export function formatReplay(result: ReplayResult): string {
  const { rejects, leftOut, units, failures, tables } = result;
  const left = Object.entries(leftOut);
  const leftLines = left.map(([why, count]) => `${String(count)} left as they are: ${WHY_LEFT[why] ?? why}\n`).join('');
  if (units === 0 && failures === 0 && left.length === 0) return 'no rejects are open\n';
  if (units === 0 && failures === 0) return leftLines;
  const refused = tables.reduce((sum, { rejected }) => sum + rejected, 0);
  return [
    `${String(rejects)} rejects replayed${refused === 0 ? '' : `; ${String(refused)} items were refused, and are open as before`}\n`,
    formatResult(result),
    leftLines,
  ].join('');
}

const WHY_LEFT: Readonly<Record<string, string>> = {
  'beyond retention': 'their text was not kept, and the vendor has their window no more',
  'no window': 'their text was not kept, and they were read by no window that could be read again',
};
