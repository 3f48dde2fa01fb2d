/**
 * Who an event is. `event_key` is an HMAC over the scope (tenant and origin system, never the source) and either the
 * documented parts (class A or B) or, where there are none or one is missing, the whole record without its volatile paths
 * (class C). `content_hash` tells whether two records of one key are the same.
 *
 * Everything here reads the record as it was received: redaction comes later and never changes a key.
 */
import type { TableDefinition } from '../../schemas/table';
import { Bytes } from './bytes';
import { Canonicalizer } from './canonical';
import { Hmac } from './hmac';
import { keyBits } from './key-bits';
import type { Handle, PathSet } from './paths';
import { KIND, type Tape } from './tape';
import type { Instant } from './time';

/** Characters of an HMAC that are kept, of 6 bits each: 192 bits. */
const KEPT_CHARACTERS = 32;

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

/** Texts with their lengths, as messages begin. */
function headOf(...texts: readonly string[]): Buffer {
  const head = new Bytes();
  for (const text of texts) writeText(head, text);
  return Buffer.from(head.view());
}

function writeText(message: Bytes, text: string): void {
  message.uint32(Buffer.byteLength(text));
  message.text(text);
}

export class Identifier {
  readonly #tape: Tape;
  readonly #hmac: Hmac;
  readonly #canonical: Canonicalizer;
  /** How the messages of keys, contents and rejects begin. */
  readonly #keyHeads: Readonly<Record<Identity['keyClass'], Buffer>>;
  readonly #contentHead = headOf(PURPOSE.content);
  readonly #rejectHead: Buffer;
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
    const scope = [tenant, table.origin];
    const keyHead = (keyClass: Identity['keyClass']): Buffer => headOf(PURPOSE.key, keyClass, ...scope);
    this.#keyHeads = { A: keyHead('A'), B: keyHead('B'), C: keyHead('C') };
    this.#rejectHead = headOf(PURPOSE.reject, ...scope);
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
    const left = this.#leftOut();
    const content = this.#content(left, element);
    // Rows of one record differ by their elements only: a record without them has no such key.
    const parts = this.#hasElements && element < 0 ? undefined : this.#parts();
    const keyClass = parts === undefined || this.#class === null ? 'C' : this.#class;
    this.#hmac.start(this.#keyHeads[keyClass]);
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
    const content = this.#content(this.#leftOut(), -1);
    this.#hmac.start(this.#keyHeads.A);
    writeText(this.#hmac.message, objectId);
    writeText(this.#hmac.message, `${seconds}.${micros}`);
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

  /** The nodes of the volatile paths. */
  #leftOut(): readonly number[] {
    const left: number[] = [];
    for (const { id } of this.#volatile) {
      const node = this.#paths.found[id] as number;
      if (node >= 0) left.push(node);
    }
    return left;
  }

  #content(left: readonly number[], element: number): Pick<Identity, 'contentHash' | 'duplicates'> {
    this.#hmac.start(this.#contentHead);
    this.#canonical.begin(left);
    this.#canonical.write(0);
    if (element >= 0) this.#hmac.message.uint32(element);
    const { duplicates } = this.#canonical;
    return { contentHash: this.#hmac.digest().slice(0, KEPT_CHARACTERS), duplicates };
  }

  #identity(keyClass: Identity['keyClass'], content: Pick<Identity, 'contentHash' | 'duplicates'>): Identity {
    const key = this.#hmac.digest();
    return {
      ...content,
      keyClass,
      eventKey: `${keyClass}.${key.slice(0, KEPT_CHARACTERS)}`,
      ...keyBits(key),
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
    this.#hmac.start(this.#rejectHead);
    writeText(this.#hmac.message, reason);
    this.#hmac.message.all(item);
    return this.#hmac.digest().slice(0, KEPT_CHARACTERS);
  }

  /** Empty text is a missing part: a vendor that fills in '' has no id to give. */
  #isPart(node: number): boolean {
    if (node < 0) return false;
    const kind = this.#tape.kind[node];
    if (kind === KIND.NUMBER) return true;
    return kind === KIND.STRING && (this.#tape.end[node] as number) - (this.#tape.start[node] as number) > 2;
  }
}
