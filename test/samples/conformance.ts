/**
 * What holds for every folder of samples, whatever vendor it is of: each record becomes a row, or the reject that is right for
 * it; rows can be loaded and say what the record says; keys are the same at every reading and differ where events do.
 */
import { createTransform } from '../../activities/transform/create-transform';
import { NO_REDACTION } from '../../activities/transform/redact/redaction';
import type { Reject, RowOrigin, Transform } from '../../activities/transform/transform';
import { stagedColumns } from '../../schemas/envelope';
import { STAGED_REJECT_COLUMNS } from '../../schemas/ops/rejects';
import { findTable } from '../../schemas/tables';
import { loadFaults, type JsonObject } from '../activities/transform/support';
import { SAMPLES_PRESENT, samplesOf, type Sample, type SampleFolder } from './folder';

/** Later than any record of the samples. */
const NOW_MS = Date.parse('2026-11-26T00:00:00Z');
/** A snapshot's one time; events do not look at it. */
const ORIGIN: RowOrigin = {
  unit: 'samples/u1',
  object: 'v1/samples/main/2026/11/26/u1/part-0.ndjson.gz',
  row: 0,
  fetchedAt: '2026-11-26T00:00:00.000Z',
  observedAt: '2026-11-26T00:00:00.000Z',
  reject: { object: 'v1/samples/main/2026/11/26/u1/rejects-0.ndjson.gz', row: 0 },
};
const ALWAYS = ['event_time', 'event_key', 'content_hash', 'source', 'action'];

interface Outcome {
  readonly sample: Sample;
  readonly rows: readonly JsonObject[];
  readonly rejects: readonly Pick<Reject, 'reason' | 'line'>[];
}

interface Conformance {
  readonly records: number;
  /** Rows; more than records where a table has one per element. */
  readonly rows: number;
  /** Keys that several different records of the folder claim. */
  readonly conflicts: number;
  /** What makes two records one event, for records whose key is not of class C; as the vendor documents it, not as the table does. */
  readonly identity: (record: JsonObject) => unknown;
}

const transformOf = (table: string): Transform =>
  createTransform({
    table: findTable(table),
    identityKey: Buffer.alloc(32, 7),
    connector: 'samples',
    source: 'samples',
    stream: 'main',
    tenant: 'acme',
    // What is compared is the record as it came.
    redaction: NO_REDACTION,
  });

/** Each record by the transform of its table, made new; `change` is what may change between two readings. */
function outcomesOf(samples: readonly Sample[], change: (item: Buffer) => Buffer = (item) => item): Outcome[] {
  const transforms = new Map<string, Transform>();
  return samples.map((sample) => {
    const transform = transforms.get(sample.table) ?? transformOf(sample.table);
    transforms.set(sample.table, transform);
    const rows: JsonObject[] = [];
    const rejects: Pick<Reject, 'reason' | 'line'>[] = [];
    transform(change(sample.item), ORIGIN, NOW_MS, (outcome) => {
      if (outcome.kind === 'row') rows.push(JSON.parse(outcome.line.toString()) as JsonObject);
      else rejects.push({ reason: outcome.reason, line: outcome.line });
    });
    return { sample, rows, rejects };
  });
}

/** The same object with its members the other way round and white space between them; its values keep every byte. */
function reversed(item: Buffer): Buffer {
  const text = item.toString();
  const members: string[] = [];
  let depth = 0;
  let inString = false;
  let start = text.indexOf('{') + 1;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\') at += 1;
    else if (character === '"') inString = !inString;
    else if (inString) continue;
    else if (character === '{' || character === '[') depth += 1;
    else if ((character === ',' || character === '}') && depth === 0) {
      members.push(text.slice(start, at));
      start = at + 1;
    } else if (character === '}' || character === ']') depth -= 1;
  }
  return Buffer.from(`{ ${members.reverse().join(' ,\n')} }`);
}

const named = (sample: Sample, fault: string): string => `${sample.file}, ${sample.item.toString().slice(0, 200)}: ${fault}`;
const keysOf = (outcomes: readonly Outcome[]): unknown[] =>
  outcomes.map(({ rows, rejects }) => [
    rows.map(({ event_key, content_hash, event_time }) => [event_key, content_hash, event_time]),
    rejects.map(({ reason }) => reason),
  ]);

/** Registers the tests of a folder. */
export function describeSamples(folder: SampleFolder, expected: Conformance): void {
  (SAMPLES_PRESENT ? describe : describe.skip)(`the samples of ${folder.folder} (skipped where ../shared/samples is absent)`, () => {
    let samples: readonly Sample[] = [];
    let outcomes: readonly Outcome[] = [];
    beforeAll(async () => {
      samples = await samplesOf(folder);
      outcomes = outcomesOf(samples);
    });

    test('every record becomes a row, or the reject that is right for it', () => {
      const faults = outcomes.flatMap(({ sample, rows, rejects }) => {
        const is = rejects.length > 0 ? rejects.map(({ reason }) => reason).join() : rows.length > 0 ? 'a row' : 'lost';
        const right = sample.reject ?? 'a row';
        return is === right ? [] : [named(sample, `${is} instead of ${right}`)];
      });
      expect(faults).toEqual([]);
      expect({ records: samples.length, rows: outcomes.flatMap(({ rows }) => rows).length }).toEqual({
        records: expected.records,
        rows: expected.rows,
      });
    });

    test('rows and rejects can be loaded, and raw is the record', () => {
      for (const { sample, rows, rejects } of outcomes) {
        for (const row of rows) {
          expect(loadFaults(stagedColumns(findTable(sample.table)), row)).toEqual([]);
          expect(row['raw']).toEqual(JSON.parse(sample.item.toString()));
        }
        for (const { line } of rejects) expect(loadFaults(STAGED_REJECT_COLUMNS, JSON.parse(line) as JsonObject)).toEqual([]);
      }
    });

    test('rows have time, key, source and action, and all else that the record says', () => {
      const faults = outcomes.flatMap(({ sample, rows }) =>
        rows.flatMap((row) =>
          [...ALWAYS, ...folder.expects(sample)]
            .filter((column) => (row[column] === undefined || row[column] === '') !== (sample.lacks ?? []).includes(column))
            .map((column) => named(sample, `${row[column] === undefined ? 'no' : 'a'} ${column}`)),
        ),
      );
      expect(faults).toEqual([]);
    });

    test('keys, hashes and times are the same at another reading, whatever the order of members', () => {
      expect(keysOf(outcomesOf(samples, reversed))).toEqual(keysOf(outcomes));
    });

    test('one key is one event; records that claim the key of another are conflicts, and do not vanish', () => {
      const byKey = new Map<string, { identities: Set<string>; hashes: Set<string>; texts: Set<string> }>();
      for (const { sample, rows } of outcomes) {
        for (const row of rows) {
          const key = row['event_key'] as string;
          const text = sample.item.toString();
          const seen = byKey.get(key) ?? { identities: new Set(), hashes: new Set(), texts: new Set() };
          const element = row[findTable(sample.table).each?.index ?? ''] ?? null;
          const identity = key.startsWith('C.') ? 'the whole record' : expected.identity(JSON.parse(text) as JsonObject);
          seen.identities.add(JSON.stringify([sample.table, identity, element]));
          seen.hashes.add(row['content_hash'] as string);
          seen.texts.add(text);
          byKey.set(key, seen);
        }
      }
      const identities = [...byKey].filter(([key]) => !key.startsWith('C.')).flatMap(([, seen]) => [...seen.identities]);
      expect([...byKey.values()].filter((seen) => seen.identities.size > 1)).toEqual([]);
      expect(identities).toHaveLength(new Set(identities).size);
      expect([...byKey].filter(([key, { hashes }]) => key.startsWith('C.') && hashes.size > 1)).toEqual([]);
      expect([...byKey.values()].filter(({ hashes }) => hashes.size > 1)).toHaveLength(expected.conflicts);
    });
  });
}
