/**
 * A worker in this process that runs the real workflow code on a real server over activities a test scripts: what they
 * return, when they return, and a log of what was asked in which order. Scripts are told apart by the source's name.
 */
import { Context } from '@temporalio/activity';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Activities, FetchResult, PlanReplayResult, PlanResult, PublishResult } from '../../activities';
import type { collect, CollectInput } from '../../workflows/collect';
import type { replay } from '../../workflows/replay';
import { uniqueName } from '../setup/lake';
import { registerNamespace } from '../setup/stack';
import { bundleOf } from './bundle';

type Input<Name extends keyof Activities> = Parameters<Activities[Name]>[0];

export interface ScriptUnit {
  readonly table: string;
  readonly rows: number;
  readonly stream?: string;
}

export interface Script {
  /** One per plan, in turn; after the last nothing is due. The first `live` units are live. */
  readonly plans: readonly {
    readonly units: readonly ScriptUnit[];
    readonly live?: number;
    readonly concurrency?: number;
    readonly rowsMin?: number;
    /** Rejects that a plan of a replay leaves out as beyond retention. */
    readonly leftOut?: number;
  }[];
  /** Runs before the activity of that name returns. What it throws is what the activity fails with. */
  readonly before?: {
    readonly plan?: (input: Input<'plan'>) => Promise<void>;
    readonly fetch?: (index: number, input: Input<'fetchUnit'>) => Promise<void>;
    readonly publish?: (table: string, input: Input<'publish'>) => Promise<void>;
  };
}

export interface Tick<Workflow extends typeof collect | typeof replay = typeof collect> {
  readonly handle: WorkflowHandle<Workflow>;
  /** What was asked: `plan 0`, `fetch-live 0`, `fetch-bulk 1`, `publish a 0,1`, in the order the activities began. */
  readonly asked: string[];
  readonly inputs: {
    readonly plan: Input<'plan'>[];
    readonly planReplay: Input<'planReplay'>[];
    readonly fetch: Input<'fetchUnit'>[];
    readonly publish: Input<'publish'>[];
  };
}

export interface StubWorker {
  readonly client: Client;
  start(script: Script, input?: Partial<CollectInput>): Promise<Tick>;
  /** Every plan of the script but the last says that more rejects come after it. */
  startReplay(script: Script): Promise<Tick<typeof replay>>;
  close(): Promise<void>;
}

const HEARTBEAT_TIMEOUT_MS = 5_000;

interface Scripted {
  readonly script: Script;
  readonly tick: Pick<Tick, 'asked' | 'inputs'>;
}

/** In a namespace of its own. */
export async function startStubWorker(address: string): Promise<StubWorker> {
  const namespace = uniqueName('stub', '-');
  await registerNamespace(address, namespace);
  const ticks = new Map<string, Scripted>();
  const find = (source: string): Scripted => {
    const found = ticks.get(source);
    if (found === undefined) throw new Error(`no script for ${source}`);
    return found;
  };
  const activities = scripted(find);
  const connection = await NativeConnection.connect({ address });
  const common = {
    connection,
    namespace,
    maxHeartbeatThrottleInterval: 100,
    defaultHeartbeatThrottleInterval: 100,
  } satisfies Partial<WorkerOptions>;
  const options: WorkerOptions[] = [
    {
      ...common,
      taskQueue: 'orchestrate',
      workflowBundle: await bundleOf('workflows'),
      activities: { plan: activities.plan, planReplay: activities.planReplay },
    },
    { ...common, taskQueue: 'fetch-live', activities: { fetchUnit: activities.fetchUnit } },
    { ...common, taskQueue: 'fetch-bulk', activities: { fetchUnit: activities.fetchUnit } },
    { ...common, taskQueue: 'publish', activities: { publish: activities.publish } },
  ];
  const workers = await Promise.all(options.map(async (one) => await Worker.create(one)));
  const running = Promise.all(workers.map(async (one) => await one.run()));
  const clientConnection = await Connection.connect({ address });
  const client = new Client({ connection: clientConnection, namespace });

  return {
    client,
    async start(script, input = {}) {
      const source = uniqueName('source', '-');
      const workflowId = `tick-${source}`;
      const tick: Tick = {
        handle: client.workflow.getHandle(workflowId),
        asked: [],
        inputs: { plan: [], planReplay: [], fetch: [], publish: [] },
      };
      ticks.set(source, { script, tick });
      await client.workflow.start('collect', { taskQueue: 'orchestrate', workflowId, args: [{ source, ...input }] });
      return tick;
    },
    async startReplay(script) {
      const table = uniqueName('table', '-');
      const workflowId = `replay/${table}`;
      const run: Tick<typeof replay> = {
        handle: client.workflow.getHandle(workflowId),
        asked: [],
        inputs: { plan: [], planReplay: [], fetch: [], publish: [] },
      };
      ticks.set(table, { script, tick: run });
      await client.workflow.start('replay', { taskQueue: 'orchestrate', workflowId, args: [{ table }] });
      return run;
    },
    async close() {
      for (const one of workers) one.shutdown();
      await running;
      await Promise.all([connection.close(), clientConnection.close()]);
    },
  };
}

/** A plan's name is `<source or table>/<number>`, so that the others find their script. */
function scripted(find: (name: string) => Scripted): Activities {
  const ofPlan = (plan: string) => {
    const [source = '', number] = plan.split('/');
    const found = find(source);
    const planned = found.script.plans[Number(number)];
    if (planned === undefined) throw new Error(`no plan ${plan}`);
    return { ...found, planned };
  };
  const planOf = (name: string, { script, tick }: Scripted, number: number): PlanResult => {
    tick.asked.push(`plan ${String(number)}`);
    const planned = script.plans[number];
    return {
      plan: planned === undefined || planned.units.length === 0 ? null : `${name}/${String(number)}`,
      units: planned?.units.length ?? 0,
      live: planned?.live ?? 0,
      concurrency: planned?.concurrency ?? 2,
      publishRowsMin: planned?.rowsMin ?? 50_000,
      heartbeatTimeoutMs: HEARTBEAT_TIMEOUT_MS,
      fetchBudgetMs: 60_000,
    };
  };
  return {
    async plan(input): Promise<PlanResult> {
      const found = find(input.source);
      const result = planOf(input.source, found, found.tick.inputs.plan.length);
      found.tick.inputs.plan.push(input);
      await found.script.before?.plan?.(input);
      return result;
    },
    planReplay(input): Promise<PlanReplayResult> {
      const found = find(input.table);
      const number = found.tick.inputs.planReplay.length;
      const { leftOut } = found.script.plans[number] ?? {};
      found.tick.inputs.planReplay.push(input);
      return Promise.resolve({
        ...planOf(input.table, found, number),
        rejects: 10,
        leftOut: leftOut === undefined ? {} : { 'beyond retention': leftOut },
        ...(number + 1 < found.script.plans.length ? { after: ['unit', `reject ${String(number)}`, 'batch'] as const } : {}),
      });
    },
    async fetchUnit(input): Promise<FetchResult> {
      const { script, tick, planned } = ofPlan(input.plan);
      tick.asked.push(`${Context.current().info.taskQueue} ${String(input.index)}`);
      tick.inputs.fetch.push(input);
      await script.before?.fetch?.(input.index, input);
      const unit = planned.units[input.index];
      if (unit === undefined) throw new Error(`${input.plan} has no unit ${String(input.index)}`);
      const skipped = unit.stream !== undefined && input.blocked.includes(unit.stream);
      return { unit: String(input.index), table: unit.table, received: skipped ? 0 : unit.rows, calls: skipped ? 0 : 1, skipped };
    },
    async publish(input): Promise<PublishResult> {
      const { script, tick, planned } = ofPlan(input.plan);
      tick.asked.push(`publish ${input.table} ${input.indexes.join()}`);
      tick.inputs.publish.push(input);
      await script.before?.publish?.(input.table, input);
      const rows = input.indexes.reduce((sum, index) => sum + (planned.units[index]?.rows ?? 0), 0);
      return { table: input.table, rows, inserted: rows, duplicates: 0, conflicts: 0, rejected: 0 };
    },
  };
}
