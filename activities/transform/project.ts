/**
 * The projector: from the columns of a table, compiled once, to the members of a line. A value that does not fit its column
 * is left out (NULL) with a note; nothing throws. Members that would be empty records or arrays are left out too, because
 * BigQuery has no other way to say NULL of them.
 */
import { EACH, type Column, type Path, type Step } from '../../schemas/table';
import type { Bytes } from './bytes';
import type { Drift } from './drift';
import { UNKNOWN_NAME, type Names } from './names';
import type { Notes } from './notes';
import { compilePath, findPath, type CompiledPath } from './paths';
import { KEEPS_VALUE, scalarWriter, type WriteScalar } from './scalar';
import { KIND, type Tape } from './tape';

const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** Where a column may come from: the slot its first name fills, and what is below. */
interface Candidate {
  readonly slot: number;
  readonly rest: CompiledPath;
}

interface CompiledColumn {
  /** `"name":`, ready to be written. */
  readonly label: Buffer;
  readonly path: string;
  readonly candidates: readonly Candidate[];
  readonly repeated: boolean;
  readonly write: WriteScalar | null;
  readonly record: CompiledRecord | null;
}

/** A record's columns. Its members are met once and put into slots, so that a hundred columns cost no hundred searches. */
interface CompiledRecord {
  /** With dots between names; '' for the table. */
  readonly path: string;
  /** Slot of a name number; ASKED for one that no column but something else asks for; -1. */
  readonly slotOf: Int16Array;
  readonly slots: Int32Array;
  /** By slot: the columns whose value is the member itself and nothing else. */
  readonly direct: readonly (readonly CompiledColumn[])[];
  /** Columns that look in several places, or below a member. */
  readonly searched: readonly CompiledColumn[];
}

export class Projector {
  readonly #tape: Tape;
  readonly #out: Bytes;
  readonly #notes: Notes;
  readonly #drift: Drift;
  readonly #root: CompiledRecord;
  #element = -1;

  /** `asked` are the paths that anything but the columns asks for: their members are no drift. */
  constructor(columns: readonly Column[], asked: readonly Path[], tape: Tape, names: Names, out: Bytes, notes: Notes, drift: Drift) {
    this.#tape = tape;
    this.#out = out;
    this.#notes = notes;
    this.#drift = drift;
    this.#root = compileRecord(columns, asked, '', names);
  }

  /**
   * Writes the members of the line that `columns` ask for, without braces; each is followed by a comma. `element` is the element
   * the row is for, or -1.
   */
  write(element: number): void {
    this.#element = element;
    this.#members(this.#root, 0);
  }

  /** Writes the members of a record, each followed by a comma. */
  #members(record: CompiledRecord, node: number): void {
    const tape = this.#tape;
    const { slotOf, slots } = record;
    slots.fill(-1);
    const last = tape.next[node] as number;
    let unknown = 0;
    for (let child = node + 1; child < last; child = tape.next[child] as number) {
      const name = tape.nameId[child] as number;
      const slot = name === UNKNOWN_NAME || name >= slotOf.length ? -1 : (slotOf[name] as number);
      if (slot >= 0) {
        // Of duplicates the first counts.
        if (slots[slot] !== -1) continue;
        slots[slot] = child;
        if (!tape.isNull(child)) for (const column of record.direct[slot] ?? []) this.#column(column, child);
      } else if (slot !== ASKED) this.#drift.unknownMember(record.path, child, (unknown += 1));
    }
    for (const column of record.searched) {
      const value = this.#source(column, slots);
      if (value >= 0) this.#column(column, value);
    }
  }

  /** The first path that is present and not null; -1 when there is none. */
  #source(column: CompiledColumn, slots: Int32Array): number {
    for (const { slot, rest } of column.candidates) {
      const first = slots[slot] as number;
      if (first < 0) continue;
      const found = rest.length === 0 ? first : findPath(this.#tape, first, rest, this.#element);
      if (!this.#tape.isNull(found)) return found;
    }
    return -1;
  }

  #column(column: CompiledColumn, node: number): void {
    const out = this.#out;
    const before = out.length;
    out.all(column.label);
    if (column.repeated ? this.#array(column, node) : this.#value(column, node)) out.byte(COMMA);
    else out.length = before;
  }

  #array(column: CompiledColumn, node: number): boolean {
    const tape = this.#tape;
    const out = this.#out;
    if (tape.kind[node] !== KIND.ARRAY) return this.#misfit(column, node);
    const before = out.length;
    out.byte(OPEN_ARRAY);
    const last = tape.next[node] as number;
    for (let child = node + 1; child < last; child = tape.next[child] as number) {
      // An array of BigQuery holds no NULL.
      if (tape.isNull(child)) this.#misfit(column, child);
      else if (this.#value(column, child)) out.byte(COMMA);
    }
    return this.#close(before, CLOSE_ARRAY);
  }

  #value(column: CompiledColumn, node: number): boolean {
    if (column.record !== null) return this.#record(column, column.record, node);
    const code = (column.write as WriteScalar)(this.#tape, node, this.#out);
    if (code === null) return true;
    if (code === 'TYPE_MISMATCH') return this.#misfit(column, node);
    this.#notes.add(column.path, code);
    return KEEPS_VALUE.has(code);
  }

  #record(column: CompiledColumn, record: CompiledRecord, node: number): boolean {
    if (this.#tape.kind[node] !== KIND.OBJECT) return this.#misfit(column, node);
    const before = this.#out.length;
    this.#out.byte(OPEN_OBJECT);
    this.#members(record, node);
    return this.#close(before, CLOSE_OBJECT);
  }

  /** Turns the last comma into the closing bracket; takes everything back when nothing was written. */
  #close(before: number, bracket: number): boolean {
    const out = this.#out;
    if (out.length === before + 1) {
      out.length = before;
      return false;
    }
    out.buffer[out.length - 1] = bracket;
    return true;
  }

  #misfit(column: CompiledColumn, node: number): false {
    this.#notes.add(column.path, 'TYPE_MISMATCH');
    this.#drift.otherType(column.path, node);
    return false;
  }
}

/** Of a member that no column but something else asks for. */
const ASKED = -2;

/** What is left of the paths that begin with the step `name`. */
const below = (paths: readonly Path[], name: Step | undefined): Path[] =>
  paths.filter(([first, next]) => first === name && next !== undefined).map(([, ...rest]) => (rest[0] === EACH ? rest.slice(1) : rest));

function compileRecord(columns: readonly Column[], asked: readonly Path[], path: string, names: Names): CompiledRecord {
  const slotByName = new Map<number, number>();
  const candidate = (from: Path): Candidate => {
    const [first, ...rest] = compilePath(from, names);
    if (typeof first !== 'number') throw new TypeError(`a path of a column of ${path === '' ? 'the table' : path} begins without a name`);
    const slot = slotByName.get(first) ?? slotByName.size;
    slotByName.set(first, slot);
    return { slot, rest };
  };
  const compiled = columns.map((column): CompiledColumn => {
    const columnPath = path === '' ? column.name : `${path}.${column.name}`;
    const candidates = (column.from ?? [[column.name]]).map(candidate);
    return {
      label: Buffer.from(`${JSON.stringify(column.name)}:`),
      path: columnPath,
      candidates,
      repeated: column.mode === 'REPEATED',
      write: column.type === 'RECORD' ? null : scalarWriter(column),
      record:
        column.type === 'RECORD'
          ? compileRecord(column.fields ?? [], below(asked, (column.from ?? [[column.name]])[0]?.[0]), columnPath, names)
          : null,
    };
  });
  const askedNames = asked.map(([first]) => first).filter((first) => typeof first === 'string');
  const askedIds = askedNames.map((name) => names.add(name));
  const slotOf = new Int16Array(Math.max(0, ...slotByName.keys(), ...askedIds) + 1).fill(-1);
  for (const id of askedIds) slotOf[id] = ASKED;
  for (const [name, slot] of slotByName) slotOf[name] = slot;
  const isDirect = ({ candidates }: CompiledColumn): boolean => candidates.length === 1 && candidates[0]?.rest.length === 0;
  const direct = Array.from(slotByName, ([, slot]) => compiled.filter((one) => isDirect(one) && one.candidates[0]?.slot === slot));
  return { path, slotOf, slots: new Int32Array(slotByName.size), direct, searched: compiled.filter((one) => !isDirect(one)) };
}
