/**
 * HMAC-SHA256 (RFC 2104) out of one-shot hashes. `createHmac` builds and destroys an object of the crypto library per
 * call, which costs five times what hashing an event does; the test compares the two byte for byte.
 */
import { hash } from 'node:crypto';
import { Bytes } from './bytes';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/** Computes HMACs under one key. What is written into `message` after `start` is hashed by `digest`, and comes as text: a new buffer costs as much as the digest. */
export class Hmac {
  readonly message = new Bytes();
  readonly #outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);

  constructor(key: Buffer) {
    const block = Buffer.alloc(BLOCK_BYTES);
    if (key.length > BLOCK_BYTES) hash('sha256', key, 'buffer').copy(block);
    else key.copy(block);
    for (let at = 0; at < BLOCK_BYTES; at += 1) {
      this.message.byte((block[at] as number) ^ 0x36);
      this.#outer[at] = (block[at] as number) ^ 0x5c;
    }
  }

  /** Empties the message but for `head`. */
  start(head: Buffer): void {
    this.message.restart(BLOCK_BYTES);
    this.message.all(head);
  }

  /** The HMAC of what was written since `start`, as base64url. */
  digest(): string {
    this.#outer.write(hash('sha256', this.message.view(), 'binary'), BLOCK_BYTES, 'latin1');
    return hash('sha256', this.#outer, 'base64url');
  }
}
