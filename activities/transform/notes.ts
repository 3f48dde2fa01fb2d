/** What did not fit its column, per record. One note per column and code, so that a row's notes are bounded by its table. */

export type NoteCode = 'TYPE_MISMATCH' | 'OUT_OF_RANGE' | 'TEXT_REPLACED' | 'TRUNCATED' | 'JSON_LIMIT' | 'DUPLICATE_KEY' | 'REDACTED';

export interface Note {
  /** Column the note is about, with dots between the names of nested columns. */
  readonly path: string;
  readonly code: NoteCode;
}

export class Notes {
  #list: Note[] = [];

  get list(): readonly Note[] {
    return this.#list;
  }

  add(path: string, code: NoteCode): void {
    if (!this.#list.some((note) => note.path === path && note.code === code)) this.#list.push({ path, code });
  }

  clear(): void {
    if (this.#list.length > 0) this.#list = [];
  }
}
