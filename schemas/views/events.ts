/**
 * `events`: the envelope of every event table in use, and `events_<category>`: those of one OCSF category, from the tables
 * that can have such. A filter on `event_time` reaches the tables: there it is the column they are partitioned on.
 */
import { ENVELOPE_COLUMNS, PUBLISH_COLUMNS } from '../envelope';
import type { EnvelopeSource, TableDefinition } from '../table';
import type { DatasetNames, ViewDefinition } from './view';

/** Categories by the thousands of a class's number. https://schema.ocsf.io/categories */
const CATEGORIES = {
  1: ['system', 'System Activity'],
  2: ['findings', 'Findings'],
  3: ['iam', 'Identity & Access Management'],
  4: ['network', 'Network Activity'],
  5: ['discovery', 'Discovery'],
  6: ['application', 'Application Activity'],
  7: ['remediation', 'Remediation'],
  8: ['unmanned_systems', 'Unmanned Systems'],
} as const satisfies Readonly<Record<number, readonly [name: string, title: string]>>;

const CLASSES_PER_CATEGORY = 1_000;

/** Numbers a source can give; undefined where only its code knows. */
function numbersOf(source: EnvelopeSource | undefined): readonly number[] | undefined {
  if (source === undefined) return [];
  if ('constant' in source) return typeof source.constant === 'number' ? [source.constant] : [];
  if ('cases' in source) {
    const all = source.cases.map((one) => numbersOf(one.then));
    return all.includes(undefined) ? undefined : all.flatMap((numbers) => numbers ?? []);
  }
  if ('from' in source && source.map !== undefined) return Object.values(source.map).filter((value) => typeof value === 'number');
  return undefined;
}

/** Whether rows of the table can be of the category. */
function canBeOf(table: TableDefinition, category: number): boolean {
  const numbers = numbersOf(table.envelope['ocsf_class_uid']);
  return numbers === undefined || numbers.some((number) => Math.floor(number / CLASSES_PER_CATEGORY) === category);
}

function selectSql(table: TableDefinition, { project, lake }: DatasetNames, category?: number): string {
  const columns = [...ENVELOPE_COLUMNS, ...PUBLISH_COLUMNS].map(({ name }) =>
    name === 'event_time' && table.partition !== name ? `\`${table.partition}\` AS event_time` : `\`${name}\``,
  );
  const from = category === undefined ? 0 : category * CLASSES_PER_CATEGORY;
  const where = category === undefined ? '' : `\nWHERE ocsf_class_uid BETWEEN ${from} AND ${from + CLASSES_PER_CATEGORY - 1}`;
  return `SELECT '${table.name}' AS table_name, ${columns.join(', ')}\nFROM \`${project}.${lake}.${table.name}\`${where}`;
}

/** `events` and the views of categories over those of the tables that hold events. */
export function eventViews(tables: readonly TableDefinition[]): readonly ViewDefinition[] {
  const events = tables.filter(({ kind }) => kind === 'event');
  if (events.length === 0) return [];
  const union = (of: readonly TableDefinition[], category?: number): ViewDefinition['sql'] => {
    return (names) => of.map((table) => selectSql(table, names, category)).join('\nUNION ALL\n');
  };
  const categories = Object.entries(CATEGORIES).flatMap(([number, [name, title]]): ViewDefinition[] => {
    const category = Number(number);
    // A table whose classes only its code knows makes no category be in use by itself.
    const inUse = events.some((table) => numbersOf(table.envelope['ocsf_class_uid']) !== undefined && canBeOf(table, category));
    if (!inUse) return [];
    const of = events.filter((table) => canBeOf(table, category));
    return [{ name: `events_${name}`, dataset: 'lake', description: `Events of the OCSF category ${title}.`, sql: union(of, category) }];
  });
  return [
    { name: 'events', dataset: 'lake', description: 'The envelope of all events, with the table each is in.', sql: union(events) },
    ...categories,
  ];
}
