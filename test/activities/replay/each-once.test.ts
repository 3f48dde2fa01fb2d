/** How often an item is replayed that several rejects are of. */
import type { RejectedItem } from '../../../activities/replay/open-rejects';
import { eachOnce } from '../../../activities/unit-pages';

const item = (rejectId: string, text: string): RejectedItem => ({
  rejectId,
  batch: 'b',
  item: Buffer.from(text),
  fetchedAt: '2026-03-10T12:00:00.000Z',
});
const idsOf = (items: readonly RejectedItem[]): string[] => eachOnce(items).map(({ rejectId }) => rejectId);

describe('eachOnce()', () => {
  it('takes items that are alike as often as one reason refused them', () => {
    expect(idsOf([item('r', 'x'), item('r.2', 'x'), item('r.3', 'x'), item('s', 'y')])).toEqual(['r', 'r.2', 'r.3', 's']);
  });

  it('takes a record once whose elements are rejects each, or that was refused for two reasons', () => {
    expect(idsOf([item('r', 'x'), item('element', 'x'), item('other reason', 'x')])).toEqual(['r']);
    // Two records alike, two elements each.
    expect(idsOf([item('r', 'x'), item('r.2', 'x'), item('e', 'x'), item('e.2', 'x')])).toEqual(['r', 'r.2']);
    expect(idsOf([item('r', 'x'), item('e', 'x'), item('e.2', 'x')])).toEqual(['r', 'e.2']);
  });
});
