/** Reading and checking of an `entries:list` request: what is asked for, by whom it may be asked, what is refused. */
import { createHash } from 'node:crypto';
import { invalidArgument, permissionDenied } from './errors';
import { parseFilter } from './filter';
import { admitted, type Query } from './query';
import type { LogSource } from './timeline';

const PAGE_SIZE_DEFAULT = 50;
const PAGE_SIZE_MAX = 1000;
const RESOURCES_MAX = 100;

/** The containers there are, and who may see which. */
export interface Containers {
  /** Every log of every container. */
  readonly sources: readonly LogSource[];
  /** Containers the credential may read. */
  readonly readable: ReadonlySet<string>;
  /** Whether asking for the organization also returns what its projects hold (as after an aggregated sink). */
  readonly aggregated: boolean;
}

export interface ListRequest {
  readonly query: Query;
  readonly pageSize: number;
  readonly pageToken: string | null;
  /** Names all parameters but the token: the same text for the same read. */
  readonly readKey: string;
  /** Digest of the same, for page tokens. */
  readonly digest: string;
  /** The log id all admitted sources share, `mixed`, or `none`. */
  readonly stream: string;
}

const CONTAINER = /^(organizations|folders|projects|billingAccounts)\/[^/]+$/;
const VIEW = /^((?:organizations|folders|projects|billingAccounts)\/[^/]+)\/locations\/[^/]+\/buckets\/[^/]+\/views\/[^/]+$/;

/** The logs that resource names stand for; refuses names that are malformed or may not be read. A log view of the organization's bucket holds all. */
export function resolveResources(names: readonly string[], { sources, readable, aggregated }: Containers): LogSource[] {
  const found = new Set<LogSource>();
  for (const name of names) {
    const view = VIEW.exec(name)?.[1];
    const container = view ?? name;
    if (!CONTAINER.test(container)) throw invalidArgument(`Invalid resource name '${name}'`);
    if (!readable.has(container)) throw permissionDenied(name);
    const all = container.startsWith('organizations/') && (aggregated || view !== undefined);
    for (const source of sources) if (all || source.container === container) found.add(source);
  }
  return [...found];
}

const FIELDS: ReadonlySet<string> = new Set(['resourceNames', 'filter', 'orderBy', 'pageSize', 'pageToken']);

function membersOf(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw invalidArgument('Invalid JSON payload received. Unable to parse the request.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidArgument('Invalid JSON payload received. Expected an object.');
  const unknown = Object.keys(value).find((key) => !FIELDS.has(key));
  if (unknown !== undefined) throw invalidArgument(`Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.`);
  return { ...value };
}

function textMember(members: Record<string, unknown>, name: string): string {
  const value = members[name] ?? '';
  if (typeof value !== 'string') throw invalidArgument(`Invalid value at '${name}' (TYPE_STRING)`);
  return value;
}

function resourceNamesOf(members: Record<string, unknown>): string[] {
  const value = members['resourceNames'] ?? [];
  if (!Array.isArray(value)) throw invalidArgument("Invalid value at 'resource_names'");
  const names = value.filter((name): name is string => typeof name === 'string');
  if (names.length !== value.length) throw invalidArgument("Invalid value at 'resource_names' (TYPE_STRING)");
  if (names.length === 0) throw invalidArgument('At least one resource name must be given');
  if (names.length > RESOURCES_MAX) throw invalidArgument(`At most ${String(RESOURCES_MAX)} resource names may be given`);
  return names;
}

/** Sizes above the maximum are cut down to it, negative ones refused; zero is the default. */
function pageSizeOf(members: Record<string, unknown>): number {
  const value = members['pageSize'] ?? 0;
  if (typeof value !== 'number' || !Number.isInteger(value)) throw invalidArgument("Invalid value at 'page_size' (TYPE_INT32)");
  if (value < 0) throw invalidArgument('page_size must not be negative');
  return value === 0 ? PAGE_SIZE_DEFAULT : Math.min(value, PAGE_SIZE_MAX);
}

function descendingOf(orderBy: string): boolean {
  if (orderBy === '' || orderBy === 'timestamp asc') return false;
  if (orderBy === 'timestamp desc') return true;
  throw invalidArgument(`order_by '${orderBy}' is not supported: use 'timestamp asc' or 'timestamp desc'`);
}

export function readListRequest(body: string, containers: Containers): ListRequest {
  const members = membersOf(body);
  const names = resourceNamesOf(members);
  const filterText = textMember(members, 'filter');
  const parsed = parseFilter(filterText);
  if (!parsed.ok) throw invalidArgument(`Unparseable filter: ${parsed.reason}`);
  const descending = descendingOf(textMember(members, 'orderBy'));
  const pageSize = pageSizeOf(members);
  const pageToken = textMember(members, 'pageToken');
  const sources = admitted(resolveResources(names, containers), parsed.filter);
  const readKey = JSON.stringify([names, filterText, descending, pageSize]);
  return {
    query: { sources, timestamp: parsed.filter.timestamp, receiveTimestamp: parsed.filter.receiveTimestamp, descending },
    pageSize,
    pageToken: pageToken === '' ? null : pageToken,
    readKey,
    digest: createHash('sha256').update(readKey).digest('base64url').slice(0, 16),
    stream: streamOf(sources),
  };
}

function streamOf(sources: readonly LogSource[]): string {
  const ids = new Set(sources.map((source) => source.logId));
  const [only] = ids;
  return only === undefined ? 'none' : ids.size === 1 ? only : 'mixed';
}
