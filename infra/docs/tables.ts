/** docs/reference/tables/: a page per table of the lake, and docs/reference/ops.md for the tables beside it. */
import { CONNECTORS } from '../../activities/connectors/catalogue';
import { configSchema } from '../../activities/config';
import { lakeSpec } from '../../activities/lake/lake-spec';
import { ENVELOPE_COLUMNS, MAPPED_COLUMNS, PUBLISH_COLUMNS, STATE_COLUMNS } from '../../schemas/envelope';
import type { Column, Example, TableDefinition } from '../../schemas/table';
import { TABLES } from '../../schemas/tables';
import { lateness } from './connectors';
import { anchor, cell, code, list, page, table } from './markdown';
import { conversionText, partsText, pathsText, pathText, sourceText } from './sources';

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
  const { kind, time, key, envelope } = definition;
  const isState = kind === 'state';
  const observed = `the time of the read, or ${pathsText(time.from)}`;
  const own: Readonly<Record<string, string>> = {
    event_time: isState ? observed : pathsText(time.from),
    event_key: isState ? '`object_id` and `observed_at`' : key === null ? 'the whole record' : partsText(key.parts),
    content_hash: 'the record',
    raw: 'the record',
    object_id: objectText(definition),
    observed_at: observed,
  };
  const columns = [...(isState ? STATE_COLUMNS : []), ...ENVELOPE_COLUMNS, ...PUBLISH_COLUMNS];
  const isOuter = new Set(columns);
  return columnRows(columns, (column) => {
    if (!isOuter.has(column)) return [''];
    if (!MAPPED.has(column.name)) return [own[column.name] ?? 'Tidemark'];
    const source = envelope[column.name];
    return [source === undefined ? 'NULL' : sourceText(source)];
  });
}

const objectText = ({ object = [] }: TableDefinition): string => list(object.map(pathsText));

function identityRows(definition: TableDefinition): string[][] {
  const { kind, key, origin, each } = definition;
  const scope = `Within tenant and origin system (${code(origin)}).`;
  if (kind === 'state') return [['object', `${objectText(definition)}. An observation is the object and its time. ${scope}`]];
  const rows = [['key', `${keyText(key)} ${scope}`]];
  if (each === undefined) return rows;
  const text = `One row for each element of ${code(pathText(each.path))}; its number, from 0, is in ${code(each.index)} and the last part of the key.`;
  return [['rows', `${text} A record without that array is one row.`], ...rows];
}

function keyText(key: TableDefinition['key']): string {
  if (key === null) return 'Class C: the whole record; equal records of one read are numbered.';
  const ground = key.class === 'A' ? 'documented as unique by the vendor' : 'unique together';
  const { parts, alternatives = [] } = key;
  const others = alternatives.length === 0 ? '' : ` Where another route has it elsewhere: ${alternatives.map(partsText).join('; or ')}.`;
  return `Class ${key.class}: ${partsText(parts)}, ${ground}.${others} A record that lacks a part is of class C: identified as a whole.`;
}

const KIND: Readonly<Record<TableDefinition['kind'], string>> = {
  event: 'Events: a row is inserted if its key is unseen, and never changed.',
  state: 'States: a row is inserted if the object differs from its latest observation, and never changed.',
};

function filledBy(definition: TableDefinition): string[] {
  const filled = CONNECTORS.flatMap((connector) =>
    connector.streams
      .filter((stream) => stream.table === definition.name)
      .map(
        (stream) =>
          `**Filled by** stream ${code(stream.name)} of [${code(connector.id)}](../connectors.md#${anchor(connector.id)}). ${lateness(connector)}`,
      ),
  );
  return filled.length === 0 ? ['**Filled by** no connector yet: there is the table, and how records become rows.'] : filled;
}

function factRows(definition: TableDefinition): string[][] {
  const { kind, partition, cluster, requirePartitionFilter, volatile, retentionDays } = definition;
  return [
    ['holds', KIND[kind]],
    ...identityRows(definition),
    ['may differ between two reads', volatile.length === 0 ? 'Nothing.' : pathsText(volatile)],
    ['partition', `Day of ${code(partition)}${requirePartitionFilter ? '; a query must have a condition on it' : ''}.`],
    ['clustering', cluster.map(code).join(', ')],
    ['kept', retentionDays === undefined ? 'For ever, unless `lake.retentionDays` says otherwise.' : `For ${String(retentionDays)} days.`],
  ];
}

const exampleBlock = ({ question, sql }: Example): string => [`**${cell(question)}**`, '', '```sql', sql.trim(), '```'].join('\n');

const COLUMN_HEADER = ['column', 'type', 'mode', 'sensitivity', 'comes from', 'description'];

export function tablePage(definition: TableDefinition): string {
  const { name, description, examples = [] } = definition;
  return page(name, `schemas/tables/${name}.ts`, [
    cell(description),
    table(['', ''], factRows(definition)),
    ...filledBy(definition),
    ...(examples.length === 0 ? [] : ['## Questions', ...examples.map(exampleBlock)]),
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

/** Rows that name every table; `folder` leads to their pages. */
function tableRows(folder: string): string[][] {
  return TABLES.map(({ name, kind, origin, key, description, columns }) => [
    `[${code(name)}](${folder}${name}.md)`,
    kind,
    code(origin),
    kind === 'state' ? 'object' : (key?.class ?? 'C'),
    String(columns.length),
    cell(firstSentence(description)),
  ]);
}

const firstSentence = (text: string): string => /^.*?[.:](?=\s|$)/s.exec(text)?.[0].replace(/:$/, '.') ?? text;

const TABLE_HEADER = ['table', 'kind', 'origin', 'key', "vendor's columns", 'holds'];

/** The page that lists all tables, in their folder. */
export function tablesPage(): string {
  return page('Tables', 'schemas/tables/', [
    'What the lake has a table for. A key of class A is documented by the vendor as unique, B is several members together, C is the whole record.',
    table(TABLE_HEADER, tableRows('')),
    'Beside them stand [the ledger and the rejects](../ops.md).',
  ]);
}

/** The short form for the README, which is two folders up. */
export function tablesTable(): string {
  return table(TABLE_HEADER, tableRows('docs/reference/tables/'));
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
