/**
 * A folder of ../shared/samples as records for tables. Only the containers are opened here (a page's array, a delivery file's
 * `Records`, an event bus's envelope); a record's text is never changed, so numbers keep their digits.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface Sample {
  /** File below the folder. */
  readonly file: string;
  /** Name of the table it is for. */
  readonly table: string;
  /** Exact text of the record. */
  readonly item: Buffer;
  /** Why it must become a reject; absent: it must become a row. Checked both ways. */
  readonly reject?: 'NO_EVENT_TIME' | 'NO_OBJECT_ID' | 'EVENT_TIME_OUT_OF_RANGE' | 'NOT_JSON';
  /** Columns that rows of all folders have, and this one cannot, because the record does not say it. Checked both ways. */
  readonly lacks?: readonly string[];
}

export interface SampleFolder {
  readonly folder: string;
  /** Files that hold no records, with the reason; every other file of the folder is read. */
  readonly excluded: Readonly<Record<string, string>>;
  /** The records of one file. */
  readonly read: (file: SampleFile) => readonly Sample[] | Promise<readonly Sample[]>;
  /** Envelope columns a row of the record must have besides time, source, action and key, because the record says them. */
  readonly expects: (sample: Sample) => readonly string[];
}

export interface SampleFile {
  /** File below the folder, with slashes. */
  readonly name: string;
  readonly text: string;
  /** Its lines that are not empty. */
  readonly lines: readonly string[];
  /** Where each of these lines was found: its path in its repository, by the folder's index. Empty for files that are kept whole. */
  readonly origins: readonly string[];
}

/** The records of a file with one on each line, or of a .json file that is one over many lines. */
export const itemsOf = ({ name, text, lines }: SampleFile): readonly Buffer[] =>
  (name.endsWith('.json') ? [text] : lines).map((item) => Buffer.from(item));

/** Beside the checkout, which every command of the project runs in. */
const ROOT = path.resolve('..', 'shared', 'samples');

/** Whether the samples are there at all. */
export const SAMPLES_PRESENT = existsSync(ROOT);

/** All records of a folder, in the order of file names. Throws for an `excluded` entry that names no file. */
export async function samplesOf(folder: SampleFolder): Promise<readonly Sample[]> {
  const base = path.join(ROOT, folder.folder);
  const names = readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== '_index.ndjson')
    .map((entry) => path.relative(base, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
    .sort();
  const unknown = Object.keys(folder.excluded).filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`${folder.folder} has no ${unknown.join(', ')}`);
  const origins = originsOf(path.join(base, '_index.ndjson'));
  const samples: Sample[] = [];
  for (const name of names.filter((candidate) => folder.excluded[candidate] === undefined)) {
    const text = readFileSync(path.join(base, name), 'utf8');
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    samples.push(...(await folder.read({ name, text, lines, origins: origins.get(name) ?? [] })));
  }
  return samples;
}

/** By file: the paths of its lines, in order. */
function originsOf(index: string): ReadonlyMap<string, readonly string[]> {
  const entries = readFileSync(index, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { file: string; line?: number; path: string });
  const origins = new Map<string, string[]>();
  for (const { file, line, path: origin } of entries) {
    if (line === undefined) continue;
    const paths = origins.get(file) ?? [];
    paths[line - 1] = origin;
    origins.set(file, paths);
  }
  return origins;
}
