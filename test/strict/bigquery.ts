/**
 * BigQuery as it is, in front of a server that is more forgiving: load jobs are judged row by row before they run
 * (load.ts, row.ts), queries that read a listed table without a partition filter are refused (sql.ts), and so are datasets
 * and tables that the service would not make (metadata.ts).
 *
 * A refused load is a job like any other: it exists under its id, is DONE with `errorResult`, can be asked for, and a
 * second insert of the id answers 409. Other than the service, which runs a script up to the statement it refuses, the
 * filter is judged for the whole script before any of it runs.
 */
import { randomUUID } from 'node:crypto';
import type { SeenJob, SeenRequest } from './faults';
import {
  LOAD_LIMITS,
  loadRefusal,
  objectsByHttp,
  objectsInFolder,
  type LoadConfiguration,
  type LoadLimits,
  type LoadRefusal,
} from './load';
import { changesMetadata, metadataRefusal } from './metadata';
import { ask, googleError, jsonAnswer, startProxy, type Answer, type Proxy } from './proxy';
import type { Field } from './row';
import { unfilteredRead } from './sql';

export interface StrictBigQueryOptions {
  /** Base address of the BigQuery server. */
  readonly target: string;
  /** Folder in which `gs://bucket/name` is `bucket/name`. */
  readonly storageRoot?: string;
  /** Base address of the storage server, where its folder is not at hand. */
  readonly storageUrl?: string;
  /** Partition column by `dataset.table`, for tables that demand a filter on it. */
  readonly requirePartitionFilter?: Readonly<Record<string, string>>;
  /** Default: the service's own. */
  readonly limits?: Partial<LoadLimits>;
}

interface LoadBody extends LoadConfiguration {
  readonly schema?: { readonly fields?: readonly Field[] };
  readonly destinationTable?: { readonly projectId?: string; readonly datasetId?: string; readonly tableId?: string };
}

interface QueryBody {
  readonly query?: string;
  readonly defaultDataset?: { readonly datasetId?: string };
}

interface JobBody {
  readonly jobReference?: { readonly jobId?: string; readonly location?: string };
  readonly configuration?: { readonly load?: LoadBody; readonly query?: QueryBody; readonly labels?: unknown };
}

const JOBS = /^\/bigquery\/v2\/projects\/([^/]+)\/jobs$/;
const ONE_JOB = /^\/bigquery\/v2\/projects\/([^/]+)\/(?:jobs|queries)\/([^/]+?)(\/cancel|\/delete)?$/;
const QUERIES = /^\/bigquery\/v2\/projects\/([^/]+)\/queries$/;

export async function startStrictBigQuery(options: StrictBigQueryOptions): Promise<Proxy> {
  const { target } = options;
  const required = options.requirePartitionFilter ?? {};
  const limits = { ...LOAD_LIMITS, ...options.limits };
  const open = options.storageRoot !== undefined ? objectsInFolder(options.storageRoot) : objectsByHttp(options.storageUrl ?? '');
  const refusedJobs = new Map<string, unknown>();
  const seenJobs = new Map<string, SeenJob>();
  const inserting = new Map<string, Promise<unknown>>();

  async function insert(project: string, body: JobBody, forward: () => Promise<Answer>): Promise<Answer> {
    const { load, query } = body.configuration ?? {};
    if (query !== undefined) return filtered(query) ?? forward();
    if (load?.sourceFormat !== 'NEWLINE_DELIMITED_JSON' || load.sourceUris === undefined) return forward();
    if ((load.maxBadRecords ?? 0) > 0 || load.sourceUris.some((uri) => uri.includes('*'))) {
      return googleError(501, 'notImplemented', 'maxBadRecords above 0 and wildcard URIs are not simulated by this proxy.');
    }
    const jobId = body.jobReference?.jobId ?? randomUUID();
    const key = `${project}:${jobId}`;
    if (refusedJobs.has(key)) return duplicate(key);
    const refusal = await loadRefusal(load, await schemaOf(target, project, load), open, limits);
    if (refusal === undefined) return forward();
    // An id that is taken answers 409 whatever the new configuration says: the server knows its own ids.
    if ((await ask(target, `/bigquery/v2/projects/${project}/jobs/${encodeURIComponent(jobId)}`)).status === 200) return forward();
    const job = refusedJob(project, jobId, body, refusal);
    refusedJobs.set(key, job);
    return jsonAnswer(200, job);
  }

  /** Inserts of one id are judged one after the other. */
  async function insertInTurn(project: string, body: JobBody, forward: () => Promise<Answer>): Promise<Answer> {
    const jobId = body.jobReference?.jobId;
    if (jobId === undefined) return insert(project, body, forward);
    const turn = (inserting.get(jobId) ?? Promise.resolve()).then(async () => insert(project, body, forward));
    const settled = turn.catch(() => undefined);
    inserting.set(jobId, settled);
    return turn.finally(() => {
      if (inserting.get(jobId) === settled) inserting.delete(jobId);
    });
  }

  function filtered(query: QueryBody): Answer | undefined {
    const found = unfilteredRead(query.query ?? '', required, query.defaultDataset?.datasetId);
    if (found === undefined) return undefined;
    const message = `Cannot query over table '${found.table}' without a filter over column(s) '${found.column}' that can be used for partition elimination`;
    return googleError(400, 'invalidQuery', message, { location: 'q', status: 'INVALID_ARGUMENT' });
  }

  return startProxy(target, {
    job(request) {
      const job = insertedJob(request);
      if (job !== undefined && job.id !== '') seenJobs.set(job.id, job);
      const id = ONE_JOB.exec(request.path)?.[2];
      return job ?? (id === undefined ? undefined : seenJobs.get(decodeURIComponent(id)));
    },
    async around(request, forward) {
      const project = (JOBS.exec(request.path) ?? QUERIES.exec(request.path))?.[1];
      if (request.method === 'POST' && project !== undefined) {
        if (QUERIES.test(request.path)) return filtered(request.json ?? {}) ?? forward();
        return insertInTurn(project, request.json ?? {}, forward);
      }
      if (changesMetadata(request.method, request.path)) {
        const message = metadataRefusal(request.json ?? {});
        if (message !== undefined) return googleError(400, 'invalid', message, { status: 'INVALID_ARGUMENT' });
      }
      return refusedJobAnswer(request, refusedJobs) ?? forward();
    },
  });
}

/** What an insertion says of its job; a query by `jobs.query` has no id before it is answered. */
function insertedJob(request: Omit<SeenRequest, 'job'>): SeenJob | undefined {
  if (request.method !== 'POST') return undefined;
  if (QUERIES.test(request.path)) return { id: '', type: 'query', sql: ((request.json ?? {}) as QueryBody).query ?? '', destination: '' };
  if (!JOBS.test(request.path)) return undefined;
  const { jobReference, configuration } = (request.json ?? {}) as JobBody;
  const to = configuration?.load?.destinationTable;
  return {
    id: jobReference?.jobId ?? '',
    type: configuration?.load !== undefined ? 'load' : configuration?.query !== undefined ? 'query' : 'other',
    sql: configuration?.query?.query ?? '',
    destination: to === undefined ? '' : `${to.datasetId ?? ''}.${to.tableId ?? ''}`,
  };
}

function refusedJobAnswer(request: SeenRequest, refusedJobs: ReadonlyMap<string, unknown>): Answer | undefined {
  const [, project, jobId, verb] = ONE_JOB.exec(request.path) ?? [];
  const job = refusedJobs.get(`${project ?? ''}:${decodeURIComponent(jobId ?? '')}`);
  if (job === undefined) return undefined;
  if (verb === '/cancel') return jsonAnswer(200, { kind: 'bigquery#jobCancelResponse', job });
  return request.method === 'GET' && verb === undefined ? jsonAnswer(200, job) : undefined;
}

function duplicate(key: string): Answer {
  return googleError(409, 'duplicate', `Already Exists: Job ${key}`, { status: 'ALREADY_EXISTS' });
}

/** The request's schema, else the table's; undefined when there is neither. */
async function schemaOf(target: string, project: string, load: LoadBody): Promise<readonly Field[] | undefined> {
  if (load.schema?.fields !== undefined) return load.schema.fields;
  const to = load.destinationTable;
  const { status, json } = await ask(
    target,
    `/bigquery/v2/projects/${to?.projectId ?? project}/datasets/${to?.datasetId ?? ''}/tables/${to?.tableId ?? ''}`,
  );
  return status === 200 ? (json as { schema?: { fields?: Field[] } }).schema?.fields : undefined;
}

/** A job resource as `jobs.get` gives it. */
function refusedJob(project: string, jobId: string, body: JobBody, refusal: LoadRefusal): unknown {
  const location = body.jobReference?.location ?? 'US';
  const nowMs = String(Date.now());
  return {
    kind: 'bigquery#job',
    id: `${project}:${location}.${jobId}`,
    jobReference: { projectId: project, jobId, location },
    configuration: { ...body.configuration, jobType: 'LOAD' },
    statistics: { creationTime: nowMs, startTime: nowMs, endTime: nowMs },
    status: { state: 'DONE', errorResult: refusal.errorResult, errors: refusal.errors },
  };
}
