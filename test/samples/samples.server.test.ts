/** Every record of every sample folder through the whole path, twice, by the command a person would run. */
import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { LAKE_FILE_VARIABLE, uniqueName } from '../setup/lake';
import { SAMPLES_PRESENT, samplesOf } from './folder';
import { FOLDERS } from './folders';
import type { TableReport } from './report';

const PROGRAM = path.join(__dirname, '../../dist/test/samples/main.js');
const RUN_MS_MAX = 400_000;

const describeWhereSamplesAre = SAMPLES_PRESENT ? describe : describe.skip;

describeWhereSamplesAre('the sample folders (skipped where ../shared/samples is absent)', () => {
  const prefix = uniqueName('samples', '-');
  const dir = mkdtempSync(path.join(tmpdir(), `${prefix}-`));

  async function run(): Promise<readonly TableReport[]> {
    const lake = process.env[LAKE_FILE_VARIABLE] ?? '';
    const args = [PROGRAM, '--json', '--lake', lake, '--prefix', prefix, '--dir', dir];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 16 * 1_048_576 });
    const report = stdout.split('\n').find((line) => line.startsWith('[{'));
    if (report === undefined) throw new Error(`no report in ${stdout}`);
    return JSON.parse(report) as TableReport[];
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
      const first = await run();
      expect(first.map(({ folder, table }) => `${folder} ${table}`).sort()).toEqual([...expected.keys()].sort());
      for (const { folder, table, received, inserted, duplicates, conflicts, rejected } of first) {
        expect({ folder, table, received: received >= (expected.get(`${folder} ${table}`) ?? 0) }).toEqual({
          folder,
          table,
          received: true,
        });
        expect(received).toBe(inserted + duplicates + conflicts + rejected);
      }
      const again = await run();
      expect(again.map(({ inserted, received, rows, reasons }) => ({ inserted, received, rows, reasons }))).toEqual(
        first.map(({ received, rows, reasons }) => ({ inserted: 0, received, rows, reasons })),
      );
    },
    RUN_MS_MAX,
  );
});
