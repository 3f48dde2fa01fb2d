/** What holds for every table, whatever its records hold. */
import fc from 'fast-check';
import { jsonArray } from '../../../activities/decode/json-array';
import { createRedaction, NO_REDACTION } from '../../../activities/transform/redact/redaction';
import type { Method, Rule } from '../../../activities/transform/redact/rules';
import type { Reject, Row } from '../../../activities/transform/transform';
import { stagedColumns } from '../../../schemas/envelope';
import { STAGED_REJECT_COLUMNS } from '../../../schemas/ops/rejects';
import type { TableDefinition } from '../../../schemas/table';
import { TABLES } from '../../../schemas/tables';
import { pathsOf, recordOf } from './records';
import { loadFaults, NOW_MS, ORIGIN, outcomesOf, type Json, type JsonObject } from './support';

const RUNS = 40;

type Outcomes = (Row | Reject)[];

const linesOf = (outcomes: Outcomes): string[] => outcomes.map(({ line }) => line.toString());

/** What BigQuery would refuse of any of them. */
const faultsOf = (table: TableDefinition, outcomes: Outcomes): string[] =>
  outcomes.flatMap(({ kind, line }) =>
    loadFaults(kind === 'row' ? stagedColumns(table) : STAGED_REJECT_COLUMNS, JSON.parse(line.toString()) as Json),
  );

const identitiesOf = (outcomes: Outcomes): unknown[] =>
  outcomes.map(({ kind, line }) => {
    const made = JSON.parse(line.toString()) as JsonObject;
    return kind === 'row'
      ? [made['event_key'], made['content_hash'], made['event_time'], made['key_class']]
      : [made['reject_id'], made['reason'], made['event_key'] ?? null];
  });

const tables = TABLES.map((table) => [table.name, table] as const);

describe.each(tables)('any record of %s', (_name, table) => {
  const record = recordOf(table).map((text) => Buffer.from(text));
  const transform = outcomesOf(table);
  const another = outcomesOf(table);
  const unredacted = outcomesOf(table, { redaction: NO_REDACTION });
  const run = (item: Buffer): Outcomes => transform(item, ORIGIN, NOW_MS);

  it('becomes rows that load or a reject that loads, and the same bytes every time', () => {
    let rows = 0;
    fc.assert(
      fc.property(record, record, (item, between) => {
        const first = run(item);
        expect(first.length).toBeGreaterThan(0);
        expect(faultsOf(table, first)).toEqual([]);
        run(between);
        expect(linesOf(run(item))).toEqual(linesOf(first));
        expect(linesOf(another(item, ORIGIN, NOW_MS))).toEqual(linesOf(first));
        rows += first.filter(({ kind }) => kind === 'row').length;
      }),
      { numRuns: RUNS },
    );
    // Else only rejects would have been looked at.
    expect(rows).toBeGreaterThan(RUNS / 10);
  });

  it('is as good as any bytes: those become one reject that loads, or what they say', () => {
    const cut = fc
      .tuple(record, fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([item, at]) => item.subarray(0, Math.floor(at * item.length)));
    const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));
    const json = fc.jsonValue({ stringUnit: 'binary' }).map((value) => Buffer.from(JSON.stringify(value)));
    fc.assert(
      fc.property(fc.oneof(cut, bytes, json), (item) => {
        const outcomes = run(item);
        expect(outcomes.length).toBeGreaterThan(0);
        expect(faultsOf(table, outcomes)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it('has the same identity whatever is redacted', () => {
    const names = pathsOf(table).map((path) => path.map((step) => (typeof step === 'string' ? step : '*')));
    const method = fc.oneof(
      fc.constantFrom<Method>('drop', 'pseudonym'),
      fc.nat(6).map((truncate): Method => ({ truncate })),
      fc.nat(6).map((mask): Method => ({ mask })),
    );
    const rules = fc.uniqueArray(
      fc.tuple(fc.constantFrom(...names), method).map(([path, how]): Rule => ({ path, method: how })),
      { maxLength: 6, selector: ({ path }) => path.join('.') },
    );
    fc.assert(
      fc.property(record, rules, fc.constantFrom('all', 'none'), (item, chosen, detectors) => {
        const redaction = createRedaction({ detectors, rules: chosen, pseudonymKey: { id: 'k1', key: Buffer.alloc(32, 1) } });
        const redacted = outcomesOf(table, { redaction })(item, ORIGIN, NOW_MS);
        expect(faultsOf(table, redacted)).toEqual([]);
        expect(identitiesOf(redacted)).toEqual(identitiesOf(unredacted(item, ORIGIN, NOW_MS)));
      }),
      { numRuns: RUNS },
    );
  });

  it('gives the same rows wherever the stream of bytes is cut', async () => {
    const page = fc.array(record, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(page, fc.array(fc.nat(40), { minLength: 1, maxLength: 30 }), async (items, sizes) => {
        const body = Buffer.concat([
          Buffer.from('{"items":['),
          ...items.flatMap((item, at) => (at === 0 ? [item] : [Buffer.from(','), item])),
          Buffer.from(']}'),
        ]);
        const linesOfPieces = async (pieces: AsyncIterable<Buffer>): Promise<string[]> => {
          const lines: string[] = [];
          for await (const batch of jsonArray(pieces, 'items').items)
            for (const item of batch) lines.push(...linesOf(run(Buffer.from(item))));
          return lines;
        };
        expect(await linesOfPieces(cutInto(body, sizes))).toEqual(await linesOfPieces(cutInto(body, [body.length])));
      }),
      { numRuns: RUNS / 4 },
    );
  });
});

/** Pieces of these sizes, over and over. */
async function* cutInto(body: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer, void, void> {
  await Promise.resolve();
  for (let at = 0, turn = 0; at < body.length; turn += 1) {
    const end = at + 1 + (sizes[turn % sizes.length] ?? 0);
    yield Buffer.from(body.subarray(at, end));
    at = end;
  }
}
