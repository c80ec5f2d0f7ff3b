import { expect, test } from 'vitest';
import type { DisconnectEvent, PacketEvent } from './event.ts';
import { Host } from './host.ts';
import type { HostOptions } from './host-options.ts';
import { PacketFlag } from './packet.ts';
import type { Peer } from './peer.ts';
import { CLIENT, neverTimeOut, SERVER, Simulation } from './simulation-for-tests.ts';
import type { NetworkConditions } from './simulated-network.ts';
import { readDatagram, writeDatagram } from './wire.ts';

/** A simulation with a connection made, and what happens on it. */
function connected(
  conditions: NetworkConditions = {},
  client: Partial<HostOptions> = {},
  server: Partial<HostOptions> = {},
  channels = 2,
) {
  const simulation = new Simulation(conditions, client, server);
  const packets = { client: [] as PacketEvent[], server: [] as PacketEvent[] };
  const ends: { side: 'client' | 'server'; event: DisconnectEvent; at: number }[] = [];
  const peers: { client?: Peer; server?: Peer } = {};
  simulation.onEvent = (side, event) => {
    if (event.type === 'connect') peers[side] = event.peer;
    else if (event.type === 'packet') packets[side].push(event);
    else if (event.type === 'disconnect') ends.push({ side, event, at: simulation.now });
  };
  simulation.client.connect(SERVER, { channels, data: 0xdeadbeef });
  simulation.run(60_000, () => peers.client !== undefined && peers.server !== undefined);
  return { simulation, packets, ends, mine: peers.client!, theirs: peers.server! };
}

const bytes = (length: number, first = 0): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + first) & 0xff);
const reliable = (data: Uint8Array) => ({ data, flags: PacketFlag.reliable });

test('a connection carries the connect data and the channel count, limited by the accepting host', () => {
  const { mine, theirs } = connected({}, {}, { channelLimit: 3 }, 7);
  expect(theirs.connectData).toBe(0xdeadbeef);
  expect([mine.channelCount, theirs.channelCount]).toEqual([3, 3]);
  expect([mine.incoming, theirs.incoming]).toEqual([false, true]);
  expect(theirs.address).toEqual(CLIENT);
});

test('each side uses the smaller MTU', () => {
  const { mine, theirs } = connected({}, { mtu: 1200 }, { mtu: 900 });
  expect([mine.mtu, theirs.mtu]).toEqual([900, 900]);
});

test('connecting to nobody ends with a time-out after 30 s', () => {
  const simulation = new Simulation({});
  const ends: string[] = [];
  simulation.onEvent = (_side, event) => {
    if (event.type === 'disconnect')
      ends.push(`${event.reason} ${event.wasConnected} ${Math.round(simulation.now / 1000)}`);
  };
  simulation.client.connect({ address: '10.0.0.9', port: 1 });
  simulation.run(120_000);
  expect(ends).toEqual(['timeout false 32']);
  expect(simulation.client.peers.size).toBe(0);
});

test('disconnect is confirmed and carries its data', () => {
  const { simulation, ends, mine } = connected();
  mine.disconnect(0xfeedf00d);
  simulation.run(1000);
  expect(ends.map(({ side, event }) => [side, event.reason, event.data])).toEqual([
    ['server', 'remote', 0xfeedf00d],
    ['client', 'local', 0],
  ]);
  expect(simulation.server.peers.size + simulation.client.peers.size).toBe(0);
});

test('disconnectNow tells the other side once and reports nothing here', () => {
  const { simulation, ends, theirs } = connected();
  theirs.disconnectNow(5);
  expect(theirs.state).toBe('disconnected');
  simulation.run(1000);
  expect(ends.map(({ side, event }) => [side, event.reason, event.data])).toEqual([['client', 'remote', 5]]);
});

test('disconnectLater delivers everything queued first', () => {
  const { simulation, ends, packets, mine } = connected({ loss: 0.05, latency: [5, 20] });
  for (let i = 0; i < 500; i++) mine.send(0, reliable(bytes(1000, i)));
  mine.disconnectLater(9);
  expect(mine.send(0, reliable(bytes(1)))).toBe(false);
  simulation.run(600_000, () => ends.length === 2);
  expect(packets.server.length).toBe(500);
  expect(ends[0]).toMatchObject({ side: 'server', event: { reason: 'remote', data: 9 } });
});

test('a peer that vanishes is timed out, and the application hears that it was a time-out', () => {
  const { simulation, ends, mine } = connected({ latency: [20, 20] });
  mine.reset();
  const gone = simulation.now;
  simulation.run(60_000);
  expect(ends.map(({ side, event }) => [side, event.reason, event.wasConnected])).toEqual([
    ['server', 'timeout', true],
  ]);
  expect(ends[0]!.at - gone).toBeGreaterThanOrEqual(5000);
  expect(ends[0]!.at - gone).toBeLessThan(31_000);
});

test('setTimeout makes a peer give up sooner', () => {
  const { simulation, ends, mine, theirs } = connected({ latency: [20, 20] });
  theirs.setTimeout(2, 300, 1000);
  mine.reset();
  const gone = simulation.now;
  simulation.run(60_000);
  expect(ends[0]!.at - gone).toBeLessThan(2500);
});

test('a server that disconnects during connecting refuses the connection, with data', () => {
  const simulation = new Simulation({});
  const seen: string[] = [];
  simulation.onEvent = (side, event) => {
    if (side === 'server' && event.type === 'connect') event.peer.disconnectNow(3);
    if (side === 'client') seen.push(event.type === 'disconnect' ? `${event.reason} ${event.data}` : event.type);
  };
  simulation.client.connect(SERVER);
  simulation.run(5000);
  expect(seen).toEqual(['connect', 'remote 3']);
});

test('a host takes no more peers than its limits: in all, from one address, and unconfirmed', () => {
  const count = (options: Partial<HostOptions>): number => {
    const simulation = new Simulation({}, {}, options);
    for (let i = 0; i < 6; i++) simulation.client.connect(SERVER);
    simulation.run(5000);
    return simulation.server.statistics().connectedPeers;
  };
  expect(count({})).toBe(6);
  expect(count({ peerLimit: 4 })).toBe(4);
  expect(count({ duplicatePeers: 2 })).toBe(2);
  expect(count({ acceptConnections: false })).toBe(0);

  const flooded = new Host({ pendingPeerLimit: 5, transmit: () => undefined });
  for (let id = 0; id < 100; id++) flooded.receive({ address: `10.1.0.${id}`, port: 1 }, connectRequest(id), 0);
  expect(flooded.peers.size).toBe(5);
});

function connectRequest(connectId: number): Uint8Array {
  const values = { mtu: 1400, windowSize: 65536, channelCount: 255, connectId, incomingSessionId: 255 };
  const commands = [{ name: 'connect', acknowledge: true, channel: 255, reliableSequence: 1, values } as const];
  return writeDatagram({ peerId: 0xfff, sentTime: 0, commands });
}

test('a repeated connection request is answered once', () => {
  const sent: Uint8Array[] = [];
  const host = new Host({ transmit: (_to, datagram) => void sent.push(datagram.slice()) });
  for (let i = 0; i < 3; i++) host.receive(CLIENT, connectRequest(77), i);
  host.flush(3);
  expect(host.peers.size).toBe(1);
  expect(sent.map((datagram) => readDatagram(datagram).commands.map(({ name }) => name))).toEqual([['verifyConnect']]);
});

test('a new connection in the same place has a new session, so that stragglers of the old one are ignored', () => {
  const { simulation, mine, packets } = connected();
  const straggler: Uint8Array[] = [];
  simulation.tap = (delivery) => {
    if (readDatagram(delivery.bytes).commands.some(({ name }) => name === 'sendReliable'))
      straggler.push(delivery.bytes.slice());
  };
  mine.send(0, reliable(bytes(10)));
  simulation.run(1000);
  mine.disconnect();
  simulation.run(1000);
  simulation.client.connect(SERVER, { channels: 2 });
  simulation.run(1000);
  expect(simulation.server.peers.size).toBe(1);
  const before = packets.server.length;
  for (const datagram of straggler) simulation.server.receive(CLIENT, datagram, simulation.now);
  simulation.run(1000);
  expect(packets.server.length).toBe(before);
});

test('packets of every kind arrive with their flags, channel and content', () => {
  const { simulation, packets, mine } = connected();
  const kinds = [0, PacketFlag.reliable, PacketFlag.unsequenced, PacketFlag.unreliableFragment];
  for (const flags of kinds)
    for (const size of [0, 1, 1372, 1373, 50_000]) mine.send(1, { data: bytes(size, flags), flags });
  simulation.run(5000);
  const got = packets.server.map(({ channel, data, flags }) => ({ channel, size: data.length, flags }));
  // ENet sends large packets reliably unless they ask for unreliable fragments, which small ones cannot show.
  const seen = (flags: number, size: number): number => {
    if (size > 1372) return flags === PacketFlag.unreliableFragment ? flags : PacketFlag.reliable;
    return flags === PacketFlag.unreliableFragment ? 0 : flags;
  };
  const wanted = kinds.flatMap((flags) =>
    [0, 1, 1372, 1373, 50_000].map((size) => ({ channel: 1, size, flags: seen(flags, size) })),
  );
  const order = (a: { flags: number; size: number }, b: { flags: number; size: number }) =>
    a.flags - b.flags || a.size - b.size;
  expect(got.toSorted(order)).toEqual(wanted.toSorted(order));
  for (const { data } of packets.server) expect(data).toEqual(bytes(data.length, data[0] ?? 0));
});

test('a 5 MB packet crosses a bad line in both directions', () => {
  const { simulation, packets, mine, theirs } = connected({
    loss: 0.03,
    duplication: 0.05,
    reordering: 0.05,
    latency: [2, 10],
  });
  for (const peer of [mine, theirs]) neverTimeOut(peer);
  const large = bytes(5_000_000, 3);
  mine.send(0, reliable(large));
  theirs.send(0, reliable(large));
  simulation.run(10_000_000, () => packets.client.length + packets.server.length === 2);
  expect(Buffer.compare(packets.server[0]!.data, large)).toBe(0);
  expect(Buffer.compare(packets.client[0]!.data, large)).toBe(0);
  expect(packets.client[0]!.assembled).toBeGreaterThan(0);
});

test('200 000 packets on one channel pass three turns of the sequence numbers, in order', () => {
  const { simulation, packets, mine, theirs } = connected({ loss: 0.01, latency: [1, 4] });
  for (const peer of [mine, theirs]) neverTimeOut(peer);
  for (let i = 0; i < 200_000; i++) {
    const data = new Uint8Array(4);
    new DataView(data.buffer).setUint32(0, i);
    mine.send(0, reliable(data));
  }
  simulation.run(10_000_000, () => packets.server.length === 200_000);
  let wrong = 0;
  for (const [i, { data }] of packets.server.entries()) {
    if (new DataView(data.buffer, data.byteOffset).getUint32(0) !== i) wrong++;
  }
  expect(wrong).toBe(0);
  expect(packets.server.length).toBe(200_000);
});

test('a packet that had to wait says for how long and for which one', () => {
  const { simulation, packets, mine, theirs } = connected();
  const datagrams: Uint8Array[] = [];
  const thief = new Host({ transmit: (_to, datagram) => void datagrams.push(datagram.slice()) });
  thief.connect(SERVER);
  for (const [sequence, at] of [
    [2, 5000],
    [3, 5010],
    [1, 5040],
  ] as const) {
    const command = { name: 'sendReliable', acknowledge: true, reliableSequence: sequence, payload: bytes(9) } as const;
    const { incomingPeerId: peerId, incomingSession: sessionId } = theirs;
    simulation.server.receive(CLIENT, writeDatagram({ peerId, sessionId, sentTime: 1, commands: [command] }), at);
  }
  simulation.run(1);
  expect(
    packets.server.map(({ reliableSequence, waited, waitedFor }) => [reliableSequence, waited, waitedFor]),
  ).toEqual([
    [1, 0, 0],
    [2, 40, 1],
    [3, 30, 1],
  ]);
  expect(mine.connected).toBe(true);
});

test('a paused peer keeps acknowledging and delivers in order when it goes on', () => {
  const { simulation, packets, ends, mine, theirs } = connected();
  theirs.pause();
  for (let i = 0; i < 100; i++) mine.send(0, reliable(bytes(5, i)));
  simulation.run(120_000);
  expect(packets.server).toEqual([]);
  expect(ends).toEqual([]);
  expect(mine.statistics().reliableCommandsInTransit).toBeLessThan(2);
  theirs.resume();
  simulation.run(10);
  expect(packets.server.map(({ data }) => data[0])).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

test('a paused peer takes no more than maximumWaitingData; the rest comes afterwards', () => {
  const { simulation, packets, mine, theirs } = connected({}, {}, { maximumWaitingData: 20_000 });
  neverTimeOut(mine);
  theirs.pause();
  for (let i = 0; i < 100; i++) mine.send(0, reliable(bytes(1000, i)));
  simulation.run(2000);
  expect(theirs.statistics().waitingData).toBeLessThan(25_000);
  theirs.resume();
  simulation.run(100_000);
  expect(packets.server.map(({ data }) => data[0])).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

test('a datagram that announces a 32 MB packet costs only what came of it', () => {
  const { simulation, theirs } = connected();
  const { incomingPeerId: peerId, incomingSession: sessionId } = theirs;
  for (let start = 1; start <= 1000; start++) {
    const values = { startSequence: start * 20, fragmentCount: 24_000, totalLength: 32 * 1024 * 1024 };
    const command = { name: 'sendFragment', acknowledge: true, values, payload: bytes(50) } as const;
    simulation.server.receive(
      CLIENT,
      writeDatagram({ peerId, sessionId, sentTime: 1, commands: [command] }),
      simulation.now,
    );
  }
  expect(theirs.statistics().channels[0]!.assembling).toBe(1000);
  expect(theirs.waitingData).toBeLessThan(1000 * 250);
});

test('an outgoing bandwidth limit thins out unreliable packets and narrows the window', () => {
  const { simulation, packets, mine } = connected({ latency: [10, 10] }, { outgoingBandwidth: 70_000 });
  expect(mine.windowSize).toBe(4096);
  for (let second = 0; second < 100; second++) {
    for (let i = 0; i < 30; i++) mine.send(0, { data: bytes(1000), flags: 0 });
    simulation.run(100);
  }
  // 300 000 bytes a second were offered for 10 s; the first second passes untouched.
  const { droppedByThrottle, throttleLimit } = mine.statistics();
  expect(throttleLimit).toBeLessThan(0.3);
  expect(droppedByThrottle).toBeGreaterThan(1500);
  expect(packets.server.length).toBeLessThan(1400);
});

test('an incoming bandwidth limit reaches the sending side', () => {
  const { simulation, mine } = connected({}, { outgoingBandwidth: 500_000 }, { incomingBandwidth: 200_000 });
  expect(mine.windowSize).toBe(3 * 4096);
  simulation.server.limitBandwidth(100_000, 0);
  simulation.run(5000);
  expect(mine.incomingBandwidth).toBe(100_000);
  expect(mine.windowSize).toBe(4096);
});

test('throttleConfigure reaches the other side', () => {
  const { simulation, mine, theirs } = connected();
  mine.throttleConfigure(1234, 5, 6);
  simulation.run(1000);
  expect([theirs.throttleInterval, theirs.throttleAcceleration, theirs.throttleDeceleration]).toEqual([1234, 5, 6]);
});

test('round-trip time and loss are measured', () => {
  const { simulation, mine } = connected({ latency: [40, 40], loss: 0.1, seed: 4 });
  neverTimeOut(mine);
  for (let i = 0; i < 600; i++) {
    mine.send(0, reliable(bytes(100)));
    simulation.run(100);
  }
  const { roundTripTime, packetLoss, resent } = mine.statistics();
  expect(roundTripTime).toBeGreaterThan(75);
  expect(roundTripTime).toBeLessThan(95);
  expect(packetLoss).toBeGreaterThan(0.05);
  expect(resent).toBeGreaterThan(50);
});

test('with checksums on, a damaged datagram is ignored and repeated', () => {
  const { simulation, packets, mine } = connected({}, { checksum: true }, { checksum: true });
  let damaged = 0;
  simulation.tap = ({ bytes: datagram, to }) => {
    if (to.port !== SERVER.port || damaged > 0 || datagram.length < 90) return;
    datagram[60]! ^= 1;
    damaged++;
  };
  mine.send(0, reliable(bytes(100)));
  simulation.run(5000);
  expect(damaged).toBe(1);
  expect(packets.server.map(({ data }) => data)).toEqual([bytes(100)]);
  expect(mine.statistics().resent).toBe(1);
});

test('hosts that disagree about checksums do not connect', () => {
  const simulation = new Simulation({}, { checksum: true }, {});
  let connects = 0;
  simulation.onEvent = (_side, { type }) => void (type === 'connect' && connects++);
  simulation.client.connect(SERVER);
  simulation.run(40_000);
  expect(connects).toBe(0);
});

test('with compression on, repetitive data takes fewer bytes', () => {
  const sent = (compression: 'none' | 'range-coder'): number => {
    const { simulation, packets, mine } = connected({}, { compression }, { compression });
    for (let i = 0; i < 50; i++)
      mine.send(0, reliable(new TextEncoder().encode('{"type":"move","x":12,"y":40}'.repeat(20))));
    simulation.run(5000);
    expect(packets.server.length).toBe(50);
    return mine.statistics().bytesSent;
  };
  expect(sent('range-coder')).toBeLessThan(sent('none') / 3);
});

test('misuse gets an error that says what is wrong', () => {
  const { simulation, mine } = connected();
  expect(() => mine.send(2, reliable(bytes(1)))).toThrow('no channel 2: this connection has 2, counted from 0');
  expect(() => mine.send(0, reliable(new Uint8Array(33 * 1024 * 1024)))).toThrow('maximumPacketSize is 33554432');
  expect(() => simulation.client.connect(SERVER, { channels: 0 })).toThrow(
    'channels must be a whole number from 1 to 255',
  );
  expect(() => new Host({ mtu: 100, transmit: () => undefined })).toThrow(
    'mtu must be a whole number from 576 to 4096',
  );
  const full = new Host({ peerLimit: 1, transmit: () => undefined });
  full.connect(SERVER);
  expect(() => full.connect(SERVER)).toThrow('all 1 peers of this host are in use');
  mine.disconnectNow();
  expect(mine.send(0, reliable(bytes(1)))).toBe(false);
});

test('broadcast reaches every peer', () => {
  const simulation = new Simulation({});
  let got = 0;
  simulation.onEvent = (side, { type }) => void (side === 'client' && type === 'packet' && got++);
  for (let i = 0; i < 5; i++) simulation.client.connect(SERVER);
  simulation.run(1000);
  simulation.server.broadcast(0, reliable(bytes(3)));
  simulation.run(1000);
  expect(got).toBe(5);
});

test('sequence numbers can be left out and used again, for tests of other peers', () => {
  const { simulation, packets, mine, theirs } = connected();
  neverTimeOut(mine);
  const say = (text: number): void => void mine.send(0, reliable(Uint8Array.of(text)));
  const heard = (): number[] => packets.server.map(({ data }) => data[0]!);
  say(1);
  mine.skipSequence(0, { reliable: -1 });
  say(2);
  say(3);
  simulation.run(500);
  // The second has the number of the first: it was there already.
  expect(heard()).toEqual([1, 3]);
  mine.skipSequence(0, { reliable: 1 });
  say(4);
  simulation.run(500);
  expect(heard()).toEqual([1, 3]);
  expect(theirs.statistics().channels[0]).toMatchObject({ waitingReliable: 1 });
  // Other channels go on.
  mine.send(1, reliable(Uint8Array.of(5)));
  simulation.run(500);
  expect(heard()).toEqual([1, 3, 5]);
  expect(() => mine.skipSequence(2, { reliable: 1 })).toThrow('no channel 2');
});
