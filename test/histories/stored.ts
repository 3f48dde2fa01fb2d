/**
 * Workflow histories as a real server recorded them, one file per tick, named by what happened in it. They are evidence:
 * nothing that a replay checks is ever edited, and `sdkMetadata` stays, since without its flags a changed workflow may
 * replay clean. Only what names a machine or its files is replaced: identities, sticky queues, stack traces.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';

/** What happened in the recorded tick; also the name of its file. */
export type Scene = 'two-streams' | 'nothing-due' | 'killed-worker' | 'blocked-stream' | 'continued' | 'continuation' | 'replay';

/** As `fetchHistory` gives it and a replay takes it. */
export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

interface ProtoJson {
  readonly toJson: (type: unknown, message: unknown) => unknown;
  readonly fromJson: (type: unknown, json: unknown, options: { readonly ignoreUnknownFields: boolean }) => unknown;
}

/**
 * Temporal's `historyToJSON` and `historyFromJSON` refuse their own types where npm installs several copies of protobufjs,
 * as it does beside Google's clients. This is the same conversion, by the copy that the types were made with.
 */
const ofCommon = createRequire(require.resolve('@temporalio/common'));
const ofProto = createRequire(ofCommon.resolve('@temporalio/proto'));
const { toJson, fromJson } = ofProto('protobufjs/ext/protojson') as ProtoJson;
const historyType = (ofCommon('@temporalio/proto') as { lookupType(name: string): unknown }).lookupType('temporal.api.history.v1.History');

/** The names of the stored files. */
export function storedScenes(): Scene[] {
  const files = readdirSync(__dirname).filter((file) => file.endsWith('.json'));
  return files.map((file) => path.basename(file, '.json') as Scene).sort();
}

export function historyText(scene: Scene): string {
  return readFileSync(path.join(__dirname, `${scene}.json`), 'utf8');
}

export function storedHistory(scene: Scene): History {
  return fromJson(historyType, JSON.parse(historyText(scene)), { ignoreUnknownFields: true }) as History;
}

/** Writes the history of a closed run. */
export async function storeHistory(scene: Scene, handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<void> {
  const recorded = JSON.stringify(toJson(historyType, await handle.fetchHistory()));
  writeFileSync(path.join(__dirname, `${scene}.json`), `${JSON.stringify(JSON.parse(recorded, withoutMachine), null, 1)}\n`);
}

function withoutMachine(key: string, value: unknown): unknown {
  if (key === 'identity') return 'recorder';
  if (key === 'stackTrace') return '';
  const isSticky = key === 'taskQueue' && (value as { readonly kind?: unknown }).kind === 'TASK_QUEUE_KIND_STICKY';
  return isSticky ? { ...(value as object), name: 'sticky' } : value;
}
