import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePorts, isFree } from '../../../infra/local/ports';

test('freePorts() gives the wished port again once it is free, and another while it is taken', async () => {
  const [wish = 0] = await freePorts([undefined]);
  expect(await freePorts([wish])).toEqual([wish]);

  const server = createServer().listen(wish, '127.0.0.1');
  await once(server, 'listening');
  expect(await isFree(wish)).toBe(false);
  const [other] = await freePorts([wish]);
  expect(other).not.toBe(wish);

  server.close();
  await once(server, 'close');
  expect(await isFree(wish)).toBe(true);
  expect(await freePorts([wish])).toEqual([wish]);
});

test('freePorts() never gives one port twice, not even when it is wished twice', async () => {
  const [wish = 0] = await freePorts([undefined]);
  const ports = await freePorts([wish, wish, undefined, undefined]);
  expect(new Set(ports).size).toBe(4);
  expect(ports[0]).toBe(wish);
});
