/** Whether bytes may hold a payment card's number, told without reading each of them. */

/** A number this long may be a card's; a longer one is an id. */
const DIGITS_MIN = 13;
const DIGITS_MAX = 19;
const ZERO = 0x30;
const NINE = 0x39;
const BLANK = 0x20;
const DASH = 0x2d;

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE;
/** What numbers and the breaks between their groups are written with. */
const isOfNumber = (byte: number): boolean => isDigit(byte) || byte === BLANK || byte === DASH;

/** A number behind one of these is no card's but a part of a name, an id or a fraction. */
const BEFORE_NO_CARD: ReadonlySet<number | undefined> = new Set(Buffer.from('/_-.'));

/** A number of 13 digits covers one of every 13 bytes, so no other byte need be looked at first. */
export function mayHoldCard(text: Buffer, from: number, to: number): boolean {
  for (let at = from + DIGITS_MIN - 1; at < to; at += DIGITS_MIN) {
    if (!isOfNumber(text[at] as number)) continue;
    let start = at;
    while (start > from && isOfNumber(text[start - 1] as number)) start -= 1;
    let end = at + 1;
    while (end < to && isOfNumber(text[end] as number)) end += 1;
    if (end - start >= DIGITS_MIN && isCandidate(text, start, end)) return true;
    at = Math.max(at, end - DIGITS_MIN);
  }
  return false;
}

/** Of a run of digits, blanks and dashes: whether it holds a card's number, or enough digits in groups. */
function isCandidate(text: Buffer, start: number, end: number): boolean {
  let count = 0;
  let groups = 0;
  for (let at = start; at < end; at += 1) {
    let run = 0;
    while (at < end && isDigit(text[at] as number)) {
      run += 1;
      at += 1;
    }
    if (run === 0) continue;
    if (mayBeCard(text, at, run)) return true;
    groups += 1;
    count += run;
  }
  return groups > 1 && count >= DIGITS_MIN;
}

/** Whether the digits before `end` may be a card's: its first digit and its check digit are right. */
function mayBeCard(text: Buffer, end: number, count: number): boolean {
  if (count < DIGITS_MIN || count > DIGITS_MAX) return false;
  const first = (text[end - count] as number) - ZERO;
  if (first < 2 || first > 6 || BEFORE_NO_CARD.has(text[end - count - 1])) return false;
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    const digit = (text[end - 1 - index] as number) - ZERO;
    sum += index % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 === 0;
}
