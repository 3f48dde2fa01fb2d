/** What activities are given: clients, configuration and clock, made once per process in worker/. */
import type { BigQuery } from '@google-cloud/bigquery';
import type { Clock } from './clock';
import type { Config, SourceConfig } from './config';
import type { Connector, ConnectorContext, Stream } from './connectors/connector';
import type { ObjectStore } from './stage/store';
import type { TableRedaction } from './transform/redact/table-redaction';

/** A configured source with the code that reads it. */
export interface Source {
  readonly config: SourceConfig;
  readonly connector: Connector;
  /** `config.config` as the connector's schema gave it. */
  readonly connectorConfig: unknown;
  readonly streams: readonly Stream[];
  /** Digest of what decides which items a read returns. */
  readonly configDigest: string;
  /** The HTTP side of a read, with a call counter of its own. */
  readonly openHttp: (signal: AbortSignal) => { request: ConnectorContext<unknown>['http']['request']; calls: () => number };
}

export interface Log {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface Deps {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  /** Unique per process. */
  readonly processName: string;
  /** Checkpoints and plans: objects that change. */
  readonly state: ObjectStore;
  /** Parts: objects that never change. */
  readonly stage: ObjectStore;
  readonly bigquery: BigQuery;
  readonly identityKey: Buffer;
  /** By table. */
  readonly redaction: (table: string) => TableRedaction;
  /** Throws SOURCE_UNKNOWN. */
  readonly source: (id: string) => Source;
}

/** What an activity gets to know about the attempt it runs in. */
export interface Attempt {
  /** Aborts when the attempt is cancelled or the worker stops. */
  readonly signal: AbortSignal;
  /** Unique among attempts, also of other workers. */
  readonly name: string;
  /** Counts from 1. */
  readonly number: number;
}
