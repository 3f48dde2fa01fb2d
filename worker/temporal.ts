/**
 * The connection to Temporal, for the command line and for workers: options made once from configuration, environment and
 * secret references, and errors of ours instead of gRPC's. Connecting gives up after five seconds, since a person waits.
 */
import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import type { Config } from '../activities/config';
import { TidemarkError } from '../activities/errors';
import { resolveSecret, type SecretSources } from '../activities/secrets';
import { temporalProfile } from './temporal-environment';

const CONNECT_MS_MAX = 5_000;

/** What both `Connection.connect` and `NativeConnection.connect` take. */
export interface TemporalOptions {
  readonly address: string;
  readonly tls?: NonNullable<ConnectionOptions['tls']>;
  readonly apiKey?: string;
  readonly metadata?: NonNullable<ConnectionOptions['metadata']>;
}

export interface TemporalHandle {
  readonly client: Client;
  readonly connection: Connection;
  readonly address: string;
  readonly namespace: string;
  close(): Promise<void>;
}

/** Resolves the API key. A profile's key, certificate and headers go only to that profile's own address. Throws SECRET_UNAVAILABLE. */
export async function temporalOptions(temporal: Config['temporal'], secrets: SecretSources): Promise<TemporalOptions> {
  const { connectionOptions } = temporalProfile(secrets.env);
  const profile = connectionOptions.address === temporal.address ? connectionOptions : {};
  const ownKey = typeof profile.apiKey === 'string' ? profile.apiKey : undefined;
  const apiKey = temporal.apiKey === undefined ? ownKey : (await resolveSecret(temporal.apiKey, secrets)).reveal();
  const certificates = typeof profile.tls === 'object' && profile.tls !== null ? profile.tls : undefined;
  const tls = temporal.tls ? (certificates ?? true) : undefined;
  return {
    address: temporal.address,
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(profile.metadata === undefined ? {} : { metadata: profile.metadata }),
  };
}

/** Connects and checks that the namespace is there. Throws TEMPORAL_* or SECRET_UNAVAILABLE; nothing is left open then. */
export async function connectTemporal(temporal: Config['temporal'], secrets: SecretSources): Promise<TemporalHandle> {
  const options = await temporalOptions(temporal, secrets);
  let connection: Connection;
  try {
    connection = await Connection.connect({ ...options, connectTimeout: CONNECT_MS_MAX });
  } catch (error) {
    throw temporalError(error, temporal);
  }
  try {
    await connection.withDeadline(Date.now() + CONNECT_MS_MAX, async () => {
      await connection.workflowService.describeNamespace({ namespace: temporal.namespace });
    });
  } catch (error) {
    await connection.close();
    throw temporalError(error, temporal);
  }
  return {
    client: new Client({ connection, namespace: temporal.namespace }),
    connection,
    address: temporal.address,
    namespace: temporal.namespace,
    close: async () => {
      await connection.close();
    },
  };
}

const GRPC_NOT_FOUND = 5;
const GRPC_PERMISSION_DENIED = 7;
const GRPC_UNAUTHENTICATED = 16;

/** The gRPC status a thrown value or its cause carries. */
export function grpcStatusOf(error: unknown): number | undefined {
  for (let current: unknown = error, depth = 0; typeof current === 'object' && current !== null && depth < 5; depth++) {
    const { code, cause } = current as { code?: unknown; cause?: unknown };
    if (typeof code === 'number') return code;
    current = cause;
  }
  return undefined;
}

/** Whether the thing asked for does not exist. */
export function isNotFound(error: unknown): boolean {
  return grpcStatusOf(error) === GRPC_NOT_FOUND || (error as { name?: unknown } | null)?.name === 'ScheduleNotFoundError';
}

/** What a call to Temporal threw, as an error of ours. gRPC errors hold request metadata, so none travels on as a cause. */
export function temporalError(error: unknown, temporal: { readonly address: string; readonly namespace: string }): TidemarkError {
  const { address, namespace } = temporal;
  const status = grpcStatusOf(error);
  const context = { address, namespace, ...(status === undefined ? {} : { status }) };
  if (status === GRPC_UNAUTHENTICATED || status === GRPC_PERMISSION_DENIED) {
    return new TidemarkError('TEMPORAL_DENIED', `Temporal at ${address} refuses the credential for namespace ${namespace}`, { context });
  }
  if (status === GRPC_NOT_FOUND) {
    return new TidemarkError('TEMPORAL_NAMESPACE_MISSING', `Temporal at ${address} has no namespace ${namespace}`, { context });
  }
  return new TidemarkError('TEMPORAL_UNREACHABLE', `no Temporal server answers at ${address}`, { context });
}
