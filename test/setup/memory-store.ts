/** A bucket in memory with the preconditions of Cloud Storage, for tests of what is written where. */
import type { ObjectStore, StoredObject } from '../../activities/stage/store';

export interface MemoryStore extends ObjectStore {
  readonly objects: Map<string, StoredObject>;
  /** The next write is made, and its answer lost: it reports a failed precondition, as a client's own retry would. */
  loseNextAnswer(): void;
}

export function memoryStore(bucket = 'memory'): MemoryStore {
  const objects = new Map<string, StoredObject>();
  let generation = 0;
  let lose = false;
  return {
    bucket,
    objects,
    loseNextAnswer: () => {
      lose = true;
    },
    read: (name) => Promise.resolve(objects.get(name)),
    write: (name, data, _contentType, expected) => {
      if (objects.get(name)?.generation !== expected) return Promise.resolve({ kind: 'lost' });
      const stored = { data, generation: String((generation += 1)) };
      objects.set(name, stored);
      if (!lose) return Promise.resolve({ kind: 'written', generation: stored.generation });
      lose = false;
      return Promise.resolve({ kind: 'lost' });
    },
    list: (prefix, limit) => Promise.resolve([...objects.keys()].filter((name) => name.startsWith(prefix)).slice(0, limit)),
  };
}
