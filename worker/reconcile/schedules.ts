/**
 * The schedules of Temporal made equal to the configured sources: one `collect/<source>` each. A schedule is ours by its
 * memo, which names the installation; those of other installations are never touched. Only people pause schedules, by
 * `paused: true` or by hand: what was paused by hand stays paused whatever is applied. Every policy is set explicitly, since
 * the server's own defaults (a year of catch-up) are not what anyone wants here.
 */
import type { ScheduleDescription, ScheduleOptions, ScheduleUpdateOptions } from '@temporalio/client';
import type { Config, SourceConfig } from '../../activities/config';
import { TidemarkError } from '../../activities/errors';
import type { Change } from '../../activities/lake/migration-step';
import type { CollectInput } from '../../workflows/collect';
import { isNotFound, temporalError, type TemporalHandle } from '../temporal';

/** Task queue of workflows and light activities. */
export const ORCHESTRATE_QUEUE = 'orchestrate';
export const COLLECT_WORKFLOW = 'collect';
const PREFIX = 'collect/';
const PAUSE_NOTE = 'paused by the configuration';
const MEMO_KEY = 'tidemark';

export function scheduleId(source: string): string {
  return `${PREFIX}${source}`;
}

/** Names the installation a schedule belongs to: its state bucket, which no two installations share. */
export function installationOf(config: Config): string {
  return `${config.lake.project}/${config.lake.buckets.state}`;
}

type Wanted = Pick<ScheduleOptions, 'spec' | 'action'> & { policies: NonNullable<ScheduleOptions['policies']> };

/** The schedule of a source, every field explicit. */
export function wantedSchedule(config: Config, source: SourceConfig): Wanted {
  const args: [CollectInput] = [{ source: source.id }];
  return {
    spec: { intervals: [{ every: source.every, offset: 0 }], jitter: Math.floor(source.every / 10) },
    action: {
      type: 'startWorkflow',
      workflowType: COLLECT_WORKFLOW,
      taskQueue: ORCHESTRATE_QUEUE,
      workflowId: scheduleId(source.id),
      args,
      // A tick plans for its budget, and the units it began may each take theirs; past both it is lost, and SKIP would wait for ever.
      workflowExecutionTimeout: config.worker.tickBudget + config.worker.fetchBudget + 3_600_000,
      workflowRunTimeout: config.worker.tickBudget + config.worker.fetchBudget + 3_600_000,
      workflowTaskTimeout: 10_000,
    },
    policies: { overlap: 'SKIP', catchupWindow: source.every, pauseOnFailure: false },
  };
}

export interface SchedulePlan {
  readonly steps: readonly { readonly change: Change; readonly run?: () => Promise<void> }[];
  readonly refusals: readonly TidemarkError[];
}

/** Looks at all schedules; changes nothing. Throws TEMPORAL_* errors. */
export async function planSchedules(temporal: TemporalHandle, config: Config): Promise<SchedulePlan> {
  const refusals: TidemarkError[] = [];
  try {
    const kept = await Promise.all(config.sources.map(async (source) => await planSource(temporal, config, source, refusals)));
    return { steps: [...kept, ...(await planDeletions(temporal, config))], refusals };
  } catch (error) {
    throw temporalError(error, temporal);
  }
}

/** Does what was planned. */
export async function runSchedulePlan(temporal: TemporalHandle, plan: SchedulePlan, onChange: (change: Change) => void): Promise<Change[]> {
  const changes: Change[] = [];
  for (const { change, run } of plan.steps) {
    try {
      await run?.();
    } catch (error) {
      throw temporalError(error, temporal);
    }
    onChange(change);
    changes.push(change);
  }
  return changes;
}

type Step = SchedulePlan['steps'][number];

async function planSource(temporal: TemporalHandle, config: Config, source: SourceConfig, refusals: TidemarkError[]): Promise<Step> {
  const id = scheduleId(source.id);
  const wanted = wantedSchedule(config, source);
  const handle = temporal.client.schedule.getHandle(id);
  const existing = await describe(temporal, id);
  const step = (action: Change['action'], details: readonly string[], run?: () => Promise<void>): Step => ({
    change: { kind: 'schedule', name: id, action, details },
    ...(run === undefined ? {} : { run }),
  });
  if (existing === undefined) {
    const state = source.paused ? { paused: true, note: PAUSE_NOTE } : { paused: false };
    return step('created', source.paused ? ['paused'] : [], async () => {
      await temporal.client.schedule.create({ scheduleId: id, ...wanted, memo: { [MEMO_KEY]: installationOf(config) }, state });
    });
  }
  const owner = existing.memo?.[MEMO_KEY];
  if (owner !== installationOf(config)) {
    const whose = typeof owner === 'string' ? `belongs to ${owner}` : 'was not made by tidemark';
    refusals.push(
      new TidemarkError('TEMPORAL_SCHEDULE_TAKEN', `the schedule ${id} in namespace ${temporal.namespace} ${whose}`, {
        context: { schedule: id },
      }),
    );
    return step('left', [whose]);
  }
  const { state, note } = wantedState(existing, source.paused);
  const differences = [...differencesOf(existing, wanted), ...note.changes];
  if (differences.length === 0) return step(note.left.length === 0 ? 'unchanged' : 'left', note.left);
  return step('updated', [...differences, ...note.left], async () => {
    await handle.update((): ScheduleUpdateOptions => ({ ...wanted, state }));
  });
}

async function describe(temporal: TemporalHandle, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await temporal.client.schedule.getHandle(id).describe();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

interface StateDecision {
  readonly state: { paused: boolean; note?: string };
  readonly note: { readonly changes: readonly string[]; readonly left: readonly string[] };
}

function wantedState(existing: ScheduleDescription, paused: boolean): StateDecision {
  const { state } = existing;
  const byUs = state.note === PAUSE_NOTE;
  const keep = { paused: state.paused, ...(state.note === undefined ? {} : { note: state.note }) };
  if (paused && !state.paused) return { state: { paused: true, note: PAUSE_NOTE }, note: { changes: ['paused'], left: [] } };
  if (!paused && state.paused && byUs) return { state: { paused: false, note: '' }, note: { changes: ['unpaused'], left: [] } };
  if (!paused && state.paused)
    return {
      state: keep,
      note: { changes: [], left: [`stays paused by hand${state.note === undefined || state.note === '' ? '' : `: ${state.note}`}`] },
    };
  return { state: keep, note: { changes: [], left: [] } };
}

/** What of the schedule differs from what is wanted, in words. Read back values are compared as the server normalises them. */
export function differencesOf(existing: ScheduleDescription, wanted: Wanted): string[] {
  const { spec, policies, action } = existing;
  const target = wanted.action;
  const pairs: [string, unknown, unknown][] = [
    ['interval', spec.intervals ?? [], wanted.spec.intervals],
    ['calendars', spec.calendars ?? [], []],
    ['skip', spec.skip ?? [], []],
    ['jitter', spec.jitter ?? 0, wanted.spec.jitter],
    ['overlap', policies.overlap, wanted.policies.overlap],
    ['catch-up window', policies.catchupWindow, wanted.policies.catchupWindow],
    ['pause on failure', policies.pauseOnFailure, wanted.policies.pauseOnFailure],
    ['workflow type', action.workflowType, target.workflowType],
    ['workflow id', action.workflowId, target.workflowId],
    ['task queue', action.taskQueue, target.taskQueue],
    ['arguments', action.args, target.args],
    ['execution time-out', Number(action.workflowExecutionTimeout ?? 0), target.workflowExecutionTimeout],
    ['run time-out', Number(action.workflowRunTimeout ?? 0), target.workflowRunTimeout],
    ['task time-out', Number(action.workflowTaskTimeout ?? 0), target.workflowTaskTimeout],
  ];
  return pairs.filter(([, has, wants]) => JSON.stringify(has) !== JSON.stringify(wants)).map(([name]) => `${name} changed`);
}

/** Schedules of this installation whose source is no longer configured. */
async function planDeletions(temporal: TemporalHandle, config: Config): Promise<Step[]> {
  const configured = new Set(config.sources.map((source) => scheduleId(source.id)));
  const steps: Step[] = [];
  for await (const { scheduleId: id, memo } of temporal.client.schedule.list()) {
    if (!id.startsWith(PREFIX) || configured.has(id) || memo?.[MEMO_KEY] !== installationOf(config)) continue;
    steps.push({
      change: { kind: 'schedule', name: id, action: 'deleted', details: ['the source is no longer configured'] },
      run: async () => {
        await temporal.client.schedule.getHandle(id).delete();
      },
    });
  }
  return steps;
}
