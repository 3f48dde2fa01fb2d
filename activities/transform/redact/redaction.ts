/**
 * Redaction of one table's records, between identity and projection: keys are made of the record as it came, everything that
 * is written is made of the redacted text. A record with nothing to redact pays for one pass over its bytes.
 */
import type { Findings } from '../findings';
import type { Tape } from '../tape';
import { ESCAPED_SLASHES, type Clue } from './detector';
import { DETECTORS } from './detectors';
import { createPrefilter } from './prefilter';
import type { PseudonymKey, Rule } from './rules';
import { NAMED_SECRET, SECRET_NAME_CLUES } from './secret-names';
import { redactedWalk, type Splice } from './walk';
import { withoutSecrets } from './without-secrets';

export interface RedactionOptions {
  /** All, none, or all but those named. */
  readonly detectors: 'all' | 'none' | { readonly off: readonly string[] };
  readonly rules: readonly Rule[];
  readonly pseudonymKey?: PseudonymKey | undefined;
}

export interface Redacted {
  /** The text of the record as it may be kept. */
  readonly text: Buffer;
  /** Where something was taken out, folded; not all where there are many. */
  readonly paths: readonly string[];
}

export interface Redaction {
  /** Whether texts that are no records must be withheld: no path leads anywhere in them. */
  readonly hasRules: boolean;
  /** The record on the tape without what is to be redacted; null when there is nothing. Its white space is gone already. */
  redact(tape: Tape, findings: Findings): Redacted | null;
  /** The same for text that is no record; only detectors look at it. */
  redactText(text: string, findings: Findings): string | null;
}

/** Escapes that may hide a clue from a look at bytes. */
const ESCAPES: readonly Clue[] = [{ text: '\\u00' }, ...ESCAPED_SLASHES];

/** Keeps nothing of a record, so one may serve several transforms. Throws CONFIG_INVALID for pseudonyms without a key. */
export function createRedaction({ detectors, rules, pseudonymKey }: RedactionOptions): Redaction {
  const off = typeof detectors === 'object' ? detectors.off : [];
  const active = detectors === 'none' ? [] : DETECTORS.filter(({ name }) => !off.includes(name));
  const byName = detectors !== 'none' && !off.includes(NAMED_SECRET);
  const clues = active.flatMap((detector) => (detector.clues === 'digits' ? [] : detector.clues));
  const digits = active.some((detector) => detector.clues === 'digits');
  const looks = active.length > 0 || byName;
  const isSuspicious = createPrefilter(looks ? [...clues, ...(byName ? SECRET_NAME_CLUES : []), ...ESCAPES] : [], digits);

  return {
    hasRules: rules.length > 0,
    redact(tape, findings) {
      const suspect = looks && isSuspicious(tape.text, 0, tape.text.length);
      if (!suspect && rules.length === 0) return null;
      const { splices, paths } = redactedWalk(tape, findings, {
        isSuspicious: suspect ? isSuspicious : undefined,
        detectors: active,
        byName,
        rules,
        pseudonymKey,
      });
      return splices.length === 0 ? null : { text: spliced(tape.text, splices), paths };
    },
    redactText(text, findings) {
      const redacted = withoutSecrets(text, active, (name) => {
        findings.add({ kind: 'redaction', path: '', code: name, count: 1 });
      });
      return redacted === text ? null : redacted;
    },
  };
}

/** What redacts nothing. */
export const NO_REDACTION: Redaction = createRedaction({ detectors: 'none', rules: [] });

/** Pieces in the order of the text; none is inside another. */
function spliced(text: Buffer, splices: readonly Splice[]): Buffer {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { start, end, text: replacement } of splices) {
    pieces.push(text.subarray(at, start), Buffer.from(replacement));
    at = end;
  }
  pieces.push(text.subarray(at));
  return Buffer.concat(pieces);
}
