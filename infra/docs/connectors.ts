/** docs/reference/connectors.md: what the catalogue knows of every connector. */
import { z } from 'zod';
import { CONNECTORS } from '../../activities/connectors/catalogue';
import type { Axis, Connector, Shape } from '../../activities/connectors/connector';
import { findTable } from '../../schemas/tables';
import { anchor, cell, code, duration, list, page, table } from './markdown';

const SHAPE: Readonly<Record<Shape, string>> = {
  window: 'each call asks for a window of time',
  tail: 'follows a cursor',
  feed: 'reads newest first until it meets what it knows',
  snapshot: 'lists everything there is',
  objects: 'takes objects from a bucket',
};

const AXIS: Readonly<Record<Axis, string>> = {
  event: 'bounds are event times',
  arrival: 'bounds are places in the order in which the vendor processes events',
  none: 'without bounds in time',
};

/** What is promised of an hour, and when it is looked at again. */
export function lateness({ axis, settle }: Pick<Connector, 'axis' | 'settle'>): string {
  if (axis === 'none') return 'Hours are not judged: what is read is how things are at the time of the read.';
  const complete =
    axis === 'event'
      ? `covered by a read that started ${duration(settle.lagMs)} or more after its end`
      : `passed by a read that had caught up to ${duration(settle.lagMs)} after its end`;
  const ages =
    settle.agesMs.length === 0 ? 'It is not read again.' : `It is read again at the age of ${list(settle.agesMs.map(duration))}.`;
  return [
    `An hour is **complete** once it was ${complete}.`,
    ages,
    `It is **settled** once a read that started ${duration(settle.horizonMs)} or more after its end found nothing new.`,
  ].join(' ');
}

/** The parts of a JSON Schema (draft 2020-12) that configuration schemas come out as. */
interface JsonSchema {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: string | number | boolean | null;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

function range(noun: string, from: number | undefined, to: number | undefined): string {
  const text = (bound: number): string => bound.toLocaleString('en-US');
  // Integers without a bound are given the bounds of safe integers, which say nothing.
  const low = from === undefined || from <= Number.MIN_SAFE_INTEGER ? undefined : from;
  const high = to === undefined || to >= Number.MAX_SAFE_INTEGER ? undefined : to;
  if (low === undefined && high === undefined) return noun;
  if (low === undefined) return `${noun}, ${text(high ?? 0)} at most`;
  return high === undefined ? `${noun}, ${text(low)} at least` : `${noun}, ${text(low)} to ${text(high)}`;
}

/** A value's type in words. */
export function typeWords(schema: JsonSchema): string {
  if (schema.const !== undefined) return code(String(schema.const));
  if (schema.enum !== undefined) return `one of ${list(schema.enum.map((value) => code(String(value))))}`;
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeWords).join(' or ');
  if (schema.type === 'array') return range(`list of ${typeWords(schema.items ?? {})}`, schema.minItems, schema.maxItems);
  if (schema.type === 'integer') return range('whole number', schema.minimum, schema.maximum);
  if (schema.type === 'number') return range('number', schema.minimum, schema.maximum);
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'object') return 'mapping';
  if (schema.format === 'uri') return 'URL';
  return schema.type === 'string' ? 'text' : 'anything';
}

/** A row per key; keys of mappings within follow as `outer.inner`. */
export function configRows(schema: JsonSchema, prefix = ''): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const isRequired = (schema.required ?? []).includes(key);
    const fallback =
      value.default === undefined ? '' : code(typeof value.default === 'string' ? value.default : JSON.stringify(value.default));
    const row = [code(prefix + key), typeWords(value), isRequired ? 'required' : fallback, cell(value.description ?? '')];
    return [row, ...configRows(value, `${prefix}${key}.`)];
  });
}

export function configSchemaOf(connector: Connector): JsonSchema {
  return z.toJSONSchema(connector.config, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
}

function section(connector: Connector): string[] {
  const { id, title, shape, axis, streams, permissions, scopes, window, pageSize, documentation } = connector;
  const streamRows = streams.map(({ name, table: tableName }) => [
    code(name),
    `[${code(tableName)}](tables/${tableName}.md)`,
    duration(connector.retentionMs(name)),
    cell(findTable(tableName).description),
  ]);
  const scopeText = scopes.length === 0 ? [] : [`With a Google identity, asked for the scope ${list(scopes.map(code))}.`];
  return [
    `## ${id}`,
    `${title}. Shape ${code(shape)}: ${SHAPE[shape]}. Axis ${code(axis)}: ${AXIS[axis]}.`,
    table(['stream', 'table', 'kept by the vendor', 'what is in it'], streamRows),
    '**Permissions** of the credential:',
    table(
      ['permission', 'what for'],
      permissions.map(({ name, purpose }) => [code(name), cell(purpose)]),
    ),
    ...scopeText,
    '**Configuration** (`config` of the [source](../guides/configuration.md#sources)):',
    table(['key', 'type', 'default', 'meaning'], configRows(configSchemaOf(connector))),
    `**Reads.** One unit reads ${duration(window.maxMs)} at most; a window that keeps failing is halved down to ${duration(window.minMs)}. A call asks for ${pageSize.toLocaleString('en-US')} items at most.`,
    `**Late events.** ${lateness(connector)}`,
    ['**Documentation** of the vendor that this rests on:', '', ...documentation.map((url) => `- <${url}>`)].join('\n'),
  ];
}

export function connectorsPage(): string {
  return page('Connectors', 'activities/connectors/', [
    'What can be collected. A source in [`tidemark.yaml`](../guides/configuration.md) names a connector by its id.',
    ...CONNECTORS.flatMap(section),
  ]);
}

/** The short form for the README, which is two folders up. */
export function connectorsTable(): string {
  return table(
    ['connector', 'collects', 'streams', 'how'],
    CONNECTORS.map(({ id, title, streams, shape }) => [
      `[${code(id)}](docs/reference/connectors.md#${anchor(id)})`,
      cell(title),
      list(streams.map(({ name, table: tableName }) => `[${code(name)}](docs/reference/tables/${tableName}.md)`)),
      SHAPE[shape],
    ]),
  );
}
