import { stripSql, unfilteredRead } from './sql';

const REQUIRED = { 'lake.t': 'event_time' };
const refused = (sql: string): boolean => unfilteredRead(sql, REQUIRED) !== undefined;

describe('reads that BigQuery refuses', () => {
  test.each([
    'SELECT * FROM lake.t',
    'SELECT * FROM `demo.lake.t` AS x WHERE x.other = 1',
    'SELECT * FROM `demo`.`lake`.`t`',
    'SELECT * FROM demo-project.lake.t',
    'SELECT * FROM a JOIN lake.t USING (k) WHERE a.k = 1',
    'SELECT * FROM a, lake.t WHERE a.k = 1',
    "SELECT * FROM lake.t WHERE note = 'event_time > 1'",
    'SELECT * FROM lake.t -- WHERE event_time > 1',
    'SELECT * FROM lake.t /* WHERE event_time > 1 */',
    'SELECT event_time FROM lake.t ORDER BY event_time',
    "SELECT * FROM lake.t WHERE event_time > TIMESTAMP '2026-01-01' OR key = 'x'",
    "SELECT * FROM lake.t WHERE NOT event_time > TIMESTAMP '2026-01-01'",
    'SELECT * FROM lake.t WHERE event_time IS NOT NULL',
    'SELECT * FROM lake.t t JOIN staging.s s ON t.event_time = s.event_time',
    'SELECT * FROM lake.t t JOIN staging.s s ON s.event_time > @from AND s.k = t.k',
    'SELECT * FROM lake.t t WHERE event_time > (SELECT MAX(x) FROM ops.u)',
    "SELECT (SELECT COUNT(*) FROM lake.t) FROM lake.t WHERE event_time > TIMESTAMP '2026-01-01'",
    "SELECT * FROM lake.t WHERE event_time > TIMESTAMP '2026-01-01' UNION ALL SELECT * FROM lake.t",
    "UPDATE lake.t SET event_time = TIMESTAMP '2026-01-01' WHERE TRUE",
    'DELETE FROM lake.t WHERE TRUE',
    'MERGE INTO lake.t t USING staging.s s ON t.k = s.k WHEN NOT MATCHED THEN INSERT ROW',
    'SELECT 1; SET n = (SELECT COUNT(*) FROM lake.t); COMMIT TRANSACTION;',
    'INSERT INTO lake.t (k) SELECT k FROM lake.t',
  ])('%s', (sql) => {
    expect(unfilteredRead(sql, REQUIRED)).toEqual({ table: 'lake.t', column: 'event_time' });
  });
});

describe('statements that pass', () => {
  test.each([
    "SELECT * FROM lake.t WHERE event_time >= TIMESTAMP '2026-01-01'",
    "SELECT * FROM `demo.lake.t` t WHERE t.event_time BETWEEN @from AND @to AND k = 'x'",
    'SELECT * FROM lake.t WHERE DATE(event_time) IN UNNEST(@days)',
    "SELECT * FROM lake.t WHERE TIMESTAMP_TRUNC(event_time, DAY) = TIMESTAMP('2026-01-01')",
    'SELECT * FROM lake.t WHERE @batch.from <= event_time',
    'SELECT * FROM lake.t AS t WHERE ((t.event_time >= @a AND t.event_time < @b) OR (t.event_time >= @c AND t.event_time < @d))',
    'SELECT * FROM a JOIN lake.t t ON t.k = a.k AND t.event_time > CURRENT_TIMESTAMP() - INTERVAL 1 DAY',
    'SELECT k FROM ranked r WHERE NOT EXISTS (SELECT 1 FROM lake.t t WHERE t.k = r.k AND (t.event_time >= @a AND t.event_time < @b))',
    'INSERT INTO lake.t (k, event_time) SELECT k, event_time FROM staging.s',
    'INSERT lake.t (k) VALUES (1)',
    'CREATE TABLE IF NOT EXISTS lake.t (event_time TIMESTAMP)',
    'TRUNCATE TABLE lake.t',
    'SELECT * FROM lake.tt',
    'SELECT * FROM other_lake.t',
    'SELECT lake.t.k FROM staging.s AS lake',
    'SELECT \'FROM lake.t\', r"FROM lake.t" FROM x',
    'DELETE FROM lake.t WHERE event_time < @before',
    'MERGE lake.t t USING staging.s s ON t.k = s.k AND t.event_time >= @a WHEN NOT MATCHED THEN INSERT ROW',
  ])('%s', (sql) => {
    expect(refused(sql)).toBe(false);
  });

  test('a table named without its dataset is found by the default dataset', () => {
    expect([unfilteredRead('SELECT * FROM t', REQUIRED, 'lake'), unfilteredRead('SELECT * FROM t', REQUIRED, 'ops')]).toEqual([
      { table: 'lake.t', column: 'event_time' },
      undefined,
    ]);
  });
});

test('stripping takes out comments and literals and leaves names', () => {
  expect(stripSql('SELECT \'a\\\'--b\', "c#d", """e\n"f""" # g\n, `h`.`i` /* j */ -- k\n')).toBe("SELECT '', '', ''  \n, h.i    \n");
});
