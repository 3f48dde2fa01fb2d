/** `tidemark apply`: looks at everything, then makes tables, views and schedules equal to the configuration. */
import type { Change } from '../../activities/lake/migration-step';
import type { TidemarkError } from '../../activities/errors';
import { Option } from 'commander';
import { loadConfig } from '../config-file';
import { apply } from '../reconcile/apply';
import { EXIT, exitCodeOf, reportProblems } from './exit';
import { createProgress } from './io';
import type { CommandContext } from './main';

export function addApplyCommand({ program, io, globals, run }: CommandContext): void {
  program
    .command('apply')
    .description('make datasets, tables, views and schedules equal to the configuration')
    .option('--json', 'print what was done as JSON')
    .addOption(shortenRetentionOption())
    .action(
      run(async ({ json, shortenRetention }: { json?: true; shortenRetention?: string[] }) => {
        const loaded = await loadConfig(globals().config, io);
        const progress = createProgress(io);
        progress.show('looking at Temporal, the buckets and BigQuery');
        const outcome = await apply(loaded, {
          env: io.env,
          shortenRetention: new Set(shortenRetention),
          onChange: ({ kind, name }) => {
            progress.show(`${kind} ${name}`);
          },
        }).finally(() => {
          progress.clear();
        });
        if (!outcome.ok) {
          if (json === true) {
            io.out(`${JSON.stringify({ ok: false, problems: problemsAsJson(outcome.problems) }, null, 2)}\n`);
            return exitCodeOf(outcome.problems[0]?.code);
          }
          const exitCode = reportProblems(io, outcome.problems, globals().debug === true);
          io.err('nothing was changed\n');
          return exitCode;
        }
        io.out(json === true ? `${JSON.stringify({ ok: true, changes: outcome.changes }, null, 2)}\n` : formatChanges(outcome.changes));
        return EXIT.ok;
      }),
    );
}

/** Deleting rows needs a person who names the table. */
export function shortenRetentionOption(): Option {
  return new Option('--shorten-retention <table...>', 'tables whose partitions may be deleted earlier than they are now');
}

export function problemsAsJson(problems: readonly TidemarkError[]): unknown[] {
  return problems.map(({ code, message, context, hint }) => ({ code, message, context, hint }));
}

const MARK: Readonly<Record<Change['action'], string>> = { created: '+', updated: '~', deleted: 'x', left: '!', unchanged: '=' };

const TO_DO: Readonly<Record<Change['action'], string>> = {
  created: 'create',
  updated: 'update',
  deleted: 'delete',
  left: 'leave',
  unchanged: 'keep',
};

/** What changed or needs a look, a line each, and a count of the rest. */
export function formatChanges(changes: readonly Change[], tense: 'done' | 'to do' = 'done'): string {
  const lines = changes
    .filter(({ action }) => action !== 'unchanged')
    .flatMap(({ kind, name, action, details }) => {
      const [only] = details;
      const head = `${MARK[action]} ${tense === 'done' ? action : TO_DO[action]} ${kind} ${name}`;
      return details.length === 1 && only !== undefined ? [`${head}: ${only}`] : [head, ...details.map((detail) => `    ${detail}`)];
    });
  if (tense === 'to do') return [...lines, `${String(changes.length)} to do or to look at`, ''].join('\n');
  const unchanged = changes.filter(({ action }) => action === 'unchanged').length;
  return [...lines, `${String(changes.length - unchanged)} changed or to look at, ${String(unchanged)} as they should be`, ''].join('\n');
}
