/**
 * Whether bytes may hold anything a detector looks for, in one pass over pairs of bytes: nearly all records hold nothing,
 * and this is all they pay. A pair that is rare in logs stands for each clue; where it is met, the clue itself is compared.
 */
import type { Clue } from './detector';

/** A number this long may be a card's; a longer one is an id. */
const DIGITS_MIN = 13;
const DIGITS_MAX = 19;
const ZERO = 0x30;
const NINE = 0x39;
const BLANK = 0x20;
const DASH = 0x2d;

/** How rare a pair of bytes is in audit logs: two lower-case letters are common, anything else less so. */
function rarity(pair: string): number {
  const rank = (letter = ''): number => (/[a-z]/.test(letter) ? 0 : /[A-Z]/.test(letter) ? 2 : 1);
  const mixed = /[a-z][A-Z0-9_~]|[A-Z][a-z]|[_~]/.test(pair) ? 1 : 0;
  const common = /--|:\/|\/\/|[a-z]"|\\u/.test(pair) ? 1 : 0;
  return rank(pair[0]) + rank(pair[1]) + mixed + (/[jkqxzwQXZ]/.test(pair) ? 2 : 0) - common;
}

/** Where in a text its rarest pair is. */
function rarestPair(text: string): number {
  let best = 0;
  for (let at = 1; at + 1 < text.length; at += 1) if (rarity(text.slice(at, at + 2)) > rarity(text.slice(best, best + 2))) best = at;
  return best;
}

interface Wanted {
  readonly bytes: Buffer;
  readonly offset: number;
  readonly then: Clue['then'];
}

function stands(text: Buffer, at: number, { bytes, offset, then }: Wanted): boolean {
  const from = at - offset;
  if (from < 0 || from + bytes.length > text.length) return false;
  for (let index = 0; index < bytes.length; index += 1) if (text[from + index] !== bytes[index]) return false;
  return then === undefined || then(text, from + bytes.length);
}

/** Whether the digits before `end` may be a card's: its first digit and its check digit are right. */
function mayBeCard(text: Buffer, end: number, count: number): boolean {
  if (count < DIGITS_MIN || count > DIGITS_MAX) return false;
  const first = (text[end - count] as number) - ZERO;
  if (first < 2 || first > 6) return false;
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    const digit = (text[end - 1 - index] as number) - ZERO;
    sum += index % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 === 0;
}

/** Whether 13 digits or more end at `end`, in groups with a blank or a dash between them. Looked at from behind: such groups are rare. */
function mayBeGrouped(text: Buffer, from: number, end: number): boolean {
  let count = 0;
  for (let at = end - 1; at >= from; at -= 1) {
    const byte = text[at] as number;
    if (byte >= ZERO && byte <= NINE) count += 1;
    else if (byte !== BLANK && byte !== DASH) break;
    if (count >= DIGITS_MIN) return true;
  }
  return false;
}

/** True where a clue stands in `bytes` between `from` and `to`, or digits that may be a card's where `digits`. */
export type Prefilter = (bytes: Buffer, from: number, to: number) => boolean;

export function createPrefilter(wantedClues: readonly Clue[], digits: boolean): Prefilter {
  const places = new Uint8Array(65_536);
  const byNumber: Wanted[][] = [[]];
  for (const { text, then } of wantedClues) {
    const offset = rarestPair(text);
    const bytes = Buffer.from(text);
    const pair = ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
    if (places[pair] === 0) places[pair] = byNumber.push([]) - 1;
    byNumber[places[pair] as number]?.push({ bytes, offset, then });
  }
  if (byNumber.length > 256) throw new Error('more pairs than a byte can number');
  const isMet = (text: Buffer, at: number, number: number): boolean =>
    (byNumber[number] as Wanted[]).some((wanted) => stands(text, at, wanted));

  return (text, from, to) => {
    let pair = 0;
    /** Digits in a row, and whether a blank or dash before them joins them to digits. */
    let run = 0;
    let joined = false;
    for (let at = from; at < to; at += 1) {
      const byte = text[at] as number;
      pair = ((pair << 8) | byte) & 0xffff;
      const number = places[pair] as number;
      if (number !== 0 && isMet(text, at - 1, number)) return true;
      if (byte <= NINE && byte >= ZERO) {
        run += 1;
      } else if (run > 0) {
        if (run >= DIGITS_MIN && digits && mayBeCard(text, at, run)) return true;
        if (joined && digits && mayBeGrouped(text, from, at)) return true;
        joined = byte === BLANK || byte === DASH;
        run = 0;
      } else {
        joined = false;
      }
    }
    return digits && run > 0 && (mayBeCard(text, to, run) || (joined && mayBeGrouped(text, from, to)));
  };
}
