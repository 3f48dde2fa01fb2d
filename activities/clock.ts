/**
 * The one clock of activities/. Everything that asks for the time or waits does it here, so that a test can live through
 * 72 hours in a minute.
 */
import { setTimeout as delay } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal === undefined ? undefined : { signal });
    } catch (error) {
      // Node rejects with an AbortError of its own; whoever aborted said why.
      signal?.throwIfAborted();
      throw error;
    }
  },
};
