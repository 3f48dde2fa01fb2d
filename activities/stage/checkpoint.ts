/**
 * Reading and advancing `unit.json`. One checkpoint belongs to one attempt. Each write names itself, so that a lost
 * answer of our own write is told apart from another owner: then this attempt stops and the next starts from what is saved.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock';
import { TidemarkError } from '../errors';
import type { Generation, ObjectStore } from './store';
import type { UnitDocument, UnitSpec } from './unit';

/** Cloud Storage takes one write a second per object name. */
const WRITE_INTERVAL_MS = 1_050;

/** Folder of a unit in both buckets. */
export function unitFolder(unit: Pick<UnitSpec, 'source' | 'stream' | 'unit' | 'from'>): string {
  return `v1/${unit.source}/${unit.stream}/${unit.from.slice(0, 10).replaceAll('-', '/')}/${unit.unit}`;
}

/** Name of a unit among all units: what rows and facts carry. */
export function unitRef(unit: Pick<UnitSpec, 'source' | 'stream' | 'unit'>): string {
  return `${unit.source}/${unit.stream}/${unit.unit}`;
}

/** Fields of the document the checkpoint fills in itself. */
export type UnitProgress = Omit<UnitDocument, 'owner' | 'writeId'>;

export interface Checkpoint {
  /** What was saved before this attempt; undefined for a unit nobody has begun. */
  readonly saved: UnitDocument | undefined;
  /** Durable when it returns. Throws UNIT_TAKEN when another attempt has written in between. */
  advance(progress: UnitProgress): Promise<void>;
}

export async function openCheckpoint(store: ObjectStore, spec: UnitSpec, owner: string, clock: Clock): Promise<Checkpoint> {
  const name = `${unitFolder(spec)}/unit.json`;
  const found = await store.read(name);
  let generation: Generation | undefined = found?.generation;
  let writtenAtMs = Number.NEGATIVE_INFINITY;

  return {
    saved: found === undefined ? undefined : parseUnit(found.data, name),
    advance: async (progress) => {
      const waitMs = writtenAtMs + WRITE_INTERVAL_MS - clock.now();
      if (waitMs > 0) await clock.sleep(waitMs);
      const document: UnitDocument = { ...progress, owner, writeId: randomUUID() };
      const outcome = await store.write(name, Buffer.from(JSON.stringify(document)), 'application/json', generation);
      generation = outcome.kind === 'written' ? outcome.generation : await adoptOwnWrite(store, name, document.writeId);
      writtenAtMs = clock.now();
    },
  };
}

/** A unit's document as saved; STAGE_OBJECT_BROKEN when it cannot be read. */
export async function readUnit(store: ObjectStore, spec: UnitSpec): Promise<UnitDocument | undefined> {
  const name = `${unitFolder(spec)}/unit.json`;
  const found = await store.read(name);
  return found === undefined ? undefined : parseUnit(found.data, name);
}

/** The precondition failed: either our first try had succeeded and its answer was lost, or the unit has another owner. */
async function adoptOwnWrite(store: ObjectStore, name: string, writeId: string): Promise<Generation> {
  const current = await store.read(name);
  if (current !== undefined && parseUnit(current.data, name).writeId === writeId) return current.generation;
  throw new TidemarkError('UNIT_TAKEN', `${name} was advanced by another attempt`, { context: { object: name } });
}

function parseUnit(data: Buffer, name: string): UnitDocument {
  let parsed: unknown;
  try {
    parsed = JSON.parse(data.toString('utf8'));
  } catch (error) {
    throw new TidemarkError('STAGE_OBJECT_BROKEN', `${name} is not JSON`, { cause: error, context: { object: name } });
  }
  const document = parsed as Partial<UnitDocument> | null;
  if (document?.format !== 1 || !Array.isArray(document.parts) || typeof document.writeId !== 'string') {
    throw new TidemarkError('STAGE_OBJECT_BROKEN', `${name} is not a unit document of format 1`, { context: { object: name } });
  }
  return document as UnitDocument;
}
