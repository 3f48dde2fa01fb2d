/**
 * `ops.replays`: which rejects a replay has dealt with. Written by publish, in the transaction that makes the replay's rows
 * visible; an item that was refused again has a new row in `ops.rejects` from the same transaction.
 */
import type { Column } from '../table';
import { text, time } from './columns';

/** One line of the list of a replay unit. */
export const STAGED_REPLAY_COLUMNS: readonly Column[] = [
  text('unit', 'Read that replayed it.', 'REQUIRED'),
  text('reject_id', 'The reject it dealt with.', 'REQUIRED'),
  text('rejected_batch', 'The publish transaction that recorded that reject: with the id it names one row of ops.rejects.', 'REQUIRED'),
];

export const REPLAYS_COLUMNS: readonly Column[] = [
  time('recorded_at', 'When the replay was published.', 'REQUIRED'),
  text('batch', 'The publish transaction.'),
  text('table_name', 'Table the item was meant for.', 'REQUIRED'),
  ...STAGED_REPLAY_COLUMNS,
];
