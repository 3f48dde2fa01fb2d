/**
 * `ops.units`, the ledger: append-only facts about units and streams. Written by publish, inside the transaction that
 * makes the rows visible, and by plan for streams it opens. Coverage is a view over it; planning reads it; nothing edits it.
 */
import type { Column } from '../table';
import { count, flag, text, time } from './columns';

export const UNITS_COLUMNS: readonly Column[] = [
  time('recorded_at', 'When the fact was written.', 'REQUIRED'),
  text(
    'fact',
    '`stream_opened`: the stream is collected from window_from on. `published`: the unit was read and its rows are in the table.',
    'REQUIRED',
  ),
  text('source', 'Configured source.', 'REQUIRED'),
  text('stream', 'Part of the source.', 'REQUIRED'),
  text('connector', 'Code that read it.'),
  text('unit', 'Name of the read; unique within source and stream.'),
  text('table_name', 'Table the rows went to.'),
  text('lane', 'Why it was read: live, reread, backfill or replay.'),
  text('axis', 'What the window means: event, arrival or none.'),
  time('window_from', 'Start of the window, inclusive.'),
  time('window_to', 'End of the window, exclusive.'),
  time('read_started_at', 'Start of the pass that gave the rows; completeness is judged by it.'),
  time('read_finished_at', 'End of that pass.'),
  count('settle_lag_ms', 'How long after an hour its first complete read may start, at the time of the read.'),
  count('horizon_ms', 'Age after which the source promises nothing more arrives, at the time of the read.'),
  count('calls', 'Requests made to the vendor, refused ones included.'),
  count('pages', 'Pages received.'),
  count('received', 'Items received: rows + rejected.'),
  count('rejected', 'Items that could not become rows.'),
  count('rows_staged', 'Rows staged: inserted + duplicates + conflicts.'),
  count('inserted', 'Rows that were new to the table.'),
  count('duplicates', 'Rows whose key and content the table had already, or the batch had twice.'),
  count('conflicts', 'Rows whose key the table had with other content; each is in ops.rejects.'),
  count('seq', 'Commit order of the table: what consumers of the table go by.'),
  text('batch', 'The publish transaction.'),
  text('tenant', 'Whose it is.'),
  time('observed_at', 'A listing: the time all its observations have.'),
  flag('snapshot_complete', 'A listing: whether it reached its end, so that what it lacks was not there.'),
  flag('snapshot_pinned', 'A listing: whether the vendor gave all of it as it was at observed_at.'),
  count('absences', 'State tables: rows made for objects that complete listings lacked.'),
  count('reasserted', 'State tables: rows made because a listing saw an object as it was before a late row.'),
  text('config_digest', 'Digest of the configuration it was read under.'),
  text('schema_digest', 'Digest of the table definition its rows were made by.'),
  {
    name: 'hours',
    type: 'RECORD',
    mode: 'REPEATED',
    description: 'Per event hour, what was staged and what was new.',
    sensitivity: 'public',
    fields: [
      time('hour', 'Start of the hour.'),
      count('rows_staged', 'Rows staged with event times in the hour.'),
      count('inserted', 'Of these, the new ones.'),
      text('fingerprint', 'XOR of the first 64 bits of the keys of the staged rows, as 16 hex digits.'),
    ],
  },
];
