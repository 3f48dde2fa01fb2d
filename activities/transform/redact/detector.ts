/** What a detector is, and the pieces its pattern is made of. */

/** Bytes that stand in every match. A record without any clue is not looked at any further. */
export interface Clue {
  /** At least three ASCII characters; in lower case where `anyCase`. */
  readonly text: string;
  readonly anyCase?: boolean;
  /** Asked of the bytes from `at` on, right after the text, where the text alone is too common. */
  readonly then?: (bytes: Buffer, at: number) => boolean;
}

export interface Detector {
  /** Says what was found: in the placeholder, in the report, and in the configuration that turns it off. */
  readonly name: string;
  /** Global; the group `secret` is what is replaced where not all of the match is. */
  readonly pattern: RegExp;
  /** Digits: 13 or more in a row, which blanks and dashes may group. */
  readonly clues: readonly Clue[] | 'digits';
  /** Members in which a match that is the whole text is no secret but an id. */
  readonly identifies?: RegExp;
  /** Whether a match is one after all. */
  readonly verify?: (text: string) => boolean;
}

export const clues = (...texts: readonly string[]): readonly Clue[] => texts.map((text) => ({ text }));

/** A clue that so many bytes of a token follow. */
export const clueBefore = (text: string, count: number): Clue => ({
  text,
  then: (bytes, at) => {
    for (let index = at; index < at + count; index += 1) if (!/[\w.-]/.test(String.fromCharCode(bytes[index] ?? 0))) return false;
    return true;
  },
});

/** What stands between a name and its value in code, in command lines, in queries and in JSON as text in text. */
export const ASSIGN = String.raw`["'\\]{0,8}\s{0,2}(?:[=:]|\\u003[dD]|%3[dD])\s{0,2}["'\\]{0,8}`;
/** ASSIGN as bytes of JSON text, where each of its characters may have become a few. */
const ASSIGN_BYTES_MAX = 40;

const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const BACKSLASH = 0x5c;
const ASSIGNS: ReadonlySet<number> = new Set(Buffer.from('=:%'));

/** Whether what follows may be ASSIGN: quotes, blanks and escapes, then what assigns. An escape that has digits may be anything. */
function isAssignment(bytes: Buffer, at: number): boolean {
  for (let index = at; index < at + ASSIGN_BYTES_MAX; index += 1) {
    const byte = bytes[index] ?? 0;
    if (ASSIGNS.has(byte)) return true;
    if (byte === BACKSLASH && bytes[++index] === 0x75) return true;
    if (byte !== BACKSLASH && byte !== QUOTE && byte !== APOSTROPHE && byte > 0x20 && byte < 0x80) return false;
  }
  return false;
}

/** Names before ASSIGN, in any case; `_?` in one is a break that may be missing. For a pattern, and as its clues. */
export const namesPattern = (names: readonly string[]): string => `(?:${names.join('|')})`;
export const namesAssigned = (names: readonly string[]): readonly Clue[] =>
  names
    .flatMap((name) => (name.includes('_?') ? [name.replace('_?', '_'), name.replace('_?', '')] : [name]))
    .map((text) => ({ text, anyCase: true, then: isAssignment }));

/**
 * Where a token may begin: not within a word, whose letters are in `word`. Text in text is escaped, and the last letter of
 * an escape is no letter of a word: `\nghp_...`, `%20ghp_...`.
 */
export const begin = (word: string): string => String.raw`(?:(?<![${word}])|(?<=\\[nrtbf]|\\u00[0-9a-fA-F]{2}|%[0-9a-fA-F]{2}))`;

/** A token of letters, digits and underscores, or with dashes too, that is no part of a longer one. */
export const token = (body: string): RegExp => new RegExp(String.raw`${begin(String.raw`\w`)}(?:${body})(?!\w)`, 'g');
export const dashedToken = (body: string): RegExp => new RegExp(String.raw`${begin(String.raw`\w-`)}(?:${body})(?![\w-])`, 'g');

export const hasDigit = (text: string): boolean => /\d/.test(text);
/** What separates made-up tokens from names with dashes between their words. */
export const isMixed = (text: string): boolean => /\d/.test(text) && /[A-Z]/.test(text) && /[a-z]/.test(text);

/** `:\/`, as some writers of JSON print the slashes of a URL; with more backslashes where that is text in text. */
export const ESCAPED_SLASHES: readonly Clue[] = clues(':\\/', ':\\\\');
