import {
  ENVELOPE_COLUMNS,
  MAPPED_COLUMNS,
  PUBLISH_COLUMNS,
  RESERVED_NAMES,
  stagedColumns,
  STATE_COLUMNS,
  STAGING_ONLY_COLUMNS,
  tableColumns,
} from '../../schemas/envelope';
import type { Column } from '../../schemas/table';
import { TABLES } from '../../schemas/tables';

/** Every column at every depth, with its path and its siblings. */
function walk(
  columns: readonly Column[],
  path: readonly string[] = [],
): { column: Column; path: readonly string[]; siblings: readonly Column[] }[] {
  return columns.flatMap((column) => {
    const here = [...path, column.name];
    return [{ column, path: here, siblings: columns }, ...walk(column.fields ?? [], here)];
  });
}

const all = TABLES.map((table) => [table.name, table] as const);

describe.each(all)('table %s', (_name, table) => {
  const columns = walk(tableColumns(table));

  test('has no vendor column whose name is reserved, whatever its case', () => {
    expect(table.columns.filter(({ name }) => RESERVED_NAMES.has(name.toLowerCase()))).toEqual([]);
  });

  test('has names BigQuery accepts, unique without case at every level', () => {
    for (const { column, siblings } of columns) {
      expect(column.name).toMatch(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/);
      expect(siblings.filter(({ name }) => name.toLowerCase() === column.name.toLowerCase())).toEqual([column]);
    }
  });

  test('describes every column and says how sensitive it is', () => {
    for (const { column } of columns) {
      expect(column.description).toMatch(/\.$/);
      expect(['public', 'internal', 'personal', 'secret']).toContain(column.sensitivity);
      expect(column.type === 'RECORD').toBe(column.fields !== undefined && column.fields.length > 0);
    }
  });

  test('stays within the nesting and the number of columns BigQuery allows', () => {
    expect(Math.max(...columns.map(({ path }) => path.length))).toBeLessThanOrEqual(15);
    expect(columns.length).toBeLessThan(10_000);
  });

  test('is partitioned on a TIMESTAMP that comes from where event time comes from', () => {
    const partition = tableColumns(table).find(({ name }) => name === table.partition);
    expect(partition?.type).toBe('TIMESTAMP');
    // In a state table that is the observation, which the transform sets to the event time.
    if (table.kind === 'state') expect(table.partition).toBe('observed_at');
    else if (table.partition !== 'event_time')
      expect({ from: partition?.from ?? [[table.partition]], as: partition?.as }).toEqual(table.time);
  });

  test('is clustered by at most four top-level columns that can be clustered by', () => {
    expect(table.cluster.length).toBeLessThanOrEqual(4);
    for (const name of table.cluster) {
      const column = tableColumns(table).find((candidate) => candidate.name === name);
      expect([column?.type, column?.mode ?? 'NULLABLE']).toEqual(['STRING', name === 'object_id' ? 'REQUIRED' : 'NULLABLE']);
    }
  });

  test('maps envelope columns that exist, and only those that may be mapped', () => {
    const mapped = new Set(MAPPED_COLUMNS.map(({ name }) => name));
    expect(Object.keys(table.envelope).filter((name) => !mapped.has(name))).toEqual([]);
  });
});

test('a line of a part holds the vendor columns, the envelope and what publish needs, and nothing publish sets', () => {
  for (const table of TABLES) {
    const state = table.kind === 'state' ? STATE_COLUMNS : [];
    expect(stagedColumns(table)).toEqual([...table.columns, ...state, ...ENVELOPE_COLUMNS, ...STAGING_ONLY_COLUMNS]);
    expect(tableColumns(table)).toEqual([...table.columns, ...state, ...ENVELOPE_COLUMNS, ...PUBLISH_COLUMNS]);
  }
});

test('the envelope has the columns every table promises', () => {
  const promised =
    'event_time event_key content_hash connector source stream tenant action outcome outcome_reason actor_id actor_email actor_name actor_type src_ip src_port dst_ip dst_port user_agent session_id device_id host_name target_id target_name target_type event_severity ocsf_class_uid ocsf_activity_id observables raw ingest';
  expect(ENVELOPE_COLUMNS.map(({ name }) => name)).toEqual(promised.split(' '));
  expect(ENVELOPE_COLUMNS.filter(({ mode }) => mode === 'REQUIRED').map(({ name }) => name)).toEqual([
    'event_time',
    'event_key',
    'content_hash',
  ]);
});

test('table names are unique and are names BigQuery accepts', () => {
  expect(new Set(TABLES.map(({ name }) => name)).size).toBe(TABLES.length);
  for (const { name } of TABLES) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
});
