import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { enetFigures } from '../traffic/enet-figures.ts';
import { dialEnet, listenEnetPeer } from './enet-peers-for-tests.ts';
import { createWorld, portOf, say, type World } from './world-for-tests.ts';

let world: World;
afterEach(() => world.end());

/** A line to `port` that loses each datagram toward it for which `lose` says so. */
async function lossyLine(port: number, lose: (bytes: Buffer) => boolean): Promise<number> {
  const near = createSocket('udp4');
  const far = createSocket('udp4');
  let client: RemoteInfo | undefined;
  near.on('message', (bytes, from) => {
    client = from;
    if (!lose(bytes)) far.send(bytes, port, '127.0.0.1');
  });
  far.on('message', (bytes) => client !== undefined && near.send(bytes, client.port, client.address));
  near.bind(0, '127.0.0.1');
  far.bind(0, '127.0.0.1');
  await Promise.all([once(near, 'listening'), once(far, 'listening')]);
  world.onEnd(() => {
    near.close();
    far.close();
  });
  return near.address().port;
}

test('one lost reliable message is named, with exactly the messages that waited for it', async () => {
  world = createWorld();
  const peer = await listenEnetPeer(world);
  const proxy = await world.start({ listen: 'enet://127.0.0.1:0', upstream: `enet://127.0.0.1:${peer.port}` });
  let lost = 0;
  // Lost, and lost again until those behind it wait at the proxy.
  const areWaiting = (): boolean => proxy.enetHealth()[0]?.channels[0]?.waiting === 2;
  const line = await lossyLine(portOf(proxy), (bytes) => bytes.includes('"lost"') && !areWaiting() && ++lost > 0);
  const client = await dialEnet(world, line);
  const server = await peer.next();
  // Each in a datagram of its own.
  for (const text of ['before', 'lost', 'first', 'second']) {
    client.say(say(text), 0, 1);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  }
  await server.count(4);
  expect(lost).toBeGreaterThan(0);
  client.say(say('after'), 0, 1);
  await server.count(5);
  const [clientSide, serverSide] = proxy.enetHealth();
  expect(clientSide).toMatchObject({
    conn: 1,
    side: 'client',
    throttle: expect.any(Number),
    channels: [{ channel: 0, waiting: 0, reassembling: 0 }],
  });
  expect(serverSide).toMatchObject({ side: 'server', blame: [] });
  expect(clientSide!.blame).toHaveLength(1);
  const waited = clientSide!.blame[0]!.frames.map((n) => new TextDecoder().decode(world.sink.frames[n - 1]!.bytes));
  expect(waited.filter((text) => text !== say('lost'))).toEqual([say('first'), say('second')]);
  expect(clientSide!.blame[0]!.waitedMs).toBeGreaterThanOrEqual(1);
  // What is left of it when it has ended.
  client.peer.disconnect();
  await world.sink.untilClosed();
  const ended = enetFigures(world.sink.connections.get(1)!);
  expect(ended.map(({ side }) => side)).toEqual(['client', 'server']);
  // What waited for it is told still.
  expect(ended.map(({ blame }) => blame.map(({ frames }) => frames))).toEqual([[clientSide!.blame[0]!.frames], []]);
  expect(ended[1]!.channels).toEqual([{ channel: 0, packets: 5, resent: expect.any(Number) }]);
});
