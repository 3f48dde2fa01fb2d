/**
 * Row types. What they say is checked by the compiler: every line below `@ts-expect-error` must be an error, and every
 * `same` must be given two types that are one.
 */
import type { RowOf } from '../../schemas/row';
import { defineTable } from '../../schemas/table';
import type { cloudauditActivity } from '../../schemas/tables/cloudaudit_googleapis_com_activity';
import type { githubWebhook } from '../../schemas/tables/github_webhook';
import type { oktaSystemLog } from '../../schemas/tables/okta_system_log';
import { camel, flag, float, instant, integer, json, record, repeated, text } from '../../schemas/tables/shared/column';

/** True only for types that each may stand for the other. */
type Same<Left, Right> = [Left] extends [Right] ? ([Right] extends [Left] ? true : false) : false;
const same = <Answer extends true>(answer: Answer): Answer => answer;

const TABLE = defineTable({
  name: 'acme_log',
  kind: 'event',
  description: 'What acme logs.',
  origin: 'acme.log',
  partition: 'at',
  cluster: [],
  requirePartitionFilter: true,
  time: { from: [['at']], as: 'rfc3339' },
  key: null,
  volatile: [],
  columns: [
    instant('at', 'When.'),
    text('id', 'Identifier.', { mode: 'REQUIRED' }),
    camel(text, 'displayName', 'Name.', { sensitivity: 'personal' }),
    camel(integer, 'portNumbers', 'Ports.', repeated),
    float('score', 'Score.'),
    json('rest', 'Rest.'),
    record('geo', 'Where.', [text('country', 'Country.'), record('points', 'Points.', [float('lat', 'Latitude.')], repeated)]),
  ],
  envelope: {},
});
type Row = RowOf<typeof TABLE>;
interface Time {
  readonly value: string;
}

test('a row has the columns of the vendor with their types: nullable, required, repeated, and records', () => {
  same<Same<Row['at'], Time | null>>(true);
  same<Same<Row['id'], string>>(true);
  same<Same<Row['display_name'], string | null>>(true);
  same<Same<Row['port_numbers'], readonly number[]>>(true);
  same<Same<Row['score'], number | null>>(true);
  same<Same<Row['rest'], string | null>>(true);
  same<Same<NonNullable<Row['geo']>['country'], string | null>>(true);
  same<Same<NonNullable<Row['geo']>['points'][number]['lat'], number | null>>(true);
  expect(TABLE.columns.map(({ name }) => name)).toEqual(['at', 'id', 'display_name', 'port_numbers', 'score', 'rest', 'geo']);
  const camels = [camel(text, 'displayName', 'Name.'), camel(flag, 'isOpenNow', 'Whether.')].map(({ name, from }) => [name, from]);
  expect(camels).toEqual([
    ['display_name', [['displayName']]],
    ['is_open_now', [['isOpenNow']]],
  ]);
});

test('a column that is not there, and a value of another type, are errors of the compiler', () => {
  const read = (row: Row): unknown[] => [
    // @ts-expect-error there is no such column
    row.nothing,
    // @ts-expect-error there is no such member
    row.geo?.city,
    // @ts-expect-error it may be NULL
    row.display_name.length,
    // @ts-expect-error only rows of state tables have an object
    row.object_id,
  ];
  // @ts-expect-error a port is a number
  const ports: Row['port_numbers'] = ['443'];
  expect([typeof read, ports]).toEqual(['function', ['443']]);
});

test('every row has the envelope, a row of a state table the observation too', () => {
  type State = RowOf<Omit<typeof TABLE, 'kind'> & { readonly kind: 'state' }>;
  same<
    Same<
      Pick<State, 'object_id' | 'observed_at' | 'present'>,
      { readonly object_id: string; readonly observed_at: Time; readonly present: boolean }
    >
  >(true);
  same<Same<State['actor_email'], string | null>>(true);
  same<Same<Row['event_time'], Time>>(true);
  same<Same<Row['observables'], readonly { readonly type: string | null; readonly value: string | null }[]>>(true);
  same<Same<NonNullable<Row['ingest']>['row'], number | null>>(true);
  same<Same<Row['ingested_at'], Time | null>>(true);
});

test('the tables there are have rows of their own columns', () => {
  same<Same<RowOf<typeof oktaSystemLog>['published'], Time | null>>(true);
  same<Same<NonNullable<RowOf<typeof oktaSystemLog>['actor']>['alternate_id'], string | null>>(true);
  same<Same<RowOf<typeof githubWebhook>['sender_login'], string | null>>(true);
  same<Same<NonNullable<RowOf<typeof cloudauditActivity>['protopayload_auditlog']>['methodName'], string | null>>(true);
  // @ts-expect-error there is no such column
  type Missing = RowOf<typeof githubWebhook>['sender_logim'];
  same<Same<Missing, Missing>>(true);
});
