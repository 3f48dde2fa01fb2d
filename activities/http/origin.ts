/** Where requests may go. A credential is sent to one origin, and in clear text only to this machine. */
import { TidemarkError } from '../errors';

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/;

/** The origin as URLs compare it. Throws SRC_ORIGIN_REFUSED for what is more than an origin, or clear text over a network. */
export function checkOrigin(origin: string): string {
  if (!URL.canParse(origin)) throw refused('The origin cannot be read as a URL.', origin);
  const url = new URL(origin);
  if (url.href !== `${url.origin}/`) throw refused('The origin is more than scheme, host and port.', origin);
  const protectedOnTheWay = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
  if (!protectedOnTheWay) throw refused('The origin would be sent the credential in clear text.', origin);
  return url.origin;
}

/** Path and query, normalised, when they stay on the origin. Throws SRC_ORIGIN_REFUSED. */
export function pinnedPath(origin: string, path: string): string {
  // Not only what URL resolves elsewhere: two slashes, a backslash or a control character are read differently by different software.
  const url = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(path) && URL.canParse(path, origin) ? new URL(path, origin) : undefined;
  if (url?.origin !== origin) throw refused('The request is not a path on the origin.', origin);
  return url.pathname + url.search;
}

function refused(message: string, origin: string): TidemarkError {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  return new TidemarkError('SRC_ORIGIN_REFUSED', message, { context: { host: url?.host ?? 'unreadable' } });
}
