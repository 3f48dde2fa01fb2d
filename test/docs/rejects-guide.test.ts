/** The guide says of every reason what it means, and of nothing else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REJECT_REASONS } from '../../schemas/ops/rejects';

test('the guide has a row per reason of a reject', () => {
  const guide = readFileSync(join(__dirname, '../../docs/guides/rejects-and-drift.md'), 'utf8');
  const reasons = [...guide.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, reason]) => reason);
  expect(reasons.sort()).toEqual([...REJECT_REASONS].sort());
});
