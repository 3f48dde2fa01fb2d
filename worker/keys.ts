/**
 * The lake's keys. Every event key is an HMAC under the identity key, so it never rotates, and how its text becomes bytes
 * never changes; a public check value lets a lake recognise it without holding it. Pseudonyms are made with a key of their own.
 */
import { createHmac } from 'node:crypto';
import type { Config, SecretRef } from '../activities/config';
import { TidemarkError } from '../activities/errors';
import { nameSecret, resolveSecret, type SecretSources } from '../activities/secrets';
import type { PseudonymKey } from '../activities/transform/redact/rules';

const KEY_BYTES_MIN = 32;

/** 64 or more hex digits are the key's bytes; any other text is taken as it is. Throws SECRET_UNAVAILABLE. */
export async function readIdentityKey(ref: SecretRef, secrets: SecretSources): Promise<Buffer> {
  return await readKey('identity', ref, secrets);
}

/**
 * The key of pseudonyms, read like the identity key, or undefined where none is configured. It can be destroyed and replaced,
 * which the identity key never can, so the two differ. Throws SECRET_UNAVAILABLE, CONFIG_INVALID.
 */
export async function readPseudonymKey(config: Config, secrets: SecretSources): Promise<PseudonymKey | undefined> {
  const { pseudonymKey } = config.redaction;
  if (pseudonymKey === undefined) return undefined;
  const key = await readKey('pseudonym', pseudonymKey.secret, secrets);
  if (key.equals(await readIdentityKey(config.lake.identityKey, secrets))) {
    throw new TidemarkError('CONFIG_INVALID', 'redaction.pseudonymKey is the identity key, which can never be destroyed: make another');
  }
  return { id: pseudonymKey.id, key };
}

async function readKey(what: 'identity' | 'pseudonym', ref: SecretRef, secrets: SecretSources): Promise<Buffer> {
  const text = (await resolveSecret(ref, secrets)).reveal().trim();
  const isHex = /^(?:[0-9a-fA-F]{2}){32,}$/.test(text);
  const key = isHex ? Buffer.from(text, 'hex') : Buffer.from(text, 'utf8');
  if (key.length >= KEY_BYTES_MIN) return key;
  const name = nameSecret(ref);
  throw new TidemarkError(
    'SECRET_UNAVAILABLE',
    `the ${what} key in ${name} has ${String(key.length)} bytes; it needs at least ${String(KEY_BYTES_MIN)}, for example from \`openssl rand -hex 32\``,
    {
      context: { secret: name },
    },
  );
}

/** Label of the ops dataset that holds the check value. */
export const IDENTITY_LABEL = 'identity-key';

/** 16 hex digits that tell two keys apart and say nothing about either. */
export function identityCheck(key: Buffer): string {
  return createHmac('sha256', key).update('tidemark identity key check').digest('hex').slice(0, 16);
}

/** Throws IDENTITY_KEY_CHANGED when the lake was begun with another key. `labels` are those of the ops dataset. */
export function assertIdentity(key: Buffer, labels: Readonly<Record<string, string>> | undefined, lake: Config['lake']): void {
  const known = labels?.[IDENTITY_LABEL];
  if (known === undefined || known === identityCheck(key)) return;
  const name = nameSecret(lake.identityKey);
  throw new TidemarkError(
    'IDENTITY_KEY_CHANGED',
    `the identity key in ${name} is not the one the dataset ${lake.datasets.ops} was begun with`,
    {
      context: { secret: name, dataset: lake.datasets.ops },
    },
  );
}
