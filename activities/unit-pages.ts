/** Where the items of a unit come from: the vendor, or for a replay the texts of rejects. */
import type { Page } from './connectors/connector';
import { createRecords } from './decode/records';
import type { Attempt, Deps, Source } from './deps';
import { TidemarkError } from './errors';
import { readRejectedItems, type RejectedItem, type RejectRef } from './replay/open-rejects';
import type { ReplaySpec, UnitSpec } from './stage/unit';

export interface UnitPage extends Page {
  /** When its items were received, RFC 3339 UTC, where that is not now. */
  readonly fetchedAt?: string;
}

export interface UnitPages {
  /** The pages from a cursor on; null: from the start. */
  from(cursor: string | null): AsyncIterable<UnitPage>;
  /** Requests made to the vendor so far. */
  calls(): number;
}

/** Throws SOURCE_UNKNOWN when the source has no such stream. Pages throw what the vendor, or the lake, refuses with. */
export function openPages(spec: UnitSpec, deps: Deps, attempt: Attempt, nowMs: () => number): UnitPages {
  if (spec.replay?.from === 'texts') {
    const { replay } = spec;
    return { from: (cursor) => textPages(spec.table, replay, cursor, deps), calls: () => 0 };
  }
  const source = deps.source(spec.source);
  const http = source.openHttp(attempt.signal);
  const context = connectorContext(source, spec, { deps, attempt, request: http.request, nowMs });
  return {
    from: (cursor) => source.connector.pages({ from: spec.from, to: spec.to, cursor }, context),
    calls: () => http.calls(),
  };
}

interface ReadMeans {
  readonly deps: Deps;
  readonly attempt: Attempt;
  readonly request: ReturnType<Source['openHttp']>['request'];
  readonly nowMs: () => number;
}

function connectorContext(source: Source, spec: UnitSpec, { deps, attempt, request, nowMs }: ReadMeans) {
  const stream = source.streams.find((known) => known.name === spec.stream);
  if (stream === undefined) throw new TidemarkError('SOURCE_UNKNOWN', `source ${spec.source} has no stream ${spec.stream}`);
  return {
    config: source.connectorConfig,
    stream,
    http: { request },
    records: createRecords(),
    now: nowMs,
    log: (message: string, fields = {}) => deps.log.info({ unit: spec.unit, ...fields }, message),
    signal: attempt.signal,
  };
}

/** A page per moment of receipt. A cursor is the number of the first item that is still to come. */
async function* textPages(table: string, { rejects }: ReplaySpec, cursor: string | null, deps: Deps): AsyncGenerator<UnitPage, void, void> {
  const list = await deps.stage.read(rejects.name);
  if (list === undefined) {
    throw new TidemarkError('STAGE_OBJECT_BROKEN', `${rejects.name} does not exist`, { context: { object: rejects.name } });
  }
  const refs = list.data
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RejectRef);
  const items = eachOnce(await readRejectedItems(deps, table, refs));
  for (let start = Number(cursor ?? 0); start < items.length;) {
    const fetchedAt = items[start]?.fetchedAt ?? '';
    const later = items.findIndex((item, index) => index > start && item.fetchedAt !== fetchedAt);
    const end = later < 0 ? items.length : later;
    const page = items.slice(start, end).map(({ item }) => item);
    const batches = async function* (): AsyncGenerator<readonly Buffer[], void, void> {
      yield page;
    };
    yield { items: batches(), next: () => (end === items.length ? null : String(end)), fetchedAt };
    start = end;
  }
}

/**
 * Items as often as they were received. Elements of one record are rejects of their own with the whole record as their text, and
 * a record may have been refused for one reason and, read again, for another: then it was received once.
 */
export function eachOnce(items: readonly RejectedItem[]): RejectedItem[] {
  const seen = new Map<string, Map<string, number>>();
  const taken = new Map<string, number>();
  return items.filter(({ rejectId, item }) => {
    const text = item.toString('latin1');
    const base = rejectId.replace(/\.\d+$/, '');
    const counts = seen.get(text) ?? new Map<string, number>();
    seen.set(text, counts);
    const count = (counts.get(base) ?? 0) + 1;
    counts.set(base, count);
    if (count <= (taken.get(text) ?? 0)) return false;
    taken.set(text, count);
    return true;
  });
}
