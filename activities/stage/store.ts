/**
 * One bucket, with the three things a checkpoint needs of it: create only, replace only what was read, read with its
 * generation. Every write carries a generation precondition, so that of two writers exactly one wins and the other knows.
 */
import type { Storage } from '@google-cloud/storage';
import { crc32c as checksumOf } from '@node-rs/crc32';
import { TidemarkError } from '../errors';
import { readGoogleError } from '../google-error';
import { storageError } from './client';

/** A version of an object, as Cloud Storage numbers them. */
export type Generation = string;

export interface StoredObject {
  readonly data: Buffer;
  readonly generation: Generation;
}

/** `lost`: the precondition failed; someone (perhaps an earlier try of this very write) was first. */
export type WriteOutcome = { readonly kind: 'written'; readonly generation: Generation } | { readonly kind: 'lost' };

export interface ObjectStore {
  readonly bucket: string;
  /** Undefined when there is no such object. */
  read(name: string): Promise<StoredObject | undefined>;
  /** Creates (`expected` undefined) or replaces exactly the version read before. */
  write(name: string, data: Buffer, contentType: string, expected: Generation | undefined): Promise<WriteOutcome>;
  /** At most `limit` names that start with the prefix. */
  list(prefix: string, limit: number): Promise<string[]>;
}

/** CRC32C of a buffer in the base64 form Cloud Storage uses. */
export function crc32c(data: Buffer): string {
  const sum = Buffer.allocUnsafe(4);
  sum.writeUInt32BE(checksumOf(data));
  return sum.toString('base64');
}

const NOT_FOUND = 404;
const PRECONDITION_FAILED = 412;

/** Throws STAGE_* errors only. */
export function openStore(storage: Storage, bucketName: string): ObjectStore {
  const bucket = storage.bucket(bucketName);
  return {
    bucket: bucketName,
    read: async (name) => await readObject(bucket.file(name), bucketName),
    write: async (name, data, contentType, expected) => {
      const file = bucket.file(name);
      try {
        await file.save(data, {
          resumable: false,
          // The checksum is compared below with what the server computed, once.
          validation: false,
          contentType,
          preconditionOpts: { ifGenerationMatch: expected ?? 0 },
        });
      } catch (error) {
        if (readGoogleError(error).status === PRECONDITION_FAILED) return { kind: 'lost' };
        throw storageError(error, bucketName, name);
      }
      const sum = crc32c(data);
      if (file.metadata.crc32c !== sum) {
        throw new TidemarkError('STAGE_UNAVAILABLE', `gs://${bucketName}/${name} arrived with another checksum`, {
          context: { object: name },
        });
      }
      return { kind: 'written', generation: String(file.metadata.generation) };
    },
    list: async (prefix, limit) => {
      try {
        const [files] = await bucket.getFiles({ prefix, maxResults: limit, autoPaginate: false });
        return files.map((file) => file.name);
      } catch (error) {
        throw storageError(error, bucketName, prefix);
      }
    },
  };
}

/** Content and generation come from one answer, so they belong together. */
function readObject(file: ReturnType<ReturnType<Storage['bucket']>['file']>, bucketName: string): Promise<StoredObject | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let generation: string | undefined;
    file
      .createReadStream({ validation: false, decompress: false })
      .on('response', (response: { headers: Headers | Record<string, string> }) => {
        const { headers } = response;
        generation = (headers instanceof Headers ? headers.get('x-goog-generation') : headers['x-goog-generation']) ?? undefined;
      })
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('error', (error: unknown) => {
        if (readGoogleError(error).status === NOT_FOUND) resolve(undefined);
        else reject(storageError(error, bucketName, file.name));
      })
      .on('end', () => {
        if (generation === undefined) {
          reject(
            new TidemarkError('STAGE_UNAVAILABLE', `gs://${bucketName}/${file.name} came without its generation`, {
              context: { object: file.name },
            }),
          );
          return;
        }
        resolve({ data: Buffer.concat(chunks), generation });
      });
  });
}
