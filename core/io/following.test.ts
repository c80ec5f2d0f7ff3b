import { afterEach, expect, test } from 'vitest';
import type { ProxySpec } from '../traffic/proxy-spec.ts';
import { dialEnet, listenEnetPeer } from './enet-peers-for-tests.ts';
import { createFollowing } from './proxy.ts';
import { connected, createWorld, dial, listen, portOf, say, type World } from './world-for-tests.ts';

let world: World;
const fresh = (): World => (world = createWorld());
afterEach(() => world.end());

const go = (host: string, port: number, token = 'T'): string =>
  `{"type":"go", "host":${JSON.stringify(host)}, "port":${port}, "token":"${token}"}`;

interface Go {
  readonly host: string;
  readonly port: number;
  readonly token: string;
}

test('a handoff is rewritten in flight, the client comes back through us, and both legs are one journey', async () => {
  const { sink } = fresh();
  const game = await listen(world);
  const { client, server, proxy } = await connected(world);
  server.socket.write(`${say('before')}\n${go('127.0.0.1', game.port)}\n${say('after')}\n`);
  await client.lines(3);
  const [before, told, after] = client.text.split('\n');
  expect([before, after]).toEqual([say('before'), say('after')]);
  const sent = JSON.parse(told!) as Go;
  expect(sent.port).not.toBe(game.port);
  expect(told).toBe(go('127.0.0.1', sent.port));
  const second = await dial(world, sent.port, sent.host);
  second.socket.write('{"type":"enter","token":"T"}\n');
  const arrived = await game.next();
  await arrived.lines(1);
  expect(arrived.text).toBe('{"type":"enter","token":"T"}\n');
  await sink.untilFrames(4);
  const original = sink.frames[1]!;
  expect(new TextDecoder().decode(original.bytes)).toBe(go('127.0.0.1', game.port));
  expect(new TextDecoder().decode(original.sent)).toBe(told);
  expect(original).toMatchObject({ fate: 'edited', touchedBy: ['handoff'] });
  expect(sink.connections.get(1)).toMatchObject({ journey: 1 });
  expect(sink.connections.get(2)).toMatchObject({ journey: 1, role: 'game', protocol: 'toy', proxy: 'proxy → game 1' });
  expect(world.control.readMeter().exact).toBe(true);
  await proxy.close();
  await sink.untilClosed(2);
});

test('the listener for a target is used again, also when the user opened it', async () => {
  fresh();
  const following = createFollowing(world.deps);
  const [first, second] = [await listen(world), await listen(world)];
  const own = await world.start({ name: 'own', upstream: `tcp://127.0.0.1:${second.port}` }, { follower: following });
  const account = await listen(world);
  const proxy = await world.start(
    { name: 'account', upstream: `tcp://127.0.0.1:${account.port}` },
    { follower: following },
  );
  const client = await dial(world, portOf(proxy));
  const server = await account.next();
  for (const target of [first, first, second]) server.socket.write(`${go('127.0.0.1', target.port)}\n`);
  await client.lines(3);
  const ports = client.text
    .trimEnd()
    .split('\n')
    .map((l) => (JSON.parse(l) as Go).port);
  expect(ports[0]).toBe(ports[1]);
  expect(ports[2]).toBe(portOf(own));
  expect(following.proxies.map((p) => p.status())).toMatchObject([
    { followedFrom: 'account', spec: { role: 'game', protocol: 'toy' } },
  ]);
  await following.close();
  expect(following.proxies).toEqual([]);
});

test('a token ties connections even where the address cannot', async () => {
  const { sink } = fresh();
  const following = createFollowing(world.deps);
  const game = await listen(world);
  const direct = await world.start(
    { name: 'direct', upstream: `tcp://127.0.0.1:${game.port}` },
    { follower: following },
  );
  const account = await listen(world);
  const proxy = await world.start(
    { name: 'account', upstream: `tcp://127.0.0.1:${account.port}`, follow: true },
    { follower: following },
  );
  const clients = [await dial(world, portOf(proxy)), await dial(world, portOf(proxy))];
  const servers = [await account.next(), await account.next()];
  servers.forEach((s, i) => s.socket.write(`${go('10.9.8.7', 1, `token ${i}`)}\n`));
  await Promise.all(clients.map((c) => c.lines(1)));
  for (const i of [1, 0]) {
    const client = await dial(world, portOf(direct));
    client.socket.write(`{"type":"enter","token":"token ${i}"}\n`);
    await (await game.next()).lines(1);
  }
  await sink.untilFrames(4);
  expect([1, 2, 3, 4].map((id) => sink.connections.get(id)!.journey)).toEqual([1, 2, 2, 1]);
  await following.close();
});

test('a map names the address the client is told, or where to listen', async () => {
  fresh();
  const spare = await listen(world);
  spare.server.close();
  const followMap = { '10.0.0.5:9604': 'game.example:19604', '10.0.0.6:9605': `tcp://127.0.0.1:${spare.port}` };
  const { client, server } = await connected(world, { followMap } as Partial<ProxySpec>);
  server.socket.write(`${go('10.0.0.6', 9605)}\n`);
  await client.lines(1);
  expect(client.text).toBe(`${go('127.0.0.1', spare.port)}\n`);
  server.socket.write(`${go('10.0.0.5', 9604)}\n`);
  await client.lines(2);
  expect(client.text.split('\n')[1]).toBe(go('game.example', 19604));
});

test('following can be switched off, and what cannot be followed goes on as it came', async () => {
  const { sink } = fresh();
  const taken = await listen(world);
  const off = await connected(world, { follow: false });
  off.server.socket.write(`${go('127.0.0.1', 5)}\n`);
  await off.client.lines(1);
  expect(off.client.text).toBe(`${go('127.0.0.1', 5)}\n`);
  const followMap = { '127.0.0.1:5': `tcp://127.0.0.1:${taken.port}` };
  const stuck = await connected(world, { name: 'stuck', followMap } as Partial<ProxySpec>);
  stuck.server.socket.write(`${go('127.0.0.1', 5)}\n${go('', 0)}\n`);
  await stuck.client.lines(2);
  expect(stuck.client.text).toBe(`${go('127.0.0.1', 5)}\n${go('', 0)}\n`);
  expect(sink.remarks.at(-1)!.info).toMatchObject({ code: 'handoff-failed', text: expect.stringContaining('taken') });
});

test('a held handoff is rewritten when it is let go', async () => {
  const { control, sink } = fresh();
  const game = await listen(world);
  const { client, server } = await connected(world);
  control.setBreakpoints([{ id: 'b', filter: 'message == "go"', enabled: true, limitMs: 0, onLimit: 'forward' }]);
  server.socket.write(`${go('127.0.0.1', game.port)}\n`);
  await sink.until(() => control.held().length === 1);
  control.decide([1], { action: 'forward' });
  await client.lines(1);
  expect((JSON.parse(client.text) as Go).port).not.toBe(game.port);
});

test('an ENet client is led on to the game server and echoes its token there', async () => {
  const { sink } = fresh();
  const [account, game] = [await listenEnetPeer(world), await listenEnetPeer(world)];
  const proxy = await world.start({ listen: 'enet://127.0.0.1:0', upstream: `enet://127.0.0.1:${account.port}` });
  const client = await dialEnet(world, portOf(proxy));
  const server = await account.next();
  server.say(go('', game.port));
  await client.count(1);
  const told = JSON.parse(client.heard[0]!.text) as Go;
  expect(told.host).toBe('127.0.0.1');
  const second = await dialEnet(world, told.port);
  second.say('{"type":"enter","token":"T"}');
  const arrived = await game.next();
  await arrived.count(1);
  await sink.until(() => sink.connections.get(2)?.journey === 1);
  expect(sink.connections.get(2)).toMatchObject({ transport: 'enet', role: 'game' });
});
