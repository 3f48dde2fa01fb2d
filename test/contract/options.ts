/**
 * Where the contract suite runs. Without options: the local lake of the test run, through the strict proxies. With a
 * project (set by main.ts): that project, with application default credentials and nothing in between.
 */

export interface RealProject {
  readonly project: string;
  readonly location: string;
  readonly buckets: { readonly state: string; readonly stage: string };
}

/** The variables main.ts hands to jest's processes. */
export const CONTRACT_VARIABLES = {
  project: 'TIDEMARK_CONTRACT_PROJECT',
  location: 'TIDEMARK_CONTRACT_LOCATION',
  bucketState: 'TIDEMARK_CONTRACT_BUCKET_STATE',
  bucketStage: 'TIDEMARK_CONTRACT_BUCKET_STAGE',
} as const;

/** Undefined: the local lake. Throws when a project is named without its buckets. */
export function realProject(env: Readonly<Record<string, string | undefined>> = process.env): RealProject | undefined {
  const project = env[CONTRACT_VARIABLES.project];
  if (project === undefined) return undefined;
  const state = env[CONTRACT_VARIABLES.bucketState];
  const stage = env[CONTRACT_VARIABLES.bucketStage];
  if (state === undefined || stage === undefined) throw new Error('name the buckets too: --bucket-state A --bucket-stage B');
  return { project, location: env[CONTRACT_VARIABLES.location] ?? 'US', buckets: { state, stage } };
}
