/** Every record of sample folders through the whole path, twice, by the command a person would run. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { findTable } from '../../schemas/tables';
import { LAKE_FILE_VARIABLE, uniqueName } from '../setup/lake';
import { SAMPLES_PRESENT, samplesOf, type SampleFolder } from './folder';
import type { SamplesRun } from './run';

const PROGRAM = path.join(__dirname, '../../dist/test/samples/main.js');
/** One run takes three minutes on two cores that have nothing else to do. */
const RUN_MS_MAX = 600_000;

/** The tests of these folders, in the lake of the file they are called from. Skipped where ../shared/samples is absent. */
export function describeWholePath(title: string, folders: readonly SampleFolder[]): void {
  (SAMPLES_PRESENT ? describe : describe.skip)(`the samples of ${title}, with a secret planted in every record`, () => {
    testWholePath(folders);
  });
}

function testWholePath(folders: readonly SampleFolder[]): void {
  let first: SamplesRun;
  let again: SamplesRun;

  beforeAll(async () => {
    const prefix = uniqueName('samples', '-');
    first = await run(prefix);
    again = await run(prefix);
  }, 2 * RUN_MS_MAX);

  async function run(prefix: string): Promise<SamplesRun> {
    const lake = process.env[LAKE_FILE_VARIABLE] ?? '';
    const dir = mkdtempSync(path.join(tmpdir(), `${prefix}-`));
    const args = [
      PROGRAM,
      '--json',
      '--plant',
      '--lake',
      lake,
      '--prefix',
      prefix,
      '--dir',
      dir,
      ...folders.flatMap(({ folder }) => ['--folder', folder]),
    ];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 16 * 1_048_576 });
    rmSync(dir, { recursive: true });
    const report = stdout.split('\n').find((line) => line.startsWith('{"reports"'));
    if (report === undefined) throw new Error(`no report in ${stdout}`);
    return JSON.parse(report) as SamplesRun;
  }

  it('land whole, each record as a row or as a reject with a reason', async () => {
    const expected = new Map<string, number>();
    for (const folder of folders)
      for (const { table } of await samplesOf(folder)) {
        const key = `${folder.folder} ${table}`;
        expected.set(key, (expected.get(key) ?? 0) + 1);
      }
    expect(first.reports.map(({ folder, table }) => `${folder} ${table}`).sort()).toEqual([...expected.keys()].sort());
    for (const { folder, table, received, inserted, duplicates, conflicts, rejected } of first.reports) {
      expect({ folder, table, received: received >= (expected.get(`${folder} ${table}`) ?? 0) }).toEqual({ folder, table, received: true });
      expect(received).toBe(inserted + duplicates + conflicts + rejected);
    }
  });

  it('land nothing new when they are read again', () => {
    expect(again.reports.map(({ inserted, received, rows, reasons }) => ({ inserted, received, rows, reasons }))).toEqual(
      first.reports.map(({ received, rows, reasons }) => ({ inserted: 0, received, rows, reasons })),
    );
  });

  it('leave none of the secrets in any object, table, log or history', () => {
    // States are published without a workflow.
    const histories = new Set(first.reports.filter(({ table }) => findTable(table).kind === 'event').map(({ folder }) => folder)).size;
    for (const search of [first.search, again.search]) {
      expect(search?.leaks).toEqual([]);
      // Planted records are there to be found.
      expect(search?.places.objects.marked).toBeGreaterThan(folders.length);
      expect(search?.places.tables.marked).toBeGreaterThan(folders.length);
      expect(search?.places.histories.searched).toBeGreaterThanOrEqual(histories);
      expect(search?.places.log.searched).toBe(1);
    }
  });
}
