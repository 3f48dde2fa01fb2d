/** A token bucket: `perMinute` calls at once, refilled evenly over a minute of `nowMs` time. */

export function createQuota(perMinute: number, nowMs: () => number): { take(): boolean } {
  let left = perMinute;
  let atMs = nowMs();
  return {
    take() {
      const now = nowMs();
      left = Math.min(perMinute, left + (Math.max(0, now - atMs) * perMinute) / 60_000);
      atMs = now;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
