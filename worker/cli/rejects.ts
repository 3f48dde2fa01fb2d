/** `tidemark rejects`: which items are no rows, why, and what can be done; and with `replay`, through today's transform again. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { createBigQuery } from '../../activities/lake/client';
import { loadConfig } from '../config-file';
import { readNewestRejects, readRejectGroups, type RejectGroup, type RejectPlace } from '../rejects-and-drift';
import { parseDays, parseTable, sinceDaysAgo } from './arguments';
import { EXIT } from './exit';
import { formatTable } from './io';
import type { CommandContext } from './main';
import { addRejectsReplay } from './rejects-replay';
import { requireSource } from './source';

interface RejectsOptions {
  readonly source?: string;
  readonly table?: string;
  readonly days: number;
  readonly show?: number;
  readonly json?: true;
}

const SHOW_MAX = 1_000;

export function addRejectsCommand(context: CommandContext): void {
  const { program, io, globals, run } = context;
  const rejects: Command = program
    .command('rejects')
    .description('show which items are no rows, and why; `replay` tries them again')
    .option('--source <id>', 'of one source')
    .option('--table <name>', 'of one table', parseTable)
    .option('--days <n>', 'recorded in the last days', parseDays, 90)
    .option('--show <n>', 'the newest n one by one, each with its place', parseShow)
    .option('--json', 'print as JSON')
    .action(
      run(async ({ source, table, days, show, json }: RejectsOptions) => {
        const { config } = await loadConfig(globals().config, io);
        if (source !== undefined) requireSource(config, source);
        const bigquery = createBigQuery(config.lake, { retry: false });
        const filter = {
          ...(source === undefined ? {} : { source }),
          ...(table === undefined ? {} : { table }),
          since: sinceDaysAgo(days),
        };
        const found =
          show === undefined
            ? { groups: await readRejectGroups(bigquery, config.lake, filter) }
            : { places: await readNewestRejects(bigquery, config.lake, filter, show) };
        if (json === true) io.out(`${JSON.stringify(found.groups ?? found.places, null, 2)}\n`);
        else io.out(found.groups === undefined ? formatPlaces(found.places) : formatGroups(found.groups));
        return EXIT.ok;
      }),
    );
  addRejectsReplay(rejects, context);
}

function parseShow(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > SHOW_MAX)
    throw new InvalidArgumentError(`write a whole number from 1 to ${String(SHOW_MAX)}.`);
  return count;
}

const NONE = 'no rejects are open\n';

/** Per table, source, stream and reason, with what can be done about them. */
export function formatGroups(groups: readonly RejectGroup[]): string {
  if (groups.length === 0) return NONE;
  const isOutcome = ({ reason }: RejectGroup): boolean => reason === 'KEY_CONFLICT';
  const rows = groups.map((group) => [
    group.table,
    `${group.source} ${group.stream}`,
    group.reason,
    group.count,
    isOutcome(group) ? 0 : group.whole,
    isOutcome(group) ? 0 : group.count - group.whole,
    group.first,
    group.last,
    group.detail ?? '',
  ]);
  const table = formatTable(['table', 'stream', 'reason', 'rejects', 'by text', 'by window', 'first', 'last', 'the newest'], rows);
  const tables = [...new Set(groups.filter((group) => !isOutcome(group)).map((group) => group.table))];
  return [
    table,
    '',
    ...tables.map((name) => `when what causes them is mended: tidemark rejects replay ${name}`),
    ...(groups.some(isOutcome)
      ? ['KEY_CONFLICT is an outcome: the table has another record under the same key, and no replay changes that']
      : []),
    '',
  ].join('\n');
}

export function formatPlaces(places: readonly RejectPlace[]): string {
  if (places.length === 0) return NONE;
  const rows = places.map(({ recordedAt, table, reason, detail, unit, objectName, objectRow, rejectId }) => [
    recordedAt,
    table,
    reason,
    detail ?? '',
    unit,
    objectName === null ? '' : `${objectName}:${String(objectRow ?? '')}`,
    rejectId,
  ]);
  return `${formatTable(['recorded', 'table', 'reason', 'where in it', 'unit', 'object:line', 'reject_id'], rows)}\n`;
}
