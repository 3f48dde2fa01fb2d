/** Makes what activities need from the configuration: once per process, the only place that puts the pieces together. */
import { createHash, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { systemClock, type Clock } from '../activities/clock';
import type { Config, SourceConfig } from '../activities/config';
import type { Connector } from '../activities/connectors/connector';
import { findConnector } from '../activities/connectors/catalogue';
import type { Deps, Source } from '../activities/deps';
import { TidemarkError } from '../activities/errors';
import { createHttpAgents, type HttpAgents } from '../activities/http/agents';
import { applicationDefaultAuth, bearerAuth, type HttpAuth } from '../activities/http/auth';
import { createHttp } from '../activities/http/client';
import { createBigQuery } from '../activities/lake/client';
import { resolveSecret, type SecretSources } from '../activities/secrets';
import { createStorage } from '../activities/stage/client';
import { openStore } from '../activities/stage/store';
import type { PseudonymKey } from '../activities/transform/redact/rules';
import { tableRedaction, type TableRedaction } from '../activities/transform/redact/table-redaction';
import type { LoadedConfig } from './config-file';
import { readIdentityKey, readPseudonymKey } from './keys';

export interface DepsOptions {
  readonly env: SecretSources['env'];
  readonly log: Logger;
  readonly clock?: Clock;
}

/** Throws SECRET_UNAVAILABLE when a key of the lake cannot be read; vendors' credentials are read when they are first used. */
export async function createDeps(loaded: LoadedConfig, options: DepsOptions): Promise<Deps & { close(): Promise<void> }> {
  const { config } = loaded;
  const clock = options.clock ?? systemClock;
  const secrets: SecretSources = { env: options.env, baseDir: loaded.baseDir };
  const agents = createHttpAgents();
  const storage = createStorage(config.lake);
  const sources = new Map(config.sources.map((source) => [source.id, openSource(source, { agents, clock, secrets, log: options.log })]));
  return {
    config,
    clock,
    log: options.log,
    processName: `${hostname()}-${String(process.pid)}-${randomUUID().slice(0, 8)}`,
    state: openStore(storage, config.lake.buckets.state),
    stage: openStore(storage, config.lake.buckets.stage),
    bigquery: createBigQuery(config.lake),
    identityKey: await readIdentityKey(config.lake.identityKey, secrets),
    redaction: redactions(config, await readPseudonymKey(config, secrets)),
    source: (id) => {
      const source = sources.get(id);
      if (source === undefined) throw new TidemarkError('SOURCE_UNKNOWN', `there is no source ${id}`, { context: { source: id } });
      return source;
    },
    close: async () => {
      await agents.close();
    },
  };
}

function redactions(config: Config, pseudonymKey: PseudonymKey | undefined): Deps['redaction'] {
  const made = new Map<string, TableRedaction>();
  return (table) => {
    const redaction = made.get(table) ?? tableRedaction(config.redaction, pseudonymKey, table);
    made.set(table, redaction);
    return redaction;
  };
}

interface SourceMeans {
  readonly agents: HttpAgents;
  readonly clock: Clock;
  readonly secrets: SecretSources;
  readonly log: Logger;
}

function openSource(config: SourceConfig, means: SourceMeans): Source {
  const connector = findConnector(config.connector);
  if (connector === undefined) throw new TidemarkError('CONFIG_INVALID', `source ${config.id}: there is no connector ${config.connector}`);
  const connectorConfig = connector.config.parse(config.config);
  const origin = connector.origin(connectorConfig);
  const auth = vendorAuth(config, connector, means.secrets);
  const log = means.log.child({ source: config.id });
  return {
    config,
    connector,
    connectorConfig,
    streams: connector.streams.filter((stream) => config.streams?.includes(stream.name) ?? true),
    configDigest: createHash('sha256')
      .update(JSON.stringify([connector.id, connectorConfig]))
      .digest('hex')
      .slice(0, 16),
    openHttp: (signal) =>
      createHttp({
        origin,
        agent: means.agents.agentFor(origin),
        auth,
        clock: means.clock,
        random: Math.random,
        signal,
        log: (message, fields) => {
          log.info(fields, message);
        },
      }),
  };
}

function vendorAuth(config: SourceConfig, connector: Connector, secrets: SecretSources): HttpAuth {
  if (config.auth === 'application-default') return applicationDefaultAuth(connector.scopes);
  const { bearer } = config.auth;
  return bearerAuth(async () => await resolveSecret(bearer, secrets));
}
