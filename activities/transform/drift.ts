/**
 * What records hold and no column asks for: members nobody knew, and values of another type than their column. Counted by path
 * and type, never with a value. Records choose the names of their members, so a name that may itself be data is `*`.
 *
 * Members of the record and of RECORD columns are looked at; what is below a JSON or json_text column is free, and so is what
 * lies beside a value that a path of several steps leads to.
 */
import type { Findings } from './findings';
import { KIND, type Tape } from './tape';

/** An object with more unknown members than this has names that are data. */
const NAMES_MAX = 30;
/** Text that is looked at for the kind of its characters. */
const LOOKED_AT_BYTES = 256;

const TYPE: Readonly<Record<number, string>> = {
  [KIND.OBJECT]: 'object',
  [KIND.ARRAY]: 'array',
  [KIND.STRING]: 'string',
  [KIND.NUMBER]: 'number',
  [KIND.TRUE]: 'boolean',
  [KIND.FALSE]: 'boolean',
  [KIND.NULL]: 'null',
};

const NAME = /^[@A-Za-z_][\w.:@$/-]{0,63}$/;
/** Numbers, addresses, identifiers and hashes that became names. */
const DATA = /\d{5}|\d+\.\d+\.|@.+\.|[0-9a-fA-F]{8}-|^[0-9a-f]{16,}$|[A-Z0-9]{16,}|\d\w*[A-Z]\w*\d/;
/** A name a person gave is not that long without a break between its words. */
const WORD_CHARACTERS_MAX = 24;

/** A name that says what a member is; `*` for one that may be data. */
export function foldedName(name: string): string {
  const known =
    NAME.test(name) && !DATA.test(name) && name.split(/(?=[A-Z])|[_.:@$/-]/).every((word) => word.length <= WORD_CHARACTERS_MAX);
  return known ? name : '*';
}

const CHARACTERS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['digits', /^\d+$/],
  ['hex', /^[0-9a-fA-F]+$/],
  ['letters', /^[A-Za-z]+$/],
  ['word', /^[\w-]+$/],
  ['base64', /^[\w+/=-]+$/],
];

const charactersOf = (text: string): string => CHARACTERS.find(([, pattern]) => pattern.test(text))?.[0] ?? 'text';

export class Drift {
  readonly #tape: Tape;
  readonly #findings: Findings;

  constructor(tape: Tape, findings: Findings) {
    this.#tape = tape;
    this.#findings = findings;
  }

  /** A member of the record at `path` that nothing asks for; `number` counts those of its object. */
  unknownMember(path: string, node: number, number: number): void {
    const tape = this.#tape;
    const name = tape.nameSource(node).toString('utf8', tape.nameStart[node], tape.nameEnd[node]);
    const folded = number > NAMES_MAX ? '*' : foldedName(name);
    this.#add(path === '' ? folded : `${path}.${folded}`, node);
  }

  /** A value that the column at `path` cannot take. */
  otherType(path: string, node: number): void {
    this.#add(path, node);
  }

  #add(path: string, node: number): void {
    const tape = this.#tape;
    const kind = tape.kind[node] as number;
    const finding = { kind: 'drift', path, code: TYPE[kind] ?? 'null', count: 1 } as const;
    if (kind !== KIND.STRING) {
      this.#findings.add(finding);
      return;
    }
    const start = (tape.start[node] as number) + 1;
    const end = (tape.end[node] as number) - 1;
    const characters = charactersOf(tape.text.toString('latin1', start, Math.min(end, start + LOOKED_AT_BYTES)));
    this.#findings.add({ ...finding, lengthMax: end - start, characters });
  }
}
