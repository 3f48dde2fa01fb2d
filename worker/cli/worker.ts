/** `tidemark worker`: runs workflows and activities until it is told to stop. */
import { loadConfig } from '../config-file';
import { EXIT } from './exit';
import { createLog } from './log';
import type { CommandContext } from './main';

export function addWorkerCommand({ program, io, globals, run }: CommandContext): void {
  program
    .command('worker')
    .description('run workflows and activities until SIGTERM or SIGINT')
    .action(
      run(async () => {
        const loaded = await loadConfig(globals().config, io);
        // Loaded on demand: Temporal's native core costs a second that no other command should pay. An import() in CommonJS
        // output is resolved by the rules of ES modules, hence the extension.
        const { runWorker } = await import('../run-worker.js');
        await runWorker(loaded, { env: io.env, log: createLog(io.env) });
        return EXIT.ok;
      }),
    );
}
