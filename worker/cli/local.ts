/** `tidemark local`: the local lake (Temporal, BigQuery and Cloud Storage on this machine), by infra/local. */
import { Argument } from 'commander';
import type { CommandContext } from './main';

export function addLocalCommand({ program, run }: CommandContext): void {
  program
    .command('local')
    .description('start, stop, show or empty the local lake')
    .addArgument(new Argument('<action>').choices(['up', 'down', 'status', 'reset']))
    .option('--json', 'print the state as JSON')
    .action(
      run(async (action: string, { json }: { json?: true }) => {
        // On demand, since a deployed image has no infra/local; with the extension, since import() follows the rules of ES modules.
        const { runLocal } = await import('../../infra/local/main.js');
        return await runLocal([action, ...(json === true ? ['--json'] : [])]);
      }),
    );
}
