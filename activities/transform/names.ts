/**
 * Member names a table asks for, as small numbers. The scanner numbers each name once while it reads it; from then on
 * finding a member compares numbers. The table is fixed when it is made: names of records never enter it.
 */

export const UNKNOWN_NAME = -1;

const OFFSET = 0x811c9dc5 | 0;
const PRIME = 0x01000193;

/** Where every hash starts. */
export const HASH_START = OFFSET;

/** FNV-1a, one byte further. */
export function hashStep(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, PRIME);
}

export class Names {
  readonly #ids = new Map<string, number>();
  readonly #bytes: Buffer[] = [];
  readonly #hashes: number[] = [];
  #buckets = new Int32Array(64);

  get size(): number {
    return this.#bytes.length;
  }

  /** The number of a name the table asks for; it gets one when it has none. */
  add(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const bytes = Buffer.from(name, 'utf8');
    const id = this.#bytes.length;
    this.#ids.set(name, id);
    this.#bytes.push(bytes);
    this.#hashes.push(bytes.reduce(hashStep, OFFSET));
    if (this.#bytes.length * 4 > this.#buckets.length) this.#grow();
    else this.#place(id);
    return id;
  }

  /** The number of the name in `source[start, end)`, whose hash is known; UNKNOWN_NAME when the table does not ask for it. */
  find(source: Buffer, start: number, end: number, hash: number): number {
    const mask = this.#buckets.length - 1;
    for (let bucket = hash & mask; ; bucket = (bucket + 1) & mask) {
      const id = (this.#buckets[bucket] as number) - 1;
      if (id < 0) return UNKNOWN_NAME;
      if (this.#hashes[id] === hash && equal(this.#bytes[id] as Buffer, source, start, end)) return id;
    }
  }

  #place(id: number): void {
    const mask = this.#buckets.length - 1;
    let bucket = (this.#hashes[id] as number) & mask;
    while (this.#buckets[bucket] !== 0) bucket = (bucket + 1) & mask;
    this.#buckets[bucket] = id + 1;
  }

  #grow(): void {
    this.#buckets = new Int32Array(this.#buckets.length * 2);
    for (let id = 0; id < this.#bytes.length; id += 1) this.#place(id);
  }
}

function equal(name: Buffer, source: Buffer, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let at = 0; at < name.length; at += 1) if (name[at] !== source[start + at]) return false;
  return true;
}
