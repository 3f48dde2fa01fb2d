/**
 * Secrets by reference. A value lives in a closure: it cannot be printed, inspected, serialised or compared by accident,
 * and who needs it says so with `reveal()`. References come from the configuration, values never do.
 */
import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { inspect } from 'node:util';

import type { SecretRef } from './config';
import { TidemarkError } from './errors';

const HIDDEN = '[secret]';
/** A secret is a token or a key; what is larger is the wrong file. */
const SECRET_BYTES_MAX = 64 * 1024;

export interface Secret {
  /** The value itself. Give it to what sends it and keep it nowhere. */
  readonly reveal: () => string;
  readonly toString: () => string;
  readonly toJSON: () => string;
  readonly [inspect.custom]: () => string;
}

/** Wraps a value that was not resolved from a reference, such as a token a server issued. */
export function createSecret(value: string): Secret {
  const hidden = (): string => HIDDEN;
  return Object.freeze({ reveal: () => value, toString: hidden, toJSON: hidden, [inspect.custom]: hidden });
}

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder relative file names count from. */
  readonly baseDir: string;
}

/**
 * Reads what a reference names; one line feed at the end is not part of it, since editors and `echo` add one.
 * Throws SECRET_UNAVAILABLE, which names the reference and never holds a value.
 */
export async function resolveSecret(ref: SecretRef, sources: SecretSources): Promise<Secret> {
  const value = 'env' in ref ? fromEnvironment(ref.env, sources) : await fromFile(ref.file, sources);
  const trimmed = value.replace(/\r?\n$/, '');
  if (trimmed === '') throw unavailable(ref, 'is empty');
  return createSecret(trimmed);
}

/** How a reference is written in messages. */
export function nameSecret(ref: SecretRef): string {
  return 'env' in ref ? `environment variable ${ref.env}` : `file ${ref.file}`;
}

function fromEnvironment(name: string, sources: SecretSources): string {
  const value = Object.hasOwn(sources.env, name) ? sources.env[name] : undefined;
  if (value === undefined) throw unavailable({ env: name }, 'is not set');
  return value;
}

async function fromFile(name: string, sources: SecretSources): Promise<string> {
  const path = resolve(sources.baseDir, name);
  const content = await readFile(path).catch((error: unknown) => {
    throw unavailable({ file: name }, 'cannot be read', error);
  });
  if (content.length > SECRET_BYTES_MAX) throw unavailable({ file: name }, 'is too large to be a secret');
  // Decoded leniently, binary content would lose most of its bytes without a word.
  if (!isUtf8(content)) throw unavailable({ file: name }, 'is not text; encode it, for example as base64');
  return content.toString('utf8');
}

function unavailable(ref: SecretRef, what: string, cause?: unknown): TidemarkError {
  const name = nameSecret(ref);
  return new TidemarkError('SECRET_UNAVAILABLE', `The secret in ${name} ${what}.`, { cause, context: { secret: name } });
}
