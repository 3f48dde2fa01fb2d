/**
 * Reads the lines of a part back: where each is, and of one line the event it holds. Numbers keep their digits, since the
 * record's text is cut out of the line and not made again.
 */
import { gunzipSync } from 'node:zlib';
import { TidemarkError } from '../errors';
import { crc32c, type ObjectStore } from '../stage/store';
import { KEY_BITS_CHARACTERS, keyBits } from '../transform/key-bits';
import { Names } from '../transform/names';
import { Scanner } from '../transform/scan';
import { Tape } from '../transform/tape';
import type { LoadablePart } from './load';

const LINE_FEED = 0x0a;

/** The lines of a part, without their line feeds: views of one buffer. */
export async function readLines(stage: ObjectStore, part: LoadablePart): Promise<Buffer[]> {
  const stored = await stage.read(part.name);
  const broken = (why: string): TidemarkError =>
    new TidemarkError('STAGE_OBJECT_BROKEN', `gs://${stage.bucket}/${part.name} ${why}`, { context: { object: part.name } });
  if (stored === undefined) throw broken('does not exist');
  if (crc32c(stored.data) !== part.crc32c) throw broken('has another checksum than its unit says');
  const text = gunzipSync(stored.data);
  const lines: Buffer[] = [];
  for (let from = 0; from < text.length;) {
    const feed = text.indexOf(LINE_FEED, from);
    const to = feed < 0 ? text.length : feed;
    lines.push(text.subarray(from, to));
    from = to + 1;
  }
  if (lines.length !== part.rows) throw broken(`holds ${String(lines.length)} lines, not ${String(part.rows)}`);
  return lines;
}

/** The event of one line of a `rows` part. */
export interface StagedEvent {
  readonly eventKey: string;
  readonly contentHash: string;
  /** As the line has it. */
  readonly eventTime: string;
  readonly fetchedAt: string | undefined;
  /** The first 64 bits of the key. */
  readonly keyHigh: number;
  readonly keyLow: number;
  /** The record's text; undefined where the line has none. */
  readonly record: Buffer | undefined;
}

interface Members {
  readonly event_key?: unknown;
  readonly content_hash?: unknown;
  readonly event_time?: unknown;
  readonly raw?: unknown;
  readonly ingest?: { readonly fetched_at?: unknown; readonly notes?: readonly { readonly path?: unknown; readonly code?: unknown }[] };
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** What a line says of its event; undefined when it is no line of ours. */
export function createLineReader(): (line: Buffer) => StagedEvent | undefined {
  const tape = new Tape();
  const names = new Names();
  const rawName = names.add('raw');
  const scanner = new Scanner(tape, names);

  return (line) => {
    if (scanner.scan(line) !== null) return undefined;
    const members = JSON.parse(line.toString('utf8')) as Members | null;
    const [eventKey, contentHash, eventTime] = [textOf(members?.event_key), textOf(members?.content_hash), textOf(members?.event_time)];
    if (eventKey === undefined || contentHash === undefined || eventTime === undefined) return undefined;
    const key = eventKey.slice(eventKey.indexOf('.') + 1);
    if (key.length < KEY_BITS_CHARACTERS) return undefined;
    const raw = tape.member(0, rawName);
    return {
      eventKey,
      contentHash,
      eventTime,
      fetchedAt: textOf(members?.ingest?.fetched_at),
      ...keyBits(key),
      record: raw < 0 ? undefined : (wrappedText(members) ?? Buffer.from(line.subarray(tape.start[raw], tape.end[raw]))),
    };
  };
}

/** The record's text where the line had to wrap it, because BigQuery's JSON cannot hold it. */
function wrappedText(members: Members | null): Buffer | undefined {
  const wrapped = members?.ingest?.notes?.some(({ path, code }) => path === 'raw' && code === 'JSON_LIMIT') === true;
  const text = wrapped ? textOf((members.raw as { readonly _text?: unknown } | null)?._text) : undefined;
  return text === undefined ? undefined : Buffer.from(text);
}
