import { createSocket } from 'node:dgram';
import { afterEach, expect, test } from 'vitest';
import { createHost, type DisconnectEvent, type PacketEvent, PacketFlag, type Peer, type UdpHost } from './index.ts';

const open: UdpHost[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((host) => host.close()));
});

async function host(options: Partial<Parameters<typeof createHost>[0]> = {}): Promise<UdpHost> {
  const made = await createHost({ address: '127.0.0.1', ...options });
  open.push(made);
  return made;
}

const next = <T>(register: (done: (value: T) => void) => unknown): Promise<T> => new Promise((done) => register(done));

async function pair(options: Partial<Parameters<typeof createHost>[0]> = {}) {
  const server = await host(options);
  const client = await host(options);
  const accepted = next<Peer>((done) => server.once('connect', done));
  const mine = client.connect(server.address, { channels: 4, data: 7 });
  await next<number>((done) => mine.once('connect', done));
  return { server, client, mine, theirs: await accepted };
}

for (const address of ['127.0.0.1', '::1']) {
  test(`two hosts talk over ${address}`, async () => {
    const { mine, theirs } = await pair({ address });
    expect([theirs.connectData, theirs.channelCount, theirs.address.address]).toEqual([7, 4, address]);
    const got = next<PacketEvent>((done) => theirs.once('packet', done));
    mine.send(3, { data: new Uint8Array([1, 2, 3]), flags: PacketFlag.reliable });
    const packet = await got;
    expect([packet.channel, packet.flags, [...packet.data]]).toEqual([3, PacketFlag.reliable, [1, 2, 3]]);
    const back = next<PacketEvent>((done) => mine.once('packet', done));
    theirs.send(packet.channel, packet);
    expect([...(await back).data]).toEqual([1, 2, 3]);
    const ended = next<DisconnectEvent>((done) => theirs.once('disconnect', done));
    mine.disconnect(55);
    expect(await ended).toMatchObject({ reason: 'remote', data: 55, wasConnected: true });
  });
}

test('a host reports everything of its peers too', async () => {
  const { server, mine } = await pair();
  const got = next<PacketEvent>((done) => server.once('packet', done));
  mine.send(0, { data: new Uint8Array(5000), flags: PacketFlag.unreliableFragment });
  expect((await got).flags).toBe(PacketFlag.unreliableFragment);
  const ended = next<DisconnectEvent>((done) => server.once('disconnect', done));
  mine.disconnectNow(1);
  expect((await ended).data).toBe(1);
});

test('closing a host disconnects its peers, with data', async () => {
  const { server, client, theirs } = await pair();
  const ended = next<DisconnectEvent>((done) => theirs.once('disconnect', done));
  await client.close(8);
  expect(await ended).toMatchObject({ reason: 'remote', data: 8 });
  expect(server.peers.size).toBe(0);
  await client.close();
});

test('a peer whose application does nothing stays connected', async () => {
  const { mine, theirs } = await pair();
  mine.setPingInterval(5);
  mine.setTimeout(2, 20, 60);
  theirs.pause();
  mine.send(0, { data: new Uint8Array(10), flags: PacketFlag.reliable });
  const before = theirs.statistics().datagramsReceived;
  await next<void>((done) => {
    const look = setInterval(() => {
      if (theirs.statistics().datagramsReceived < before + 30) return;
      clearInterval(look);
      done();
    }, 5);
  });
  expect([mine.state, theirs.state]).toEqual(['connected', 'connected']);
});

test('a handler that throws does not cost the packets after it', async () => {
  const { mine, theirs } = await pair();
  const uncaught = next<unknown>((done) => process.prependOnceListener('uncaughtException', done));
  const others = process.listeners('uncaughtException').slice(1);
  for (const other of others) process.off('uncaughtException', other);
  let got = 0;
  const done = next<void>((finish) => {
    theirs.on('packet', () => {
      if (++got === 3) finish();
      if (got === 1) throw new Error('planted');
    });
  });
  for (let i = 0; i < 3; i++) mine.send(0, { data: new Uint8Array(1), flags: PacketFlag.reliable });
  await done;
  expect(String(await uncaught)).toContain('planted');
  for (const other of others) process.on('uncaughtException', other);
});

test('a handler may flush: the order of events stays', async () => {
  const { server, mine, theirs } = await pair();
  const order: number[] = [];
  const done = next<void>((finish) => {
    theirs.on('packet', ({ data }) => {
      server.flush();
      order.push(data[0]!);
      if (order.length === 50) finish();
    });
  });
  for (let i = 0; i < 50; i++) mine.send(0, { data: new Uint8Array([i]), flags: PacketFlag.reliable });
  await done;
  expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i));
});

test('every datagram can be observed', async () => {
  const seen: string[] = [];
  const server = await host({
    observe: (direction, { port }, bytes) => void seen.push(`${direction} ${port} ${bytes.length > 0}`),
  });
  const client = await host();
  const mine = client.connect(server.address);
  await next<number>((done) => mine.once('connect', done));
  expect(seen.slice(0, 2)).toEqual([`received ${client.address.port} true`, `sent ${client.address.port} true`]);
});

test('noise on the port is ignored', async () => {
  const { server, mine, theirs } = await pair();
  const noise = createSocket('udp4');
  for (let i = 0; i < 50; i++) noise.send(Buffer.alloc(i * 90, i), server.address.port, '127.0.0.1');
  const got = next<PacketEvent>((done) => theirs.once('packet', done));
  await next<void>((done) => noise.send('end', server.address.port, '127.0.0.1', () => done()));
  mine.send(0, { data: new Uint8Array(1), flags: PacketFlag.reliable });
  await got;
  noise.close();
  expect(server.peers.size).toBe(1);
});

test('wrong addresses get an error that says what to do', async () => {
  await expect(createHost({ address: 'localhost' })).rejects.toThrow(
    'address must be an IPv4 or IPv6 address, not "localhost"',
  );
  const client = await host();
  expect(() => client.connect({ address: 'example.com', port: 1 })).toThrow(
    'give an IP address (use dns.lookup for names)',
  );
  expect(() => client.connect({ address: '127.0.0.1', port: 0 })).toThrow('a port is a whole number from 1 to 65535');
  await expect(createHost({ address: '127.0.0.1', port: client.address.port })).rejects.toThrow('EADDRINUSE');
});
