/**
 * Whether bytes may hold anything a detector looks for: nearly all records hold nothing, and this is all they pay. Two pairs of
 * bytes, one a byte behind the other, stand for each clue: looking at every second byte meets one of them. Then the byte behind
 * the pair is looked at, and then the clue itself. Pairs that are rare in logs are chosen.
 */
import { mayHoldCard } from './card-digits';
import type { Clue } from './detector';

/** Bytes of two such pairs. No clue is shorter. */
const PAIRS_BYTES = 3;

/** How rare a pair of bytes is in audit logs: two lower-case letters are common, anything else less so. */
function rarity(pair: string): number {
  const rank = (letter = ''): number => (/[a-z]/.test(letter) ? 0 : /[A-Z]/.test(letter) ? 2 : 1);
  const mixed = /[a-z][A-Z0-9_~]|[A-Z][a-z]|[_~]/.test(pair) ? 1 : 0;
  const common = /--|:\/|\/\/|[a-z]"|\\u/.test(pair) ? 1 : 0;
  return rank(pair[0]) + rank(pair[1]) + mixed + (/[jkqxzwQXZ]/.test(pair) ? 2 : 0) - common;
}

/** Where in a text its two rarest pairs are, with a byte behind them where it has one. */
function rarestPairs(text: string): number {
  const rarityAt = (at: number): number =>
    rarity(text.slice(at, at + 2)) +
    rarity(text.slice(at + 1, at + 3)) +
    (at + PAIRS_BYTES < text.length ? rarity(text.slice(at + 2, at + 4)) : -1);
  let best = 0;
  for (let at = 1; at + PAIRS_BYTES <= text.length; at += 1) if (rarityAt(at) > rarityAt(best)) best = at;
  return best;
}

interface Wanted {
  readonly bytes: Buffer;
  readonly offset: number;
  readonly anyCase: boolean;
  readonly then: Clue['then'];
}

const isLower = (byte: number): boolean => byte >= 0x61 && byte <= 0x7a;

function stands(text: Buffer, at: number, { bytes, offset, anyCase, then }: Wanted): boolean {
  const from = at - offset;
  if (from < 0 || from + bytes.length > text.length) return false;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = text[from + index] as number;
    const wanted = bytes[index] as number;
    if (byte !== wanted && !(anyCase && isLower(wanted) && (byte | 0x20) === wanted)) return false;
  }
  return then === undefined || then(text, from + bytes.length);
}

/** What bytes may be written as, as numbers. */
function spellings(bytes: Buffer, anyCase: boolean): number[] {
  if (bytes.length === 0) return [];
  const eachOf = (byte: number): number[] => (anyCase && isLower(byte) ? [byte, byte - 0x20] : [byte]);
  return [...bytes].reduce<number[]>((begun, byte) => begun.flatMap((high) => eachOf(byte).map((low) => (high << 8) | low)), [0]);
}

/** True where a clue stands in `bytes` between `from` and `to`, or digits that may be a card's where `digits`. */
export type Prefilter = (bytes: Buffer, from: number, to: number) => boolean;

export function createPrefilter(wantedClues: readonly Clue[], digits: boolean): Prefilter {
  /** Number of a pair that stands for clues; 0 of any other. */
  const numberOf = new Uint16Array(65_536);
  const byNumber: Wanted[][] = [[]];
  const wantedAt = wantedClues.flatMap(({ text, anyCase = false, then }): Wanted[] => {
    if (text.length < PAIRS_BYTES) throw new Error(`a clue is too short: ${text}`);
    const rarest = rarestPairs(text);
    return [rarest, rarest + 1].map((offset) => ({ bytes: Buffer.from(text), offset, anyCase, then }));
  });
  for (const wanted of wantedAt) {
    for (const pair of spellings(wanted.bytes.subarray(wanted.offset, wanted.offset + 2), wanted.anyCase)) {
      if (numberOf[pair] === 0) numberOf[pair] = byNumber.push([]) - 1;
      byNumber[numberOf[pair] as number]?.push(wanted);
    }
  }
  /** Per pair and byte: whether a clue goes on like that. */
  const goesOn = new Uint8Array(byNumber.length * 256);
  for (const [number, all] of byNumber.entries()) {
    for (const { bytes, offset, anyCase } of all) {
      const behind = bytes.subarray(offset + 2, offset + 3);
      if (behind.length === 0) goesOn.fill(1, number * 256, number * 256 + 256);
      for (const byte of spellings(behind, anyCase)) goesOn[number * 256 + byte] = 1;
    }
  }
  const isMet = (text: Buffer, at: number, number: number): boolean => {
    for (const wanted of byNumber[number] as Wanted[]) if (stands(text, at, wanted)) return true;
    return false;
  };

  return (text, from, to) => {
    const last = to - 1;
    for (let at = from; at < last; at += 2) {
      const number = numberOf[((text[at] as number) << 8) | (text[at + 1] as number)] as number;
      if (number !== 0 && goesOn[number * 256 + (text[at + 2] ?? 0)] === 1 && isMet(text, at, number)) return true;
    }
    return digits && mayHoldCard(text, from, to);
  };
}
