/**
 * The lines of one page, as bytes in one reusable buffer: rows cost no allocation, and a page that breaks off is forgotten
 * by clearing it.
 */
const CAPACITY = 1024 * 1024;
const LINE_FEED = 0x0a;

export class LineBuffer {
  #buffer = Buffer.allocUnsafe(CAPACITY);
  #length = 0;
  #lines = 0;

  get lines(): number {
    return this.#lines;
  }

  /** The lines so far, each with its line feed. A view: it holds until the next `add` or `clear`. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Copies a line, given without its line feed. */
  add(line: Buffer): void {
    const end = this.#length + line.length;
    if (end + 1 > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(end + 1, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    line.copy(this.#buffer, this.#length);
    this.#buffer[end] = LINE_FEED;
    this.#length = end + 1;
    this.#lines += 1;
  }

  clear(): void {
    this.#length = 0;
    this.#lines = 0;
  }
}
