/**
 * Numbers that look random and are pure functions of a seed. Two forms: `hashOf` for "the value at these coordinates",
 * which needs no state, and `Random` for a run of values that belong together (one entry's body).
 * Neither is fit for secrets; both are fast enough to be called a few hundred times per entry.
 */

function scramble(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** An unsigned 32-bit value at the coordinates `(a, b, c)` under `seed` (MurmurHash3 over four words). */
export function hashOf(seed: number, a: number, b = 0, c = 0): number {
  let h = scramble(scramble(scramble(seed | 0, a | 0), b | 0), c | 0) ^ 12;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** An unsigned 32-bit value for a text (FNV-1a over UTF-16 units). */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** A hash as a number in [0, 1). */
export const fraction = (hash: number): number => hash / 0x1_0000_0000;

/** State of a run of values. Advanced by every function below that takes it. */
export interface Random {
  state: number;
}

export const randomOf = (seed: number): Random => ({ state: seed | 0 });

/** The next unsigned 32-bit value (mulberry32). */
export function nextUint(random: Random): number {
  random.state = (random.state + 0x6d2b79f5) | 0;
  let t = random.state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return (t ^ (t >>> 14)) >>> 0;
}

/** A whole number in [0, limit). */
export const below = (random: Random, limit: number): number => Math.floor(fraction(nextUint(random)) * limit);

export const chance = (random: Random, probability: number): boolean => fraction(nextUint(random)) < probability;

/** One element of a list that is not empty. */
export function pick<T>(random: Random, list: readonly T[]): T {
  const element = list[below(random, list.length)];
  if (element === undefined) throw new RangeError('nothing to pick from');
  return element;
}

/** Lower-case hexadecimal text of the given length. */
export function hex(random: Random, length: number): string {
  let text = '';
  while (text.length < length) text += nextUint(random).toString(16).padStart(8, '0');
  return text.slice(0, length);
}

/** Decimal digits of the given length, not starting with zero: the look of Google's numeric ids, which exceed 2^53. */
export function digits(random: Random, length: number): string {
  let text = String(1 + below(random, 9));
  while (text.length < length) text += String(below(random, 1_000_000_000)).padStart(9, '0');
  return text.slice(0, length);
}
