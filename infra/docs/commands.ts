/** docs/reference/commands.md: what the program says of itself when asked for help, command by command. */
import type { Command } from 'commander';
import { createProgram } from '../../worker/cli/main';
import { cell, code, page, table } from './markdown';

/** Help is laid out for this many columns wherever it is generated, not for the terminal at hand. */
const HELP_WIDTH = 110;

/** Runs `use` with the program; what the program would print goes to `said`. */
function withProgram<Result>(use: (program: Command, said: () => string) => Result): Result {
  let text = '';
  const write = (more: string): void => {
    text += more;
  };
  const { program } = createProgram({ out: write, err: write, env: {}, cwd: '/', outIsTerminal: false, errIsTerminal: false });
  for (const command of [program, ...program.commands]) command.configureHelp({ helpWidth: HELP_WIDTH });
  return use(program, () => {
    const said = text;
    text = '';
    return said;
  });
}

function usage(program: Command, command: Command): string {
  return [program.name(), command.name(), ...command.registeredArguments.map(argumentText)].join(' ');
}

function argumentText(argument: Command['registeredArguments'][number]): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

export function commandsPage(): string {
  return withProgram((program, said) => {
    const section = (command: Command): string => {
      command.outputHelp();
      return ['```text', said().trim(), '```'].join('\n');
    };
    return page('Commands', 'worker/cli/', [
      'In a checkout, `npm run tidemark -- <command>` runs them; in the image, `tidemark` is `node dist/worker/cli/main.js`.',
      section(program),
      ...program.commands.flatMap((command) => [`## ${program.name()} ${command.name()}`, section(command)]),
    ]);
  });
}

/** The short form for the README. */
export function commandsTable(): string {
  return withProgram((program) =>
    table(
      ['command', 'what it does'],
      program.commands.map((command) => [code(usage(program, command)), cell(command.description())]),
    ),
  );
}
