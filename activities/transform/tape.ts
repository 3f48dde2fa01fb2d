/**
 * A parsed record as a tape: one node per value, in the order of the text, each with its place in the text, the node after
 * its sub-tree, and the name it has in its object. Nothing is decoded, so numbers keep their digits and columns can be cut
 * out of the text. A tape is reused: it describes one record at a time.
 */
import { UNKNOWN_NAME } from './names';

export const KIND = { OBJECT: 1, ARRAY: 2, STRING: 3, NUMBER: 4, TRUE: 5, FALSE: 6, NULL: 7 } as const;

/** What is worth knowing of a value without reading it again. */
export const MARK = {
  /** The string has escapes. */
  ESCAPED: 1,
  /** The string has a surrogate without its other half, which UTF-8 cannot hold. */
  LONE_SURROGATE: 2,
  /** A number that BigQuery's JSON type cannot hold: an integer outside INT64 and UINT64, or beyond a double. */
  WIDE: 4,
  /** A number without fraction and exponent. */
  INTEGER: 8,
  /** The name of the value is in `decoded`, not in the text. */
  NAME_DECODED: 16,
} as const;

/** A tape this long takes 31 MB. */
export const NODES_MAX = 1_048_576;

const NODES = 1_024;
/** A tape that one large record made longer than this is given back at the next one. */
const KEPT_NODES_MAX = 65_536;

export class Tape {
  text: Buffer = Buffer.alloc(0);
  /** Names that had escapes, decoded. */
  decoded: Buffer = Buffer.alloc(0);
  count = 0;
  depth = 0;
  /** Whether there is white space between tokens. */
  spaced = false;
  /** MARK.LONE_SURROGATE and MARK.WIDE, if any value or name of the record has them. */
  marks = 0;

  kind = new Uint8Array(NODES);
  mark = new Uint8Array(NODES);
  start = new Int32Array(NODES);
  end = new Int32Array(NODES);
  next = new Int32Array(NODES);
  nameId = new Int32Array(NODES);
  nameStart = new Int32Array(NODES);
  nameEnd = new Int32Array(NODES);
  /** The first four bytes of the name as a number that orders names as their bytes do; see `namePrefix`. */
  namePrefix = new Int32Array(NODES);

  reset(text: Buffer): void {
    this.text = text;
    this.count = 0;
    this.depth = 0;
    this.spaced = false;
    this.marks = 0;
    if (this.decoded.length > 0) this.decoded = Buffer.alloc(0);
    if (this.kind.length > KEPT_NODES_MAX) this.#resize(NODES);
  }

  /** Adds a node without a name; returns its number. */
  add(kind: number, start: number, end: number, mark: number): number {
    const node = this.count;
    if (node === this.kind.length) this.#resize(node * 2);
    this.kind[node] = kind;
    this.mark[node] = mark;
    this.start[node] = start;
    this.end[node] = end;
    this.next[node] = node + 1;
    this.nameId[node] = UNKNOWN_NAME;
    this.nameStart[node] = 0;
    this.nameEnd[node] = 0;
    this.namePrefix[node] = 0;
    this.count = node + 1;
    return node;
  }

  /** Name of a member as bytes, to be read between nameStart and nameEnd. */
  nameSource(node: number): Buffer {
    return ((this.mark[node] as number) & MARK.NAME_DECODED) === 0 ? this.text : this.decoded;
  }

  /** Whether a value is absent or null: both are NULL in a column. */
  isNull(node: number): boolean {
    return node < 0 || this.kind[node] === KIND.NULL;
  }

  /** The decoded value of a string node. */
  string(node: number): string {
    const start = this.start[node] as number;
    const end = this.end[node] as number;
    if (!this.isEscaped(node)) return this.text.toString('utf8', start + 1, end - 1);
    return JSON.parse(this.text.toString('utf8', start, end)) as string;
  }

  /** Whether a string is written with escapes. */
  isEscaped(node: number): boolean {
    return ((this.mark[node] as number) & MARK.ESCAPED) !== 0;
  }

  /** The text of any node. */
  slice(node: number): string {
    return this.text.toString('utf8', this.start[node], this.end[node]);
  }

  /** The first member of an object with the given name number, or -1. Of duplicates the first counts, as in BigQuery. */
  member(node: number, nameId: number): number {
    if (node < 0 || this.kind[node] !== KIND.OBJECT) return -1;
    const { next, nameId: names } = this;
    const last = next[node] as number;
    for (let child = node + 1; child < last; child = next[child] as number) if (names[child] === nameId) return child;
    return -1;
  }

  /** Keeps the nodes that fit. */
  #resize(size: number): void {
    const bytes = (from: Uint8Array): Uint8Array<ArrayBuffer> => {
      const to = new Uint8Array(size);
      to.set(from.subarray(0, size));
      return to;
    };
    const words = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(size);
      to.set(from.subarray(0, size));
      return to;
    };
    this.kind = bytes(this.kind);
    this.mark = bytes(this.mark);
    this.start = words(this.start);
    this.end = words(this.end);
    this.next = words(this.next);
    this.nameId = words(this.nameId);
    this.nameStart = words(this.nameStart);
    this.nameEnd = words(this.nameEnd);
    this.namePrefix = words(this.namePrefix);
  }
}

/** Up to four bytes of a name, padded with zeros, shifted so that signed comparison orders them as bytes. */
export function namePrefix(source: Buffer, start: number, end: number): number {
  let prefix = 0;
  for (let at = start; at < start + 4; at += 1) prefix = (prefix << 8) | (at < end ? (source[at] as number) : 0);
  return prefix ^ 0x8000_0000;
}
