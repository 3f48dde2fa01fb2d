/** One walk over a record on the tape: what rules and detectors take out of it, and what stands there instead. */
import { foldedName } from '../drift';
import type { Findings } from '../findings';
import { KIND, type Tape } from '../tape';
import type { Detector } from './detector';
import type { Prefilter } from './prefilter';
import { nameOf, redactedText, type PseudonymKey, type Rule } from './rules';
import { isSecretName, NAMED_SECRET } from './secret-names';
import { withoutSecrets } from './without-secrets';

/** Bytes from `start` to `end` that are replaced. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface WalkOptions {
  /** Absent: the record holds nothing detectors look for, and only rules are followed. */
  readonly isSuspicious: Prefilter | undefined;
  readonly detectors: readonly Detector[];
  readonly byName: boolean;
  readonly rules: readonly Rule[];
  readonly pseudonymKey: PseudonymKey | undefined;
}

/** Names below this depth are not reported one by one. */
const REPORTED_DEPTH_MAX = 8;
/** Places of one record that its row names. */
const PATHS_MAX = 8;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The replacements in the order of the text, none inside another. */
export function redactedWalk(
  tape: Tape,
  findings: Findings,
  options: WalkOptions,
): { splices: readonly Splice[]; paths: readonly string[] } {
  const walk = new Walk(tape, findings, options);
  walk.children(0, { rules: options.rules, depth: 0, member: -1, isSecret: false });
  return { splices: walk.splices, paths: [...walk.paths] };
}

/** How a value was come to. */
interface Way {
  /** Those whose first `depth` steps led here. */
  readonly rules: readonly Rule[];
  readonly depth: number;
  /** The member the value is, or the one whose array it is in; -1 at the root. */
  readonly member: number;
  /** Whether the name of that member says that it is a secret. */
  readonly isSecret: boolean;
}

class Walk {
  readonly splices: Splice[] = [];
  readonly paths = new Set<string>();
  readonly #tape: Tape;
  readonly #findings: Findings;
  readonly #options: WalkOptions;
  /** From below the root to the value looked at. */
  readonly #trail: number[] = [];

  constructor(tape: Tape, findings: Findings, options: WalkOptions) {
    this.#tape = tape;
    this.#findings = findings;
    this.#options = options;
  }

  children(node: number, way: Way): void {
    const tape = this.#tape;
    const isObject = tape.kind[node] === KIND.OBJECT;
    const last = tape.next[node] as number;
    const renamed = new Set<string>();
    for (let child = node + 1; child < last; child = tape.next[child] as number) {
      const rules = this.#rulesBelow(child, isObject, way);
      if (this.#options.isSuspicious === undefined && rules.length === 0) continue;
      this.#trail.push(child);
      const isNameLookedAt = isObject && this.#isNameSuspicious(child);
      if (isNameLookedAt) this.#name(child, renamed);
      const isSecret = isObject ? isNameLookedAt && this.#options.byName && isSecretName(this.#nameOf(child)) : way.isSecret;
      this.#value(child, { rules, depth: way.depth + 1, member: isObject ? child : way.member, isSecret });
      this.#trail.pop();
    }
  }

  #rulesBelow(child: number, isObject: boolean, { rules, depth }: Way): readonly Rule[] {
    if (rules.length === 0) return rules;
    const name = isObject ? this.#nameOf(child) : undefined;
    return rules.filter(({ path }) => path[depth] === '*' || (name !== undefined && path[depth] === name));
  }

  #value(node: number, way: Way): void {
    const kind = this.#tape.kind[node] as number;
    const rule = way.rules.find(({ path }) => path.length === way.depth);
    if (rule !== undefined) this.#apply(rule, node);
    else if (kind === KIND.OBJECT || kind === KIND.ARRAY) this.children(node, way);
    else if (kind === KIND.STRING && way.isSecret) this.#named(node);
    else if (kind === KIND.STRING && this.#isTextSuspicious(node)) this.#detect(node, way.member);
  }

  #apply({ method }: Rule, node: number): void {
    const tape = this.#tape;
    const kind = tape.kind[node] as number;
    if (kind === KIND.NULL) return;
    const isText = kind === KIND.STRING || kind === KIND.NUMBER;
    const text = kind === KIND.STRING ? tape.string(node).toWellFormed() : tape.slice(node);
    // A pseudonym is of the whole value, or two secrets would be one person; what is cut is looked at first.
    const source = method === 'pseudonym' || !isText ? text : withoutSecrets(text, this.#options.detectors, () => undefined);
    const replaced = isText ? redactedText(source, method, this.#options.pseudonymKey) : undefined;
    if (replaced === text) return;
    this.#report(nameOf(method));
    this.#replace(node, replaced);
  }

  #detect(node: number, member: number): void {
    const text = this.#tape.string(node);
    const name = member < 0 ? '' : this.#nameOf(member);
    const detectors = this.#options.detectors.filter(
      ({ identifies, pattern }) => identifies?.test(name) !== true || text.replace(pattern, '') !== '',
    );
    const redacted = withoutSecrets(text, detectors, (detector) => {
      this.#report(detector);
    });
    if (redacted !== text) this.#replace(node, redacted);
  }

  #named(node: number): void {
    const text = this.#tape.string(node);
    // What is hidden already need not be hidden again.
    if (text === '' || text.startsWith('[redacted:') || /^(?:[*x.•]+|\W*redacted\W*)$/i.test(text)) return;
    this.#report(NAMED_SECRET);
    this.#replace(node, `[redacted:${NAMED_SECRET}]`);
  }

  /** Secrets become names of members too, where a map is printed by its keys. `renamed` keeps two of them apart. */
  #name(node: number, renamed: Set<string>): void {
    const name = this.#nameOf(node);
    const redacted = withoutSecrets(name, this.#options.detectors, (detector) => {
      this.#report(detector);
    });
    if (redacted === name) return;
    let unique = redacted;
    for (let number = 2; renamed.has(unique); number += 1) unique = `${redacted} ${number}`;
    renamed.add(unique);
    const { text } = this.#tape;
    // Text without white space: the value follows its name, a quote and a colon.
    const end = (this.#tape.start[node] as number) - 1;
    let start = end - 2;
    while (text[start] !== QUOTE || this.#isEscaped(start)) start -= 1;
    this.splices.push({ start, end, text: JSON.stringify(unique.toWellFormed()) });
  }

  #isEscaped(at: number): boolean {
    let backslashes = 0;
    while (this.#tape.text[at - 1 - backslashes] === BACKSLASH) backslashes += 1;
    return backslashes % 2 === 1;
  }

  #replace(node: number, text: string | undefined): void {
    const { start, end } = this.#tape;
    this.splices.push({
      start: start[node] as number,
      end: end[node] as number,
      text: text === undefined ? 'null' : JSON.stringify(text.toWellFormed()),
    });
  }

  #nameOf(node: number): string {
    const tape = this.#tape;
    return tape.nameSource(node).toString('utf8', tape.nameStart[node], tape.nameEnd[node]);
  }

  /** Clues of names end with the quote behind them. */
  #isNameSuspicious(node: number): boolean {
    const tape = this.#tape;
    const { isSuspicious } = this.#options;
    if (isSuspicious === undefined) return false;
    const source = tape.nameSource(node);
    return source !== tape.text || isSuspicious(source, tape.nameStart[node] as number, (tape.nameEnd[node] as number) + 1);
  }

  #isTextSuspicious(node: number): boolean {
    const tape = this.#tape;
    const { isSuspicious } = this.#options;
    if (isSuspicious === undefined) return false;
    return tape.isEscaped(node) || isSuspicious(tape.text, tape.start[node] as number, tape.end[node] as number);
  }

  #report(code: string): void {
    const path = this.#trail
      .slice(0, REPORTED_DEPTH_MAX)
      .map((node) => this.#shownName(node))
      .join('.');
    if (this.paths.size < PATHS_MAX) this.paths.add(path);
    this.#findings.add({ kind: 'redaction', path, code, count: 1 });
  }

  /** The name as it may be shown; `*` for an element, and for a name that is data or holds a secret. */
  #shownName(node: number): string {
    // An element has no name, not even an empty one, which would have a place in the text.
    if (this.#tape.nameEnd[node] === 0) return '*';
    const name = this.#nameOf(node);
    const shown = foldedName(name);
    return shown === '*' || withoutSecrets(name, this.#options.detectors, () => undefined) !== name ? '*' : shown;
  }
}
