/**
 * What the product needs from transactions: publishers of one table exclude each other by a row they all update, and a
 * script either commits whole or leaves nothing. The statements are the shape of publish, not its text.
 */
import { jobDone, loseAnswer, meet } from '../strict/faults';
import {
  insertJob,
  jobEnd,
  openContractLake,
  refusedBy,
  rowsOf,
  runJob,
  testBehindProxies,
  type ContractLake,
  type JobResource,
} from './contract-lake';
import { uniqueName } from '../setup/lake';

let lake: ContractLake;
let d: string;
beforeAll(async () => {
  lake = await openContractLake();
  d = lake.dataset;
  await rowsOf(
    lake,
    `CREATE TABLE ${d}.lock_t AS SELECT 0 AS seq;
     CREATE TABLE ${d}.t (event_time TIMESTAMP, event_key STRING, unit STRING, batch STRING) PARTITION BY DATE(event_time);
     CREATE TABLE ${d}.units (unit STRING, inserted INT64, seq INT64, batch STRING);
     CREATE TABLE ${d}.staged AS SELECT TIMESTAMP_ADD(TIMESTAMP '2026-01-01', INTERVAL i MINUTE) AS event_time, CONCAT('key-', CAST(MOD(i, 90) AS STRING)) AS event_key, CONCAT('u', CAST(MOD(i, 4) AS STRING)) AS unit, i AS n FROM UNNEST(GENERATE_ARRAY(0, 99)) AS i;`,
  );
});
afterAll(async () => lake.close());
beforeEach(async () => {
  await rowsOf(lake, `TRUNCATE TABLE ${d}.t; TRUNCATE TABLE ${d}.units;`);
});

const script = (): string => `
DECLARE fresh ARRAY<STRING>;
BEGIN TRANSACTION;
UPDATE ${d}.lock_t SET seq = seq + 1 WHERE TRUE;
SET fresh = (SELECT ARRAY_AGG(u.unit) FROM UNNEST(@units) AS u WHERE u.unit NOT IN (SELECT f.unit FROM ${d}.units AS f WHERE f.unit IS NOT NULL));
CREATE TEMP TABLE ranked AS
  SELECT s.event_time, s.event_key, s.unit, ROW_NUMBER() OVER (PARTITION BY s.event_key ORDER BY s.unit, s.n) AS nth FROM ${d}.staged AS s WHERE s.unit IN UNNEST(fresh);
INSERT INTO ${d}.t (event_time, event_key, unit, batch)
  SELECT r.event_time, r.event_key, r.unit, @batch FROM ranked AS r
  WHERE r.nth = 1 AND NOT EXISTS (SELECT 1 FROM ${d}.t AS t WHERE t.event_key = r.event_key AND t.event_time >= TIMESTAMP '2026-01-01' AND t.event_time < TIMESTAMP '2026-01-02');
INSERT INTO ${d}.units (unit, inserted, seq, batch)
  SELECT u.unit, IFNULL(c.n, 0), l.seq, @batch FROM UNNEST(@units) AS u CROSS JOIN ${d}.lock_t AS l
  LEFT JOIN (SELECT t.unit, COUNT(*) AS n FROM ${d}.t AS t WHERE t.batch = @batch GROUP BY t.unit) AS c ON c.unit = u.unit
  WHERE u.unit IN UNNEST(fresh);
COMMIT TRANSACTION;`;

const parameter = (name: string, type: string, value: string): object => ({ name, parameterType: { type }, parameterValue: { value } });
const publishJob = (units: readonly string[], batch: string): object => ({
  query: {
    query: script(),
    useLegacySql: false,
    queryParameters: [
      parameter('batch', 'STRING', batch),
      {
        name: 'units',
        parameterType: { type: 'ARRAY', arrayType: { type: 'STRUCT', structTypes: [{ name: 'unit', type: { type: 'STRING' } }] } },
        parameterValue: { arrayValues: units.map((unit) => ({ structValues: { unit: { value: unit } } })) },
      },
    ],
  },
});
const publish = async (units: readonly string[], batch: string): Promise<JobResource> => runJob(lake, publishJob(units, batch));
const committed = (job: JobResource): boolean => job.status.errorResult === undefined;
const counts = async (): Promise<unknown> =>
  (
    await rowsOf(
      lake,
      `SELECT (SELECT COUNT(*) FROM ${d}.t) AS n, (SELECT COUNT(DISTINCT event_key) FROM ${d}.t) AS keys_, (SELECT COUNT(*) FROM ${d}.units) AS facts, (SELECT SUM(inserted) FROM ${d}.units) AS inserted`,
    )
  )[0];

test('a script with DECLARE, a temporary table and parameters commits; again it does nothing', async () => {
  for (const batch of ['b1', 'b2']) expect((await publish(['u0', 'u1', 'u2', 'u3'], batch)).status).toEqual({ state: 'DONE' });
  expect(await counts()).toEqual({ n: 90, keys_: 90, facts: 4, inserted: 90 });
});

test('of racing publishers at least one commits each time, none overlap, and in the end every key is there once', async () => {
  const waiting = new Set(['u0', 'u1', 'u2', 'u3']);
  for (let round = 0; waiting.size > 0; round += 1) {
    expect(round).toBeLessThan(8);
    const before = waiting.size;
    await Promise.all(
      [...waiting].map(async (unit) => {
        if (committed(await publish([unit], `b-${unit}-${round}`))) waiting.delete(unit);
      }),
    );
    expect(waiting.size).toBeLessThan(before);
  }
  expect(await counts()).toEqual({ n: 90, keys_: 90, facts: 4, inserted: 90 });
  const seqs = (await rowsOf(lake, `SELECT DISTINCT seq FROM ${d}.units`)) as { seq: number }[];
  expect(seqs).toHaveLength(4);
});

test('a script that fails before its COMMIT leaves nothing, not even the number it took', async () => {
  const [before] = await rowsOf(lake, `SELECT seq FROM ${d}.lock_t`);
  const query = `BEGIN TRANSACTION; UPDATE ${d}.lock_t SET seq = seq + 1 WHERE TRUE; INSERT INTO ${d}.t (event_key) VALUES ('lost'); SELECT ERROR('stop'); COMMIT TRANSACTION;`;
  const job = await runJob(lake, { query: { query, useLegacySql: false } });
  expect(job.status.errorResult).toBeDefined();
  expect([await counts(), (await rowsOf(lake, `SELECT seq FROM ${d}.lock_t`))[0]]).toEqual([
    { n: 0, keys_: 0, facts: 0, inserted: null },
    before,
  ]);
});

testBehindProxies('publishers that are let go at the same moment: exactly one commits', async () => {
  const proxy = lake.proxies?.bigquery;
  if (proxy === undefined) throw new Error('no proxy');
  const race = meet(proxy, {
    match: ({ method, job }) => method === 'POST' && job?.type === 'query' && job.sql.includes('COMMIT'),
    parties: 2,
  });
  const jobs = Promise.all([publish(['u0', 'u1', 'u2', 'u3'], 'a'), publish(['u0', 'u1', 'u2', 'u3'], 'b')]);
  await race;
  // Two that do not overlap after all both succeed, and the second finds the facts of the first.
  expect((await jobs).filter(committed).length).toBeGreaterThanOrEqual(1);
  expect(await counts()).toEqual({ n: 90, keys_: 90, facts: 4, inserted: 90 });
});

testBehindProxies('the answer of a commit is lost: the job’s id tells that it was done, and the facts are there', async () => {
  const jobId = uniqueName('contract');
  const lost = lake.proxies?.bigquery.inject({ match: ({ job }) => job?.id === jobId, action: loseAnswer(jobDone) });
  // Whatever the client makes of the broken connection, of its insertion or of a poll, the id tells the rest.
  await insertJob(lake, jobId, publishJob(['u0', 'u1', 'u2', 'u3'], 'b')).catch(refusedBy);
  await jobEnd(lake, jobId).catch(refusedBy);
  expect([lost?.hits(), await insertJob(lake, jobId, publishJob(['u0'], 'c')).catch(refusedBy)]).toMatchObject([1, { code: 409 }]);
  expect((await jobEnd(lake, jobId)).status).toEqual({ state: 'DONE' });
  expect(await counts()).toEqual({ n: 90, keys_: 90, facts: 4, inserted: 90 });
});
