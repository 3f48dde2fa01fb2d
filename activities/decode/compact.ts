/**
 * Copies one JSON value out of a byte stream with the whitespace outside strings removed, and finds where it ends.
 *
 * Everything else is copied byte for byte: digits, escapes, key order, duplicate keys, invalid UTF-8. It checks what is
 * needed to find the boundary (brackets pair up, strings close) and nothing more: whether the value is JSON is for the
 * reader of the slice to say. All bytes that matter are below 0x80, so a UTF-8 sequence cut by a chunk border is no case
 * of its own. The state survives chunk borders at any byte.
 */

export const BYTE = {
  space: 0x20,
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openArray: 0x5b,
  backslash: 0x5c,
  closeArray: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const;

/** What a byte is outside strings. */
export const CLASS = { scalar: 0, white: 1, quote: 2, open: 3, close: 4, separator: 5 } as const;

export const CLASS_OF: Uint8Array = classTable();

function classTable(): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of [BYTE.space, 0x09, 0x0a, 0x0d]) table[byte] = CLASS.white;
  table[BYTE.quote] = CLASS.quote;
  table[BYTE.openArray] = table[BYTE.openObject] = CLASS.open;
  table[BYTE.closeArray] = table[BYTE.closeObject] = CLASS.close;
  table[BYTE.comma] = table[BYTE.colon] = CLASS.separator;
  return table;
}

/** Strings longer than this are searched by the runtime's vectorised search; shorter ones cost less byte by byte. */
const SEARCH_FROM = 48;
/** How far one search looks: unbounded, a text with many escapes and a far quote would be searched again and again. */
const SEARCH_BYTES = 1024;
/** Smallest buffer values are collected in. */
const ARENA_BYTES = 128 * 1024;

/** How a call of `compactValue` ended. */
export const END = { more: 0, done: 1, unbalanced: 2, deep: 3 } as const;
export type End = (typeof END)[keyof typeof END];

/** The value being copied, and the buffer it is copied to. */
export interface Compactor {
  out: Buffer;
  /** Where the value starts and how far it got, in `out`. */
  start: number;
  position: number;
  depth: number;
  /** Closing bracket expected at each depth. */
  readonly closers: Uint8Array;
  inString: boolean;
  escaped: boolean;
  /** Whitespace followed a scalar byte: if a scalar byte is next, it must not be glued to it. */
  gap: boolean;
  end: End;
}

export function createCompactor(depthMax: number): Compactor {
  return {
    out: Buffer.alloc(0),
    start: 0,
    position: 0,
    depth: 0,
    closers: new Uint8Array(depthMax + 1),
    inString: false,
    escaped: false,
    gap: false,
    end: END.more,
  };
}

/** Begins a value: its first byte is the next one given to `compactValue` and is neither whitespace, separator nor closing bracket. */
export function beginValue(state: Compactor): void {
  state.start = state.position;
  state.depth = 0;
  state.inString = false;
  state.escaped = false;
  state.gap = false;
  state.end = END.more;
}

/**
 * Makes room for `bytes` more. Slices handed out earlier stay valid: a buffer is only appended to, and a full one is left
 * to them. Only the unfinished value moves, into a buffer of twice its size, so that a value in many chunks stays linear.
 */
export function reserve(state: Compactor, bytes: number): void {
  if (state.out.length - state.position >= bytes) return;
  const carried = state.position - state.start;
  const out = Buffer.allocUnsafeSlow(Math.max(ARENA_BYTES, carried * 2 + bytes));
  state.out.copy(out, 0, state.start, state.position);
  state.out = out;
  state.start = 0;
  state.position = carried;
}

/**
 * Copies from `chunk[from]` until the value or the chunk ends; `state.end` says which. Returns the index of the first byte
 * that was not consumed. The caller has reserved the chunk's length plus one byte.
 *
 * A space is kept where whitespace separated two scalars: that is not JSON, and gluing them would make it JSON.
 */
export function compactValue(state: Compactor, chunk: Buffer, from: number): number {
  const { out, closers } = state;
  const length = chunk.length;
  let { position, depth, gap } = state;
  let index = from;
  if (state.inString) {
    index = copyString(state, chunk, index);
    position = state.position;
    if (isOpen(state)) return index;
    if (depth === 0) return finish(state, END.done, index);
  }
  while (index < length) {
    const byte = chunk[index] as number;
    const kind = CLASS_OF[byte];
    if (kind === CLASS.scalar) {
      if (gap) {
        out[position++] = BYTE.space;
        gap = false;
      }
      out[position++] = byte;
      index++;
      continue;
    }
    // At the root a scalar ends before whatever follows it.
    if (depth === 0 && position > state.start) return save(state, position, depth, gap, END.done, index);
    if (kind === CLASS.white) {
      gap = CLASS_OF[out[position - 1] as number] === CLASS.scalar;
      index++;
      while (index < length && CLASS_OF[chunk[index] as number] === CLASS.white) index++;
      continue;
    }
    gap = false;
    out[position++] = byte;
    index++;
    if (kind === CLASS.quote) {
      state.position = position;
      state.inString = true;
      index = copyString(state, chunk, index);
      position = state.position;
      if (isOpen(state)) break;
      if (depth === 0) return save(state, position, depth, gap, END.done, index);
    } else if (kind === CLASS.open) {
      if (++depth >= closers.length) return save(state, position, depth, gap, END.deep, index);
      closers[depth] = byte + 2;
    } else if (kind === CLASS.close) {
      if (closers[depth] !== byte) return save(state, position, depth, gap, END.unbalanced, index);
      if (--depth === 0) return save(state, position, depth, gap, END.done, index);
    }
  }
  return save(state, position, depth, gap, END.more, index);
}

function save(state: Compactor, position: number, depth: number, gap: boolean, end: End, index: number): number {
  state.position = position;
  state.depth = depth;
  state.gap = gap;
  return finish(state, end, index);
}

function finish(state: Compactor, end: End, index: number): number {
  state.end = end;
  return index;
}

/** A function, because the compiler takes a property for unchanged by the calls between two looks at it. */
function isOpen(state: Compactor): boolean {
  return state.inString;
}

/** Copies string content up to and including the closing quote, or to the end of the chunk. */
function copyString(state: Compactor, chunk: Buffer, from: number): number {
  const { out } = state;
  const length = chunk.length;
  let { position } = state;
  let index = from;
  if (state.escaped && index < length) {
    out[position++] = chunk[index++] as number;
    state.escaped = false;
  }
  let near = Math.min(length, index + SEARCH_FROM);
  while (index < length) {
    if (index === near) {
      index = copyFar(state, chunk, index, position);
      position = state.position;
      near = Math.min(length, index + SEARCH_FROM);
      continue;
    }
    const byte = chunk[index++] as number;
    out[position++] = byte;
    if (byte === BYTE.quote) {
      state.inString = false;
      break;
    }
    if (byte === BYTE.backslash) {
      if (index === length) state.escaped = true;
      else out[position++] = chunk[index++] as number;
      if (index > near) near = index;
    }
  }
  state.position = position;
  return index;
}

/** Copies in one go what certainly holds neither the closing quote nor an escape; the byte that stopped it is left to the caller. */
function copyFar(state: Compactor, chunk: Buffer, from: number, position: number): number {
  const window = chunk.subarray(from, from + SEARCH_BYTES);
  const quote = window.indexOf(BYTE.quote);
  const escape = window.indexOf(BYTE.backslash);
  const stop = Math.min(quote === -1 ? window.length : quote, escape === -1 ? window.length : escape);
  const end = from + stop;
  chunk.copy(state.out, position, from, end);
  state.position = position + end - from;
  return end;
}
