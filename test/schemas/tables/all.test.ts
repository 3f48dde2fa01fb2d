/** Rules that every table keeps, whoever wrote it; envelope.test.ts has those about the envelope's names. */
import { lakeSpec } from '../../../activities/lake/lake-spec';
import { schemaFields } from '../../../activities/lake/bigquery-schema';
import { configSchema } from '../../../activities/config';
import { MAPPED_COLUMNS, tableColumns } from '../../../schemas/envelope';
import type { Column, EnvelopeSource, Path, TableDefinition } from '../../../schemas/table';
import { EACH } from '../../../schemas/table';
import { TABLES } from '../../../schemas/tables';
import { metadataRefusal } from '../../strict/metadata';

/** Classes of OCSF: https://schema.ocsf.io and events/ of github.com/ocsf/ocsf-schema. */
const OCSF_CLASSES: Readonly<Record<number, string>> = {
  1001: 'File System Activity',
  1006: 'Scheduled Job Activity',
  1007: 'Process Activity',
  1008: 'Event Log Activity',
  2002: 'Vulnerability Finding',
  2003: 'Compliance Finding',
  2004: 'Detection Finding',
  2005: 'Incident Finding',
  2006: 'Data Security Finding',
  2007: 'Application Security Posture Finding',
  3001: 'Account Change',
  3002: 'Authentication',
  3003: 'Authorize Session',
  3004: 'Entity Management',
  3005: 'User Access Management',
  3006: 'Group Management',
  3007: 'User Management',
  3008: 'Role Management',
  4001: 'Network Activity',
  4002: 'HTTP Activity',
  4003: 'DNS Activity',
  4004: 'DHCP Activity',
  4009: 'Email Activity',
  5001: 'Device Inventory Info',
  5003: 'User Inventory Info',
  5023: 'Cloud Resources Inventory Info',
  6001: 'Web Resources Activity',
  6002: 'Application Lifecycle',
  6003: 'API Activity',
  6004: 'Web Resource Access Activity',
  6005: 'Datastore Activity',
  6006: 'File Hosting Activity',
};

function walk(columns: readonly Column[], prefix = ''): (readonly [path: string, column: Column])[] {
  return columns.flatMap((column) => [[prefix + column.name, column] as const, ...walk(column.fields ?? [], `${prefix}${column.name}.`)]);
}

/** Every value a source can give that is written in the definition. */
function constantsOf(source: EnvelopeSource): readonly (string | number)[] {
  if ('constant' in source) return [source.constant];
  if ('cases' in source) return source.cases.flatMap(({ then }) => constantsOf(then));
  return 'from' in source ? Object.values(source.map ?? {}) : [];
}

function pathsOf(source: EnvelopeSource): readonly Path[] {
  if ('from' in source) return source.from;
  if ('observables' in source) return source.observables.flatMap(({ from }) => from);
  if (!('cases' in source)) return [];
  return source.cases.flatMap(({ when, then }) => [...(when === undefined ? [] : [when.path]), ...pathsOf(then)]);
}

/** Names of columns that hold what opens doors; a name for one (`token_id`) does not. */
const OPENS_DOORS = /(^|_)(password|passwd|secret|private_key|access_token|refresh_token|api_key|client_secret|session_token)$/i;

test('no two tables have one name, and every name is the origin and what is logged', () => {
  const names = TABLES.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  for (const { name, origin } of TABLES) {
    // A sink to BigQuery calls the log of load balancers that; nothing else is named after nothing.
    expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)+$|^requests$/);
    expect(origin).toMatch(/^[a-z0-9_]+(\.[a-z0-9_]+)+$/);
  }
});

test('no two tables of different vendors are of one origin', () => {
  const vendors = new Map<string, Set<string>>();
  for (const { name, origin } of TABLES)
    vendors.set(origin, new Set([...(vendors.get(origin) ?? []), origin.startsWith('google.') ? 'google' : (name.split('_')[0] ?? '')]));
  expect([...vendors].filter(([, names]) => names.size > 1)).toEqual([]);
});

test('the tables beside the lake are ones that BigQuery would make', () => {
  const lake = configSchema.shape.lake.parse({ project: 'p', buckets: { state: 'state', stage: 'stage' }, identityKey: { env: 'KEY' } });
  for (const { name, columns, partition, cluster, description } of lakeSpec(lake, []).tables)
    expect([name, metadataRefusal(resource(columns, partition, cluster, description))]).toEqual([name, undefined]);
});

function resource(columns: readonly Column[], partition: string, cluster: readonly string[], description: string): object {
  return {
    description,
    schema: { fields: schemaFields(columns, { personal: 'projects/p/locations/us/taxonomies/1/policyTags/1' }) },
    timePartitioning: { type: 'DAY', field: partition },
    clustering: { fields: cluster },
  };
}

describe.each(TABLES.map((table) => [table.name, table] as const))('%s', (_name, table) => {
  const columns = tableColumns(table);

  test('is a table that BigQuery would make', () => {
    expect(metadataRefusal(resource(columns, table.partition, table.cluster, table.description))).toBeUndefined();
  });

  test('is partitioned on a TIMESTAMP, on the observation where it holds states, and clustered on different columns', () => {
    const partition = columns.find(({ name }) => name === table.partition);
    expect(partition?.type).toBe('TIMESTAMP');
    if (table.kind === 'state') expect(table.partition).toBe('observed_at');
    expect(new Set(table.cluster).size).toBe(table.cluster.length);
    expect(table.cluster.length).toBeGreaterThan(0);
  });

  test('has an identity that fits its kind', () => {
    expect(identityProblems(table)).toEqual([]);
  });

  test('says of itself and of every column what it is, in words', () => {
    expect(table.description.length).toBeGreaterThan(20);
    const poor = walk(table.columns).filter(([, { name, description }]) => {
      const words = description.trim();
      return words.length < 3 || words.toLowerCase() === name.toLowerCase() || !/[.!?…]$/.test(words);
    });
    expect(poor.map(([path, { description }]) => [path, description])).toEqual([]);
  });

  test('calls what opens doors secret', () => {
    const open = walk(table.columns).filter(([, column]) => OPENS_DOORS.test(column.name) && column.type === 'STRING');
    expect(open.filter(([, { sensitivity }]) => sensitivity !== 'secret').map(([path]) => path)).toEqual([]);
  });

  test('maps only columns of the envelope, and says the OCSF class and its activity together', () => {
    const known = new Set(MAPPED_COLUMNS.map(({ name }) => name));
    expect(Object.keys(table.envelope).filter((name) => !known.has(name))).toEqual([]);
    const { ocsf_class_uid: classUid, ocsf_activity_id: activity } = table.envelope;
    expect([classUid === undefined, activity === undefined]).toEqual([classUid === undefined, classUid === undefined]);
    if (classUid !== undefined) expect(constantsOf(classUid).filter((uid) => OCSF_CLASSES[Number(uid)] === undefined)).toEqual([]);
    if (activity !== undefined) expect(constantsOf(activity).filter((id) => !(Number(id) >= 0 && Number(id) <= 99))).toEqual([]);
  });

  test('gives outcome, severity and kind of actor only in the words of the envelope', () => {
    const words: Readonly<Record<string, readonly string[]>> = {
      outcome: ['success', 'failure', 'unknown'],
      event_severity: ['informational', 'low', 'medium', 'high', 'critical'],
      actor_type: ['user', 'service_account', 'workload_identity', 'group', 'system', 'anonymous'],
    };
    for (const [name, allowed] of Object.entries(words)) {
      const source = table.envelope[name];
      const given = source === undefined ? [] : constantsOf(source);
      expect([name, given.filter((value) => !allowed.includes(String(value)))]).toEqual([name, []]);
      if (source !== undefined && 'from' in source) expect([name, source.map === undefined]).toEqual([name, false]);
    }
  });

  test('says EACH only below its array, and in the lists of observables', () => {
    const { observables, ...mapped } = table.envelope;
    const paths = [...Object.values(mapped).flatMap(pathsOf), ...walk(table.columns).flatMap(([, { from = [] }]) => from)];
    const each = table.each?.path ?? [];
    const isBelow = (path: Path): boolean =>
      table.each !== undefined &&
      path[each.length] === EACH &&
      !path.slice(each.length + 1).includes(EACH) &&
      each.every((step, at) => step === path[at]);
    expect(paths.filter((path) => path.includes(EACH) && !isBelow(path))).toEqual([]);
    expect(observables === undefined || 'observables' in observables || 'derive' in observables || 'cases' in observables).toBe(true);
  });

  test('has questions with their queries, each of them about itself', () => {
    const { examples = [] } = table;
    expect(examples.length).toBeGreaterThan(0);
    for (const { question, sql } of examples) {
      expect(question).toMatch(/^[A-Z].*\?$/);
      expect(sql).toMatch(new RegExp(`\\b(FROM|JOIN) lake\\.${table.name}(_latest|_history)?\\b`));
    }
  });
});

function identityProblems(table: TableDefinition): string[] {
  const { kind, key, object, each, retentionDays, time, columns, partition } = table;
  const problems: string[] = [];
  if (time.from.length === 0) problems.push('there is no path of the time');
  if (kind === 'state') {
    if (key !== null) problems.push('a row of a state table is identified by object and time, not by a key');
    if (object === undefined || object.length === 0 || object.some((paths) => paths.length === 0)) problems.push('there is no object');
    if (retentionDays !== undefined) problems.push('the latest observation of an object may be the only one: it cannot expire');
    return problems;
  }
  if (object !== undefined) problems.push('only state tables have objects');
  if (key?.parts.length === 0) problems.push('the key has no parts');
  if (key?.alternatives?.some((parts) => parts.length !== key.parts.length) === true)
    problems.push('an alternative of the key has another number of parts');
  if (each !== undefined && columns.find(({ name }) => name === each.index)?.type !== 'INT64')
    problems.push('the column of the number of the element is not an INT64 column');
  if (!columns.some(({ name }) => name === partition) && partition !== 'event_time')
    problems.push('the partition is no column of the vendor');
  return problems;
}
