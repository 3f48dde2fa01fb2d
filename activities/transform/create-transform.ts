/**
 * Puts the steps together: check, scan, time, identify, project, envelope, raw. Everything a record needs is allocated once
 * per transform and reused, so a transform serves one caller at a time; it is synchronous, which makes that hold.
 */
import { isUtf8 } from 'node:buffer';
import type { Conversion, TableDefinition } from '../../schemas/table';
import { Bytes } from './bytes';
import { compactJson } from './compact';
import { askedPaths } from './asked-paths';
import { schemaDigest } from './digest';
import { Drift } from './drift';
import { EnvelopeWriter } from './envelope';
import { Findings } from './findings';
import { Identifier, type Identity } from './identify';
import { Names } from './names';
import { Notes } from './notes';
import { eachElement, PathSet, type Handle } from './paths';
import { Projector } from './project';
import { makeReject, type RejectFacts, type RejectPlace } from './reject';
import { readTime, writeJson } from './scalar';
import { Scanner, type ScanFault } from './scan';
import { KIND, Tape } from './tape';
import { parseTime, toMicros, writeTime, type Instant } from './time';
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
  const transform = (...[item, origin, nowMs, take]: Parameters<Transform>): void => {
    maker.transform(item, origin, nowMs, take);
  };
  return Object.assign(transform, { takeFindings: () => maker.findings.take() });
}

/** What a row is made of besides the record on the tape. */
interface RowFacts {
  readonly identity: Identity;
  readonly time: Instant;
  /** Of a row of a state table. */
  readonly objectId: string | undefined;
  /** The element the row is for, and its number; -1 and -1 where it is for the whole record. */
  readonly element: number;
  readonly index: number;
}

class LineMaker {
  readonly #tape = new Tape();
  readonly #names = new Names();
  readonly #paths = new PathSet(this.#names);
  readonly #out = new Bytes();
  readonly #notes = new Notes();
  readonly findings = new Findings();
  readonly #scanner = new Scanner(this.#tape, this.#names);
  readonly #identifier: Identifier;
  readonly #projector: Projector;
  readonly #envelope: EnvelopeWriter;
  readonly #timePaths: readonly Handle[];
  readonly #timeAs: Conversion;
  readonly #isState: boolean;
  readonly #each: { readonly array: Handle; readonly label: Buffer } | undefined;
  readonly #place: RejectPlace;
  /** `"connector":...,` up to `"tenant":...,`. */
  readonly #provenance: Buffer;
  readonly #schemaVersion: string;
  #shared = { unit: '', object: '', fetchedAt: '', head: Buffer.alloc(0) };

  constructor(options: TransformOptions) {
    const { table, identityKey, connector, source, stream, tenant } = options;
    this.#identifier = new Identifier(table, tenant, identityKey, this.#tape, this.#paths);
    const drift = new Drift(this.#tape, this.findings);
    this.#projector = new Projector(table.columns, askedPaths(table), this.#tape, this.#names, this.#out, this.#notes, drift);
    this.#isState = table.kind === 'state';
    this.#envelope = new EnvelopeWriter(table, this.#tape, this.#paths, this.#out, this.#notes);
    this.#timePaths = table.time.from.map((path) => this.#paths.declare(path));
    this.#timeAs = table.time.as;
    this.#each = table.each && { array: this.#paths.declare(table.each.path), label: Buffer.from(`"${table.each.index}":`) };
    this.#place = { table_name: table.name, connector, source, stream, tenant };
    this.#provenance = Buffer.from(`${JSON.stringify({ connector, source, stream, tenant }).slice(1, -1)},`);
    this.#schemaVersion = schemaDigest(table);
  }

  transform(item: Buffer, origin: RowOrigin, nowMs: number, take: (outcome: Row | Reject) => void): void {
    const fault = this.#open(item, origin);
    if (fault !== null) {
      take(fault);
      return;
    }
    this.#paths.resolve(this.#tape);
    const elements = this.#each === undefined ? [] : this.#elements(this.#each.array);
    if (elements.length === 0) take(this.#outcome(item, origin, nowMs, -1, -1));
    elements.forEach((element, index) => {
      this.#paths.resolve(this.#tape, element);
      take(this.#outcome(item, origin, nowMs, element, index));
    });
  }

  #elements(array: Handle): number[] {
    const elements: number[] = [];
    eachElement(this.#tape, this.#paths.found[array.id] as number, (element) => elements.push(element));
    return elements;
  }

  #refuse(item: Buffer, origin: RowOrigin, reason: RejectReason, detail: string, more: Partial<RejectFacts> = {}): Reject {
    const rejectId = this.#identifier.rejectId(reason, item);
    return makeReject(this.#place, item, origin, { reason, detail, rejectId, utf8: true, ...more });
  }

  /** Puts the item on the tape; the reject when it is no record. */
  #open(item: Buffer, origin: RowOrigin): Reject | null {
    if (item.length > ITEM_BYTES_MAX) return this.#refuse(item, origin, 'TOO_LARGE', `${item.length} bytes`, { utf8: isUtf8(item) });
    if (!isUtf8(item)) return this.#refuse(item, origin, 'NOT_JSON', 'not UTF-8', { utf8: false });
    const fault = this.#read(item);
    if (fault !== null) return this.#refuse(item, origin, fault.reason, `at byte ${fault.at}`);
    if (this.#tape.kind[0] !== KIND.OBJECT) return this.#refuse(item, origin, 'NOT_AN_OBJECT', 'the item is another JSON value');
    return null;
  }

  /** The row of the record on the tape, or of one element of it, whose paths are resolved. */
  #outcome(item: Buffer, origin: RowOrigin, nowMs: number, element: number, index: number): Row | Reject {
    const time = this.#time(origin);
    if (typeof time === 'string')
      return this.#refuse(item, origin, time === 'OUT_OF_RANGE' ? 'EVENT_TIME_OUT_OF_RANGE' : 'NO_EVENT_TIME', `event time: ${time}`);
    const objectId = this.#isState ? this.#identifier.objectId() : undefined;
    if (this.#isState && objectId === undefined) return this.#refuse(item, origin, 'NO_OBJECT_ID', 'it does not say what it is about');
    const identity = objectId === undefined ? this.#identifier.identify(index) : this.#identifier.identifyState(objectId, time);
    if (time.seconds < SECONDS_MIN || time.seconds > nowMs / 1_000 + FUTURE_SECONDS_MAX) {
      const detail = time.seconds < SECONDS_MIN ? 'event time before 2000' : 'event time more than a day ahead';
      return this.#refuse(item, origin, 'EVENT_TIME_OUT_OF_RANGE', detail, {
        eventKey: identity.eventKey,
        eventTime: this.#timeText(time),
      });
    }
    const { keyHigh, keyLow } = identity;
    return {
      kind: 'row',
      line: this.#line({ identity, time, objectId, element, index }, origin),
      eventTimeUs: toMicros(time),
      keyHigh,
      keyLow,
    };
  }

  /** Puts the item on the tape, without the white space between its tokens. */
  #read(item: Buffer): ScanFault | null {
    const fault = this.#scanner.scan(item);
    return fault === null && this.#tape.spaced ? this.#scanner.scan(compactJson(item)) : fault;
  }

  #time(origin: RowOrigin): Instant | 'ABSENT' | 'TYPE_MISMATCH' | 'OUT_OF_RANGE' {
    if (this.#isState && origin.observedAt !== undefined) return parseTime(origin.observedAt, 'rfc3339');
    const { found } = this.#paths;
    const handle = this.#timePaths.find(({ id }) => !this.#tape.isNull(found[id] as number));
    return handle === undefined ? 'ABSENT' : readTime(this.#tape, found[handle.id] as number, this.#timeAs);
  }

  #line({ identity, time, objectId, element, index }: RowFacts, origin: RowOrigin): Buffer {
    const out = this.#out;
    out.restart();
    this.#notes.clear();
    if (identity.duplicates) this.#notes.add('raw', 'DUPLICATE_KEY');
    out.text('{');
    this.#projector.write(element);
    if (this.#each !== undefined && index >= 0) {
      out.all(this.#each.label);
      out.text(`${index},`);
    }
    if (objectId !== undefined) {
      out.text('"object_id":');
      out.jsonText(objectId);
      out.text(',"observed_at":"');
      writeTime(out, time);
      out.text('","present":true,');
    }
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
