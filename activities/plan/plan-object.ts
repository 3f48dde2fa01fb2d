/** The plan as an object of the state bucket: workflows carry its name, activities read it. */
import { TidemarkError } from '../errors';
import type { ObjectStore } from '../stage/store';
import type { UnitSpec } from '../stage/unit';

export interface PlanDocument {
  readonly format: 1;
  readonly source: string;
  /** The moment planned for, RFC 3339 UTC, when the tick was asked for another than now. */
  readonly asOf: string | undefined;
  /** Live units first. */
  readonly units: readonly UnitSpec[];
}

export async function readPlan(store: ObjectStore, name: string): Promise<PlanDocument> {
  const found = await store.read(name);
  if (found === undefined) throw new TidemarkError('STAGE_OBJECT_BROKEN', `plan ${name} does not exist`, { context: { object: name } });
  try {
    return JSON.parse(found.data.toString('utf8')) as PlanDocument;
  } catch (error) {
    throw new TidemarkError('STAGE_OBJECT_BROKEN', `plan ${name} is not JSON`, { cause: error, context: { object: name } });
  }
}
