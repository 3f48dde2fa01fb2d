/**
 * A growing byte buffer that lines and tokens are written into. One is kept per use and emptied between records, so that a
 * record costs no allocation. Copies of a few bytes are loops: a native call costs more than they do.
 */

const LOOP_MAX = 40;
const CAPACITY = 65_536;
/** A buffer that one large record made larger than this is given back at the next one. */
const KEPT_CAPACITY_MAX = 4 * 1_048_576;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export class Bytes {
  buffer: Buffer;
  length = 0;

  constructor() {
    this.buffer = Buffer.allocUnsafe(CAPACITY);
  }

  /** Starts over after the first `kept` bytes. */
  restart(kept = 0): void {
    this.length = kept;
    if (this.buffer.length <= KEPT_CAPACITY_MAX) return;
    const small = Buffer.allocUnsafe(CAPACITY);
    this.buffer.copy(small, 0, 0, kept);
    this.buffer = small;
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.length + count, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.length++] = value;
  }

  /** Four bytes, big endian. */
  uint32(value: number): void {
    this.reserve(4);
    const { buffer } = this;
    let at = this.length;
    buffer[at++] = value >>> 24;
    buffer[at++] = value >>> 16;
    buffer[at++] = value >>> 8;
    buffer[at++] = value;
    this.length = at;
  }

  /** A byte, the length of `[start, end)` in four bytes, and the bytes. */
  token(kind: number, source: Buffer, start: number, end: number): void {
    const size = end - start;
    this.reserve(size + 5);
    const { buffer } = this;
    let to = this.length;
    buffer[to++] = kind;
    buffer[to++] = size >>> 24;
    buffer[to++] = size >>> 16;
    buffer[to++] = size >>> 8;
    buffer[to++] = size;
    if (size > LOOP_MAX) to += source.copy(buffer, to, start, end);
    else for (let at = start; at < end; at += 1) buffer[to++] = source[at] as number;
    this.length = to;
  }

  /** The bytes `[start, end)` of `source`, as they are. */
  copy(source: Buffer, start: number, end: number): void {
    this.reserve(end - start);
    if (end - start > LOOP_MAX) {
      source.copy(this.buffer, this.length, start, end);
      this.length += end - start;
      return;
    }
    const { buffer } = this;
    let to = this.length;
    for (let at = start; at < end; at += 1) buffer[to++] = source[at] as number;
    this.length = to;
  }

  all(source: Buffer): void {
    this.copy(source, 0, source.length);
  }

  /** UTF-8 of a well-formed string. */
  text(value: string): void {
    this.reserve(value.length * 3);
    if (value.length > LOOP_MAX || !this.#plain(value, this.length)) this.length += this.buffer.write(value, this.length, 'utf8');
  }

  /** A whole number as exactly `width` digits. */
  digits(value: number, width: number): void {
    this.reserve(width);
    let rest = value;
    for (let at = this.length + width - 1; at >= this.length; at -= 1) {
      this.buffer[at] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    this.length += width;
  }

  /** A string as a JSON string. A lone surrogate, which UTF-8 cannot hold, becomes U+FFFD. */
  jsonText(value: string): void {
    this.reserve(value.length + 2);
    if (value.length <= LOOP_MAX && this.#plain(value, this.length + 1)) {
      this.buffer[this.length - value.length - 1] = QUOTE;
      this.byte(QUOTE);
    } else this.text(JSON.stringify(value.toWellFormed()));
  }

  /** Writes text to `from` on, and ends the content there, if it is of ASCII and has nothing that JSON escapes; else false, and nothing happened. */
  #plain(value: string, from: number): boolean {
    const { buffer } = this;
    let to = from;
    for (let at = 0; at < value.length; at += 1) {
      const code = value.charCodeAt(at);
      if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) return false;
      buffer[to++] = code;
    }
    this.length = to;
    return true;
  }

  /** JSON text `[start, end)` without white space between its tokens, as the content of a JSON string. */
  jsonTextOfJson(source: Buffer, start: number, end: number): void {
    this.reserve((end - start) * 2 + 2);
    const { buffer } = this;
    let to = this.length;
    buffer[to++] = QUOTE;
    for (let at = start; at < end; at += 1) {
      const value = source[at] as number;
      if (value === QUOTE || value === BACKSLASH) buffer[to++] = BACKSLASH;
      buffer[to++] = value;
    }
    buffer[to++] = QUOTE;
    this.length = to;
  }

  /** What was written, as bytes that the next write may change. */
  view(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  toString(): string {
    return this.buffer.toString('utf8', 0, this.length);
  }
}
