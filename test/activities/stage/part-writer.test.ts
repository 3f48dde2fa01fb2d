import fc from 'fast-check';
import { gunzipSync } from 'node:zlib';
import { openPart, type PartTarget } from '../../../activities/stage/part-writer';
import { LineBuffer } from '../../../activities/stage/line-buffer';
import { crc32c } from '../../../activities/stage/store';
import { memoryStore, type MemoryStore } from '../../setup/memory-store';

const target = (store: MemoryStore): PartTarget => ({
  store,
  folder: 'v1/acme/activity/2026/03/10/u1',
  kind: 'rows',
  table: 'probe',
  sequence: 7,
  attempt: 2,
});

function pageOf(...lines: readonly string[]): LineBuffer {
  const page = new LineBuffer();
  for (const line of lines) page.add(Buffer.from(line));
  return page;
}

describe('a part', () => {
  it('holds every line of every page in order', async () => {
    const pages = fc.array(
      fc.array(
        fc.string({ unit: 'binary' }).map((text) => JSON.stringify({ text })),
        { maxLength: 20 },
      ),
      { maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(pages, async (lines) => {
        const store = memoryStore();
        const part = openPart(target(store));
        const reused = new LineBuffer();
        for (const page of lines) {
          reused.clear();
          for (const line of page) reused.add(Buffer.from(line));
          await part.append(reused, []);
        }
        const closed = await part.close();
        const stored = store.objects.get(closed.name)?.data ?? Buffer.alloc(0);
        expect(gunzipSync(stored).toString('utf8')).toBe(
          lines
            .flat()
            .map((line) => `${line}\n`)
            .join(''),
        );
        expect(closed).toMatchObject({ rows: lines.flat().length, bytes: stored.length, crc32c: crc32c(stored) });
      }),
      { numRuns: 30 },
    );
  });

  it('takes pages larger than its buffers', async () => {
    const store = memoryStore();
    const part = openPart(target(store));
    const lines = Array.from({ length: 50 }, (_, index) => String(index).padStart(40_000, 'x'));
    await part.append(pageOf(...lines), []);
    const closed = await part.close();
    expect(gunzipSync(store.objects.get(closed.name)?.data ?? Buffer.alloc(0)).length).toBe(50 * 40_001);
  });

  it('is named by sequence and attempt, never twice alike, and lists its event days', async () => {
    const store = memoryStore();
    const [one, two] = [openPart(target(store)), openPart(target(store))];
    await one.append(pageOf('{}'), ['2026-03-11', '2026-03-10']);
    await two.append(pageOf('{}'), ['2026-03-10']);
    expect(one.name).toMatch(/^v1\/acme\/activity\/2026\/03\/10\/u1\/part-00007-2-[0-9a-f]{12}\.ndjson\.gz$/);
    expect(one.name).not.toBe(two.name);
    expect((await one.close()).days).toEqual(['2026-03-10', '2026-03-11']);
    await two.close();
  });

  it('counts as written when only the answer was lost, and may be closed again', async () => {
    const store = memoryStore();
    const part = openPart(target(store));
    await part.append(pageOf('{"a":1}'), []);
    store.loseNextAnswer();
    const closed = await part.close();
    expect(await part.close()).toEqual(closed);
    expect(store.objects.size).toBe(1);
  });

  it('is refused when the name holds other content', async () => {
    const store = memoryStore();
    const part = openPart(target(store));
    await store.write(part.name, Buffer.from('else'), 'application/gzip', undefined);
    await part.append(pageOf('{"a":1}'), []);
    await expect(part.close()).rejects.toMatchObject({ code: 'STAGE_UNAVAILABLE' });
  });
});
