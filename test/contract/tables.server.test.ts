/** What the product needs from tables and queries. */
import { call, FILTERED, onRealProject, openContractLake, refusedBy, rowsOf, testOnRealProject, type ContractLake } from './contract-lake';

let lake: ContractLake;
beforeAll(async () => {
  lake = await openContractLake();
});
afterAll(async () => lake.close());

interface Field {
  readonly name: string;
  readonly type: string;
  readonly mode?: string;
  readonly fields?: readonly Field[];
}
interface TableResource {
  readonly etag: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly expirationTime?: string;
  readonly timePartitioning?: { readonly type?: string; readonly field?: string };
  readonly clustering?: { readonly fields?: readonly string[] };
  readonly schema: { readonly fields: readonly Field[] };
}

const uri = (table: string): string => `/datasets/${lake.dataset}/tables/${table}`;
const create = async (tableId: string, more: object): Promise<TableResource> =>
  call(lake.bigquery, 'POST', `/datasets/${lake.dataset}/tables`, {
    json: { tableReference: { projectId: lake.bigquery.projectId, datasetId: lake.dataset, tableId }, ...more },
  });
const BASE: Field[] = [
  { name: 'ts', type: 'TIMESTAMP', mode: 'REQUIRED' },
  { name: 'k', type: 'STRING', mode: 'NULLABLE' },
  { name: 'rec', type: 'RECORD', mode: 'NULLABLE', fields: [{ name: 'a', type: 'STRING', mode: 'NULLABLE' }] },
];

test('a table keeps its partitioning, clustering, labels, expiration and schema', async () => {
  const expirationTime = String(Date.now() + 3_600_000);
  await create('made', {
    schema: { fields: BASE },
    timePartitioning: { type: 'DAY', field: 'ts' },
    clustering: { fields: ['k'] },
    labels: { purpose: 'contract' },
    expirationTime,
  });
  expect(await call<TableResource>(lake.bigquery, 'GET', uri('made'))).toMatchObject({
    timePartitioning: { type: 'DAY', field: 'ts' },
    clustering: { fields: ['k'] },
    labels: { purpose: 'contract' },
    expirationTime,
    schema: { fields: BASE.map(({ name, type, mode }) => ({ name, type, mode })) },
  });
});

test('creating a table again is 409', async () => {
  await create('twice', { schema: { fields: BASE } });
  expect(await create('twice', { schema: { fields: BASE } }).catch(refusedBy)).toMatchObject({ code: 409, reason: 'duplicate' });
});

test('a patch under an old etag is 412 and changes nothing; of two patches under one etag one wins', async () => {
  const { etag } = await create('patched', { schema: { fields: BASE }, labels: { state: 'old' } });
  const patch = async (state: string): Promise<unknown> =>
    call(lake.bigquery, 'PATCH', uri('patched'), { headers: { 'If-Match': etag }, json: { labels: { state } } }).then(
      () => state,
      (error: unknown) => refusedBy(error).code,
    );
  expect(await patch('new')).toBe('new');
  expect(await patch('late')).toBe(412);
  expect((await call<TableResource>(lake.bigquery, 'GET', uri('patched'))).labels).toEqual({ state: 'new' });
});

test('adding a nullable column answers with the new schema, and old rows have NULL there', async () => {
  await create('grown', { schema: { fields: BASE } });
  await rowsOf(lake, `INSERT INTO ${lake.dataset}.grown (ts, k) VALUES (TIMESTAMP '2026-01-01', 'old')`);
  const current = (await call<TableResource>(lake.bigquery, 'GET', uri('grown'))).etag;
  const fields = [...BASE, { name: 'added', type: 'STRING', mode: 'NULLABLE' }];
  const answer = await call<TableResource>(lake.bigquery, 'PATCH', uri('grown'), {
    headers: { 'If-Match': current },
    json: { schema: { fields } },
  });
  expect(answer.schema.fields.map(({ name }) => name)).toEqual(['ts', 'k', 'rec', 'added']);
  expect(await rowsOf(lake, `SELECT k, added FROM ${lake.dataset}.grown`)).toEqual([{ k: 'old', added: null }]);
});

// The local server takes a nested field in a patch and does not add it.
testOnRealProject('adding a nested nullable column answers with the new schema', async () => {
  await create('nested', { schema: { fields: BASE } });
  const fields = BASE.map((field) =>
    field.name === 'rec' ? { ...field, fields: [...(field.fields ?? []), { name: 'b', type: 'STRING', mode: 'NULLABLE' }] } : field,
  );
  const answer = await call<TableResource>(lake.bigquery, 'PATCH', uri('nested'), { json: { schema: { fields } } });
  expect(answer.schema.fields[2]?.fields?.map(({ name }) => name)).toEqual(['a', 'b']);
});

describe('a table that demands a partition filter', () => {
  const table = (): string => `${lake.dataset}.${FILTERED.table}`;
  beforeAll(async () => {
    // The local server's own flag refuses too much; the proxy enforces the demand instead.
    await create(FILTERED.table, {
      schema: { fields: BASE },
      timePartitioning: { type: 'DAY', field: FILTERED.column },
      ...(onRealProject ? { requirePartitionFilter: true } : {}),
    });
    await rowsOf(
      lake,
      `INSERT INTO ${table()} (ts, k) VALUES (TIMESTAMP '2026-01-01 10:00:00', 'a'), (TIMESTAMP '2026-01-02 10:00:00', 'b')`,
    );
  });

  test('refuses a read without one, also in a dry run', async () => {
    const query = `SELECT k FROM ${table()} WHERE k = 'a'`;
    const message = expect.stringMatching(
      /^Cannot query over table '.*' without a filter over column\(s\) 'ts' that can be used for partition elimination/,
    ) as string;
    expect([
      await rowsOf(lake, query).catch(refusedBy),
      await lake.bigquery.createQueryJob({ query, dryRun: true, location: lake.location }).catch(refusedBy),
    ]).toMatchObject([
      { code: 400, reason: 'invalidQuery', message },
      { code: 400, reason: 'invalidQuery', message },
    ]);
  });

  test('answers a read with one, in a WHERE, an OR of ranges and a joined sub-query', async () => {
    const day = (date: string): string => `(t.ts >= TIMESTAMP '${date}' AND t.ts < TIMESTAMP_ADD(TIMESTAMP '${date}', INTERVAL 1 DAY))`;
    const either = `${day('2026-01-01')} OR ${day('2026-01-02')}`;
    expect(
      await rowsOf(lake, `SELECT k FROM ${table()} WHERE ts >= @from ORDER BY k`, {
        params: { from: lake.bigquery.timestamp('2026-01-02T00:00:00Z') },
      }),
    ).toEqual([{ k: 'b' }]);
    expect(await rowsOf(lake, `SELECT k FROM ${table()} AS t WHERE ${either} ORDER BY k`)).toEqual([{ k: 'a' }, { k: 'b' }]);
    expect(
      await rowsOf(
        lake,
        `SELECT x FROM UNNEST(['a', 'c']) AS x LEFT JOIN (SELECT t.k FROM ${table()} AS t WHERE ${either}) AS known ON known.k = x WHERE known.k IS NULL`,
      ),
    ).toEqual([{ x: 'c' }]);
  });
});

test('a query takes arrays of structs as parameters, empty ones with their type', async () => {
  const query =
    'SELECT u.unit, u.n, (SELECT STRING_AGG(h.hour ORDER BY h.hour) FROM UNNEST(u.hours) AS h) AS hours FROM UNNEST(@units) AS u ORDER BY u.unit';
  const units = [
    { unit: 'u1', n: 1, hours: [{ hour: 'a' }, { hour: 'b' }] },
    { unit: 'u2', n: 2, hours: [{ hour: 'c' }] },
  ];
  const types = { units: [{ unit: 'STRING', n: 'INT64', hours: [{ hour: 'STRING' }] }] };
  expect(await rowsOf(lake, query, { params: { units }, types })).toEqual([
    { unit: 'u1', n: 1, hours: 'a,b' },
    { unit: 'u2', n: 2, hours: 'c' },
  ]);
  expect(await rowsOf(lake, query, { params: { units: [] }, types })).toEqual([]);
});
