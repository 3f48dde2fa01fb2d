/**
 * What Temporal's own tools take from the environment (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_*,
 * or a profile of temporal.toml). The configuration file wins field by field, and a profile's credentials are only ever
 * sent to that profile's own address.
 */
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import type { Config } from '../activities/config';
import { TidemarkError } from '../activities/errors';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment's profile. Throws CONFIG_INVALID when its file cannot be read. */
export function temporalProfile(env: Environment): ClientConnectConfig {
  const overrideEnvVars = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  try {
    return loadClientConnectConfig({ overrideEnvVars });
  } catch (error) {
    throw new TidemarkError('CONFIG_INVALID', "Temporal's own configuration (temporal.toml or TEMPORAL_* variables) cannot be read", {
      cause: error,
    });
  }
}

/** The configuration with the fields its `temporal` section does not give taken from the environment. */
export function withTemporalEnvironment(config: Config, given: ReadonlySet<string>, env: Environment): Config {
  if (given.has('address') && given.has('namespace')) return config;
  const profile = temporalProfile(env);
  const { address, tls } = profile.connectionOptions;
  const ownAddress = given.has('address') || address === undefined ? undefined : address;
  return {
    ...config,
    temporal: {
      ...config.temporal,
      ...(given.has('namespace') || profile.namespace === undefined ? {} : { namespace: profile.namespace }),
      ...(ownAddress === undefined
        ? {}
        : { address: ownAddress, ...(given.has('tls') ? {} : { tls: tls !== undefined && tls !== null && tls !== false }) }),
    },
  };
}
