/**
 * Free ports on the loopback address. A port that was free a moment ago may be taken when the server starts: whoever uses
 * these must be ready to ask again.
 */
import { createServer, type Server } from 'node:net';

const HOST = '127.0.0.1';

/** Listens on the port, 0 for any; undefined when it is taken. */
function hold(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    server.listen({ host: HOST, port, exclusive: true }, () => {
      resolve(server);
    });
  });
}

function release(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address with a port');
  return address.port;
}

/** Whether nothing listens on the loopback port. */
export async function isFree(port: number): Promise<boolean> {
  const server = await hold(port);
  if (server === undefined) return false;
  await release(server);
  return true;
}

/**
 * As many distinct free ports as there are wishes, in their order: the wished port where it is free, else any. All are
 * held until the last is found, so that no port is given twice.
 */
export async function freePorts(wishes: readonly (number | undefined)[]): Promise<number[]> {
  const held: Server[] = [];
  try {
    for (const wish of wishes) {
      const server = (wish === undefined ? undefined : await hold(wish)) ?? (await hold(0));
      if (server === undefined) throw new Error('the system has no free port');
      held.push(server);
    }
    return held.map(portOf);
  } finally {
    await Promise.all(held.map(release));
  }
}
