/** docs/reference/tables/: a page per table of the lake, and docs/reference/ops.md for the tables beside it. */
import { CONNECTORS } from '../../activities/connectors/catalogue';
import { configSchema } from '../../activities/config';
import { lakeSpec } from '../../activities/lake/lake-spec';
import { ENVELOPE_COLUMNS, MAPPED_COLUMNS, PUBLISH_COLUMNS } from '../../schemas/envelope';
import type { Column, TableDefinition } from '../../schemas/table';
import { lateness } from './connectors';
import { anchor, cell, code, page, table } from './markdown';
import { conversionText, partsText, pathsText, sourceText } from './sources';

/** Rows of columns, members of records below their record. `comesFrom` fills the cell before the description. */
function columnRows(columns: readonly Column[], comesFrom: (column: Column) => readonly string[], prefix = ''): string[][] {
  return columns.flatMap((column) => {
    const { name, type, mode = 'NULLABLE', sensitivity, description, fields = [] } = column;
    const row = [code(prefix + name), type, mode === 'NULLABLE' ? '' : mode, sensitivity, ...comesFrom(column), cell(description)];
    return [row, ...columnRows(fields, comesFrom, `${prefix}${name}.`)];
  });
}

const MAPPED = new Set(MAPPED_COLUMNS.map(({ name }) => name));

function envelopeRows(definition: TableDefinition): string[][] {
  const { time, key, envelope } = definition;
  const own: Readonly<Record<string, string>> = {
    event_time: pathsText(time.from),
    event_key: key === null ? 'the whole record' : partsText(key.parts),
    content_hash: 'the record',
    raw: 'the record',
  };
  const columns = [...ENVELOPE_COLUMNS, ...PUBLISH_COLUMNS];
  const isOuter = new Set(columns);
  return columnRows(columns, (column) => {
    if (!isOuter.has(column)) return [''];
    if (!MAPPED.has(column.name)) return [own[column.name] ?? 'Tidemark'];
    const source = envelope[column.name];
    return [source === undefined ? 'NULL' : sourceText(source)];
  });
}

function keyText({ key, origin }: TableDefinition): string {
  const scope = `within tenant and origin system (${code(origin)})`;
  if (key === null) return `the whole record, ${scope}; equal records of one read are numbered`;
  const ground = key.class === 'A' ? 'documented as unique by the vendor' : 'together unique';
  return `${partsText(key.parts)}, ${ground}, ${scope}; a record that lacks one is identified as a whole`;
}

const KIND: Readonly<Record<TableDefinition['kind'], string>> = {
  event: 'events: a row is inserted if its key is unseen, and never changed',
  state: 'states: a row is inserted if the object differs from its latest observation, and never changed',
};

function filledBy(definition: TableDefinition): string[] {
  return CONNECTORS.flatMap((connector) =>
    connector.streams
      .filter((stream) => stream.table === definition.name)
      .map(
        (stream) =>
          `**Filled by** stream ${code(stream.name)} of [${code(connector.id)}](../connectors.md#${anchor(connector.id)}). ${lateness(connector)}`,
      ),
  );
}

const COLUMN_HEADER = ['column', 'type', 'mode', 'sensitivity', 'comes from', 'description'];

export function tablePage(definition: TableDefinition): string {
  const { name, description, kind, partition, cluster, requirePartitionFilter, volatile } = definition;
  const facts = [
    ['holds', KIND[kind]],
    ['identity', keyText(definition)],
    ['may differ between two reads', volatile.length === 0 ? 'nothing' : pathsText(volatile)],
    ['partition', `day of ${code(partition)}${requirePartitionFilter ? '; a query must have a condition on it' : ''}`],
    ['clustering', cluster.map(code).join(', ')],
  ];
  return page(name, `schemas/tables/${name}.ts`, [
    cell(description),
    table(['', ''], facts),
    ...filledBy(definition),
    '## Columns of the vendor',
    [
      'The value of a column is the member of that name, of the record or of the member that its RECORD came from; where another path is given, it counts from there.',
      'A column without a mode may be NULL. A value that does not fit its column is NULL, `ingest.notes` says so, and `raw` has it.',
    ].join(' '),
    table(
      COLUMN_HEADER,
      columnRows(definition.columns, ({ from, as }) => [
        [from === undefined ? '' : pathsText(from), conversionText(as)].filter((part) => part !== '').join('; '),
      ]),
    ),
    '## Envelope',
    'The columns that every table has.',
    table(COLUMN_HEADER, envelopeRows(definition)),
  ]);
}

/** Names only stand in pages, so any do. */
const LAKE = configSchema.shape.lake.parse({
  project: 'project',
  buckets: { state: 'state', stage: 'stage' },
  identityKey: { env: 'KEY' },
});

export function opsPage(): string {
  const { tables, views } = lakeSpec(LAKE, []);
  return page('The ledger', 'schemas/ops/ and schemas/views/', [
    'What is known of reads, and what could not become a row. Names are those of the default datasets.',
    ...views.flatMap(({ dataset, name, description }) => [`## View ${dataset}.${name}`, cell(description)]),
    ...tables.flatMap(({ dataset, name, description, columns, partition, cluster }) => [
      `## Table ${dataset}.${name}`,
      `${cell(description)} Partitioned by day of ${code(partition)}, clustered on ${cluster.map(code).join(', ')}.`,
      table(
        ['column', 'type', 'mode', 'sensitivity', 'description'],
        columnRows(columns, () => []),
      ),
    ]),
  ]);
}
