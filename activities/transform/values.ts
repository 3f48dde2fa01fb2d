/**
 * Whether a text is what it is taken for. Each function returns the value as the envelope keeps it, or undefined; logs name
 * the same few again and again, so answers are remembered.
 */
import { isIP } from 'node:net';
import { remembering } from './derivation';

/** An IPv4 or IPv6 address; a port, brackets and the zone of a link-local address are no part of it. */
export const addressOf = remembering((text): string | undefined => {
  if (isIP(text) !== 0) return text.replace(/%.*$/, '');
  const inner = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(text)?.[1];
  return inner !== undefined && isIP(inner) !== 0 ? inner.replace(/%.*$/, '') : undefined;
});

const EMAIL_CHARACTERS_MAX = 320;

/** Something before and something with a dot after one @; not a URL and not a resource name. */
export const emailOf = remembering((text): string | undefined =>
  text.length <= EMAIL_CHARACTERS_MAX && /^[^\s@/:"<>]+@[^\s@/:"<>]+\.[^\s@/:"<>.]+$/.test(text) ? text : undefined,
);

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const DOMAIN = new RegExp(`^(?:${LABEL}\\.)+(?!\\d+$)${LABEL}$`);
const DOMAIN_CHARACTERS_MAX = 253;

/** A name of at least two labels, without the dot of the root. */
export const domainOf = remembering((text): string | undefined => {
  const name = text.toLowerCase().replace(/\.$/, '');
  return name.length <= DOMAIN_CHARACTERS_MAX && DOMAIN.test(name) ? name : undefined;
});

/** An http or https URL, as it was written. */
export const urlOf = (text: string): string | undefined => (/^https?:\/\/[^\s/]+/i.test(text) && URL.canParse(text) ? text : undefined);

/** MD5, SHA-1, SHA-256 or SHA-512 in hex. */
export const hashOf = (text: string): string | undefined =>
  /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$/i.test(text) ? text.toLowerCase() : undefined;
