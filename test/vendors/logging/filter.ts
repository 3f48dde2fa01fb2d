/**
 * The subset of the Logging query language that readers of audit logs need; everything else is refused, so that a query
 * cannot silently mean something else here than at Google.
 *
 *   conjunction := disjunction ( ["AND"] disjunction )*          (OR binds tighter than AND; a line break or blank is AND)
 *   disjunction := term ( "OR" term )*                            (only of restrictions on the log)
 *   term        := "(" conjunction ")" | comparison
 *   comparison  := "logName" "=" logs | "log_id" "(" string ")"
 *                | ("timestamp" | "receiveTimestamp") (">=" | ">" | "<=" | "<") string
 *   logs        := string | "(" string ( "OR" string )* ")"
 */
import { parseRfc3339Ns } from './time';

/** Nanoseconds since the epoch, half-open; null where the query sets no bound. */
export interface Bounds {
  readonly from: bigint | null;
  readonly to: bigint | null;
}

/** One restriction on the log. */
export type LogTest = { readonly logName: string } | { readonly logId: string };

export interface Filter {
  /** Every element must hold; an element holds when one of its tests does. */
  readonly logs: readonly (readonly LogTest[])[];
  readonly timestamp: Bounds;
  readonly receiveTimestamp: Bounds;
}

export type FilterResult = { readonly ok: true; readonly filter: Filter } | { readonly ok: false; readonly reason: string };

interface Token {
  readonly kind: 'string' | 'word' | 'symbol';
  readonly text: string;
}

const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|(>=|<=|!=|=~|!~|[=<>():])|([A-Za-z_][\w.@]*))/y;

function tokenize(text: string): Token[] | string {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) return `unexpected character at position ${String(at)}`;
    if (match[1] !== undefined) tokens.push({ kind: 'string', text: match[1].replace(/\\(.)/g, '$1') });
    else if (match[2] !== undefined) tokens.push({ kind: 'symbol', text: match[2] });
    else tokens.push({ kind: 'word', text: match[3] ?? '' });
  }
  return tokens;
}

/** What a part of the query restricts. */
interface Part {
  readonly logs: readonly (readonly LogTest[])[];
  readonly timestamp: Bounds;
  readonly receiveTimestamp: Bounds;
}

const FREE: Bounds = { from: null, to: null };
const EVERYTHING: Part = { logs: [], timestamp: FREE, receiveTimestamp: FREE };

const later = (a: bigint | null, b: bigint | null): bigint | null => (a === null ? b : b === null || a > b ? a : b);
const earlier = (a: bigint | null, b: bigint | null): bigint | null => (a === null ? b : b === null || a < b ? a : b);
const narrow = (a: Bounds, b: Bounds): Bounds => ({ from: later(a.from, b.from), to: earlier(a.to, b.to) });
const both = (a: Part, b: Part): Part => ({
  logs: [...a.logs, ...b.logs],
  timestamp: narrow(a.timestamp, b.timestamp),
  receiveTimestamp: narrow(a.receiveTimestamp, b.receiveTimestamp),
});

/** Thrown within this module only. */
class Refusal extends Error {}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Part {
    const part = this.#conjunction();
    if (this.#peek() !== undefined) throw new Refusal(`unexpected '${this.#peek()?.text ?? ''}'`);
    return part;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  #accept(kind: Token['kind'], text: string): boolean {
    const token = this.#peek();
    if (token?.kind !== kind || token.text !== text) return false;
    this.#next += 1;
    return true;
  }

  #take(kind: Token['kind'], what: string): string {
    const token = this.#peek();
    if (token?.kind !== kind) throw new Refusal(`expected ${what}${token === undefined ? ' at the end' : `, found '${token.text}'`}`);
    this.#next += 1;
    return token.text;
  }

  #expect(symbol: string): void {
    if (!this.#accept('symbol', symbol)) throw new Refusal(`expected '${symbol}'`);
  }

  #conjunction(): Part {
    let part = this.#disjunction();
    for (let token = this.#peek(); token !== undefined && token.text !== ')'; token = this.#peek()) {
      this.#accept('word', 'AND');
      part = both(part, this.#disjunction());
    }
    return part;
  }

  #disjunction(): Part {
    const first = this.#term();
    const parts = [first];
    while (this.#accept('word', 'OR')) parts.push(this.#term());
    if (parts.length === 1) return first;
    const tests = parts.flatMap((part) => {
      const [only, ...more] = part.logs;
      const timed = [part.timestamp, part.receiveTimestamp].some(({ from, to }) => from !== null || to !== null);
      if (only === undefined || more.length > 0 || timed) throw new Refusal('OR is supported between restrictions on logName only');
      return only;
    });
    return { ...EVERYTHING, logs: [tests] };
  }

  #term(): Part {
    if (this.#accept('symbol', '(')) {
      const part = this.#conjunction();
      this.#expect(')');
      return part;
    }
    return this.#comparison();
  }

  #comparison(): Part {
    const field = this.#take('word', 'a field');
    switch (field) {
      case 'logName':
        this.#expect('=');
        return { ...EVERYTHING, logs: [this.#logNames()] };
      case 'log_id':
      case 'LOG_ID': {
        this.#expect('(');
        const logId = this.#take('string', 'a quoted log id');
        this.#expect(')');
        return { ...EVERYTHING, logs: [[{ logId }]] };
      }
      case 'timestamp':
        return { ...EVERYTHING, timestamp: this.#bound() };
      case 'receiveTimestamp':
        return { ...EVERYTHING, receiveTimestamp: this.#bound() };
      default:
        throw new Refusal(`field or operator '${field}' is not supported`);
    }
  }

  #logNames(): LogTest[] {
    if (!this.#accept('symbol', '(')) return [{ logName: this.#take('string', 'a quoted log name') }];
    const tests = [{ logName: this.#take('string', 'a quoted log name') }];
    while (this.#accept('word', 'OR')) tests.push({ logName: this.#take('string', 'a quoted log name') });
    this.#expect(')');
    return tests;
  }

  #bound(): Bounds {
    const operator = this.#take('symbol', 'a comparison');
    const text = this.#take('string', 'a quoted timestamp');
    const ns = parseRfc3339Ns(text);
    if (ns === undefined) throw new Refusal(`'${text}' is not an RFC 3339 timestamp`);
    switch (operator) {
      case '>=':
        return { from: ns, to: null };
      case '>':
        return { from: ns + 1n, to: null };
      case '<':
        return { from: null, to: ns };
      case '<=':
        return { from: null, to: ns + 1n };
      default:
        throw new Refusal(`operator '${operator}' is not supported for timestamps`);
    }
  }
}

/** Reads a filter; an empty one restricts nothing. */
export function parseFilter(text: string): FilterResult {
  if (text.length > 20_000) return { ok: false, reason: 'the filter is longer than 20000 characters' };
  const tokens = tokenize(text);
  if (typeof tokens === 'string') return { ok: false, reason: tokens };
  if (tokens.length === 0) return { ok: true, filter: EVERYTHING };
  try {
    return { ok: true, filter: new Parser(tokens).parse() };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, reason: error.message };
    throw error;
  }
}
