/**
 * Paths of a table definition, compiled to numbered names, and how values are found by them on a tape. Paths from the root
 * are found together, in one walk over the members that any of them needs.
 */
import { EACH, type Path, type Step } from '../../schemas/table';
import { UNKNOWN_NAME, type Names } from './names';
import { KIND, type Tape } from './tape';

/** A step into an array. */
type ArrayStep =
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'where'; readonly name: number; readonly is: string }
  | { readonly kind: 'each' };

/** A name number, or a step into an array. */
export type CompiledStep = number | ArrayStep;

/** Steps from the root of a record, or from a value inside it. */
export type CompiledPath = readonly CompiledStep[];

function compileStep(step: Step, names: Names): CompiledStep {
  if (typeof step === 'number') return { kind: 'number', number: step };
  if (typeof step !== 'string') return { kind: 'where', name: names.add(step.where), is: step.is };
  return step === EACH ? { kind: 'each' } : names.add(step);
}

export function compilePath(path: Path, names: Names): CompiledPath {
  return path.map((step) => compileStep(step, names));
}

/** The node at `path` below `node`, or -1. `element` is the element a row is for, which EACH stands for. */
export function findPath(tape: Tape, node: number, path: CompiledPath, element: number): number {
  let found = node;
  for (const step of path) {
    found = typeof step === 'number' ? tape.member(found, step) : findElement(tape, found, step, element);
    if (found < 0) return -1;
  }
  return found;
}

function findElement(tape: Tape, array: number, step: ArrayStep, element: number): number {
  if (array < 0 || tape.kind[array] !== KIND.ARRAY) return -1;
  const last = tape.next[array] as number;
  if (step.kind === 'each') return element > array && element < last ? element : -1;
  let number = 0;
  for (let child = array + 1; child < last; child = tape.next[child] as number) {
    if (step.kind === 'number' ? number === step.number : isText(tape, tape.member(child, step.name), step.is)) return child;
    number += 1;
  }
  return -1;
}

const isText = (tape: Tape, node: number, text: string): boolean =>
  node >= 0 && tape.kind[node] === KIND.STRING && tape.string(node) === text;

/**
 * Every node at `path` below `node`: EACH is every element of an array or every value of an object's members, and in the array
 * that holds the element a row is for, that element only.
 */
export function findAll(tape: Tape, node: number, path: CompiledPath, element: number): number[] {
  let found = [node];
  for (const step of path) found = found.flatMap((parent) => stepAll(tape, parent, step, element));
  return found;
}

function stepAll(tape: Tape, node: number, step: CompiledStep, element: number): number[] {
  if (typeof step === 'number' || step.kind !== 'each') {
    const found = typeof step === 'number' ? tape.member(node, step) : findElement(tape, node, step, element);
    return found < 0 ? [] : [found];
  }
  if ((tape.kind[node] as number) > KIND.ARRAY) return [];
  const last = tape.next[node] as number;
  if (element > node && element < last) return [element];
  const children: number[] = [];
  for (let child = node + 1; child < last; child = tape.next[child] as number) children.push(child);
  return children;
}

/** A path from the root: `id` finds it in the set it was declared in, `path` anywhere. */
export interface Handle {
  readonly id: number;
  readonly path: CompiledPath;
}

interface Branch {
  /** Where the node of this path is put. */
  readonly id: number;
  readonly members: Map<number, Branch>;
  readonly elements: { readonly step: ArrayStep; readonly branch: Branch }[];
}

/** The paths from the root that anything asks for. Declare all, then resolve per record. */
export class PathSet {
  readonly #names: Names;
  readonly #root: Branch = { id: 0, members: new Map(), elements: [] };
  #count = 1;
  /** Node of each declared path in the record resolved last, or -1. */
  found = new Int32Array(16);
  /** The element that EACH stood for, or -1. */
  element = -1;

  constructor(names: Names) {
    this.#names = names;
  }

  declare(path: Path): Handle {
    const compiled = compilePath(path, this.#names);
    const branch = compiled.reduce((parent, step) => this.#below(parent, step), this.#root);
    if (this.#count > this.found.length) this.found = new Int32Array(this.#count * 2);
    return { id: branch.id, path: compiled };
  }

  #below(parent: Branch, step: CompiledStep): Branch {
    const known = typeof step === 'number' ? parent.members.get(step) : parent.elements.find((one) => isSame(one.step, step))?.branch;
    if (known !== undefined) return known;
    const branch: Branch = { id: this.#count++, members: new Map(), elements: [] };
    if (typeof step === 'number') parent.members.set(step, branch);
    else parent.elements.push({ step, branch });
    return branch;
  }

  /** Finds every declared path in the record on the tape. Of duplicate members the first counts. */
  resolve(tape: Tape, element = -1): void {
    this.found.fill(-1);
    this.element = element;
    this.#walk(tape, 0, this.#root);
  }

  #walk(tape: Tape, node: number, branch: Branch): void {
    if (branch.elements.length > 0) this.#walkArray(tape, node, branch);
    if (tape.kind[node] !== KIND.OBJECT || branch.members.size === 0) return;
    const last = tape.next[node] as number;
    for (let child = node + 1; child < last; child = tape.next[child] as number) {
      const name = tape.nameId[child] as number;
      if (name === UNKNOWN_NAME) continue;
      const below = branch.members.get(name);
      if (below === undefined || this.found[below.id] !== -1) continue;
      this.found[below.id] = child;
      if (below.members.size > 0 || below.elements.length > 0) this.#walk(tape, child, below);
    }
  }

  #walkArray(tape: Tape, node: number, branch: Branch): void {
    for (const { step, branch: below } of branch.elements) {
      const found = findElement(tape, node, step, this.element);
      if (found < 0) continue;
      this.found[below.id] = found;
      this.#walk(tape, found, below);
    }
  }
}

function isSame(left: ArrayStep, right: ArrayStep): boolean {
  if (left.kind === 'number') return right.kind === 'number' && left.number === right.number;
  if (left.kind === 'where') return right.kind === 'where' && left.name === right.name && left.is === right.is;
  return right.kind === 'each';
}

/** Calls `visit` for every element of an array; does nothing for another value or none. */
export function eachElement(tape: Tape, array: number, visit: (element: number) => void): void {
  if (array < 0 || tape.kind[array] !== KIND.ARRAY) return;
  const last = tape.next[array] as number;
  for (let child = array + 1; child < last; child = tape.next[child] as number) visit(child);
}
