/**
 * Derivations: what a table cannot say by a path alone. A derivation is named in the table's `envelope` and reads the record
 * through a `RecordView`; it returns undefined where the record says nothing, because nothing is ever invented.
 */
import type { ObservableType, Path } from '../../schemas/table';
import { eachElement, findAll, findPath, type Handle, type PathSet } from './paths';
import { KIND, type Tape } from './tape';

/** What an indicator can be matched against. */
export interface Observable {
  readonly type: ObservableType;
  readonly value: string;
}

/** Made once per table: declares its paths, then answers for record after record. */
export type Derivation<Value> = (declare: (...path: Path) => Handle) => (record: RecordView) => Value | undefined;

/** A record as a derivation sees it. Reading never throws; a value of another type is undefined. */
export class RecordView {
  readonly #tape: Tape;
  readonly #paths: PathSet;
  readonly #node: number;

  /** The root of the record that `paths` was resolved for last, or a value inside it. */
  constructor(tape: Tape, paths: PathSet, node = 0) {
    this.#tape = tape;
    this.#paths = paths;
    this.#node = node;
  }

  /** Text at the first path that holds one and is not empty. */
  text(...handles: readonly Handle[]): string | undefined {
    for (const handle of handles) {
      const found = this.#find(handle);
      if (found < 0 || this.#tape.kind[found] !== KIND.STRING) continue;
      const value = this.#tape.string(found);
      if (value !== '') return value;
    }
    return undefined;
  }

  /** A number, or text that is a whole number. */
  number(handle: Handle): number | undefined {
    if (this.#kind(handle) === KIND.NUMBER) return Number(this.#tape.slice(this.#find(handle)));
    const text = this.text(handle);
    return text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
  }

  /** The text of a string that is not empty, of a number, or of true and false. */
  scalar(handle: Handle): string | undefined {
    return this.#scalar(this.#find(handle));
  }

  /** As `scalar`, of every value at the path. */
  scalars(handle: Handle): string[] {
    const nodes = findAll(this.#tape, this.#node, handle.path, this.#paths.element);
    return nodes.map((node) => this.#scalar(node)).filter((text) => text !== undefined);
  }

  /** Whether there is a value that is not null. */
  has(handle: Handle): boolean {
    return !this.#tape.isNull(this.#find(handle));
  }

  flag(handle: Handle): boolean | undefined {
    const kind = this.#kind(handle);
    return kind === KIND.TRUE ? true : kind === KIND.FALSE ? false : undefined;
  }

  isObject(handle: Handle): boolean {
    return this.#kind(handle) === KIND.OBJECT;
  }

  /** Views of the elements of an array; none when it is not one. */
  elements(handle: Handle): readonly RecordView[] {
    const views: RecordView[] = [];
    eachElement(this.#tape, this.#find(handle), (element) => views.push(new RecordView(this.#tape, this.#paths, element)));
    return views;
  }

  #scalar(node: number): string | undefined {
    const kind = node < 0 ? KIND.NULL : (this.#tape.kind[node] as number);
    if (kind <= KIND.ARRAY || kind === KIND.NULL) return undefined;
    const text = kind === KIND.STRING ? this.#tape.string(node) : this.#tape.slice(node);
    return text === '' ? undefined : text;
  }

  #find(handle: Handle): number {
    return this.#node === 0 ? (this.#paths.found[handle.id] as number) : findPath(this.#tape, this.#node, handle.path, this.#paths.element);
  }

  #kind(handle: Handle): number {
    const found = this.#find(handle);
    return found < 0 ? KIND.NULL : (this.#tape.kind[found] as number);
  }
}

const MEMORY_MAX = 4_096;
/** Longer texts are not kept: they seldom come again, and records choose how long they are. */
const REMEMBERED_CHARACTERS_MAX = 512;

/** A pure function of text that remembers its answers: logs name the same methods, people and addresses again and again. */
export function remembering<Value>(derive: (text: string) => Value): (text: string) => Value {
  const answers = new Map<string, Value>();
  return (text) => {
    if (text.length > REMEMBERED_CHARACTERS_MAX) return derive(text);
    const known = answers.get(text);
    if (known !== undefined) return known;
    const answer = derive(text);
    if (answers.size >= MEMORY_MAX) answers.clear();
    answers.set(text, answer);
    return answer;
  };
}
