/** Rejects, replays and drift in words. */
import { formatDrift } from '../../../worker/cli/drift';
import { formatGroups, formatPlaces } from '../../../worker/cli/rejects';
import { formatReplay } from '../../../worker/cli/rejects-replay';
import type { RejectGroup } from '../../../worker/rejects-and-drift';
import type { ReplayResult } from '../../../workflows/replay';

const GROUP: RejectGroup = {
  table: 'okta_system_log',
  source: 'okta-prod',
  stream: 'main',
  reason: 'NO_EVENT_TIME',
  count: 12,
  whole: 10,
  first: '2026-03-10T12:00:00Z',
  last: '2026-03-11T12:00:00Z',
  detail: 'event time: ABSENT',
};

test('formatGroups() says how many, why and how to replay them, and that a conflict is an outcome', () => {
  expect(formatGroups([GROUP, { ...GROUP, reason: 'KEY_CONFLICT', count: 3, whole: 3, detail: null }])).toBe(
    [
      'table            stream          reason         rejects  by text  by window  first                 last                  the newest',
      'okta_system_log  okta-prod main  NO_EVENT_TIME       12       10          2  2026-03-10T12:00:00Z  2026-03-11T12:00:00Z  event time: ABSENT',
      'okta_system_log  okta-prod main  KEY_CONFLICT         3        0          0  2026-03-10T12:00:00Z  2026-03-11T12:00:00Z',
      '',
      'when what causes them is mended: tidemark rejects replay okta_system_log',
      'KEY_CONFLICT is an outcome: the table has another record under the same key, and no replay changes that',
      '',
    ].join('\n'),
  );
  expect(formatGroups([])).toBe('no rejects are open\n');
});

test('formatPlaces() gives the place of each', () => {
  const place = {
    rejectId: 'r1',
    recordedAt: '2026-03-10T12:00:00Z',
    table: 't',
    unit: 'acme/main/u',
    objectName: 'v1/acme/rejects-0.ndjson.gz',
    objectRow: 3,
    reason: 'NOT_JSON',
    detail: 'at byte 5',
  };
  expect(formatPlaces([place, { ...place, objectName: null, objectRow: null, detail: null }]).split('\n')).toEqual([
    'recorded              table  reason    where in it  unit         object:line                    reject_id',
    '2026-03-10T12:00:00Z  t      NOT_JSON  at byte 5    acme/main/u  v1/acme/rejects-0.ndjson.gz:3  r1',
    '2026-03-10T12:00:00Z  t      NOT_JSON               acme/main/u                                 r1',
    '',
  ]);
  expect(formatPlaces([])).toBe('no rejects are open\n');
});

const RESULT: ReplayResult = {
  plans: 1,
  units: 2,
  failed: [],
  failures: 0,
  tables: [{ table: 't', rows: 20, inserted: 9, duplicates: 11, conflicts: 0, rejected: 1 }],
  calls: 1,
  rejects: 10,
  leftOut: { 'beyond retention': 2 },
};

test('formatReplay() says what became of the rejects and what was left, and when there was nothing', () => {
  expect(formatReplay(RESULT)).toBe(
    [
      '10 rejects replayed; 1 items were refused, and are open as before',
      '2 units read in 1 calls',
      'table  rows  new  known  conflicts  rejected',
      't        20    9     11          0         1',
      '2 left as they are: their text was not kept, and the vendor has their window no more',
      '',
    ].join('\n'),
  );
  const nothing: ReplayResult = { ...RESULT, units: 0, rejects: 0, tables: [], calls: 0 };
  expect(formatReplay({ ...nothing, leftOut: {} })).toBe('no rejects are open\n');
  expect(formatReplay({ ...nothing, leftOut: { 'no window': 1 } })).toBe(
    '1 left as they are: their text was not kept, and they were read by no window that could be read again\n',
  );
});

test('formatDrift() gives paths with what was met there, or says that all is known', () => {
  const path = {
    table: 't',
    path: 'actor.nickname',
    code: 'string',
    count: 5,
    lengthMax: 12,
    characters: 'letters',
    sources: ['acme', 'other'],
    first: '2026-03-10T12:00:00Z',
    last: '2026-03-11T12:00:00Z',
  };
  expect(
    formatDrift([path, { ...path, code: 'number', lengthMax: null, characters: null }])
      .split('\n')
      .slice(0, 3),
  ).toEqual([
    'table  path            type    times  longest  characters  sources      first                 last',
    't      actor.nickname  string      5  12       letters     acme, other  2026-03-10T12:00:00Z  2026-03-11T12:00:00Z',
    't      actor.nickname  number      5                       acme, other  2026-03-10T12:00:00Z  2026-03-11T12:00:00Z',
  ]);
  expect(formatDrift([])).toBe('every member of every record is known\n');
});
