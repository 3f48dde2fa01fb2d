/** Payment card numbers: by issuer, length and check digit. */
import { begin, type Detector } from './detector';

/** Issuers by their first digits and the lengths they use: https://en.wikipedia.org/wiki/Payment_card_number */
const ISSUERS: readonly (readonly [prefix: RegExp, lengths: readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|64[4-9]|65)/, [16, 19]],
  [/^35(?:2[89]|[3-8])/, [16]],
  [/^3(?:0[0-5]|[689])/, [14]],
  [/^62/, [16, 17, 18, 19]],
];

function isCardNumber(text: string): boolean {
  const digits = text.replaceAll(/[ -]/g, '');
  if (!ISSUERS.some(([prefix, lengths]) => prefix.test(digits) && lengths.includes(digits.length))) return false;
  if (/^(\d)\1+$/.test(digits)) return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/**
 * One id of digits in ten has the check digit of a card. So a number that is the whole text of a member called an id, a time
 * or the like is none, nor is a segment of a path, and JSON numbers are never looked at: they are ids, sizes and times.
 */
export const PAYMENT_CARD: Detector = {
  name: 'payment_card',
  pattern: new RegExp(
    String.raw`${begin(String.raw`\w./-`)}(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|3\d{3}([ -])\d{6}\2\d{4,5})(?![\w-]|\.\d)`,
    'g',
  ),
  clues: 'digits',
  identifies:
    /(?:^|[_-])ids?$|(?:qualifier|[ug]?uid|sequence|cursor|offset|generation|version|time|timestamp|nonce|etag|[UuNnMm]sec|[Mm]icros|[Mm]illis|[Nn]anos)$|^(?:ts|seq)$|[a-z0-9]Ids?$|[a-z]IDs?$/,
  verify: isCardNumber,
};
