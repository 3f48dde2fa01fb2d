/** A map that forgets what was used longest ago once the weights of its values exceed a limit. */

export interface Lru<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
}

export function createLru<K, V>(weightMax: number, weigh: (value: V) => number): Lru<K, V> {
  const values = new Map<K, V>();
  let weight = 0;
  return {
    get(key) {
      const value = values.get(key);
      if (value === undefined) return undefined;
      values.delete(key);
      values.set(key, value);
      return value;
    },
    set(key, value) {
      const old = values.get(key);
      if (old !== undefined) weight -= weigh(old);
      values.delete(key);
      values.set(key, value);
      weight += weigh(value);
      for (const [eldest, held] of values) {
        if (weight <= weightMax || values.size === 1) break;
        values.delete(eldest);
        weight -= weigh(held);
      }
    },
  };
}
