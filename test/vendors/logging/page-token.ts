/**
 * Page tokens: opaque to clients, valid for 24 hours by the API's clock, bound to the other parameters of the request and
 * to this API (its seed). They hold all that is needed to go on, so they outlive a restart of the simulation.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Position } from './query';

export const TOKEN_LIFETIME_MS = 24 * 3_600_000;

export interface PageToken {
  /** Digest of the request's other parameters. */
  readonly digest: string;
  readonly issuedAtMs: number;
  /** Where to go on; null: at the start, as nothing was found yet. */
  readonly position: Position | null;
  /** Empty pages in a row so far. */
  readonly searches: number;
}

export type TokenResult = { readonly ok: true; readonly token: PageToken } | { readonly ok: false };

export interface PageTokens {
  seal(token: PageToken): string;
  /** Fails for what this API has not issued. Age and digest are the caller's to check. */
  open(text: string): TokenResult;
}

const MAC_BYTES = 12;

export function createPageTokens(secret: string): PageTokens {
  const macOf = (body: Buffer): Buffer => createHmac('sha256', `page-token ${secret}`).update(body).digest().subarray(0, MAC_BYTES);
  return {
    seal(token) {
      const body = Buffer.from(JSON.stringify(token));
      return Buffer.concat([macOf(body), body]).toString('base64url');
    },
    open(text) {
      const bytes = Buffer.from(text, 'base64url');
      const body = bytes.subarray(MAC_BYTES);
      const issued =
        bytes.length > MAC_BYTES && bytes.toString('base64url') === text && timingSafeEqual(bytes.subarray(0, MAC_BYTES), macOf(body));
      // What carries our seal was written by seal(), so its shape is known.
      return issued ? { ok: true, token: JSON.parse(body.toString()) as PageToken } : { ok: false };
    },
  };
}
