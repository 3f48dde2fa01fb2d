/**
 * `npm run contract [-- --project X [--location L] --bucket-state A --bucket-stage B] [jest options]`: reads the options,
 * hands them on as variables, and runs jest on this folder. With a project no local server is started.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CONTRACT_VARIABLES, realProject } from './options';

/** This file runs as dist/test/contract/main.js. */
const ROOT = join(__dirname, '..', '..', '..');

const OPTIONS = {
  project: { type: 'string' },
  location: { type: 'string' },
  'bucket-state': { type: 'string' },
  'bucket-stage': { type: 'string' },
} as const;

/** Our options as variables, the rest for jest. */
export function readArguments(args: readonly string[]): { env: Record<string, string>; rest: string[] } {
  const { values, tokens } = parseArgs({ args: [...args], options: OPTIONS, strict: false, allowPositionals: true, tokens: true });
  const taken = new Set<number>();
  for (const token of tokens) {
    if (token.kind !== 'option' || !Object.hasOwn(OPTIONS, token.name)) continue;
    if (typeof values[token.name] !== 'string') throw new Error(`--${token.name} needs a value`);
    taken.add(token.index);
    if (token.inlineValue !== true) taken.add(token.index + 1);
  }
  const text = (name: keyof typeof OPTIONS): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const pairs: [string, string | undefined][] = [
    [CONTRACT_VARIABLES.project, text('project')],
    [CONTRACT_VARIABLES.location, text('location')],
    [CONTRACT_VARIABLES.bucketState, text('bucket-state')],
    [CONTRACT_VARIABLES.bucketStage, text('bucket-stage')],
  ];
  const env = Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
  return { env, rest: args.filter((_, index) => !taken.has(index)) };
}

function main(args: readonly string[]): void {
  const { env, rest } = readArguments(args);
  const real = realProject(env) !== undefined;
  const jest = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js'),
    ...(real ? ['--config', join(ROOT, 'test', 'contract', 'jest.real.config.js')] : ['--config', join(ROOT, 'jest.config.js')]),
    '--testPathPatterns',
    'test/contract/',
    ...rest,
    ...(real ? [] : ['--selectProjects', 'server']),
  ];
  const child = spawn(process.execPath, jest, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
}

if (require.main === module) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}
