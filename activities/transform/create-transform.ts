/**
 * Puts the steps together: check, scan, time, identify, project, envelope, raw. Everything a record needs is allocated once
 * per transform and reused, so a transform serves one caller at a time; it is synchronous, which makes that hold.
 */
import { isUtf8 } from 'node:buffer';
import type { Conversion, TableDefinition } from '../../schemas/table';
import { Bytes } from './bytes';
import { compactJson } from './compact';
import { schemaDigest } from './digest';
import { EnvelopeWriter } from './envelope';
import { Identifier, type Identity } from './identify';
import { Names } from './names';
import { Notes } from './notes';
import { PathSet, type Handle } from './paths';
import { Projector } from './project';
import { makeReject, type RejectFacts, type RejectPlace } from './reject';
import { readTime, writeJson } from './scalar';
import { Scanner, type ScanFault } from './scan';
import { KIND, Tape } from './tape';
import { toMicros, writeTime, type Instant } from './time';
import type { Reject, RejectReason, Row, RowOrigin, Transform } from './transform';

/** A BigQuery row may have 100 MB; a record is in its line up to three times, with escapes. */
const ITEM_BYTES_MAX = 16 * 1_048_576;
/** 2000-01-01T00:00:00Z: no log this lake collects is older, so an earlier time is a clock that was not set. */
const SECONDS_MIN = 946_684_800;
const FUTURE_SECONDS_MAX = 86_400;

export interface TransformOptions {
  readonly table: TableDefinition;
  /** The lake's identity key, at least 32 bytes. */
  readonly identityKey: Buffer;
  readonly connector: string;
  readonly source: string;
  readonly stream: string;
  readonly tenant: string;
}

/** The transform of one table and stream. Throws at once when the definition names a derivation or column that is not there. */
export function createTransform(options: TransformOptions): Transform {
  const maker = new LineMaker(options);
  return (item, origin, nowMs) => maker.transform(item, origin, nowMs);
}

class LineMaker {
  readonly #tape = new Tape();
  readonly #names = new Names();
  readonly #paths = new PathSet(this.#names);
  readonly #out = new Bytes();
  readonly #notes = new Notes();
  readonly #scanner = new Scanner(this.#tape, this.#names);
  readonly #identifier: Identifier;
  readonly #projector: Projector;
  readonly #envelope: EnvelopeWriter;
  readonly #timePaths: readonly Handle[];
  readonly #timeAs: Conversion;
  readonly #place: RejectPlace;
  /** `"connector":...,` up to `"tenant":...,`. */
  readonly #provenance: Buffer;
  readonly #schemaVersion: string;
  #shared = { unit: '', object: '', fetchedAt: '', head: Buffer.alloc(0) };

  constructor(options: TransformOptions) {
    const { table, identityKey, connector, source, stream, tenant } = options;
    this.#identifier = new Identifier(table, tenant, identityKey, this.#tape, this.#paths);
    this.#projector = new Projector(table.columns, this.#tape, this.#names, this.#out, this.#notes);
    this.#envelope = new EnvelopeWriter(table, this.#tape, this.#paths, this.#out, this.#notes);
    this.#timePaths = table.time.from.map((path) => this.#paths.declare(path));
    this.#timeAs = table.time.as;
    this.#place = { table_name: table.name, connector, source, stream, tenant };
    this.#provenance = Buffer.from(`${JSON.stringify({ connector, source, stream, tenant }).slice(1, -1)},`);
    this.#schemaVersion = schemaDigest(table);
  }

  transform(item: Buffer, origin: RowOrigin, nowMs: number): Row | Reject {
    const refuse = (reason: RejectReason, detail: string, more: Partial<RejectFacts> = {}): Reject =>
      makeReject(this.#place, item, origin, { reason, detail, rejectId: this.#identifier.rejectId(reason, item), utf8: true, ...more });

    if (item.length > ITEM_BYTES_MAX) return refuse('TOO_LARGE', `${item.length} bytes`, { utf8: isUtf8(item) });
    if (!isUtf8(item)) return refuse('NOT_JSON', 'not UTF-8', { utf8: false });
    const fault = this.#read(item);
    if (fault !== null) return refuse(fault.reason, `at byte ${fault.at}`);
    if (this.#tape.kind[0] !== KIND.OBJECT) return refuse('NOT_AN_OBJECT', 'the item is another JSON value');

    this.#paths.resolve(this.#tape);
    const time = this.#time();
    if (typeof time === 'string')
      return refuse(time === 'OUT_OF_RANGE' ? 'EVENT_TIME_OUT_OF_RANGE' : 'NO_EVENT_TIME', `event time: ${time}`);
    const identity = this.#identifier.identify();
    if (time.seconds < SECONDS_MIN || time.seconds > nowMs / 1_000 + FUTURE_SECONDS_MAX) {
      const detail = time.seconds < SECONDS_MIN ? 'event time before 2000' : 'event time more than a day ahead';
      return refuse('EVENT_TIME_OUT_OF_RANGE', detail, { eventKey: identity.eventKey, eventTime: this.#timeText(time) });
    }
    const { keyHigh, keyLow } = identity;
    return { kind: 'row', line: this.#line(identity, time, origin), eventTimeUs: toMicros(time), keyHigh, keyLow };
  }

  /** Puts the item on the tape, without the white space between its tokens. */
  #read(item: Buffer): ScanFault | null {
    const fault = this.#scanner.scan(item);
    return fault === null && this.#tape.spaced ? this.#scanner.scan(compactJson(item)) : fault;
  }

  #time(): Instant | 'ABSENT' | 'TYPE_MISMATCH' | 'OUT_OF_RANGE' {
    const { found } = this.#paths;
    const handle = this.#timePaths.find(({ id }) => !this.#tape.isNull(found[id] as number));
    return handle === undefined ? 'ABSENT' : readTime(this.#tape, found[handle.id] as number, this.#timeAs);
  }

  #line(identity: Identity, time: Instant, origin: RowOrigin): Buffer {
    const out = this.#out;
    out.restart();
    this.#notes.clear();
    if (identity.duplicates) this.#notes.add('raw', 'DUPLICATE_KEY');
    out.text('{');
    this.#projector.write();
    out.text('"event_time":"');
    writeTime(out, time);
    out.text(`","event_key":"${identity.eventKey}","content_hash":"${identity.contentHash}",`);
    out.all(this.#provenance);
    this.#envelope.write();
    out.text('"raw":');
    const code = writeJson(this.#tape, 0, out);
    if (code !== null) this.#notes.add('raw', code);
    this.#writeIngest(origin);
    out.text(`},"key_class":"${identity.keyClass}"}`);
    return out.buffer.subarray(0, out.length);
  }

  /** `ingest`: what the lines of one part share is made once per part. */
  #writeIngest(origin: RowOrigin): void {
    const out = this.#out;
    const { unit, object, fetchedAt } = origin;
    if (unit !== this.#shared.unit || object !== this.#shared.object || fetchedAt !== this.#shared.fetchedAt) {
      const members = JSON.stringify({ unit, object, fetched_at: fetchedAt, schema_version: this.#schemaVersion });
      this.#shared = { unit, object, fetchedAt, head: Buffer.from(`,"ingest":${members.slice(0, -1)},"row":`) };
    }
    out.all(this.#shared.head);
    out.text(String(origin.row));
    const notes = this.#notes.list;
    if (notes.length > 0) out.text(`,"notes":${JSON.stringify(notes)}`);
  }

  #timeText(time: Instant): string {
    this.#out.restart();
    writeTime(this.#out, time);
    return this.#out.toString();
  }
}
