/** A rule edits one field of each real protocol: the far side decodes the new value, and every other byte is as it was. */
import { afterEach, expect, test } from 'vitest';
import { protocols } from '../../dissectors/index.ts';
import type { Protocol } from '../protocol/protocol.ts';
import { bytesOfHex } from '../relay/template.ts';
import { getPath } from '../schema/path.ts';
import { dialEnet, listenEnetPeer } from './enet-peers-for-tests.ts';
import { dialWebSocket, listenWebSocket } from './websocket-peers-for-tests.ts';
import { connected, createWorld, portOf, type World } from './world-for-tests.ts';

let world: World;
afterEach(() => world.end());

const protocolOf = (id: string): Protocol => protocols.find((p) => p.id === id)!;

function example(protocol: Protocol, message: string, options: Record<string, string> = {}): Uint8Array {
  const found = protocol.examples.find(
    (e) => e.message === message && Object.entries(options).every(([k, v]) => e.options?.[k] === v),
  );
  if (found === undefined) throw new Error(`${protocol.id} has no example of ${message}`);
  return bytesOfHex(found.hex);
}

/** What stays when the shared beginning and end of two texts are taken away. */
function change(before: Uint8Array, after: Uint8Array): { readonly from: Uint8Array; readonly to: Uint8Array } {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return { from: before.subarray(start, before.length - end), to: after.subarray(start, after.length - end) };
}

interface Case {
  readonly protocol: string;
  readonly message: string;
  readonly path: string;
  readonly value: string | number;
  readonly options?: Record<string, string>;
}

function watch(c: Case): { readonly protocol: Protocol; readonly payload: Uint8Array; check(heard: Uint8Array): void } {
  const protocol = protocolOf(c.protocol);
  const payload = example(protocol, c.message, c.options);
  world = createWorld();
  world.control.setRules([
    {
      id: 'edit',
      enabled: true,
      when: `message == "${c.message}"`,
      actions: [{ do: 'set', path: c.path, value: c.value }],
    },
  ]);
  return {
    protocol,
    payload,
    check(heard) {
      const state = protocol.start({ transport: protocol.transports[0]!, serverPort: 0 }, c.options ?? {});
      const [message] = protocol.dissect(heard, 'toServer', state).messages;
      expect(message!.name).toBe(c.message);
      expect(getPath(message!.fields, c.path)).toBe(c.value);
      const { from, to } = change(payload, heard);
      // The value itself, and what tells its length before it.
      expect(Math.max(from.length, to.length)).toBeLessThanOrEqual(String(c.value).length + 20);
      expect(world.control.ruleStatus()[0]).toMatchObject({ hits: 1 });
      expect(world.control.ruleStatus()[0]!.broken).toBeUndefined();
      expect(world.control.readMeter().exact).toBe(true);
    },
  };
}

const STREAMS: readonly (Case & { readonly wrap: (payload: Uint8Array) => Uint8Array })[] = [
  {
    protocol: 'mjsonp',
    message: 'dahai',
    path: 'pai',
    value: '5mr',
    wrap: (payload) => Buffer.concat([payload, Buffer.from('\n')]),
  },
  {
    protocol: 'socketchat',
    message: 'group_send',
    path: 'Message',
    value: '别的话',
    wrap: (payload) => Buffer.concat([Uint8Array.of(0, 0, 0, payload.length), payload]),
  },
  { protocol: 'fco', message: 'move', path: 'x', value: 12.5, wrap: (payload) => payload },
];

for (const c of STREAMS) {
  test(`${c.path} of ${c.message} in ${c.protocol}`, async () => {
    const { protocol, payload, check } = watch(c);
    const { client, server } = await connected(world, { protocol: c.protocol }, { protocols });
    client.socket.write(c.wrap(payload));
    await server.bytes(1);
    client.socket.end();
    await server.until(() => server.ended);
    const all = server.all;
    const head = c.protocol === 'socketchat' ? 4 : 0;
    if (head > 0) expect(all[3]).toBe(all.length - 4);
    check(c.protocol === 'mjsonp' ? all.subarray(0, -1) : all.subarray(head));
    expect(protocol.id).toBe(world.sink.connections.get(1)!.protocol);
  });
}

test('username of a mana login, in every dialect', async () => {
  for (const dialect of ['seed', '2011', 'head']) {
    const c = { protocol: 'mana', message: 'PAMSG_LOGIN', path: 'username', value: 'mallory', options: { dialect } };
    const { payload, check } = watch(c);
    const peer = await listenEnetPeer(world);
    const proxy = await world.start(
      {
        listen: 'enet://127.0.0.1:0',
        upstream: `enet://127.0.0.1:${peer.port}`,
        protocol: 'mana',
        options: { dialect },
      },
      { protocols },
    );
    const client = await dialEnet(world, portOf(proxy));
    const server = await peer.next();
    client.say(payload);
    await server.count(1);
    check(server.packets[0]!);
    if (dialect !== 'head') await world.end();
  }
});

test('a field of a muddery command', async () => {
  const protocol = protocolOf('muddery');
  const found = protocol.examples.find((e) => e.direction === 'toServer' && e.message === 'login')!;
  const c = {
    protocol: 'muddery',
    message: 'login',
    path: 'username',
    value: 'mallory',
    options: { ...found.options },
  };
  world = createWorld();
  const payload = bytesOfHex(found.hex);
  world.control.setRules([
    {
      id: 'edit',
      enabled: true,
      when: 'message == "login"',
      direction: 'toServer',
      actions: [{ do: 'set', path: c.path, value: c.value }],
    },
  ]);
  const peer = await listenWebSocket(world);
  const proxy = await world.start(
    { listen: 'ws://127.0.0.1:0', upstream: `ws://127.0.0.1:${peer.port}`, protocol: 'muddery', options: c.options },
    { protocols },
  );
  const client = await dialWebSocket(world, `ws://127.0.0.1:${portOf(proxy)}/`);
  const server = await peer.next();
  client.socket.send(new TextDecoder().decode(payload));
  await server.count(1);
  const state = protocol.start({ transport: 'ws', serverPort: 0 }, c.options);
  const [message] = protocol.dissect(new TextEncoder().encode(server.texts[0]), 'toServer', state).messages;
  expect(getPath(message!.fields, c.path)).toBe('mallory');
  expect(world.control.ruleStatus()[0]).toMatchObject({ hits: 1 });
  expect(change(payload, new TextEncoder().encode(server.texts[0])).to.length).toBeLessThan(20);
});

test('a mana character choice leads to game and chat through us, in plain and tagged form', async () => {
  for (const dialect of ['2011', 'head']) {
    const protocol = protocolOf('mana');
    const examples = protocol.examples.filter(
      (e) => e.message === 'APMSG_CHAR_SELECT_RESPONSE' && e.options?.['dialect'] === dialect && e.hex.length > 80,
    );
    expect(examples.length).toBeGreaterThan(0);
    for (const found of examples) {
      world = createWorld();
      const peer = await listenEnetPeer(world);
      const proxy = await world.start(
        {
          listen: 'enet://127.0.0.1:0',
          upstream: `enet://127.0.0.1:${peer.port}`,
          protocol: 'mana',
          options: { dialect },
        },
        { protocols },
      );
      const client = await dialEnet(world, portOf(proxy));
      const server = await peer.next();
      const payload = bytesOfHex(found.hex);
      server.say(payload);
      await client.count(1);
      const state = protocol.start({ transport: 'enet', serverPort: 9601 }, { dialect });
      const read = (bytes: Uint8Array): Record<string, unknown> =>
        protocol.dissect(bytes, 'toClient', state).messages[0]!.fields as Record<string, unknown>;
      const [before, after] = [read(payload), read(client.packets[0]!)];
      expect(after).toMatchObject({ gameAddress: '127.0.0.1', chatAddress: '127.0.0.1', token: before['token'] });
      expect(after['gamePort']).not.toBe(before['gamePort']);
      expect(after['chatPort']).not.toBe(before['chatPort']);
      expect(after['gamePort']).not.toBe(after['chatPort']);
      await world.end();
    }
  }
});
