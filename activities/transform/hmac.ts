/**
 * HMAC-SHA256 (RFC 2104) out of one-shot hashes. `createHmac` builds and destroys an object of the crypto library per
 * call, which costs five times what hashing an event does; the test compares the two byte for byte.
 */
import { hash } from 'node:crypto';
import { Bytes } from './bytes';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/** One-shot and as text: a digest returned as a new buffer costs as much as computing it. */
const sha256 = (data: Buffer): string => hash('sha256', data, 'binary');

/** Computes HMACs under one key. What is written into `message` after `start` is hashed by `digest`. */
export class Hmac {
  readonly message = new Bytes();
  readonly #outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  readonly #digest = Buffer.alloc(DIGEST_BYTES);

  constructor(key: Buffer) {
    const block = Buffer.alloc(BLOCK_BYTES);
    if (key.length > BLOCK_BYTES) block.write(sha256(key), 'latin1');
    else key.copy(block);
    for (let at = 0; at < BLOCK_BYTES; at += 1) {
      this.message.byte((block[at] as number) ^ 0x36);
      this.#outer[at] = (block[at] as number) ^ 0x5c;
    }
  }

  /** Empties the message. */
  start(): void {
    this.message.restart(BLOCK_BYTES);
  }

  /** The HMAC of what was written since `start`: 32 bytes that the next call overwrites. */
  digest(): Buffer {
    this.#outer.write(sha256(this.message.view()), BLOCK_BYTES, 'latin1');
    this.#digest.write(sha256(this.#outer), 'latin1');
    return this.#digest;
  }
}
