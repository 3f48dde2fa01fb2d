/** `tidemark worker`: runs workflows and activities until it is told to stop. */
import { loadConfig } from '../config-file';
import { EXIT } from './exit';
import { createLog } from './log';
import type { Io } from './io';
import type { CommandContext } from './main';

export function addWorkerCommand({ program, io, globals, run }: CommandContext): void {
  program
    .command('worker')
    .description('run workflows and activities until SIGTERM or SIGINT')
    .action(
      run(async () => {
        restartWithSmallHeap(io.env);
        const loaded = await loadConfig(globals().config, io);
        // Loaded on demand: Temporal's native core costs a second that no other command should pay. An import() in CommonJS
        // output is resolved by the rules of ES modules, hence the extension.
        const { runWorker } = await import('../run-worker.js');
        await runWorker(loaded, { env: io.env, log: createLog(io.env) });
        return EXIT.ok;
      }),
    );
}

/**
 * V8 takes what memory it is offered before it collects garbage, and its young generation alone may hold 48 MB. A worker's
 * live data is small, so it runs with a small young generation and few malloc arenas: 280 MB at its peak instead of 590.
 */
const HEAP_FLAGS = ['--max-semi-space-size=4', '--max-old-space-size=256'];

/** Replaces this process (same id, same descriptors) by one with the flags; V8 reads them at its start only. */
function restartWithSmallHeap(env: Io['env']): void {
  if (HEAP_FLAGS.every((flag) => process.execArgv.includes(flag)) || process.execve === undefined) return;
  process.execve(process.execPath, [process.execPath, ...process.execArgv, ...HEAP_FLAGS, ...process.argv.slice(1)], {
    MALLOC_ARENA_MAX: '2',
    ...definedOnly(env),
  });
}

function definedOnly(env: Io['env']): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
