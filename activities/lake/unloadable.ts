/**
 * The reject of a line that BigQuery refuses: why, where its whole line is, and the record's text where that can be replayed.
 * Nothing here quotes the service, whose words hold values.
 */
import { createHash } from 'node:crypto';
import { findTable } from '../../schemas/tables';
import { REJECT_ITEM_BYTES_MAX } from '../../schemas/ops/rejects';
import type { Deps } from '../deps';
import { unitRef } from '../stage/checkpoint';
import type { Part, UnitDocument } from '../stage/unit';
import { createTransform } from '../transform/create-transform';
import type { RefusedLine } from './refused-lines';
import { createLineReader, type StagedEvent } from './staged-line';

export interface Unloadable {
  /** The line of a rejects part for a refused line of a rows part. */
  ofRow(part: Part, refused: RefusedLine, line: Buffer): Buffer;
  /** The same for a refused line of a rejects part, of which nothing but its place is kept. */
  ofReject(part: Part, refused: RefusedLine): Buffer;
}

export function createUnloadable(unit: UnitDocument, deps: Deps): Unloadable {
  const { source, stream, connector, tenant, table } = unit;
  const read = createLineReader();
  const isWhole = createIdentityCheck(unit, deps);
  const place = (part: Part, { row, alone }: RefusedLine) => ({
    table_name: table,
    connector,
    source,
    stream,
    tenant,
    unit: unitRef(unit),
    object_name: part.name,
    object_row: row,
    reason: 'UNLOADABLE',
    detail: alone ? 'BigQuery refuses the row' : 'BigQuery refuses a range of rows that holds this one',
  });
  /** By its place: nothing else is known of it. */
  const idOfPlace = (part: Part, row: number): string =>
    `UNLOADABLE.${createHash('sha256')
      .update(`${part.name}\0${String(row)}`)
      .digest('base64url')
      .slice(0, 32)}`;

  return {
    ofRow: (part, refused, line) => {
      const event = read(line);
      if (event === undefined) return jsonLine({ reject_id: idOfPlace(part, refused.row), ...place(part, refused), item_redacted: true });
      return jsonLine({
        reject_id: `UNLOADABLE.${event.eventKey}.${event.contentHash}`,
        ...place(part, refused),
        event_key: event.eventKey,
        // What cannot be loaded may be the time itself.
        event_time:
          /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(event.eventTime) && Number.isFinite(Date.parse(event.eventTime))
            ? event.eventTime
            : undefined,
        item: event.record === undefined ? undefined : keptText(event.record),
        item_redacted: event.record === undefined || !isWhole(event.record, event),
        fetched_at: event.fetchedAt,
      });
    },
    ofReject: (part, refused) => jsonLine({ reject_id: idOfPlace(part, refused.row), ...place(part, refused), item_redacted: true }),
  };
}

const jsonLine = (reject: Readonly<Record<string, unknown>>): Buffer => Buffer.from(JSON.stringify(reject));

/** The text up to the last whole character within the limit. */
function keptText(record: Buffer): string {
  if (record.length <= REJECT_ITEM_BYTES_MAX) return record.toString('utf8');
  return new TextDecoder().decode(record.subarray(0, REJECT_ITEM_BYTES_MAX), { stream: true });
}

/**
 * Whether a text gives the identity the row had. Redacted text does not, because identity is made before redaction: a replay
 * of it would be another event.
 */
function createIdentityCheck(unit: UnitDocument, deps: Deps): (record: Buffer, event: StagedEvent) => boolean {
  const transform = createTransform({ ...unit, table: findTable(unit.table), identityKey: deps.identityKey });
  const read = createLineReader();
  const origin = {
    unit: '',
    object: '',
    row: 0,
    fetchedAt: new Date(0).toISOString(),
    ...(unit.observedAt === undefined ? {} : { observedAt: unit.observedAt }),
  };
  return (record, { eventKey, contentHash }) => {
    let same = false;
    transform(record, origin, deps.clock.now(), (outcome) => {
      const made = outcome.kind === 'row' ? read(outcome.line) : undefined;
      if (made?.eventKey === eventKey && made.contentHash === contentHash) same = true;
    });
    return same;
  };
}
