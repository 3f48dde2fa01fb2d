/** What the service refuses of a dataset or table that is made or changed, and what it takes. */
import { changesMetadata, metadataRefusal } from './metadata';

const TAG = 'projects/p/locations/eu/taxonomies/1/policyTags/2';
const field = (more: object = {}): object => ({ name: 'a', type: 'STRING', ...more });
const table = (...fields: object[]): object => ({ schema: { fields } });

test.each<[string, object]>([
  ['nothing', {}],
  ['labels', { labels: { team: 'blue', empty: '', ключ: 'значение', removed: null } }],
  ['a leaf with a policy tag', table({ name: 'r', type: 'RECORD', fields: [field({ policyTags: { names: [TAG] } })] })],
  ['an expiration, and one taken away', { timePartitioning: { type: 'DAY', expirationMs: '86400000' } }],
  ['an expiration taken away', { timePartitioning: { type: 'DAY', expirationMs: null } }],
  [
    'partition and clustering on columns',
    {
      ...table(field(), { name: 't', type: 'TIMESTAMP', mode: 'REQUIRED' }),
      timePartitioning: { type: 'DAY', field: 'T' },
      clustering: { fields: ['A'] },
    },
  ],
])('%s is taken', (_what, body) => {
  expect(metadataRefusal(body)).toBeUndefined();
});

const nested = (depth: number): object => (depth === 1 ? field() : { name: 'r', type: 'RECORD', fields: [nested(depth - 1)] });

test.each<[string, object]>([
  ['Invalid label key "Team".', { labels: { Team: 'blue' } }],
  ['Invalid label key "1st".', { labels: { '1st': 'blue' } }],
  ['Invalid value of label "team".', { labels: { team: 'the blue one' } }],
  ['Too many labels.', { labels: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${String(index)}`, 'v'])) }],
  [
    'Policy tags can only be set on leaf fields, not on r.',
    table({ name: 'r', type: 'RECORD', policyTags: { names: [TAG] }, fields: [field()] }),
  ],
  ['At most one policy tag is allowed on a.', table(field({ policyTags: { names: [TAG, TAG] } }))],
  ['Invalid policy tag on a.', table(field({ policyTags: { names: ['personal'] } }))],
  ['Invalid field name "a.b".', table(field({ name: 'a.b' }))],
  ['Invalid field name "_PARTITIONTIME".', table(field({ name: '_PARTITIONTIME' }))],
  ['Duplicate field name "A".', table(field(), field({ name: 'A' }))],
  ['Field r is type RECORD but has no schema.', table({ name: 'r', type: 'RECORD' })],
  ['The description for field a is too long.', table(field({ description: 'x'.repeat(1_025) }))],
  ['Schema nesting is too deep.', table(nested(16))],
  ['Invalid value for expirationMs.', { timePartitioning: { type: 'DAY', expirationMs: '-1' } }],
  ['The field specified for partitioning cannot be used: a.', { ...table(field()), timePartitioning: { field: 'a' } }],
  [
    'The field specified for clustering cannot be used: r.',
    { ...table(field({ name: 'r', mode: 'REPEATED' })), clustering: { fields: ['r'] } },
  ],
  ['The field specified for clustering cannot be used: b.', { ...table(field()), clustering: { fields: ['b'] } }],
])('refused: %s', (message, body) => {
  expect(metadataRefusal(body)).toBe(message);
});

test.each<[string, string, boolean]>([
  ['POST', '/bigquery/v2/projects/p/datasets', true],
  ['PATCH', '/bigquery/v2/projects/p/datasets/d', true],
  ['POST', '/bigquery/v2/projects/p/datasets/d/tables', true],
  ['PATCH', '/bigquery/v2/projects/p/datasets/d/tables/t', true],
  ['GET', '/bigquery/v2/projects/p/datasets/d/tables/t', false],
  ['POST', '/bigquery/v2/projects/p/datasets/d/tables/t/insertAll', false],
  ['POST', '/bigquery/v2/projects/p/jobs', false],
])('%s %s changes metadata: %j', (method, path, answer) => {
  expect(changesMetadata(method, path)).toBe(answer);
});
