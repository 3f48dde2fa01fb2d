/**
 * One value of the tape as one value of a line. A function writes the value and returns null, or writes nothing and returns
 * the code of the note; it never throws. Strings are cut out of the text as they stand: they are JSON strings already.
 */
import { isUtf8 } from 'node:buffer';
import type { Column, Conversion } from '../../schemas/table';
import type { Bytes } from './bytes';
import type { NoteCode } from './notes';
import { KIND, MARK, type Tape } from './tape';
import { isTextTime, parseRfc3339, parseTime, writeTime, type Instant, type TimeFault } from './time';

/** `replaced` says that the value was written, but not as it was. */
export type Written = NoteCode | null;
export type WriteScalar = (tape: Tape, node: number, out: Bytes) => Written;

/** The deepest nesting BigQuery's JSON type holds. */
const JSON_DEPTH_MAX = 500;
const INTEGER = /^-?\d{1,20}$/;
/** An integer of this many characters is below 2^53, so every JSON reader keeps it. */
const SAFE_CHARACTERS = 15;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** Codes after which the column has a value all the same. */
export const KEEPS_VALUE: ReadonlySet<NoteCode> = new Set(['TEXT_REPLACED', 'JSON_LIMIT']);

const copyText: WriteScalar = (tape, node, out) => {
  if (tape.kind[node] !== KIND.STRING) return 'TYPE_MISMATCH';
  if (((tape.mark[node] as number) & MARK.LONE_SURROGATE) !== 0) {
    out.jsonText(tape.string(node));
    return 'TEXT_REPLACED';
  }
  out.copy(tape.text, tape.start[node] as number, tape.end[node] as number);
  return null;
};

const jsonText: WriteScalar = (tape, node, out) => {
  out.jsonTextOfJson(tape.text, tape.start[node] as number, tape.end[node] as number);
  return null;
};

/** Text of a number, or of a string where the conversion takes strings; null for anything else. */
function numberText(tape: Tape, node: number, fromString: boolean): string | null {
  if (tape.kind[node] === KIND.NUMBER) return tape.slice(node);
  return fromString && tape.kind[node] === KIND.STRING ? tape.string(node) : null;
}

const integer =
  (fromString: boolean): WriteScalar =>
  (tape, node, out) => {
    const text = numberText(tape, node, fromString);
    if (text === null || !INTEGER.test(text)) return text !== null && /^-?\d{21,}$/.test(text) ? 'OUT_OF_RANGE' : 'TYPE_MISMATCH';
    if (text.length <= SAFE_CHARACTERS) {
      out.text(String(Number(text) + 0));
      return null;
    }
    const value = BigInt(text);
    if (value < INT64_MIN || value > INT64_MAX) return 'OUT_OF_RANGE';
    // BigQuery takes INT64 beyond 2^53 as a string only.
    out.text(value > SAFE_MAX || value < -SAFE_MAX ? `"${value}"` : String(value));
    return null;
  };

const float: WriteScalar = (tape, node, out) => {
  if (tape.kind[node] !== KIND.NUMBER) return 'TYPE_MISMATCH';
  if (((tape.mark[node] as number) & MARK.WIDE) !== 0 && !Number.isFinite(Number(tape.slice(node)))) return 'OUT_OF_RANGE';
  out.copy(tape.text, tape.start[node] as number, tape.end[node] as number);
  return null;
};

/** Numbers and literals as their text, strings as they are. */
const anyText: WriteScalar = (tape, node, out) => {
  const kind = tape.kind[node] as number;
  if (kind === KIND.STRING) return copyText(tape, node, out);
  if (kind <= KIND.ARRAY) return 'TYPE_MISMATCH';
  out.text(`"${tape.slice(node)}"`);
  return null;
};

const word = (words: Readonly<Record<string, string>>): WriteScalar => {
  const known = new Map(Object.entries(words));
  return (tape, node, out) => {
    const kind = tape.kind[node] as number;
    if (kind <= KIND.ARRAY) return 'TYPE_MISMATCH';
    const value = known.get(kind === KIND.STRING ? tape.string(node) : tape.slice(node));
    if (value === undefined) return 'TYPE_MISMATCH';
    out.jsonText(value);
    return null;
  };
};

const bool =
  (fromString: boolean): WriteScalar =>
  (tape, node, out) => {
    const kind = tape.kind[node];
    const text = fromString && kind === KIND.STRING ? tape.string(node).toLowerCase() : null;
    if (kind === KIND.TRUE || text === 'true') out.text('true');
    else if (kind === KIND.FALSE || text === 'false') out.text('false');
    else return 'TYPE_MISMATCH';
    return null;
  };

const timestamp =
  (as: Conversion): WriteScalar =>
  (tape, node, out) => {
    const time = readTime(tape, node, as);
    if (typeof time === 'string') return time;
    out.byte(0x22);
    writeTime(out, time);
    out.byte(0x22);
    return null;
  };

/** The time a value stands for: text, or a number too where the conversion counts from the epoch. */
export function readTime(tape: Tape, node: number, as: Conversion): Instant | TimeFault {
  const textOnly = isTextTime(as);
  if (textOnly && typeof as === 'string' && tape.kind[node] === KIND.STRING && ((tape.mark[node] as number) & MARK.ESCAPED) === 0) {
    return parseRfc3339(tape.text, (tape.start[node] as number) + 1, (tape.end[node] as number) - 1, as);
  }
  const text = textOnly && tape.kind[node] === KIND.NUMBER ? null : numberText(tape, node, true);
  return text === null ? 'TYPE_MISMATCH' : parseTime(text, as);
}

/** A sub-tree for a JSON column; `{"_text": ...}` where BigQuery's JSON cannot hold it. */
export const writeJson: WriteScalar = (tape, node, out) => {
  const start = tape.start[node] as number;
  const end = tape.end[node] as number;
  if (fitsJson(tape, node)) {
    out.copy(tape.text, start, end);
    return null;
  }
  out.text('{"_text":');
  out.jsonTextOfJson(tape.text, start, end);
  out.byte(0x7d);
  return 'JSON_LIMIT';
};

function fitsJson(tape: Tape, node: number): boolean {
  if ((tape.kind[node] as number) > KIND.ARRAY || tape.depth > JSON_DEPTH_MAX) return false;
  if (tape.marks === 0) return true;
  const last = tape.next[node] as number;
  for (let child = node; child < last; child += 1) {
    const mark = tape.mark[child] as number;
    if ((mark & (MARK.WIDE | MARK.LONE_SURROGATE)) !== 0) return false;
    // The name of the sub-tree itself is not part of it.
    if ((mark & MARK.NAME_DECODED) === 0 || child === node) continue;
    if (!isUtf8(tape.decoded.subarray(tape.nameStart[child], tape.nameEnd[child]))) return false;
  }
  return true;
}

/** The function that writes values of a scalar column. */
export function scalarWriter(column: Column): WriteScalar {
  switch (column.type) {
    case 'STRING':
      if (typeof column.as === 'object' && 'enum' in column.as) return word(column.as.enum);
      if (column.as === 'text') return anyText;
      return column.as === 'json_text' ? jsonText : copyText;
    case 'INT64':
      return integer(column.as === 'int64_text');
    case 'FLOAT64':
      return float;
    case 'BOOL':
      return bool(column.as === 'bool_text');
    case 'TIMESTAMP':
      return timestamp(column.as ?? 'rfc3339');
    default:
      return writeJson;
  }
}
