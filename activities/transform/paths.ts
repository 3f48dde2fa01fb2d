/**
 * Paths of a table definition, compiled to numbered names, and how values are found by them on a tape. Paths from the root
 * are found together, in one walk over the members that any of them needs.
 */
import type { Path } from '../../schemas/table';
import { UNKNOWN_NAME, type Names } from './names';
import { KIND, type Tape } from './tape';

/** Name numbers from the root of a record. */
export type CompiledPath = readonly number[];

export function compilePath(path: Path, names: Names): CompiledPath {
  return path.map((name) => names.add(name));
}

/** The node at `path` below `node`, or -1. */
export function findPath(tape: Tape, node: number, path: CompiledPath): number {
  let found = node;
  for (const name of path) {
    found = tape.member(found, name);
    if (found < 0) return -1;
  }
  return found;
}

/** A path from the root: `id` finds it in the set it was declared in, `path` anywhere. */
export interface Handle {
  readonly id: number;
  readonly path: CompiledPath;
}

interface Branch {
  /** Where the node of this path is put. */
  readonly id: number;
  readonly children: Map<number, Branch>;
}

/** The paths from the root that anything asks for. Declare all, then resolve per record. */
export class PathSet {
  readonly #names: Names;
  readonly #root: Branch = { id: 0, children: new Map() };
  #count = 1;
  /** Node of each declared path in the record resolved last, or -1. */
  found = new Int32Array(16);

  constructor(names: Names) {
    this.#names = names;
  }

  declare(path: Path): Handle {
    const compiled = compilePath(path, this.#names);
    let branch = this.#root;
    for (const name of compiled) {
      let child = branch.children.get(name);
      if (child === undefined) {
        child = { id: this.#count++, children: new Map() };
        branch.children.set(name, child);
      }
      branch = child;
    }
    if (this.#count > this.found.length) this.found = new Int32Array(this.#count * 2);
    return { id: branch.id, path: compiled };
  }

  /** Finds every declared path in the record on the tape. Of duplicate members the first counts. */
  resolve(tape: Tape): void {
    this.found.fill(-1);
    this.#walk(tape, 0, this.#root);
  }

  #walk(tape: Tape, node: number, branch: Branch): void {
    if (tape.kind[node] !== KIND.OBJECT) return;
    const last = tape.next[node] as number;
    for (let child = node + 1; child < last; child = tape.next[child] as number) {
      const name = tape.nameId[child] as number;
      if (name === UNKNOWN_NAME) continue;
      const below = branch.children.get(name);
      if (below === undefined || this.found[below.id] !== -1) continue;
      this.found[below.id] = child;
      if (below.children.size > 0) this.#walk(tape, child, below);
    }
  }
}

/** Calls `visit` for every element of an array; does nothing for another value or none. */
export function eachElement(tape: Tape, array: number, visit: (element: number) => void): void {
  if (array < 0 || tape.kind[array] !== KIND.ARRAY) return;
  const last = tape.next[array] as number;
  for (let child = array + 1; child < last; child = tape.next[child] as number) visit(child);
}
