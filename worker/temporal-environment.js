'use strict';
Object.defineProperty(exports, '__esModule', { value: true });
exports.temporalProfile = temporalProfile;
exports.withTemporalEnvironment = withTemporalEnvironment;
/**
 * What Temporal's own tools take from the environment (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_*,
 * or a profile of temporal.toml). The configuration file wins field by field, and a profile's credentials are only ever
 * sent to that profile's own address.
 */
const envconfig_1 = require('@temporalio/envconfig');
const errors_1 = require('../activities/errors');
/** The environment's profile. Throws CONFIG_INVALID when its file cannot be read. */
function temporalProfile(env) {
  const overrideEnvVars = Object.fromEntries(Object.entries(env).filter((entry) => entry[1] !== undefined));
  try {
    return (0, envconfig_1.loadClientConnectConfig)({ overrideEnvVars });
  } catch (error) {
    throw new errors_1.TidemarkError(
      'CONFIG_INVALID',
      "Temporal's own configuration (temporal.toml or TEMPORAL_* variables) cannot be read",
      {
        cause: error,
      },
    );
  }
}
/** The configuration with the fields its `temporal` section does not give taken from the environment. */
function withTemporalEnvironment(config, given, env) {
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
//# sourceMappingURL=temporal-environment.js.map
