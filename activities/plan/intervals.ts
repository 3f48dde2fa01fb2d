/**
 * Half-open intervals of milliseconds, `[from, to)`. Pure. A set is a list of non-empty intervals in ascending order that
 * neither overlap nor touch.
 */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** The set that covers exactly what the given intervals cover. Empty and inverted ones cover nothing. */
export function union(intervals: readonly Interval[]): Interval[] {
  const sorted = intervals.filter(({ from, to }) => from < to).sort((left, right) => left.from - right.from);
  const merged: Interval[] = [];
  for (const interval of sorted) {
    const last = merged.at(-1);
    if (last === undefined || interval.from > last.to) merged.push(interval);
    else if (interval.to > last.to) merged[merged.length - 1] = { from: last.from, to: interval.to };
  }
  return merged;
}

/** What `whole` covers and `holes` does not. */
export function subtract(whole: readonly Interval[], holes: readonly Interval[]): Interval[] {
  const rest: Interval[] = [];
  const cuts = union(holes);
  for (const interval of union(whole)) {
    let { from } = interval;
    for (const cut of cuts) {
      if (cut.to <= from) continue;
      if (cut.from >= interval.to) break;
      if (cut.from > from) rest.push({ from, to: cut.from });
      from = cut.to;
    }
    if (from < interval.to) rest.push({ from, to: interval.to });
  }
  return rest;
}

/** What both cover. */
export function intersect(left: readonly Interval[], right: readonly Interval[]): Interval[] {
  const whole = union(left);
  return subtract(whole, subtract(whole, right));
}

/**
 * Cuts an interval into pieces of at most `sizeMax`. One that fits stays whole; a longer one is cut at multiples of
 * `sizeMax` since the epoch, so that planning again a moment later cuts it at the same places.
 */
export function cut(interval: Interval, sizeMax: number): Interval[] {
  if (interval.to - interval.from <= sizeMax) return interval.from < interval.to ? [interval] : [];
  const pieces: Interval[] = [];
  for (let { from } = interval; from < interval.to;) {
    const to = Math.min(interval.to, (Math.floor(from / sizeMax) + 1) * sizeMax);
    pieces.push({ from, to });
    from = to;
  }
  return pieces;
}
