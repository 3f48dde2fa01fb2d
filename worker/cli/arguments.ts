/** Arguments that several commands take. */
import { InvalidArgumentError } from 'commander';
import { TABLES } from '../../schemas/tables';

const DAY_MS = 86_400_000;

/** A whole number of days. */
export function parseDays(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1 || days > 3_660) throw new InvalidArgumentError('write a whole number of days from 1 to 3660.');
  return days;
}

/** RFC 3339 UTC. */
export const sinceDaysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();

/** The name of a table that has a definition. */
export function parseTable(name: string): string {
  if (TABLES.some((table) => table.name === name)) return name;
  const near = TABLES.map((table) => table.name).filter((known) => known.includes(name.toLowerCase()));
  throw new InvalidArgumentError(
    near.length === 0
      ? 'there is no such table; docs/reference/tables lists them.'
      : `there is no such table; near it are ${near.join(', ')}.`,
  );
}
