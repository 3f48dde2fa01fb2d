/** A tiny server for the proxies' own tests: records what reaches it and answers from a function. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Reached {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Upstream {
  readonly url: string;
  /** Requests whose body arrived in full, in order. */
  readonly reached: Reached[];
  close(): Promise<void>;
}

export interface UpstreamAnswer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

export async function startUpstream(answer: (request: Reached) => UpstreamAnswer): Promise<Upstream> {
  const reached: Reached[] = [];
  const server = createServer((req, res) => {
    buffer(req).then(
      (body) => {
        const one = { method: req.method ?? '', url: req.url ?? '', headers: req.headers, body: body.toString('utf8') };
        reached.push(one);
        const { status = 200, headers = {}, body: content = {} } = answer(one);
        res.writeHead(status, { 'content-type': 'application/json', ...headers });
        res.end(JSON.stringify(content));
      },
      () => res.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reached,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
