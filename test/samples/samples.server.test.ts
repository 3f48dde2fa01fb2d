/** Every record of every sample folder through the whole path, twice, by the command a person would run. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { LAKE_FILE_VARIABLE, uniqueName } from '../setup/lake';
import { SAMPLES_PRESENT, samplesOf } from './folder';
import { FOLDERS } from './folders';
import type { SamplesRun } from './run';

const PROGRAM = path.join(__dirname, '../../dist/test/samples/main.js');
const RUN_MS_MAX = 900_000;

const describeWhereSamplesAre = SAMPLES_PRESENT ? describe : describe.skip;

describeWhereSamplesAre('the sample folders (skipped where ../shared/samples is absent)', () => {
  async function run(prefix: string, ...more: readonly string[]): Promise<SamplesRun> {
    const lake = process.env[LAKE_FILE_VARIABLE] ?? '';
    const dir = mkdtempSync(path.join(tmpdir(), `${prefix}-`));
    const args = [PROGRAM, '--json', '--lake', lake, '--prefix', prefix, '--dir', dir, ...more];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 16 * 1_048_576 });
    rmSync(dir, { recursive: true });
    const report = stdout.split('\n').find((line) => line.startsWith('{"reports"'));
    if (report === undefined) throw new Error(`no report in ${stdout}`);
    return JSON.parse(report) as SamplesRun;
  }

  it(
    'land whole, each record as a row or as a reject with a reason, and read again land nothing new',
    async () => {
      const expected = new Map<string, number>();
      for (const folder of FOLDERS)
        for (const { table } of await samplesOf(folder)) {
          const key = `${folder.folder} ${table}`;
          expected.set(key, (expected.get(key) ?? 0) + 1);
        }
      const prefix = uniqueName('samples', '-');
      const { reports: first } = await run(prefix);
      expect(first.map(({ folder, table }) => `${folder} ${table}`).sort()).toEqual([...expected.keys()].sort());
      for (const { folder, table, received, inserted, duplicates, conflicts, rejected } of first) {
        expect({ folder, table, received: received >= (expected.get(`${folder} ${table}`) ?? 0) }).toEqual({
          folder,
          table,
          received: true,
        });
        expect(received).toBe(inserted + duplicates + conflicts + rejected);
      }
      const { reports: again } = await run(prefix);
      expect(again.map(({ inserted, received, rows, reasons }) => ({ inserted, received, rows, reasons }))).toEqual(
        first.map(({ received, rows, reasons }) => ({ inserted: 0, received, rows, reasons })),
      );
    },
    RUN_MS_MAX,
  );

  it(
    'leave no secret that was planted in them in any object, table, log or history',
    async () => {
      const { search } = await run(uniqueName('planted', '-'), '--plant');
      expect(search?.leaks).toEqual([]);
      // Planted records are there to be found.
      expect(search?.places.objects.marked).toBeGreaterThan(FOLDERS.length);
      expect(search?.places.tables.marked).toBeGreaterThan(FOLDERS.length);
      expect(search?.places.histories.searched).toBeGreaterThanOrEqual(FOLDERS.length);
      expect(search?.places.log.searched).toBe(1);
    },
    RUN_MS_MAX,
  );
});
