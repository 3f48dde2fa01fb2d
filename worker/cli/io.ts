/**
 * What a command of the line reads and writes, given to it so that tests run it without a process. Results go to stdout,
 * everything said on the way to stderr.
 */
import type { Environment } from '../config-file';

export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Environment;
  readonly cwd: string;
  /** Whether someone watches stdout, and stderr. */
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
}

/** Options every command has. */
export interface GlobalOptions {
  readonly config?: string;
  readonly debug?: boolean;
}

/** A line that is replaced on a terminal and not written elsewhere. */
export interface Progress {
  show(text: string): void;
  clear(): void;
}

export function createProgress(io: Io): Progress {
  const write = (text: string): void => {
    if (io.errIsTerminal) io.err(`\r\u001B[2K${text}`);
  };
  return {
    show: write,
    clear: () => {
      write('');
    },
  };
}

/** Columns aligned by their longest cell; numbers to the right. Two spaces between, none at the end. */
export function formatTable(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [header, ...rows.map((row) => row.map(String))];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  const isNumber = header.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  return cells
    .map((row) =>
      row
        .map((cell, column) => (isNumber[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
