/**
 * Puts the steps together: check, scan, time, identify, redact, project, envelope, raw. Everything a record needs is allocated once
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
import { createRedaction, type Redacted, type Redaction } from './redact/redaction';
import { REJECT_ITEM_BYTES_MAX } from '../../schemas/ops/rejects';
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
/** Of a text that is no record not all is kept; what reaches over the cut must be recognised too. */
const CUT_SECRET_BYTES = 65_536;
const LOOKED_AT_BYTES = REJECT_ITEM_BYTES_MAX + CUT_SECRET_BYTES;

export interface TransformOptions {
  readonly table: TableDefinition;
  /** The lake's identity key, at least 32 bytes. */
  readonly identityKey: Buffer;
  readonly connector: string;
  readonly source: string;
  readonly stream: string;
  readonly tenant: string;
  /** Default: every detector, no rules. */
  readonly redaction?: Redaction;
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
  /** What was taken out of the record on the tape, if anything was. */
  readonly redacted: Redacted | null;
}

/** An item as it came. */
interface Received {
  readonly item: Buffer;
  readonly origin: RowOrigin;
  readonly nowMs: number;
}

/** Why a record is no row. */
type Refusal = Omit<RejectFacts, 'utf8'>;

const WHOLE_RECORD: readonly number[] = [-1];

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
  readonly #redaction: Redaction;
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
    this.#redaction = options.redaction ?? createRedaction({ detectors: 'all', rules: [] });
  }

  transform(item: Buffer, origin: RowOrigin, nowMs: number, take: (outcome: Row | Reject) => void): void {
    const fault = this.#open(item, origin);
    if (fault !== null) {
      take(fault);
      return;
    }
    const elements = this.#elements();
    // Who and when is told from the record as it came, of all its elements, before anything is taken out of it.
    const known = elements.map((element, index) => {
      this.#paths.resolve(this.#tape, element);
      return this.#recognise({ item, origin, nowMs }, element, element < 0 ? -1 : index);
    });
    const redacted = this.#redaction.redact(this.#tape, this.findings);
    if (redacted !== null) this.#scanner.scan(redacted.text);
    const left = redacted === null ? elements : this.#elements();
    known.forEach((facts, index) => {
      const element = left[index] ?? -1;
      if (redacted !== null || known.length > 1) this.#paths.resolve(this.#tape, element);
      if ('reason' in facts) take(this.#refuse(redacted?.text ?? item, origin, { ...facts, redacted: redacted !== null }));
      else take(this.#row({ ...facts, element, redacted }, origin));
    });
  }

  /** The elements that become rows; -1 for a record that is one row itself. Resolves the paths of the record. */
  #elements(): readonly number[] {
    if (this.#each === undefined) return WHOLE_RECORD;
    this.#paths.resolve(this.#tape);
    const elements: number[] = [];
    eachElement(this.#tape, this.#paths.found[this.#each.array.id] as number, (element) => elements.push(element));
    return elements.length === 0 ? WHOLE_RECORD : elements;
  }

  #refuse(item: Buffer, origin: RowOrigin, facts: Refusal): Reject {
    return makeReject(this.#place, item, origin, { utf8: true, ...facts });
  }

  /** The reject of an item that is no record: its text is withheld where a rule of the table might have applied to it. */
  #refuseText(
    item: Buffer,
    origin: RowOrigin,
    facts: { readonly reason: RejectReason; readonly detail: string; readonly utf8: boolean },
  ): Reject {
    const rejectId = this.#identifier.rejectId(facts.reason, item);
    if (this.#redaction.hasRules) return makeReject(this.#place, undefined, origin, { ...facts, rejectId, redacted: true });
    const encoding = facts.utf8 ? 'utf8' : 'latin1';
    const text = this.#redaction.redactText(item.toString(encoding, 0, LOOKED_AT_BYTES), this.findings);
    // A secret at the end of what was looked at may have been cut, and was not recognised then.
    const kept = text !== null && item.length > LOOKED_AT_BYTES ? text.slice(0, -CUT_SECRET_BYTES) : text;
    return makeReject(this.#place, kept === null ? item : Buffer.from(kept, encoding), origin, {
      ...facts,
      rejectId,
      redacted: kept !== null,
    });
  }

  /** Puts the item on the tape; the reject when it is no record. */
  #open(item: Buffer, origin: RowOrigin): Reject | null {
    const refuse = (reason: RejectReason, detail: string, utf8 = true): Reject => this.#refuseText(item, origin, { reason, detail, utf8 });
    if (item.length > ITEM_BYTES_MAX) return refuse('TOO_LARGE', `${item.length} bytes`, isUtf8(item));
    if (!isUtf8(item)) return refuse('NOT_JSON', 'not UTF-8', false);
    const fault = this.#read(item);
    if (fault !== null) return refuse(fault.reason, `at byte ${fault.at}`);
    if (this.#tape.kind[0] !== KIND.OBJECT) return refuse('NOT_AN_OBJECT', 'the item is another JSON value');
    return null;
  }

  /** Who and when the record on the tape is, or the element its paths are resolved for; or why it cannot be a row. */
  #recognise({ item, origin, nowMs }: Received, element: number, index: number): RowFacts | Refusal {
    const refuse = (reason: RejectReason, detail: string, more: Partial<RejectFacts> = {}): Refusal => ({
      reason,
      detail,
      // Two elements refused for one reason are two rejects, and not two items that are alike.
      rejectId: this.#identifier.rejectId(index > 0 ? `${reason}[${index}]` : reason, item),
      ...more,
    });
    const time = this.#time(origin);
    if (typeof time === 'string')
      return refuse(time === 'OUT_OF_RANGE' ? 'EVENT_TIME_OUT_OF_RANGE' : 'NO_EVENT_TIME', `event time: ${time}`);
    const objectId = this.#isState ? this.#identifier.objectId() : undefined;
    if (this.#isState && objectId === undefined) return refuse('NO_OBJECT_ID', 'it does not say what it is about');
    const identity = objectId === undefined ? this.#identifier.identify(index) : this.#identifier.identifyState(objectId, time);
    if (time.seconds < SECONDS_MIN || time.seconds > nowMs / 1_000 + FUTURE_SECONDS_MAX) {
      const detail = time.seconds < SECONDS_MIN ? 'event time before 2000' : 'event time more than a day ahead';
      return refuse('EVENT_TIME_OUT_OF_RANGE', detail, { eventKey: identity.eventKey, eventTime: this.#timeText(time) });
    }
    return { identity, time, objectId, element, index, redacted: null };
  }

  #row(facts: RowFacts, origin: RowOrigin): Row {
    const { keyHigh, keyLow } = facts.identity;
    return { kind: 'row', line: this.#line(facts, origin), eventTimeUs: toMicros(facts.time), keyHigh, keyLow };
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

  #line({ identity, time, objectId, element, index, redacted }: RowFacts, origin: RowOrigin): Buffer {
    const out = this.#out;
    out.restart();
    this.#notes.clear();
    if (identity.duplicates) this.#notes.add('raw', 'DUPLICATE_KEY');
    for (const path of redacted?.paths ?? []) this.#notes.add(`raw.${path}`, 'REDACTED');
    out.text('{');
    this.#projector.write(element);
    if (this.#each !== undefined && index >= 0) {
      out.all(this.#each.label);
      out.text(`${index},`);
    }
    if (objectId !== undefined) {
      out.text('"object_id":');
      out.jsonText(redacted === null ? objectId : this.#redactedObjectId(objectId));
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

  /** A pseudonym where a rule makes one; else a digest under the lake's key, since two objects cut or masked may look the same. */
  #redactedObjectId(objectId: string): string {
    const left = this.#identifier.objectId();
    if (left === objectId || left?.includes('pseudo:') === true) return left;
    return `redacted:${this.#identifier.rejectId('object_id', Buffer.from(objectId))}`;
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
