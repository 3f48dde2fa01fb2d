/** Secrets put into records, and every form in which one could be found again. */
import { PLANTED } from '../activities/transform/secrets';

export type Secret = (typeof PLANTED)[number];

/** A member's name that is in every planted record and is no secret: where it is not found, nothing was looked at. */
export const MARK = 'canary';

export const secretOf = (index: number): Secret => PLANTED[index % PLANTED.length] as Secret;

/** The record with another member, where a text, a name and a text of JSON hold the secret; its other bytes stay. */
export function planted(item: Buffer, { text }: Secret): Buffer {
  const end = item.lastIndexOf('}');
  if (end < 0) return Buffer.concat([item, Buffer.from(text)]);
  const more = JSON.stringify({ [MARK]: { text, [text]: [text], json: JSON.stringify({ text }) } }).slice(1, -1);
  const isEmpty = item.subarray(0, end).toString().trim() === '{';
  return Buffer.concat([item.subarray(0, end), Buffer.from(`${isEmpty ? '' : ','}${more}`), item.subarray(end)]);
}

/** As it is, as text of JSON, and as text of JSON in text of JSON. */
export function forms({ secret }: Secret): readonly string[] {
  const once = JSON.stringify(secret).slice(1, -1);
  return [...new Set([secret, once, JSON.stringify(once).slice(1, -1)])];
}

/** The detectors whose planted secrets stand in the bytes. */
export const leaksIn = (bytes: Buffer): readonly string[] =>
  PLANTED.filter((secret) => forms(secret).some((form) => bytes.includes(form))).map(({ detector }) => detector);
