/**
 * `apply`: tables, views and schedules made equal to the configuration. Looks at everything first; makes nothing while
 * there is a problem; run twice, the second run finds nothing to do.
 */
import type { TidemarkError } from '../../activities/errors';
import { type LakePlanOptions, runLakePlan } from '../../activities/lake/migrate';
import type { Change } from '../../activities/lake/migration-step';
import type { Environment, LoadedConfig } from '../config-file';
import { preflight } from './preflight';
import { runSchedulePlan } from './schedules';

export type ApplyOutcome =
  { readonly ok: true; readonly changes: readonly Change[] } | { readonly ok: false; readonly problems: readonly TidemarkError[] };

export interface ApplyOptions extends LakePlanOptions {
  readonly env: Environment;
  /** Called after each thing is done. */
  readonly onChange?: (change: Change) => void;
}

/** As `apply`, for callers that cannot go on without it: throws all problems as one error that says each and its way out. */
export async function applyOrThrow(loaded: LoadedConfig, options: ApplyOptions): Promise<readonly Change[]> {
  const outcome = await apply(loaded, options);
  if (outcome.ok) return outcome.changes;
  throw new AggregateError(outcome.problems, outcome.problems.map(({ code, message, hint }) => `${code}: ${message}: ${hint}`).join('\n'));
}

export async function apply(loaded: LoadedConfig, options: ApplyOptions): Promise<ApplyOutcome> {
  const { config, baseDir } = loaded;
  const { problems, ready } = await preflight(config, { env: options.env, baseDir }, options);
  if (ready === undefined) return { ok: false, problems };
  const onChange = options.onChange ?? ((): void => undefined);
  try {
    const lake = await runLakePlan(ready.lake, onChange);
    // Schedules last: a tick must find its tables.
    const schedules = await runSchedulePlan(ready.temporal, ready.schedules, onChange);
    return { ok: true, changes: [...lake, ...schedules] };
  } finally {
    await ready.temporal.close();
  }
}

export interface Difference {
  /** What apply would do, and what it would leave. */
  readonly changes: readonly Change[];
  /** Why apply would do nothing. */
  readonly problems: readonly TidemarkError[];
}

/** What `apply` would do now. Changes nothing. */
export async function planApply({ config, baseDir }: LoadedConfig, options: ApplyOptions): Promise<Difference> {
  const { problems, differences, ready } = await preflight(config, { env: options.env, baseDir }, options);
  await ready?.temporal.close();
  return { changes: differences, problems };
}
