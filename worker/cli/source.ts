/** The configured source a command names. */
import type { Config, SourceConfig } from '../../activities/config';
import { TidemarkError } from '../../activities/errors';

/** Throws SOURCE_UNKNOWN, naming the sources there are. */
export function requireSource(config: Config, id: string): SourceConfig {
  const source = config.sources.find((candidate) => candidate.id === id);
  if (source !== undefined) return source;
  const known = config.sources.map((candidate) => candidate.id).join(', ');
  throw new TidemarkError('SOURCE_UNKNOWN', `${id} is not a configured source; there ${known === '' ? 'are none' : `are: ${known}`}`, {
    context: { source: id },
  });
}
