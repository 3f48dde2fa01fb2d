/**
 * The mapped columns of the envelope, compiled from a table's `envelope`. A column is written where the record says
 * something: NULL is not '', so empty text is no value here.
 */
import { MAPPED_COLUMNS } from '../../schemas/envelope';
import type { Column, EnvelopeSource, TableDefinition } from '../../schemas/table';
import type { Bytes } from './bytes';
import { RecordView, remembering, type Derivation, type Observable } from './derivation';
import { OBSERVABLE_DERIVATIONS } from './derivations';
import { mappedObservables, mappedValue } from './mapping';
import type { Notes } from './notes';
import type { Handle, PathSet } from './paths';
import { scalarWriter } from './scalar';
import { KIND, type Tape } from './tape';

/** More than this many observables of one record say nothing more; the rest can be found in raw. */
const OBSERVABLES_MAX = 64;
const COMMA = 0x2c;
const QUOTE = 0x22;

/** Writes `"name":value,`, or nothing. */
type WriteColumn = (view: RecordView) => void;

export class EnvelopeWriter {
  readonly #tape: Tape;
  readonly #paths: PathSet;
  readonly #view: RecordView;
  readonly #out: Bytes;
  readonly #notes: Notes;
  readonly #columns: readonly WriteColumn[];

  constructor(table: TableDefinition, tape: Tape, paths: PathSet, out: Bytes, notes: Notes) {
    this.#tape = tape;
    this.#paths = paths;
    this.#view = new RecordView(tape, paths);
    this.#out = out;
    this.#notes = notes;
    const unmapped = Object.keys(table.envelope).filter((name) => !MAPPED_COLUMNS.some((column) => column.name === name));
    if (unmapped.length > 0) throw new TypeError(`table ${table.name} maps envelope columns that do not exist: ${unmapped.join(', ')}`);
    this.#columns = MAPPED_COLUMNS.flatMap((column) => {
      const source = table.envelope[column.name];
      return source === undefined ? [] : [this.#compile(column, source)];
    });
  }

  /** Writes the mapped columns of the record whose paths are resolved, each followed by a comma. */
  write(): void {
    for (const column of this.#columns) column(this.#view);
  }

  #compile(column: Column, source: EnvelopeSource): WriteColumn {
    const label = Buffer.from(`"${column.name}":`);
    if ('constant' in source) {
      const whole = Buffer.from(`"${column.name}":${JSON.stringify(source.constant)},`);
      return () => this.#out.all(whole);
    }
    if ('observables' in source) return this.#observables(label, mappedObservables(source.observables));
    if (column.name === 'observables') return this.#observables(label, namedObservables(source));
    // Text and numbers that need no look are copied as they stand.
    if ('from' in source && source.as === undefined && source.map === undefined) {
      const paths = source.from.map((path) => this.#paths.declare(path));
      return column.type === 'INT64' ? this.#integer(column, label, paths) : this.#text(column, label, paths);
    }
    return this.#derived(column, label, mappedValue(source));
  }

  #derived(column: Column, label: Buffer, derivation: Derivation<string | number>): WriteColumn {
    const isText = column.type === 'STRING';
    const derive = derivation((...path) => this.#paths.declare(path));
    const out = this.#out;
    return (view) => {
      const value = derive(view);
      if (value === undefined || (!isText && !Number.isSafeInteger(Number(value)))) return;
      out.all(label);
      if (isText) out.jsonText(String(value));
      else out.text(String(value));
      out.byte(COMMA);
    };
  }

  /** The first path with text that is not empty, or with a number, whose text is taken. */
  #text(column: Column, label: Buffer, handles: readonly Handle[]): WriteColumn {
    const tape = this.#tape;
    const paths = this.#paths;
    const out = this.#out;
    const writeText = scalarWriter(column);
    return () => {
      for (const { id } of handles) {
        const node = paths.found[id] as number;
        if (tape.isNull(node)) continue;
        const length = (tape.end[node] as number) - (tape.start[node] as number);
        if (tape.kind[node] === KIND.STRING && length > 2) {
          out.all(label);
          const code = writeText(tape, node, out);
          if (code !== null) this.#notes.add(column.name, code);
        } else if (tape.kind[node] === KIND.NUMBER) {
          out.all(label);
          out.byte(QUOTE);
          out.copy(tape.text, tape.start[node] as number, tape.end[node] as number);
          out.byte(QUOTE);
        } else continue;
        out.byte(COMMA);
        return;
      }
    };
  }

  #integer(column: Column, label: Buffer, handles: readonly Handle[]): WriteColumn {
    const tape = this.#tape;
    const paths = this.#paths;
    const out = this.#out;
    const writeInteger = scalarWriter({ ...column, as: 'int64_text' });
    return () => {
      for (const { id } of handles) {
        const node = paths.found[id] as number;
        if (tape.isNull(node)) continue;
        const before = out.length;
        out.all(label);
        const code = writeInteger(tape, node, out);
        if (code === null) {
          out.byte(COMMA);
          return;
        }
        out.length = before;
        this.#notes.add(column.name, code);
      }
    };
  }

  #observables(label: Buffer, derivation: Derivation<readonly Observable[]>): WriteColumn {
    const derive = derivation((...path) => this.#paths.declare(path));
    const out = this.#out;
    return (view) => {
      const found: string[] = [];
      for (const { type, value } of derive(view) ?? []) {
        const json = jsonOf(type)(value);
        if (!found.includes(json)) found.push(json);
        if (found.length > OBSERVABLES_MAX) break;
      }
      if (found.length === 0) return;
      if (found.length > OBSERVABLES_MAX) {
        found.pop();
        this.#notes.add('observables', 'TRUNCATED');
      }
      out.all(label);
      out.text(`[${found.join(',')}],`);
    };
  }
}

function namedObservables(source: EnvelopeSource): Derivation<readonly Observable[]> {
  const derivation = 'derive' in source ? OBSERVABLE_DERIVATIONS[source.derive] : undefined;
  if (derivation === undefined) throw new TypeError(`there is no such source of observables: ${JSON.stringify(source)}`);
  return derivation;
}

/** Addresses and people come again and again. */
const jsonOf = remembering((type: string) =>
  remembering((value: string) => `{"type":"${type}","value":${JSON.stringify(value.toWellFormed())}}`),
);
