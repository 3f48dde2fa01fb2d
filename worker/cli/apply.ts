/** `tidemark apply`: looks at everything, then makes tables, views and schedules equal to the configuration. */
import type { Change } from '../../activities/lake/migrate';
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
    .action(
      run(async ({ json }: { json?: true }) => {
        const loaded = await loadConfig(globals().config, io);
        const progress = createProgress(io);
        progress.show('looking at Temporal, the buckets and BigQuery');
        const outcome = await apply(loaded, {
          env: io.env,
          onChange: ({ kind, name }) => {
            progress.show(`${kind} ${name}`);
          },
        }).finally(() => {
          progress.clear();
        });
        if (!outcome.ok) {
          if (json === true) {
            const problems = outcome.problems.map(({ code, message, context, hint }) => ({ code, message, context, hint }));
            io.out(`${JSON.stringify({ ok: false, problems }, null, 2)}\n`);
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

const MARK: Readonly<Record<Change['action'], string>> = { created: '+', updated: '~', deleted: 'x', left: '!', unchanged: '=' };

/** What changed or needs a look, a line each, and a count of the rest. */
export function formatChanges(changes: readonly Change[]): string {
  const lines = changes
    .filter(({ action }) => action !== 'unchanged')
    .flatMap(({ kind, name, action, details }) => {
      const [only] = details;
      const head = `${MARK[action]} ${action} ${kind} ${name}`;
      return details.length === 1 && only !== undefined ? [`${head}: ${only}`] : [head, ...details.map((detail) => `    ${detail}`)];
    });
  const unchanged = changes.filter(({ action }) => action === 'unchanged').length;
  return [...lines, `${String(changes.length - unchanged)} changed or to look at, ${String(unchanged)} as they should be`, ''].join('\n');
}
