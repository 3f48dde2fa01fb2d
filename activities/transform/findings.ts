/**
 * What a transform meets and people should know of: paths and types that no column asks for (drift), and what was redacted.
 * Counted by path and code, never with a value; bounded, because records choose their own member names.
 */

/** Different findings that are counted at once; further ones are not. */
const FINDINGS_MAX = 200;

export interface Finding {
  readonly kind: 'drift' | 'redaction';
  /** Names of members with dots between them; `*` for an element, and for a name that may itself be data. */
  readonly path: string;
  /** Drift: the JSON type met. Redaction: the rule or detector. */
  readonly code: string;
  readonly count: number;
  /** Drift: length of the longest text met, in bytes. */
  readonly lengthMax?: number;
  /** Drift: what kind of characters the texts were made of. */
  readonly characters?: string;
}

type Mutable = { -readonly [Name in keyof Finding]: Finding[Name] };

/** The same findings of two lists as one, counts added. */
export function mergeFindings(left: readonly Finding[], right: readonly Finding[]): readonly Finding[] {
  if (right.length === 0) return left;
  const merged = new Findings();
  for (const finding of [...left, ...right]) merged.add(finding);
  return merged.take();
}

export class Findings {
  #byKey = new Map<string, Mutable>();

  add(finding: Finding): void {
    const key = `${finding.kind} ${finding.code} ${finding.path}`;
    const known = this.#byKey.get(key);
    if (known === undefined) {
      if (this.#byKey.size < FINDINGS_MAX) this.#byKey.set(key, { ...finding });
      return;
    }
    known.count += finding.count;
    if (finding.lengthMax !== undefined) known.lengthMax = Math.max(known.lengthMax ?? 0, finding.lengthMax);
    if (finding.characters !== undefined && finding.characters !== known.characters) known.characters = 'mixed';
  }

  /** All findings so far, and none from here on. */
  take(): readonly Finding[] {
    if (this.#byKey.size === 0) return [];
    const found = [...this.#byKey.values()];
    this.#byKey = new Map();
    return found;
  }
}
