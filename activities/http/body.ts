/**
 * The bytes of an answer: gunzipped, capped, and never silently short.
 *
 * A connection that breaks, a compressed stream that ends early and a length that does not fit all give
 * SRC_BODY_TRUNCATED; silence gives SRC_UNAVAILABLE. The ratio cap ends a compression bomb before the byte cap does.
 */
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { codeOf, TidemarkError } from '../errors';

export interface BodyLimits {
  /** After decompression. */
  readonly bodyBytesMax: number;
  /** Decompressed to compressed bytes. Real pages of JSON reach 20 to 60; deflate itself ends near 1,032. */
  readonly ratioMax: number;
}

/** Below this many decompressed bytes the ratio says nothing: short repetitive answers compress extremely well. */
const RATIO_FROM_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/** Codes of the HTTP client and of the runtime that mean that nothing came for too long. */
const SILENCE = new Set(['UND_ERR_BODY_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'ETIMEDOUT']);

export interface BodyHooks {
  /** Runs once when reading ends, however it does. */
  readonly ended: () => void;
  /** The error to throw instead when the caller or the total time-out ended it. */
  readonly interrupted: () => unknown;
}

/** Reads `raw` to its end, or throws. Leaving the loop early destroys the connection. */
export function readBody(
  raw: Readable,
  encoding: 'identity' | 'gzip',
  limits: BodyLimits,
  hooks: BodyHooks,
): AsyncGenerator<Buffer, void, void> {
  // From now on, since an answer can break before anyone reads it.
  raw.on('error', ignore);
  return read(raw, encoding, limits, hooks);
}

async function* read(
  raw: Readable,
  encoding: 'identity' | 'gzip',
  limits: BodyLimits,
  hooks: BodyHooks,
): AsyncGenerator<Buffer, void, void> {
  try {
    yield* capped(raw, encoding, limits);
  } catch (error) {
    throw hooks.interrupted() ?? bodyError(error);
  } finally {
    raw.destroy();
    hooks.ended();
  }
}

/** Drops an answer nobody will read, and its connection. */
export function discardBody(raw: Readable): void {
  raw.on('error', ignore);
  raw.destroy();
}

/** Destroying an unfinished answer makes it emit an error; who reads it gets that error from the loop. */
function ignore(): void {
  return undefined;
}

async function* capped(raw: Readable, encoding: 'identity' | 'gzip', limits: BodyLimits): AsyncGenerator<Buffer, void, void> {
  let bytes = 0;
  if (encoding === 'identity') {
    for await (const chunk of raw as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limits.bodyBytesMax) throw tooLarge('bytes', limits.bodyBytesMax, bytes);
      yield chunk;
    }
    return;
  }
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // Errors of either stream arrive in the loop below: pipeline destroys both with the same error.
  pipeline(raw, gunzip, () => undefined);
  for await (const chunk of gunzip as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limits.bodyBytesMax) throw tooLarge('bytes', limits.bodyBytesMax, bytes);
    if (bytes > RATIO_FROM_BYTES && bytes > gunzip.bytesWritten * limits.ratioMax) throw tooLarge('ratio', limits.ratioMax, bytes);
    yield chunk;
  }
}

/** The encoding as this module knows it; undefined for one that was not asked for. */
export function encodingOf(headers: Readonly<Record<string, string>>): 'identity' | 'gzip' | undefined {
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'gzip' || encoding === 'x-gzip') return 'gzip';
  return encoding === 'identity' || encoding === '' ? 'identity' : undefined;
}

/** The start of a refused answer, for classification: at most `bytesMax`, empty when it cannot be read. */
export async function readStart(body: AsyncIterable<Buffer>, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= bytesMax) break;
    }
  } catch {
    // The status alone then decides; a refusal whose text is lost is still that refusal.
  }
  return Buffer.concat(chunks).subarray(0, bytesMax).toString('utf8');
}

function bodyError(error: unknown): unknown {
  if (codeOf(error) !== undefined) return error;
  const reason = reasonOf(error);
  if (SILENCE.has(reason)) return new TidemarkError('SRC_UNAVAILABLE', 'The answer stopped coming.', { context: { reason } });
  return new TidemarkError('SRC_BODY_TRUNCATED', 'The answer ended early.', { context: { reason } });
}

/** The machine-readable code of a client or runtime error; its message may quote what was received and is not used. */
export function reasonOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown';
}

function tooLarge(cap: string, max: number, bytes: number): TidemarkError {
  return new TidemarkError('SRC_BODY_TOO_LARGE', `The answer exceeds a cap: ${cap}.`, { context: { cap, max, decodedBytes: bytes } });
}
