/** A plain client for tests of the simulated Logging API: shows what arrived on the wire, complete or not. */
import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';

export interface WireAnswer {
  /** 0 when the connection ended before a status line. */
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Body as sent, in the pieces it came in. */
  readonly chunks: readonly Buffer[];
  /** Whether the message ended as HTTP says it should. */
  readonly complete: boolean;
}

export interface CallOptions {
  readonly token?: string;
  readonly gzip?: boolean;
  readonly method?: string;
}

/** Sends a JSON body and resolves with whatever came back. */
export function send(
  url: string,
  body: unknown,
  { token = 'secret', gzip = false, method = 'POST' }: CallOptions = {},
): Promise<WireAnswer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...(gzip ? { 'accept-encoding': 'gzip' } : {}),
    };
    const sent = request(url, { method, headers, agent: false }, (response) => {
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => undefined);
      response.on('close', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, chunks, complete: response.complete });
      });
    });
    sent.on('error', () => {
      resolve({ status: 0, headers: {}, chunks, complete: false });
    });
    sent.end(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
  });
}

export const bytesOf = (answer: WireAnswer): Buffer => Buffer.concat(answer.chunks);

/** Decoded body text; throws when the encoding is incomplete. */
export const textOf = (answer: WireAnswer): string =>
  (answer.headers['content-encoding'] === 'gzip' ? gunzipSync(bytesOf(answer)) : bytesOf(answer)).toString('utf8');

export interface Entry {
  readonly logName: string;
  readonly timestamp: string;
  readonly receiveTimestamp: string;
  readonly insertId: string;
  readonly [member: string]: unknown;
}

export interface ListAnswer {
  readonly entries?: readonly Entry[];
  readonly nextPageToken?: string;
  readonly error?: { readonly code: number; readonly status: string; readonly message: string };
}

export const parsedOf = (answer: WireAnswer): ListAnswer => JSON.parse(textOf(answer)) as ListAnswer;

export const entryIdentity = (entry: Entry): string => `${entry.logName}|${entry.timestamp}|${entry.insertId}`;

/** Every entry of a listing, following tokens to the end, and how many pages it took. */
export async function listAll(
  url: string,
  body: Record<string, unknown>,
): Promise<{ entries: Entry[]; pages: number; emptyPages: number }> {
  const entries: Entry[] = [];
  let pageToken: string | undefined;
  let pages = 0;
  let emptyPages = 0;
  do {
    const answer = parsedOf(await send(`${url}/v2/entries:list`, pageToken === undefined ? body : { ...body, pageToken }));
    if (answer.error !== undefined) throw new Error(answer.error.message);
    pages += 1;
    if (answer.entries === undefined) emptyPages += 1;
    entries.push(...(answer.entries ?? []));
    pageToken = answer.nextPageToken;
  } while (pageToken !== undefined);
  return { entries, pages, emptyPages };
}
