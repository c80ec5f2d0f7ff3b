/** The dissectors against our own small worlds over real sockets: peers written by the rules must raise no alarm. */
import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { dissectReads, type Read, type RecordedFrame } from '../fixtures/captures/recording.ts';
import { loadFixture } from '../fixtures/index.ts';
import { protocols } from './index.ts';

interface Tapped {
  readonly reads: Read[];
  readonly webSocket: boolean;
  readonly port: number;
}

/** Listens in front of an endpoint and keeps what passes. */
async function tap(target: URL, reads: Read[]): Promise<Server> {
  let clients = 0;
  const server = createServer((client) => {
    clients += 1;
    const own = clients;
    const upstream = connect(Number(target.port), target.hostname);
    const keep = (direction: Read['direction'], bytes: Buffer): void => {
      reads.push({ client: own, direction, time: reads.length, bytes: new Uint8Array(bytes) });
    };
    client.on('data', (bytes) => keep('toServer', bytes)).pipe(upstream);
    upstream.on('data', (bytes) => keep('toClient', bytes)).pipe(client);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}

async function play(name: string, seed: number, options: Record<string, string> = {}): Promise<RecordedFrame[]> {
  const world = await loadFixture(name);
  const protocol = protocols.find((one) => one.id === world.protocol);
  if (protocol === undefined) throw new Error(`no dissector for ${world.protocol}`);
  const server = await world.startServer({ seed, pace: 'fast', options });
  const taps: Server[] = [];
  const tapped: Tapped[] = [];
  const endpoints: Record<string, string> = {};
  for (const [endpoint, address] of Object.entries(server.endpoints)) {
    const target = new URL(address);
    if (target.protocol === 'tls:') continue;
    const reads: Read[] = [];
    const listening = await tap(target, reads);
    taps.push(listening);
    const { port } = listening.address() as AddressInfo;
    const usual = Number(new URL(world.endpoints[endpoint] ?? address).port);
    tapped.push({ reads, webSocket: target.protocol === 'ws:', port: usual });
    endpoints[endpoint] = address.replace(`:${target.port}`, `:${port}`);
  }
  try {
    await world.startClients({ endpoints, seed, pace: 'fast', once: true, options }).done;
  } finally {
    await server.close();
    for (const one of taps) one.close();
  }
  return tapped.flatMap(({ reads, webSocket, port }) =>
    dissectReads(protocol, reads, {
      link: { transport: webSocket ? 'ws' : 'tcp', serverPort: port },
      carrier: webSocket ? 'websocket' : protocol.framing,
    }),
  );
}

const remarks = (frames: readonly RecordedFrame[], least: 'note' | 'warning'): string[] =>
  frames.flatMap(({ bytes, expert }) =>
    expert
      .filter((info) => least === 'note' || info.severity !== 'note')
      .map((info) => `${info.code}: ${new TextDecoder().decode(bytes).slice(0, 120)}`),
  );
const names = (frames: readonly RecordedFrame[]): Set<string | null> =>
  new Set(frames.flatMap(({ dissected }) => dissected.messages.map((message) => message.name)));

test.each([1, 7])('whole games of mahjong break no rule (seed %i)', async (seed) => {
  const frames = await play('mjsonp', seed);
  expect(remarks(frames, 'note')).toEqual([]);
  expect(frames.length).toBeGreaterThan(1000);
  for (const name of ['chi', 'pon', 'reach_accepted', 'hora']) expect(names(frames)).toContain(name);
});

test.each([{}, { carrier: 'bareTcp' }])('players of the action MMO say nothing odd (%o)', async (options) => {
  const frames = await play('fco', 2, options);
  expect(remarks(frames, 'warning')).toEqual([]);
  for (const name of ['login_ok', 'move_sync', 'enemy_dead', 'chat_all']) expect(names(frames)).toContain(name);
});

test('visitors of the chat room are remarked on only where they try bad names, passwords and receivers', async () => {
  const frames = await play('socketchat', 3);
  const found = frames.flatMap(({ expert }) =>
    expert.filter((info) => info.severity !== 'note').map((info) => info.code),
  );
  expect([...new Set(found)].sort()).toEqual(['not-online-user', 'pattern']);
});

test.each(['g1', 'g2', 'g3'])(
  'players of the text game are remarked on only where the server refuses them (%s)',
  async (generation) => {
    const frames = await play('muddery', 2, { generation });
    const found = frames.flatMap(({ expert }) =>
      expert.filter((info) => info.severity !== 'note').map((info) => info.code),
    );
    expect(found.filter((code) => !['no-character', 'range', 'unknown-exit'].includes(code ?? ''))).toEqual([]);
    expect(names(frames)).toContain(generation === 'g3' ? 'response' : 'look_around');
  },
);
