/** The first 64 bits of a key: what fingerprints of hours are made of. Read from its text, because a buffer per row costs more than the key. */

const DIGITS = new Uint8Array(128);
for (const [digit, code] of Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_').entries()) DIGITS[code] = digit;

/** Characters of base64url that hold 64 bits. */
export const KEY_BITS_CHARACTERS = 11;

/** Of base64url text of at least KEY_BITS_CHARACTERS, as two whole numbers of 32 bits. */
export function keyBits(text: string): { readonly keyHigh: number; readonly keyLow: number } {
  const digit = (at: number): number => DIGITS[text.charCodeAt(at)] as number;
  const middle = digit(5);
  return {
    keyHigh: ((digit(0) << 26) | (digit(1) << 20) | (digit(2) << 14) | (digit(3) << 8) | (digit(4) << 2) | (middle >>> 4)) >>> 0,
    keyLow: ((middle << 28) | (digit(6) << 22) | (digit(7) << 16) | (digit(8) << 10) | (digit(9) << 4) | (digit(10) >>> 2)) >>> 0,
  };
}
