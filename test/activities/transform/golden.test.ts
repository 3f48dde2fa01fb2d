/**
 * What becomes of entries written by hand after Google's documentation. The expected rows are rewritten by
 * `UPDATE_GOLDENS=1`, and the difference is to be read as carefully as code.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stagedColumns } from '../../../schemas/envelope';
import { auditTable, loadFaults, NOW_MS, ORIGIN, transformOf, type Json, type JsonObject } from './support';

const FOLDER = join(__dirname, '../../fixtures/gcp.audit_logs');
const linesOf = (file: string): string[] =>
  readFileSync(join(FOLDER, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '');

/** The table of an entry, by its log. */
const logOf = (text: string): string => /cloudaudit\.googleapis\.com%2F(\w+)/.exec(text)?.[1] ?? 'activity';

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((name) => [name, sorted(value[name] as Json)]),
  );
}

test('gcp.audit_logs: each entry of the fixture gives the row beside it', () => {
  const actual = linesOf('input.ndjson').map((text, row) => {
    const table = auditTable(logOf(text));
    const result = transformOf(table)(Buffer.from(text), { ...ORIGIN, row }, NOW_MS);
    expect(result.kind).toBe('row');
    const line = JSON.parse(result.line.toString()) as JsonObject;
    expect(loadFaults(stagedColumns(table), line)).toEqual([]);
    expect(line['raw']).toEqual(JSON.parse(text));
    // The record itself is compared above, and the digest of the definition changes with every column.
    const { raw: _raw, ingest, ...columns } = line;
    const { schema_version: _version, ...origin } = ingest as JsonObject;
    return JSON.stringify(sorted({ ...columns, ingest: origin }));
  });
  if (process.env['UPDATE_GOLDENS'] === '1') writeFileSync(join(FOLDER, 'expected.ndjson'), `${actual.join('\n')}\n`);
  expect(actual.map((line) => JSON.parse(line) as Json)).toEqual(linesOf('expected.ndjson').map((line) => JSON.parse(line) as Json));
});
