/**
 * `npm run samples [-- --folder okta --folder slack]`: the records of ../shared/samples into a local lake of its own, `.local/samples`.
 * Prints per folder and table what became of them and which share of the rows has each envelope column. Run it again:
 * everything is read again, and nothing new lands. Exits 1 when a record is lost.
 *
 * `--lake FILE --prefix NAME --dir FOLDER` use servers that run already; `--plant` puts a secret into every record first and searches
 * all that is kept for them afterwards, exiting 1 where one is found; `--json` prints the report as JSON.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createBuckets, startLake, type Lake } from '../../infra/local/lake';
import { SAMPLES_PRESENT } from './folder';
import { FOLDERS } from './folders';
import { printReport, type TableReport } from './report';
import { runSamples, type Place } from './run';

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const lost = ({ received, inserted, duplicates, conflicts, rejected }: TableReport): boolean =>
  received === 0 || received !== inserted + duplicates + conflicts + rejected;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string', multiple: true },
      json: { type: 'boolean', default: false },
      plant: { type: 'boolean', default: false },
      lake: { type: 'string' },
      prefix: { type: 'string', default: 'samples' },
      dir: { type: 'string', default: '.local/samples' },
    },
  });
  if (!SAMPLES_PRESENT) {
    say('There is no ../shared/samples beside this checkout, and so nothing to read.');
    return 0;
  }
  const folders = FOLDERS.filter(({ folder }) => values.folder?.includes(folder) ?? true);
  mkdirSync(values.dir, { recursive: true });
  const own = values.lake === undefined ? await startLake({ dir: values.dir, project: 'samples', progress: say }) : undefined;
  try {
    const place = { lake: own ?? runningLake(values.lake ?? ''), folder: values.dir, prefix: values.prefix };
    const { plant } = values;
    const run = await runSamples(place, folders, { plant });
    const { reports, search } = run;
    if (values.json) say(JSON.stringify(run));
    else printReport(reports, say);
    for (const leak of search?.leaks ?? []) say(`SECRET FOUND: ${leak}`);
    if (search !== undefined && !values.json) say(`searched: ${JSON.stringify(search.places)}`);
    const faults = reports.filter(lost).map(({ folder, table }) => `${folder} ${table}`);
    if (faults.length > 0) say(`COUNTS ARE OFF: ${faults.join(', ')}`);
    return faults.length === 0 && (search?.leaks ?? []).length === 0 ? 0 : 1;
  } finally {
    await own?.stop();
  }
}

function runningLake(file: string): Place['lake'] {
  const lake = JSON.parse(readFileSync(file, 'utf8')) as Pick<
    Lake,
    'dir' | 'project' | 'temporal' | 'bigquery' | 'storage' | 'storageRoot'
  >;
  return { ...lake, createBuckets: async (names) => await createBuckets(lake, names) };
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
