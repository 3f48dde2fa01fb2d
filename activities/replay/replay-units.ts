/**
 * Open rejects as units. A reject whose text is whole is replayed from it; any other calls for its window to be read again,
 * once for all rejects of the window. Pure: rejects in the order of their positions in, units out.
 */
import { createHash } from 'node:crypto';
import type { UnitSpec } from '../stage/unit';
import type { OpenReject, RejectPosition, RejectRef } from './open-rejects';

/** Texts of one unit: they are read from the lake in one answer, and held. */
const TEXTS_MAX = 1_000;
const TEXT_BYTES_MAX = 8 * 1_048_576;

/** A unit and the rejects it deals with; the list is not written yet. */
export interface PlannedReplay {
  readonly spec: Omit<UnitSpec, 'replay'>;
  readonly from: 'texts' | 'window';
  readonly rejects: readonly RejectRef[];
}

/** Why a reject can be replayed neither from its text nor by its window. */
export type LeftOut = 'beyond retention' | 'no window';

export interface ReplayPlan {
  readonly units: readonly PlannedReplay[];
  readonly leftOut: Readonly<Partial<Record<LeftOut, number>>>;
  /** The last reject that was looked at. */
  readonly after: RejectPosition | undefined;
}

/** What is asked of the rejects' sources. */
export interface ReplayBounds {
  readonly table: string;
  readonly unitsMax: number;
  /** The first moment a stream's vendor still has, in milliseconds since the epoch. */
  readonly retainedFromMs: (source: string, stream: string) => number;
}

/** The id without the number that rejects alike in one unit have. */
const baseOf = (id: string): string => id.replace(/\.\d+$/, '');

/** Whether two rejects are of items that are alike: as events they are numbered by their unit, so one unit must have both. */
const areTwins = (left: OpenReject, right: OpenReject): boolean =>
  left.unit === right.unit && baseOf(left.rejectId) === baseOf(right.rejectId);

interface Growing {
  readonly first: OpenReject;
  readonly from: 'texts' | 'window';
  readonly rejects: OpenReject[];
  bytes: number;
}

/** `isAll`: no other rejects come after these. Else the last ones are left to the next plan where a twin of them may follow. */
export function planUnits(rejects: readonly OpenReject[], isAll: boolean, bounds: ReplayBounds): ReplayPlan {
  const groups = twinGroups(rejects);
  if (!isAll && groups.length > 1) groups.pop();
  const units = new Map<string, Growing>();
  const leftOut: Partial<Record<LeftOut, number>> = {};
  let texts = 0;
  let after: RejectPosition | undefined;
  for (const group of groups) {
    const [first] = group;
    const last = group.at(-1);
    if (first === undefined || last === undefined) continue;
    const whole = group.every(({ itemWhole }) => itemWhole);
    const why = whole ? undefined : whyNotAgain(first, bounds);
    if (why !== undefined) {
      leftOut[why] = (leftOut[why] ?? 0) + group.length;
    } else {
      const bytes = group.reduce((sum, { itemBytes }) => sum + itemBytes, 0);
      if (whole && isFull(units.get(textsKey(first, texts)), group.length, bytes)) texts += 1;
      const key = whole ? textsKey(first, texts) : windowKey(first);
      const unit = units.get(key) ?? { first, from: whole ? 'texts' : 'window', rejects: [], bytes: 0 };
      if (!units.has(key) && units.size === bounds.unitsMax) break;
      units.set(key, unit);
      unit.rejects.push(...group);
      unit.bytes += bytes;
    }
    after = [last.unit, last.rejectId, last.batch];
  }
  return { units: [...units.values()].map((unit) => planned(unit, bounds.table)), leftOut, after };
}

function twinGroups(rejects: readonly OpenReject[]): OpenReject[][] {
  const groups: OpenReject[][] = [];
  for (const reject of rejects) {
    const last = groups.at(-1);
    if (last?.[0] !== undefined && areTwins(last[0], reject)) last.push(reject);
    else groups.push([reject]);
  }
  return groups;
}

/** A unit has one source, stream, connector and tenant, as its rows have, and one listing's time where they had one. */
const placeOf = ({ source, stream, connector, tenant, observedAt }: OpenReject): string =>
  JSON.stringify([source, stream, connector, tenant, observedAt]);

const textsKey = (reject: OpenReject, number: number): string => `texts ${String(number)} ${placeOf(reject)}`;

const windowKey = (reject: OpenReject): string => `window ${placeOf(reject)} ${String(reject.from)} ${String(reject.to)}`;

const isFull = (unit: Growing | undefined, count: number, bytes: number): boolean =>
  unit !== undefined && (unit.rejects.length + count > TEXTS_MAX || unit.bytes + bytes > TEXT_BYTES_MAX);

/** A listing of another day is not the listing again, and a replay of texts was no read of a window. */
function whyNotAgain({ source, stream, from, to, observedAt }: OpenReject, { retainedFromMs }: ReplayBounds): LeftOut | undefined {
  if (from === null || to === null || observedAt !== null) return 'no window';
  return Date.parse(from) < retainedFromMs(source, stream) ? 'beyond retention' : undefined;
}

function planned({ first, from, rejects }: Growing, table: string): PlannedReplay {
  const { source, stream, connector, tenant, observedAt } = first;
  const refs = rejects.map(({ rejectId, batch }): RejectRef => ({ reject_id: rejectId, rejected_batch: batch }));
  const digest = createHash('sha256').update(JSON.stringify(refs)).digest('hex').slice(0, 24);
  // A unit of texts has no window; its folder is named by a day, and the day its rejects were read for is as good as any.
  const day = first.from ?? observedAt ?? '1970-01-01T00:00:00.000Z';
  const [start, end] = from === 'window' ? [day, first.to ?? day] : [day, day];
  return {
    from,
    rejects: refs,
    spec: {
      unit: `replay-${from}-${digest}`,
      ...{ source, stream, connector, tenant, table },
      lane: 'replay',
      from: start,
      to: end,
      ...(observedAt === null ? {} : { observedAt }),
    },
  };
}
