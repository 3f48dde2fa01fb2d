/**
 * What the tests of the transform share: a transform with fixed settings, and a validator of lines that is written from
 * BigQuery's rules for JSON loads and knows nothing of the projector.
 */
import { createTransform } from '../../../activities/transform/create-transform';
import type { Redaction } from '../../../activities/transform/redact/redaction';
import type { Reject, Row, RowOrigin } from '../../../activities/transform/transform';
import type { Column, TableDefinition } from '../../../schemas/table';
import { TABLES } from '../../../schemas/tables';

/** One of the audit log tables, by the last part of its name. */
export function auditTable(log: string): TableDefinition {
  const table = TABLES.find(({ name }) => name === `cloudaudit_googleapis_com_${log}`);
  if (table === undefined) throw new Error(`no table for ${log}`);
  return table;
}

export const ACTIVITY = auditTable('activity');
export const NOW_MS = Date.parse('2026-11-02T00:00:00Z');
export const ORIGIN: RowOrigin = {
  unit: 'gcp-prod/activity/u1',
  object: 'v1/gcp-prod/activity/2026/11/01/u1/part-0.ndjson.gz',
  row: 3,
  fetchedAt: '2026-11-01T12:00:00.000Z',
  reject: { object: 'v1/gcp-prod/activity/2026/11/01/u1/rejects-0.ndjson.gz', row: 1 },
};

export function transformOf(
  table: TableDefinition = ACTIVITY,
  settings: { source?: string; tenant?: string; identityKey?: Buffer; redaction?: Redaction } = {},
): (item: Buffer, origin: RowOrigin, nowMs: number) => Row | Reject {
  const all = outcomesOf(table, settings);
  return (item, origin, nowMs) => {
    const [only, ...others] = all(item, origin, nowMs);
    if (only === undefined || others.length > 0) throw new Error(`${String(others.length + 1)} outcomes of one item`);
    return only;
  };
}

/** All outcomes of an item: of a table with `each` there may be several. */
export function outcomesOf(
  table: TableDefinition,
  settings: { source?: string; tenant?: string; identityKey?: Buffer; redaction?: Redaction } = {},
): (item: Buffer, origin: RowOrigin, nowMs: number) => (Row | Reject)[] {
  const transform = createTransform({
    table,
    identityKey: Buffer.alloc(32, 7),
    connector: 'gcp.audit_logs',
    source: 'gcp-prod',
    stream: 'activity',
    tenant: 'acme',
    ...settings,
  });
  // A row's line is a view that the next call overwrites; tests compare the lines of several.
  return (item, origin, nowMs) => {
    const outcomes: (Row | Reject)[] = [];
    transform(item, origin, nowMs, (outcome) => {
      outcomes.push(outcome.kind === 'row' ? { ...outcome, line: Buffer.from(outcome.line) } : outcome);
    });
    return outcomes;
  };
}

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

export const textOf = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

/** An entry that has all it needs, with changes. */
export const entry = (changes: JsonObject = {}): JsonObject => ({
  logName: 'projects/example-project/logs/cloudaudit.googleapis.com%2Factivity',
  timestamp: '2026-11-01T10:00:00.123456789Z',
  insertId: 'abc123',
  ...changes,
});

export function rowOf(result: Row | Reject): { row: Row; line: JsonObject } {
  if (result.kind !== 'row') throw new Error(`a reject: ${result.line}`);
  return { row: result, line: JSON.parse(result.line.toString()) as JsonObject };
}

export function rejectOf(result: Row | Reject): { reject: Reject; line: JsonObject } {
  if (result.kind !== 'reject') throw new Error(`a row: ${result.line.toString()}`);
  return { reject: result, line: JSON.parse(result.line) as JsonObject };
}

const at = (value: Json | undefined, ...path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>(
    (found, name) => (typeof found === 'object' && found !== null && !Array.isArray(found) ? found[name] : undefined),
    value,
  );

export const notesOf = (line: JsonObject): Json => at(line, 'ingest', 'notes') ?? [];
export const valueAt = at;

/** What BigQuery would refuse in a line that is loaded with these columns, as `path: reason`. */
export function loadFaults(columns: readonly Column[], line: Json, path = ''): string[] {
  if (typeof line !== 'object' || line === null || Array.isArray(line)) return [`${path}: not an object`];
  const unknown = Object.keys(line).filter((name) => !columns.some((column) => column.name === name));
  return [
    ...unknown.map((name) => `${path}${name}: no such column`),
    ...columns.flatMap((column) => columnFaults(column, line[column.name], `${path}${column.name}`)),
  ];
}

function columnFaults(column: Column, value: Json | undefined, path: string): string[] {
  if (value === undefined || value === null) return column.mode === 'REQUIRED' ? [`${path}: required`] : [];
  if (column.mode !== 'REPEATED') return valueFaults(column, value, path);
  if (!Array.isArray(value)) return [`${path}: not an array`];
  return value.flatMap((element, place) =>
    element === null ? [`${path}[${place}]: null in an array`] : valueFaults(column, element, path),
  );
}

function valueFaults(column: Column, value: Json, path: string): string[] {
  const fault = (ok: boolean): string[] => (ok ? [] : [`${path}: ${JSON.stringify(value)} is no ${column.type}`]);
  switch (column.type) {
    case 'STRING':
      return fault(typeof value === 'string' && value.isWellFormed());
    case 'BOOL':
      return fault(typeof value === 'boolean');
    case 'FLOAT64':
      return fault(typeof value === 'number' && Number.isFinite(value));
    case 'INT64':
      return fault(typeof value === 'string' ? isInt64(value) : Number.isSafeInteger(value));
    case 'TIMESTAMP':
      return fault(typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(value));
    case 'RECORD':
      return loadFaults(column.fields ?? [], value, `${path}.`);
    case 'JSON':
      return fault(typeof value === 'object');
  }
}

function isInt64(text: string): boolean {
  if (!/^-?\d{1,19}$/.test(text)) return false;
  const value = BigInt(text);
  return value >= -(2n ** 63n) && value < 2n ** 63n;
}
