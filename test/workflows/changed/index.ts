/**
 * A `collect` that asks for the same things in another order: it publishes before it fetches. Recorded ticks must not
 * replay with it; if they do, replaying proves nothing.
 */
import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../../activities';
import type { CollectInput } from '../../../workflows/collect';

const timing = { startToCloseTimeout: '5m' } as const;

export async function collect(input: CollectInput): Promise<void> {
  const { plan } = proxyActivities<Activities>({ taskQueue: 'orchestrate', ...timing });
  const { publish } = proxyActivities<Activities>({ taskQueue: 'publish', ...timing });
  const { fetchUnit } = proxyActivities<Activities>({ taskQueue: 'fetch-live', ...timing });
  const planned = await plan({ source: input.source, startedAt: '2026-03-11T00:00:00.000Z' });
  if (planned.plan === null) return;
  await publish({ plan: planned.plan, table: 'cloudaudit_googleapis_com_activity', indexes: [0] });
  await fetchUnit({ plan: planned.plan, index: 0, blocked: [] });
}
