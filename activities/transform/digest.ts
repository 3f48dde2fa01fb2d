/** The digest of a table definition: equal digests mean that equal records give equal lines. */
import { createHash } from 'node:crypto';
import { stagedColumns } from '../../schemas/envelope';
import type { Column, TableDefinition } from '../../schemas/table';

/** Raised when the code of the transform makes other lines of the same definition. */
const TRANSFORM_VERSION = 2;

/** 32 hex digits over all of the definition that decides what a line holds; not over descriptions and sensitivities. */
export function schemaDigest(table: TableDefinition): string {
  const meaning = {
    transform: TRANSFORM_VERSION,
    name: table.name,
    kind: table.kind,
    origin: table.origin,
    partition: table.partition,
    time: table.time,
    key: table.key,
    each: table.each,
    object: table.object,
    volatile: table.volatile,
    columns: stagedColumns(table).map(columnMeaning),
    envelope: table.envelope,
  };
  return createHash('sha256')
    .update(JSON.stringify(sorted(meaning)))
    .digest('hex')
    .slice(0, 32);
}

function columnMeaning(column: Column): unknown {
  const { name, type, mode, from, as, fields } = column;
  return { name, type, mode, from, as, fields: fields?.map(columnMeaning) };
}

/** The same value with the members of every object in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}
