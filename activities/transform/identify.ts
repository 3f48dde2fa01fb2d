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
  readonly #parts: readonly Handle[];
  readonly #volatile: readonly Handle[];

  constructor(table: TableDefinition, tenant: string, identityKey: Buffer, tape: Tape, paths: PathSet) {
    this.#tape = tape;
    this.#hmac = new Hmac(identityKey);
    this.#canonical = new Canonicalizer(tape, this.#hmac.message);
    this.#scope = [tenant, table.origin];
    this.#class = table.key?.class ?? null;
    this.#paths = paths;
    this.#parts = (table.key?.parts ?? []).map((path) => paths.declare(path));
    this.#volatile = table.volatile.map((path) => paths.declare(path));
  }

  /** The identity of the record on the tape, whose paths are resolved. */
  identify(): Identity {
    const { found } = this.#paths;
    const left = this.#volatile.map(({ id }) => found[id] as number).filter((node) => node >= 0);
    this.#start(PURPOSE.content);
    this.#canonical.begin(left);
    this.#canonical.write(0);
    const { duplicates } = this.#canonical;
    const contentHash = this.#hmac.digest().toString('base64url', 0, KEPT_BYTES);

    const parts = this.#parts.map(({ id }) => found[id] as number);
    const keyClass = this.#class !== null && parts.every((node) => this.#isPart(node)) ? this.#class : 'C';
    this.#start(PURPOSE.key);
    for (const text of [keyClass, ...this.#scope]) this.#text(text);
    if (keyClass === 'C') {
      this.#canonical.begin(left);
      this.#canonical.write(0);
    } else {
      this.#canonical.begin([]);
      for (const node of parts) this.#canonical.write(node);
    }
    const key = this.#hmac.digest();
    return {
      keyClass,
      eventKey: `${keyClass}.${key.toString('base64url', 0, KEPT_BYTES)}`,
      contentHash,
      keyHigh: key.readUInt32BE(0),
      keyLow: key.readUInt32BE(4),
      duplicates,
    };
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
