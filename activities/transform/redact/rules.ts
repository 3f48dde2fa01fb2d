/** Rules of the configuration: which values of a table's records are redacted whatever they are, and how. */
import { createHmac } from 'node:crypto';
import { TidemarkError } from '../../errors';

/** `drop`: the value becomes null. `truncate` keeps the first characters of a text, `mask` the last. */
export type Method = 'drop' | 'pseudonym' | { readonly truncate: number } | { readonly mask: number };

export interface Rule {
  /** Names of members from the root of the record; `*` is every element of an array and every member of an object. */
  readonly path: readonly string[];
  readonly method: Method;
}

/** What pseudonyms are made with. */
export interface PseudonymKey {
  /** Stands in every pseudonym, so that those of an older key can be told. */
  readonly id: string;
  readonly key: Buffer;
}

/** 132 bits: no two values of a lake meet. */
const PSEUDONYM_CHARACTERS = 22;

export const nameOf = (method: Method): string => (typeof method === 'string' ? method : (Object.keys(method)[0] ?? 'drop'));

/** Equal texts have equal pseudonyms in every table and column, so they can be joined; without the key none can be made or tested. */
export function pseudonym(text: string, { id, key }: PseudonymKey): string {
  const digest = createHmac('sha256', key).update('tidemark.pseudonym.1\0').update(text).digest('base64url');
  return `pseudo:${id}:${digest.slice(0, PSEUDONYM_CHARACTERS)}`;
}

/** The text in its place; undefined: null. Characters are whole, never halves of one. */
export function redactedText(text: string, method: Method, key: PseudonymKey | undefined): string | undefined {
  if (method === 'drop') return undefined;
  if (method === 'pseudonym') {
    if (key === undefined)
      throw new TidemarkError('CONFIG_INVALID', 'a redaction rule makes pseudonyms, and redaction.pseudonymKey is not set');
    return pseudonym(text, key);
  }
  const characters = Array.from(text);
  if ('truncate' in method) return characters.slice(0, method.truncate).join('');
  // A text no longer than what may be kept would not be masked at all.
  const hidden = characters.length <= method.mask ? characters.length : characters.length - method.mask;
  return `${'*'.repeat(hidden)}${characters.slice(hidden).join('')}`;
}
