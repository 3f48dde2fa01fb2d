/** `tidemark coverage`: what is known of every hour, as intervals, and on a terminal as a grid with a line per day. */
import { createBigQuery } from '../../activities/lake/client';
import { COVERAGE_STATES } from '../../schemas/views/coverage';
import { hourGrid, readCoverage, STATE_MARKS, type StreamCoverage, summarize } from '../coverage';
import { loadConfig } from '../config-file';
import { EXIT } from './exit';
import { formatTable } from './io';
import { requireSource } from './source';
import type { CommandContext } from './main';
import { parseDays, sinceDaysAgo } from './arguments';

export function addCoverageCommand({ program, io, globals, run }: CommandContext): void {
  program
    .command('coverage')
    .argument('[source]', 'one source; default all')
    .description('show which hours are settled, complete, partial, missing or still open')
    .option('--days <n>', 'how many days back', parseDays, 14)
    .option('--json', 'print a row per hour as JSON')
    .action(
      run(async (source: string | undefined, { days, json }: { days: number; json?: true }) => {
        const { config } = await loadConfig(globals().config, io);
        if (source !== undefined) requireSource(config, source);
        const since = sinceDaysAgo(days);
        const rows = await readCoverage(createBigQuery(config.lake, { retry: false }), config.lake, {
          ...(source === undefined ? {} : { source }),
          since,
        });
        if (json === true) {
          io.out(`${JSON.stringify(rows, null, 2)}\n`);
          return EXIT.ok;
        }
        if (rows.length === 0) io.err('no stream has been opened yet: the first `tidemark collect` opens them\n');
        for (const stream of summarize(rows)) io.out(formatStream(stream, io.outIsTerminal ? days : 0));
        return EXIT.ok;
      }),
    );
}

/** One stream: counts, intervals, and `gridDays` lines of hours. */
export function formatStream(stream: StreamCoverage, gridDays: number): string {
  const counts = COVERAGE_STATES.toReversed().filter((state) => stream.counts[state] > 0);
  const rows = stream.intervals.map(({ state, from, to, hours, inserted }) => [state, minute(from), minute(to), hours, inserted]);
  const legend = counts.map((state) => `${STATE_MARKS[state]} ${state}`).join('  ');
  const grid = gridDays === 0 ? [] : [...hourGrid(stream.hours, gridDays), legend];
  return [
    `${stream.source} ${stream.stream}: ${counts.map((state) => `${String(stream.counts[state])} ${state}`).join(', ')}`,
    formatTable(['state', 'from', 'to', 'hours', 'rows'], rows),
    ...grid,
    '',
    '',
  ].join('\n');
}

/** `2026-01-31T10:00:00Z` to the minute. */
function minute(time: string): string {
  return time.replace(/:\d\dZ$/, 'Z');
}
