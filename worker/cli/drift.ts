/** `tidemark drift`: what records hold and no column of their table asks for. It is in `raw`; a column is what it lacks. */
import { createBigQuery } from '../../activities/lake/client';
import { loadConfig } from '../config-file';
import { type DriftPath, readDrift } from '../rejects-and-drift';
import { parseDays, parseTable, sinceDaysAgo } from './arguments';
import { EXIT } from './exit';
import { formatTable } from './io';
import type { CommandContext } from './main';
import { requireSource } from './source';

interface DriftOptions {
  readonly source?: string;
  readonly table?: string;
  readonly days: number;
  readonly json?: true;
}

export function addDriftCommand({ program, io, globals, run }: CommandContext): void {
  program
    .command('drift')
    .description('show members of records that no column asks for, or that have another type than their column')
    .option('--source <id>', 'of one source')
    .option('--table <name>', 'of one table', parseTable)
    .option('--days <n>', 'met in the last days', parseDays, 30)
    .option('--json', 'print as JSON')
    .action(
      run(async ({ source, table, days, json }: DriftOptions) => {
        const { config } = await loadConfig(globals().config, io);
        if (source !== undefined) requireSource(config, source);
        const rows = await readDrift(createBigQuery(config.lake, { retry: false }), config.lake, {
          ...(source === undefined ? {} : { source }),
          ...(table === undefined ? {} : { table }),
          since: sinceDaysAgo(days),
        });
        io.out(json === true ? `${JSON.stringify(rows, null, 2)}\n` : formatDrift(rows));
        return EXIT.ok;
      }),
    );
}

export function formatDrift(paths: readonly DriftPath[]): string {
  if (paths.length === 0) return 'every member of every record is known\n';
  const rows = paths.map(({ table, path, code, count, lengthMax, characters, sources, first, last }) => [
    table,
    path,
    code,
    count,
    lengthMax === null ? '' : String(lengthMax),
    characters ?? '',
    sources.join(', '),
    first,
    last,
  ]);
  return [
    formatTable(['table', 'path', 'type', 'times', 'longest', 'characters', 'sources', 'first', 'last'], rows),
    '',
    'nothing is lost: each is in `raw`. A column in schemas/tables, `tidemark plan` and `tidemark apply` make it one that detections can name.',
    '',
  ].join('\n');
}
