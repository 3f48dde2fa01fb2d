/**
 * The canonical bytes of a value: equal for texts that differ in white space, in the order of members or in how characters
 * are escaped, and for nothing else. Numbers count by their text (1.0 is not 1), duplicate members count in their order.
 * Every token carries its length, so no two sequences of tokens run together into the same bytes.
 *
 * Keys and content hashes are made of these bytes: a change here is a new version of every table.
 */
import type { Bytes } from './bytes';
import { KIND, MARK, type Tape } from './tape';
import { wtf8 } from './wtf8';

const TOKEN = { OBJECT: 0x7b, ARRAY: 0x5b, STRING: 0x22, NUMBER: 0x23, TRUE: 0x74, FALSE: 0x66, NULL: 0x6e } as const;

/** Above this many members, sorting by insertion would take longer than the general sort. */
const INSERTION_MAX = 24;

export class Canonicalizer {
  readonly #tape: Tape;
  readonly #out: Bytes;
  #members = new Int32Array(1024);
  #used = 0;
  /** Nodes that are left out, with their sub-trees. */
  #left: readonly number[] = [];
  /** Whether an object had two members of one name, in all that was written since `begin`. */
  duplicates = false;

  constructor(tape: Tape, out: Bytes) {
    this.#tape = tape;
    this.#out = out;
  }

  /** Starts a record; `left` are nodes to leave out, which must be members of objects. */
  begin(left: readonly number[]): void {
    this.#left = left;
    this.#used = 0;
    this.duplicates = false;
  }

  /** Writes the canonical bytes of a node. Recursion is bounded by the scanner's depth. */
  write(node: number): void {
    const tape = this.#tape;
    switch (tape.kind[node]) {
      case KIND.STRING:
        this.#string(node);
        return;
      case KIND.NUMBER:
        this.#token(TOKEN.NUMBER, tape.text, tape.start[node] as number, tape.end[node] as number);
        return;
      case KIND.OBJECT:
        this.#object(node);
        return;
      case KIND.ARRAY:
        this.#array(node);
        return;
      case KIND.TRUE:
        this.#out.byte(TOKEN.TRUE);
        return;
      case KIND.FALSE:
        this.#out.byte(TOKEN.FALSE);
        return;
      default:
        this.#out.byte(TOKEN.NULL);
    }
  }

  #token(token: number, source: Buffer, start: number, end: number): void {
    this.#out.token(token, source, start, end);
  }

  #string(node: number): void {
    const tape = this.#tape;
    if (((tape.mark[node] as number) & MARK.ESCAPED) === 0) {
      this.#token(TOKEN.STRING, tape.text, (tape.start[node] as number) + 1, (tape.end[node] as number) - 1);
      return;
    }
    const value = wtf8(tape.string(node));
    this.#token(TOKEN.STRING, value, 0, value.length);
  }

  #array(node: number): void {
    const tape = this.#tape;
    const last = tape.next[node] as number;
    let count = 0;
    for (let child = node + 1; child < last; child = tape.next[child] as number) count += 1;
    this.#out.byte(TOKEN.ARRAY);
    this.#out.uint32(count);
    for (let child = node + 1; child < last; child = tape.next[child] as number) this.write(child);
  }

  #object(node: number): void {
    const tape = this.#tape;
    const last = tape.next[node] as number;
    const from = this.#used;
    let to = from;
    for (let child = node + 1; child < last; child = tape.next[child] as number) {
      if (this.#left.length > 0 && this.#left.includes(child)) continue;
      if (to === this.#members.length) this.#grow();
      this.#members[to++] = child;
    }
    this.#used = to;
    this.#sort(from, to);
    this.#out.byte(TOKEN.OBJECT);
    this.#out.uint32(to - from);
    for (let place = from; place < to; place += 1) {
      const child = this.#members[place] as number;
      this.#token(TOKEN.STRING, tape.nameSource(child), tape.nameStart[child] as number, tape.nameEnd[child] as number);
      this.write(child);
    }
    this.#used = from;
  }

  /** Sorts by the bytes of the names; equal names keep their order, because nodes are numbered in the order of the text. */
  #sort(from: number, to: number): void {
    if (to - from > INSERTION_MAX) {
      this.#members.subarray(from, to).sort((a, b) => this.#compare(a, b) || a - b);
      for (let place = from + 1; place < to && !this.duplicates; place += 1) {
        this.duplicates = this.#compare(this.#members[place - 1] as number, this.#members[place] as number) === 0;
      }
      return;
    }
    const members = this.#members;
    for (let place = from + 1; place < to; place += 1) {
      const child = members[place] as number;
      let hole = place;
      while (hole > from) {
        const order = this.#compare(members[hole - 1] as number, child);
        if (order === 0) this.duplicates = true;
        if (order <= 0) break;
        members[hole] = members[hole - 1] as number;
        hole -= 1;
      }
      members[hole] = child;
    }
  }

  #compare(a: number, b: number): number {
    const tape = this.#tape;
    const prefixA = tape.namePrefix[a] as number;
    const prefixB = tape.namePrefix[b] as number;
    if (prefixA !== prefixB) return prefixA < prefixB ? -1 : 1;
    const sourceA = tape.nameSource(a);
    const sourceB = tape.nameSource(b);
    let atA = tape.nameStart[a] as number;
    let atB = tape.nameStart[b] as number;
    const endA = tape.nameEnd[a] as number;
    const endB = tape.nameEnd[b] as number;
    while (atA < endA && atB < endB) {
      const difference = (sourceA[atA++] as number) - (sourceB[atB++] as number);
      if (difference !== 0) return difference;
    }
    return endA - atA - (endB - atB);
  }

  #grow(): void {
    const grown = new Int32Array(this.#members.length * 2);
    grown.set(this.#members);
    this.#members = grown;
  }
}
