/**
 * Who an event is. `event_key` is an HMAC over the scope (tenant and origin system, never the source) and either the
 * documented parts (class A or B) or, where there are none or one is missing, the whole record without its volatile paths
 * (class C). `content_hash` tells whether two records of one key are the same.
 *
 * Everything here reads the record as it was received: redaction comes later and never changes a key.
 */
import type { TableDefinition } from '../../schemas/table';
import { Canonicalizer } from './canonical';
import { Hmac } from './hmac';
import type { Handle, PathSet } from './paths';
import { KIND, type Tape } from './tape';
import type { Instant } from './time';

/** Bytes of an HMAC that are kept: 192 bits, 32 characters of base64url. */
const KEPT_BYTES = 24;

/** What keeps a key from ever being equal to a hash of another purpose. */
const PURPOSE = { key: 'tidemark.event_key.1', content: 'tidemark.content_hash.1', reject: 'tidemark.reject_id.1' } as const;

export interface Identity {
  readonly keyClass: 'A' | 'B' | 'C';
  /** Class, dot, base64url. */
  readonly eventKey: string;
  readonly contentHash: string;
  /** The first 64 bits of the key's HMAC. */
  readonly keyHigh: number;
  readonly keyLow: number;
  /** Whether an object of the record has two members of one name. */
  readonly duplicates: boolean;
}

export class Identifier {
  readonly #tape: Tape;
  readonly #hmac: Hmac;
  readonly #canonical: Canonicalizer;
  readonly #scope: readonly string[];
  readonly #class: 'A' | 'B' | null;
  readonly #paths: PathSet;
  /** The sets of places where the parts may be, the first one first. */
  readonly #places: readonly (readonly Handle[])[];
  readonly #volatile: readonly Handle[];
  readonly #hasElements: boolean;
  /** Of a state table: per part of the object's name, where it may be. */
  readonly #object: readonly (readonly Handle[])[] | undefined;

  constructor(table: TableDefinition, tenant: string, identityKey: Buffer, tape: Tape, paths: PathSet) {
    this.#tape = tape;
    this.#hmac = new Hmac(identityKey);
    this.#canonical = new Canonicalizer(tape, this.#hmac.message);
    this.#scope = [tenant, table.origin];
    this.#class = table.key?.class ?? null;
    this.#paths = paths;
    const places = table.key === null ? [] : [table.key.parts, ...(table.key.alternatives ?? [])];
    this.#places = places.map((parts) => parts.map((path) => paths.declare(path)));
    this.#volatile = table.volatile.map((path) => paths.declare(path));
    this.#hasElements = table.each !== undefined;
    this.#object = table.object?.map((part) => part.map((path) => paths.declare(path)));
  }

  /** The identity of the record on the tape, whose paths are resolved; of the element with that number, unless it is -1. */
  identify(element: number): Identity {
    const { found } = this.#paths;
    const left = this.#volatile.map(({ id }) => found[id] as number).filter((node) => node >= 0);
    const content = this.#content(left, element);
    // Rows of one record differ by their elements only: a record without them has no such key.
    const parts = this.#hasElements && element < 0 ? undefined : this.#parts();
    const keyClass = parts === undefined || this.#class === null ? 'C' : this.#class;
    this.#start(PURPOSE.key);
    for (const text of [keyClass, ...this.#scope]) this.#text(text);
    if (parts === undefined) {
      this.#canonical.begin(left);
      this.#canonical.write(0);
    } else {
      this.#canonical.begin([]);
      for (const node of parts) this.#canonical.write(node);
    }
    if (element >= 0) this.#hmac.message.uint32(element);
    return this.#identity(keyClass, content);
  }

  /**
   * The identity of an observation: the object and the time. Two contents of one object at one time are a conflict, because a
   * state cannot be two things at once.
   */
  identifyState(objectId: string, { seconds, micros }: Instant): Identity {
    const { found } = this.#paths;
    const content = this.#content(
      this.#volatile.map(({ id }) => found[id] as number).filter((node) => node >= 0),
      -1,
    );
    this.#start(PURPOSE.key);
    for (const text of ['A', ...this.#scope, objectId, `${seconds}.${micros}`]) this.#text(text);
    return this.#identity('A', content);
  }

  /** The name of the object a record of a state table is about; undefined where a part is missing. */
  objectId(): string | undefined {
    const parts = this.#object?.map((places) => places.map(({ id }) => this.#paths.found[id] as number).find((node) => this.#isPart(node)));
    if (parts === undefined || parts.includes(undefined)) return undefined;
    const texts = parts.map((node) => this.#partText(node as number));
    return texts.length === 1 ? texts[0] : texts.map((text) => text.replaceAll(/[\\|]/g, '\\$&')).join('|');
  }

  #partText(node: number): string {
    return (this.#tape.kind[node] === KIND.STRING ? this.#tape.string(node) : this.#tape.slice(node)).toWellFormed();
  }

  #content(left: readonly number[], element: number): Pick<Identity, 'contentHash' | 'duplicates'> {
    this.#start(PURPOSE.content);
    this.#canonical.begin(left);
    this.#canonical.write(0);
    if (element >= 0) this.#hmac.message.uint32(element);
    const { duplicates } = this.#canonical;
    return { contentHash: this.#hmac.digest().toString('base64url', 0, KEPT_BYTES), duplicates };
  }

  #identity(keyClass: Identity['keyClass'], content: Pick<Identity, 'contentHash' | 'duplicates'>): Identity {
    const key = this.#hmac.digest();
    return {
      ...content,
      keyClass,
      eventKey: `${keyClass}.${key.toString('base64url', 0, KEPT_BYTES)}`,
      keyHigh: key.readUInt32BE(0),
      keyLow: key.readUInt32BE(4),
    };
  }

  /** The nodes of the first complete set of parts. */
  #parts(): readonly number[] | undefined {
    for (const places of this.#places) {
      const parts = places.map(({ id }) => this.#paths.found[id] as number);
      if (parts.every((node) => this.#isPart(node))) return parts;
    }
    return undefined;
  }

  /** An id that the same item, refused for the same reason, has every time. */
  rejectId(reason: string, item: Buffer): string {
    this.#start(PURPOSE.reject);
    for (const text of [...this.#scope, reason]) this.#text(text);
    this.#hmac.message.all(item);
    return this.#hmac.digest().toString('base64url', 0, KEPT_BYTES);
  }

  #start(purpose: string): void {
    this.#hmac.start();
    this.#text(purpose);
  }

  #text(text: string): void {
    const { message } = this.#hmac;
    message.uint32(Buffer.byteLength(text));
    message.text(text);
  }

  /** Empty text is a missing part: a vendor that fills in '' has no id to give. */
  #isPart(node: number): boolean {
    if (node < 0) return false;
    const kind = this.#tape.kind[node];
    if (kind === KIND.NUMBER) return true;
    return kind === KIND.STRING && (this.#tape.end[node] as number) - (this.#tape.start[node] as number) > 2;
  }
}
