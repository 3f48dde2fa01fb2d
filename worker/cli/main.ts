#!/usr/bin/env node
/**
 * `tidemark`: the command line. Every command is a file beside this one; here they meet, and here every way of ending
 * becomes a message and an exit code (exit.ts). A stack trace is only shown with --debug.
 */
import { Command, CommanderError } from 'commander';
import { version } from '../../package.json';
import { addApplyCommand } from './apply';
import { addCollectCommand } from './collect';
import { addConnectorsCommand } from './connectors';
import { addCoverageCommand } from './coverage';
import { EXIT, reportThrown } from './exit';
import type { GlobalOptions, Io } from './io';
import { addDriftCommand } from './drift';
import { addLocalCommand } from './local';
import { addPlanCommand } from './plan';
import { addRejectsCommand } from './rejects';
import { addWorkerCommand } from './worker';

/** What a command is added to: the program, and where its exit code goes. */
export interface CommandContext {
  readonly program: Command;
  readonly io: Io;
  readonly globals: () => GlobalOptions;
  /** Wraps an action: its number becomes the exit code of the process. */
  readonly run: <Args extends unknown[]>(action: (...args: Args) => Promise<number>) => (...args: Args) => Promise<void>;
}

/** The program with all its commands, and the exit code of the command that ran (0 while none has). */
export function createProgram(io: Io): { readonly program: Command; readonly exitCode: () => number } {
  let exitCode: number = EXIT.ok;
  const program = new Command('tidemark')
    .description('Collects security logs into a BigQuery data lake and proves for any hour whether it is complete.')
    .version(version)
    .option('--config <file>', 'configuration file (default: tidemark.yaml in this folder)')
    .option('--debug', 'show where an error arose')
    .showHelpAfterError('(run it with --help to see how it is used)')
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err });
  program.addHelpText(
    'after',
    '\nExit codes: 0 done, 1 failed, 2 usage, configuration or secrets, 3 a service does not answer, 4 something is missing or denied, 5 plan found a difference.',
  );
  const context: CommandContext = {
    program,
    io,
    globals: () => program.opts(),
    run:
      (action) =>
      async (...given) => {
        exitCode = await action(...given);
      },
  };
  for (const add of [
    addPlanCommand,
    addApplyCommand,
    addCollectCommand,
    addCoverageCommand,
    addRejectsCommand,
    addDriftCommand,
    addConnectorsCommand,
    addWorkerCommand,
    addLocalCommand,
  ])
    add(context);
  return { program, exitCode: () => exitCode };
}

/** Runs one command line (without `node` and the script) and gives its exit code. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const { program, exitCode } = createProgram(io);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return reportThrown(io, error, program.opts<GlobalOptions>().debug === true);
  }
}

async function main(): Promise<void> {
  process.exitCode = await runCli(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    env: process.env,
    cwd: process.cwd(),
    outIsTerminal: process.stdout.isTTY,
    errIsTerminal: process.stderr.isTTY,
  });
}

if (require.main === module) void main();
