/** The line of `ops.rejects` for an item that cannot become a row. It says why and where, and keeps the item's text. */
import { BASE64_DETAIL, REJECT_ITEM_BYTES_MAX as ITEM_BYTES_MAX } from '../../schemas/ops/rejects';
import type { Reject, RejectReason, RowOrigin } from './transform';

/** What all rejects of one transform have in common. */
export interface RejectPlace {
  readonly table_name: string;
  readonly connector: string;
  readonly source: string;
  readonly stream: string;
  readonly tenant: string;
}

export interface RejectFacts {
  readonly reason: RejectReason;
  /** Where in the item, never its values. */
  readonly detail: string;
  readonly rejectId: string;
  /** Whether the item's bytes are UTF-8; others are kept as base64. */
  readonly utf8: boolean;
  /** Whether the item's text is not as it came, or withheld. */
  readonly redacted?: boolean;
  readonly eventKey?: string;
  /** RFC 3339 UTC. */
  readonly eventTime?: string;
}

/** `item` is what may be kept of its text. */
export function makeReject(place: RejectPlace, item: Buffer | undefined, origin: RowOrigin, facts: RejectFacts): Reject {
  const line = JSON.stringify({
    reject_id: facts.rejectId,
    ...place,
    unit: origin.unit,
    object_name: origin.reject?.object,
    object_row: origin.reject?.row,
    reason: facts.reason,
    detail: facts.utf8 ? facts.detail : `${facts.detail}; ${BASE64_DETAIL}`,
    event_key: facts.eventKey,
    event_time: facts.eventTime,
    item:
      item === undefined
        ? undefined
        : facts.utf8
          ? item.toString('utf8', 0, characterEnd(item))
          : item.toString('base64', 0, (ITEM_BYTES_MAX / 4) * 3),
    item_redacted: facts.redacted === true ? true : undefined,
    fetched_at: origin.fetchedAt,
  });
  return { kind: 'reject', line, reason: facts.reason };
}

/** The end of the last whole character within the limit. */
function characterEnd(item: Buffer): number {
  if (item.length <= ITEM_BYTES_MAX) return item.length;
  let end = ITEM_BYTES_MAX;
  while (end > 0 && ((item[end] as number) & 0xc0) === 0x80) end -= 1;
  return end;
}
