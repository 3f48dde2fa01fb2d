/**
 * `npm run local -- up|down|status|reset|install`: the local lake by hand. It answers with an exit code: 0 done, 1 failed,
 * 2 wrong usage; `status` exits 1 when not every server answers.
 */
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { codeOf, ERRORS } from '../../activities/errors';
import { lakeStatus, startLake, stopLake } from './lake';
import { ensureTools } from './tools';

const USAGE = `usage: npm run local -- <command> [--dir <folder>] [--json]

  up        install what is missing and start Temporal, BigQuery and Cloud Storage on this machine
  down      stop them; everything is kept
  status    what runs, and where
  reset     stop them and delete everything they hold (the identity key stays)
  install   only install what is missing
`;

const DEFAULT_DIR = '.local';
const PROJECT = 'demo';

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Progress goes to stderr, so that --json prints nothing else. */
const progress = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function status(dir: string, json: boolean): Promise<number> {
  const servers = await lakeStatus(dir);
  if (json) print(JSON.stringify(servers, null, 2));
  else if (servers.length === 0) print('no local lake here yet: npm run local -- up');
  else
    for (const { title, pid, ready, url } of servers)
      print(`${title}: ${ready ? `ready, process ${pid}, ${url}` : pid === null ? 'stopped' : `process ${pid} does not answer`}`);
  return servers.length > 0 && servers.every(({ ready }) => ready) ? 0 : 1;
}

async function run(command: string | undefined, dir: string, json: boolean): Promise<number> {
  switch (command) {
    case 'up':
      await startLake({ dir, project: PROJECT, progress });
      return await status(dir, json);
    case 'down':
      await stopLake(dir, progress);
      return 0;
    case 'status':
      return await status(dir, json);
    case 'reset':
      await stopLake(dir, progress);
      for (const name of ['data', 'logs', 'state.json']) rmSync(join(dir, name), { recursive: true, force: true });
      return 0;
    case 'install':
      await ensureTools({ progress });
      return 0;
    default:
      progress(USAGE);
      return command === undefined || command === 'help' || command === '--help' ? 0 : 2;
  }
}

/** Runs one command of the local lake and resolves to its exit code; errors are printed with what to do about them. */
export async function runLocal(argv: readonly string[]): Promise<number> {
  const json = argv.includes('--json');
  const dirAt = argv.indexOf('--dir');
  const dir = resolve((dirAt === -1 ? undefined : argv[dirAt + 1]) ?? DEFAULT_DIR);
  const words = argv.filter((word, index) => word !== '--json' && (dirAt === -1 || (index !== dirAt && index !== dirAt + 1)));
  try {
    return await run(words[0], dir, json);
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    progress(`${code}: ${error instanceof Error ? error.message : String(error)}\n${ERRORS[code].hint}`);
    return 1;
  }
}

if (require.main === module) {
  void runLocal(process.argv.slice(2)).then((code) => {
    process.exitCode = code;
  });
}
