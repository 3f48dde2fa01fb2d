/** `tidemark connectors`: what can be collected, into which tables, with which permissions; and the sources that use it. */
import { CONNECTORS } from '../../activities/connectors/catalogue';
import { codeOf } from '../../activities/errors';
import { loadConfig } from '../config-file';
import { EXIT } from './exit';
import type { Io } from './io';
import type { CommandContext } from './main';

interface Listed {
  readonly id: string;
  readonly title: string;
  readonly shape: string;
  readonly axis: string;
  readonly streams: readonly { readonly name: string; readonly table: string }[];
  readonly permissions: readonly { readonly name: string; readonly purpose: string }[];
  readonly documentation: readonly string[];
  /** Ids of configured sources. */
  readonly sources: readonly string[];
}

export function addConnectorsCommand({ program, io, globals, run }: CommandContext): void {
  program
    .command('connectors')
    .description('list the connectors, their streams, tables and permissions, and the sources that use them')
    .option('--json', 'print them as JSON')
    .action(
      run(async ({ json }: { json?: true }) => {
        const sources = await configuredSources(globals().config, io);
        const listed = CONNECTORS.map(({ id, title, shape, axis, streams, permissions, documentation }): Listed => ({
          id,
          title,
          shape,
          axis,
          streams,
          permissions,
          documentation,
          sources: sources.filter((source) => source.connector === id).map((source) => source.id),
        }));
        io.out(json === true ? `${JSON.stringify(listed, null, 2)}\n` : listed.map(formatConnector).join('\n'));
        return EXIT.ok;
      }),
    );
}

/** The catalogue can be read without a configuration; one that is there must be right. */
async function configuredSources(path: string | undefined, io: Io): Promise<readonly { id: string; connector: string }[]> {
  try {
    return (await loadConfig(path, io)).config.sources;
  } catch (error) {
    if (path === undefined && codeOf(error) === 'CONFIG_NOT_FOUND') return [];
    throw error;
  }
}

function formatConnector(connector: Listed): string {
  return [
    `${connector.id}: ${connector.title} (${connector.shape}, axis ${connector.axis})`,
    ...connector.streams.map(({ name, table }) => `  stream ${name} -> ${table}`),
    ...connector.permissions.map(({ name, purpose }) => `  needs ${name}: ${purpose}`),
    `  sources: ${connector.sources.length === 0 ? 'none' : connector.sources.join(', ')}`,
    '',
  ].join('\n');
}
