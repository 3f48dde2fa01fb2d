/**
 * The load schema of a table definition, kept as an object under its digest, so that a worker of another version can
 * publish a unit it has not staged itself.
 */
import { findTable } from '../../schemas/tables';
import { stagedColumns } from '../../schemas/envelope';
import type { Column, TableDefinition } from '../../schemas/table';
import { TidemarkError } from '../errors';
import type { ObjectStore } from '../stage/store';
import { schemaDigest } from '../transform/digest';

/** Digests this process knows to be kept already. */
const kept = new Set<string>();

function objectName(table: string, digest: string): string {
  return `schemas/${table}/${digest}.json`;
}

/** Keeps the schema of the definition; returns its digest. One write per process and digest. */
export async function keepSchema(store: ObjectStore, table: TableDefinition): Promise<string> {
  const digest = schemaDigest(table);
  const name = objectName(table.name, digest);
  if (!kept.has(`${store.bucket}/${name}`)) {
    // Lost means it is there: its name is its content.
    await store.write(
      name,
      Buffer.from(JSON.stringify({ table: table.name, digest, columns: stagedColumns(table) })),
      'application/json',
      undefined,
    );
    kept.add(`${store.bucket}/${name}`);
  }
  return digest;
}

/** Columns that lines staged under the digest may hold. */
export async function stagedUnder(store: ObjectStore, tableName: string, digest: string): Promise<readonly Column[]> {
  const table = findTable(tableName);
  if (schemaDigest(table) === digest) return stagedColumns(table);
  const name = objectName(tableName, digest);
  const found = await store.read(name);
  if (found === undefined) throw new TidemarkError('STAGE_OBJECT_BROKEN', `schema ${name} does not exist`, { context: { object: name } });
  return (JSON.parse(found.data.toString('utf8')) as { columns: readonly Column[] }).columns;
}
