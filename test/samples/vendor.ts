/**
 * The sample folders as a vendor: a loopback server that answers any window with all records of a stream, page by page, and a
 * connector that reads it. Records travel as base64 lines, so that whatever a record is, its bytes arrive as they are.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { defineConnector, type Connector, type Page } from '../../activities/connectors/connector';

const PAGE_RECORDS = 500;
const DAY_MS = 86_400_000;

/** Records by `<folder>/<table>`. */
export type SampleRecords = ReadonlyMap<string, readonly Buffer[]>;

export interface SampleVendor {
  readonly url: string;
  close(): Promise<void>;
}

/** `GET /<folder>/<table>?from=N`: a line with the next page's number or nothing, then a record a line. */
export async function startSampleVendor(records: SampleRecords): Promise<SampleVendor> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const all = records.get(url.pathname.slice(1));
    const from = Number(url.searchParams.get('from'));
    const to = from + PAGE_RECORDS;
    const lines = (all ?? []).slice(from, to).map((record) => record.toString('base64'));
    response.writeHead(all === undefined ? 404 : 200, { 'content-type': 'text/plain' });
    response.end([all !== undefined && to < all.length ? String(to) : '', ...lines].join('\n'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A connector with a stream per table. A read of any window gives everything. */
export function sampleConnector(folder: string, tables: readonly string[], origin: string): Connector {
  return defineConnector({
    id: `samples.${folder}`,
    title: `Samples of ${folder}`,
    documentation: [],
    shape: 'window',
    axis: 'event',
    config: z.strictObject({}),
    streams: tables.map((table) => ({ name: table, table })),
    origin: () => origin,
    permissions: [],
    scopes: [],
    retentionMs: () => DAY_MS,
    settle: { lagMs: 1_000, agesMs: [], horizonMs: 1_000 },
    window: { maxMs: DAY_MS, minMs: DAY_MS },
    pageSize: PAGE_RECORDS,
    async *pages(read, ctx): AsyncGenerator<Page, void, void> {
      for (let from = read.cursor ?? '0'; from !== '';) {
        const response = await ctx.http.request({ method: 'GET', path: `/${folder}/${ctx.stream.name}?from=${from}` });
        const [next = '', ...lines] = (await text(response.body)).split('\n');
        const batch = lines.map((line) => Buffer.from(line, 'base64'));
        yield { items: oneBatch(batch), next: () => (next === '' ? null : next) };
        from = next;
      }
    },
  }) as Connector;
}

async function* oneBatch(batch: readonly Buffer[]): AsyncGenerator<readonly Buffer[]> {
  yield await Promise.resolve(batch);
}
