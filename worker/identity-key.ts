/**
 * The lake's identity key: every event key is an HMAC under it, so it never rotates, and how its text becomes bytes never
 * changes. A public check value lets a lake recognise its key without holding it.
 */
import { createHmac } from 'node:crypto';
import type { Config, SecretRef } from '../activities/config';
import { TidemarkError } from '../activities/errors';
import { nameSecret, resolveSecret, type SecretSources } from '../activities/secrets';

const KEY_BYTES_MIN = 32;

/** 64 or more hex digits are the key's bytes; any other text is taken as it is. Throws SECRET_UNAVAILABLE. */
export async function readIdentityKey(ref: SecretRef, secrets: SecretSources): Promise<Buffer> {
  const text = (await resolveSecret(ref, secrets)).reveal().trim();
  const isHex = /^(?:[0-9a-fA-F]{2}){32,}$/.test(text);
  const key = isHex ? Buffer.from(text, 'hex') : Buffer.from(text, 'utf8');
  if (key.length >= KEY_BYTES_MIN) return key;
  const name = nameSecret(ref);
  throw new TidemarkError(
    'SECRET_UNAVAILABLE',
    `the identity key in ${name} has ${String(key.length)} bytes; it needs at least ${String(KEY_BYTES_MIN)}, for example from \`openssl rand -hex 32\``,
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
