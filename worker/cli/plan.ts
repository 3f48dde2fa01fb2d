/** `tidemark plan`: what apply would do, exactly, without doing it. */
import type { Change } from '../../activities/lake/migration-step';
import { loadConfig } from '../config-file';
import { planApply } from '../reconcile/apply';
import { formatChanges, problemsAsJson, shortenRetentionOption } from './apply';
import { EXIT, exitCodeOf, reportProblems } from './exit';
import { createProgress } from './io';
import type { CommandContext } from './main';

/** `left` is a difference that apply would not settle either. */
const isToDo = ({ action }: Change): boolean => action !== 'unchanged' && action !== 'left';

export function addPlanCommand({ program, io, globals, run }: CommandContext): void {
  program
    .command('plan')
    .description('show what apply would do, without doing it')
    .option('--json', 'print the difference as JSON')
    .addOption(shortenRetentionOption())
    .addHelpText('after', '\nExit codes: 0 there is nothing to do, 5 there is; 1 to 4 apply would refuse, or it cannot be known.')
    .action(
      run(async ({ json, shortenRetention }: { json?: true; shortenRetention?: string[] }) => {
        const loaded = await loadConfig(globals().config, io);
        const progress = createProgress(io);
        progress.show('looking at Temporal, the buckets and BigQuery');
        const { changes, problems } = await planApply(loaded, { env: io.env, shortenRetention: new Set(shortenRetention) }).finally(() => {
          progress.clear();
        });
        const differs = changes.some(isToDo);
        if (json === true) {
          io.out(`${JSON.stringify({ ok: problems.length === 0, differs, changes, problems: problemsAsJson(problems) }, null, 2)}\n`);
        } else {
          io.out(changes.length === 0 && problems.length === 0 ? 'nothing to do\n' : formatChanges(changes, 'to do'));
          if (problems.length > 0) reportProblems(io, problems, globals().debug === true);
        }
        const [first] = problems;
        if (first !== undefined) return exitCodeOf(first.code);
        return differs ? EXIT.differs : EXIT.ok;
      }),
    );
}
