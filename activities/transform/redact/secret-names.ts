/** Members whose text is a secret whatever its form, because their name says so. */
import type { Clue } from './detector';

/** Code of what was found by the name of its member. */
export const NAMED_SECRET = 'named_secret';

/**
 * Whole names, in any case and with or without breaks between words, so that `nextPageToken`, `tokenCount` and `passwordAge`
 * are none. `token`, `key` and `code` alone are not here: in logs they are mostly cursors, places and error codes.
 */
export const SECRET_NAMES: readonly string[] = [
  ...['password', 'passwd', 'pwd', 'passphrase', 'secret', 'secret_key', 'client_secret', 'private_key', 'secret_access_key'],
  ...['api_key', 'x_api_key', 'api_token', 'access_token', 'refresh_token', 'id_token', 'auth_token', 'bearer_token', 'session_token'],
  ...['authorization', 'proxy_authorization', 'cookie', 'set_cookie'],
];

const KNOWN = new Set(SECRET_NAMES.map((name) => name.replaceAll('_', '')));

export function isSecretName(name: string): boolean {
  return name.length <= 24 && KNOWN.has(name.replaceAll(/[_-]/g, '').toLowerCase());
}

const COLON = 0x3a;

/** How such names are written, from their last break but one on, with the quote behind them. Text without white space has the colon there. */
export const SECRET_NAME_CLUES: readonly Clue[] = [
  ...new Set(SECRET_NAMES.flatMap((name) => ['', '_', '-'].map((between) => name.split('_').slice(-2).join(between)))),
].map((text) => ({ text: `${text}"`, anyCase: true, then: (bytes, at) => bytes[at] === COLON }));
