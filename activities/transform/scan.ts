/**
 * Reads JSON text (RFC 8259, strictly) into a tape, in one pass and without recursion. It accepts what JSON.parse accepts
 * of valid UTF-8, up to a depth; the caller has checked that the bytes are UTF-8. Two passes over the text, one to check and
 * one to take columns out, would cost more than the tape does.
 */
import { HASH_START, hashStep, type Names } from './names';
import { KIND, MARK, namePrefix, NODES_MAX, type Tape } from './tape';
import { wtf8 } from './wtf8';

/** The deepest nesting that is read; the deepest that BigQuery's JSON type holds is 500. */
export const DEPTH_MAX = 2_000;

export interface ScanFault {
  /** TOO_LARGE: more values than a tape takes. */
  readonly reason: 'NOT_JSON' | 'TOO_DEEP' | 'TOO_LARGE';
  /** Byte at which reading ended. */
  readonly at: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** Bytes that may stand in a string as they are. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0));
/** Bytes that may follow a backslash, `u` excepted. */
const SHORT_ESCAPE = Uint8Array.from({ length: 256 }, (_, byte) => ('"\\/bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0));
const LITERALS = new Map([
  [0x74, { kind: KIND.TRUE, text: Buffer.from('true') }],
  [0x66, { kind: KIND.FALSE, text: Buffer.from('false') }],
  [0x6e, { kind: KIND.NULL, text: Buffer.from('null') }],
]);

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;
/** A number text this short fits a double and, if an integer, INT64. */
const NARROW_CHARACTERS = 18;

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

export class Scanner {
  readonly #tape: Tape;
  readonly #names: Names;
  readonly #open = new Int32Array(DEPTH_MAX);
  #text: Buffer = Buffer.alloc(0);
  #at = 0;
  #stringMark = 0;
  #decoded: Buffer[] = [];
  #decodedLength = 0;

  constructor(tape: Tape, names: Names) {
    this.#tape = tape;
    this.#names = names;
  }

  /** Fills the tape with `text`; null when it is JSON. */
  scan(text: Buffer): ScanFault | null {
    this.#text = text;
    this.#at = 0;
    this.#decoded = [];
    this.#decodedLength = 0;
    this.#tape.reset(text);
    const reason = this.#document();
    if (this.#decodedLength > 0) this.#tape.decoded = Buffer.concat(this.#decoded);
    return reason === null ? null : { reason, at: this.#at };
  }

  #document(): ScanFault['reason'] | null {
    const tape = this.#tape;
    const text = this.#text;
    let depth = 0;
    let node = this.#value();
    for (;;) {
      if (node < 0) return 'NOT_JSON';
      if (node >= NODES_MAX) return 'TOO_LARGE';
      const kind = tape.kind[node] as number;
      if (kind <= KIND.ARRAY) {
        if (depth === DEPTH_MAX) return 'TOO_DEEP';
        this.#open[depth++] = node;
        if (depth > tape.depth) tape.depth = depth;
        this.#space();
        if (text[this.#at] !== (kind === KIND.OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY)) {
          node = kind === KIND.OBJECT ? this.#member() : this.#value();
          continue;
        }
      }
      // The value ends here, and with it as many containers as close behind it.
      for (;;) {
        this.#space();
        if (depth === 0) return this.#at === text.length ? null : 'NOT_JSON';
        const parent = this.#open[depth - 1] as number;
        const inObject = tape.kind[parent] === KIND.OBJECT;
        const byte = text[this.#at];
        if (byte === COMMA) {
          this.#at += 1;
          node = inObject ? this.#member() : this.#value();
          break;
        }
        if (byte !== (inObject ? CLOSE_OBJECT : CLOSE_ARRAY)) return 'NOT_JSON';
        this.#at += 1;
        tape.end[parent] = this.#at;
        tape.next[parent] = tape.count;
        depth -= 1;
      }
    }
  }

  #space(): void {
    const text = this.#text;
    let byte = text[this.#at];
    if (byte === undefined || byte > 0x20) return;
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      this.#tape.spaced = true;
      this.#at += 1;
      byte = text[this.#at];
    }
  }

  /** Reads a name, the colon and a value; -1 when they are not there. */
  #member(): number {
    this.#space();
    const text = this.#text;
    if (text[this.#at] !== QUOTE) return -1;
    let start = this.#at + 1;
    let end = start;
    let hash = HASH_START;
    for (let byte = text[end]; byte !== undefined && PLAIN[byte] === 1; byte = text[++end]) hash = hashStep(hash, byte);
    let mark = 0;
    if (text[end] !== QUOTE) {
      const close = this.#string(start);
      if (close < 0) return -1;
      this.#at = close + 1;
      const name = wtf8(JSON.parse(text.toString('utf8', start - 1, close + 1)) as string);
      start = this.#decodedLength;
      end = start + name.length;
      this.#decoded.push(name);
      this.#decodedLength = end;
      mark = MARK.NAME_DECODED;
      hash = name.reduce(hashStep, HASH_START);
    } else {
      this.#at = end + 1;
    }
    const source = mark === 0 ? text : (this.#decoded.at(-1) as Buffer);
    const from = mark === 0 ? start : 0;
    const to = from + end - start;
    const id = this.#names.find(source, from, to, hash);
    const prefix = namePrefix(source, from, to);
    this.#space();
    if (text[this.#at] !== COLON) return -1;
    this.#at += 1;
    const node = this.#value();
    if (node < 0) return -1;
    const tape = this.#tape;
    tape.nameId[node] = id;
    tape.nameStart[node] = start;
    tape.nameEnd[node] = end;
    tape.namePrefix[node] = prefix;
    if (mark !== 0) tape.mark[node] = (tape.mark[node] as number) | mark;
    return node;
  }

  /** Reads a scalar, or opens a container; returns its node, or -1. */
  #value(): number {
    this.#space();
    const tape = this.#tape;
    const start = this.#at;
    const byte = this.#text[start];
    if (byte === QUOTE) {
      const close = this.#string(start + 1);
      if (close < 0) return -1;
      this.#at = close + 1;
      return tape.add(KIND.STRING, start, close + 1, this.#stringMark);
    }
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      this.#at = start + 1;
      return tape.add(byte === OPEN_OBJECT ? KIND.OBJECT : KIND.ARRAY, start, start + 1, 0);
    }
    if (isDigit(byte) || byte === 0x2d) return this.#number(start);
    const literal = byte === undefined ? undefined : LITERALS.get(byte);
    if (literal === undefined) return -1;
    const end = start + literal.text.length;
    if (literal.text.compare(this.#text, start, Math.min(end, this.#text.length)) !== 0) return -1;
    this.#at = end;
    return tape.add(literal.kind, start, end, 0);
  }

  /** The place of the closing quote of the string whose content begins at `start`, or -1. Sets #stringMark. */
  #string(start: number): number {
    const text = this.#text;
    let mark = 0;
    for (let at = start; ;) {
      let byte = text[at];
      while (byte !== undefined && PLAIN[byte] === 1) byte = text[++at];
      if (byte === QUOTE) {
        this.#stringMark = mark;
        if ((mark & MARK.LONE_SURROGATE) !== 0) this.#tape.marks |= MARK.LONE_SURROGATE;
        return at;
      }
      this.#at = at;
      if (byte !== BACKSLASH) return -1;
      mark |= MARK.ESCAPED;
      const escape = text[at + 1];
      if (escape !== undefined && SHORT_ESCAPE[escape] === 1) {
        at += 2;
        continue;
      }
      const unit = this.#unicodeEscape(at);
      if (unit < 0) return -1;
      at += 6;
      if (unit < 0xd800 || unit > 0xdfff) continue;
      const low = unit < 0xdc00 ? this.#unicodeEscape(at) : -1;
      if (low >= 0xdc00 && low <= 0xdfff) at += 6;
      else mark |= MARK.LONE_SURROGATE;
    }
  }

  /** The code unit of the escape `\uXXXX` at `at`, or -1 when there is none. */
  #unicodeEscape(at: number): number {
    const text = this.#text;
    if (text[at] !== BACKSLASH || text[at + 1] !== 0x75) return -1;
    let unit = 0;
    for (let place = at + 2; place < at + 6; place += 1) {
      const byte = text[place] ?? 0;
      const lower = byte | 0x20;
      if (isDigit(byte)) unit = unit * 16 + byte - 0x30;
      else if (lower >= 0x61 && lower <= 0x66) unit = unit * 16 + lower - 0x57;
      else return -1;
    }
    return unit;
  }

  #number(start: number): number {
    const text = this.#text;
    let at = text[start] === 0x2d ? start + 1 : start;
    if (!isDigit(text[at])) return -1;
    // A leading zero stands alone: what follows it is no digit of this number.
    at = text[at] === 0x30 ? at + 1 : this.#digits(at);
    let mark: number = MARK.INTEGER;
    if (text[at] === 0x2e) {
      mark = 0;
      if (!isDigit(text[at + 1])) return -1;
      at = this.#digits(at + 1);
    }
    if (text[at] === 0x65 || text[at] === 0x45) {
      mark = 0;
      at += text[at + 1] === 0x2b || text[at + 1] === 0x2d ? 2 : 1;
      if (!isDigit(text[at])) return -1;
      at = this.#digits(at);
    }
    this.#at = at;
    if ((mark === 0 || at - start > NARROW_CHARACTERS) && isWide(text.toString('latin1', start, at), mark !== 0)) {
      mark |= MARK.WIDE;
      this.#tape.marks |= MARK.WIDE;
    }
    return this.#tape.add(KIND.NUMBER, start, at, mark);
  }

  #digits(from: number): number {
    let at = from;
    while (isDigit(this.#text[at])) at += 1;
    return at;
  }
}

function isWide(digits: string, integer: boolean): boolean {
  if (!integer) return !Number.isFinite(Number(digits));
  // Beyond this many characters the value is out of range whatever it is, and BigInt would take its time.
  if (digits.length > 20) return true;
  const value = BigInt(digits);
  return value < INT64_MIN || value > UINT64_MAX;
}
