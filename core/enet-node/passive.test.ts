import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { HostOptions } from './host-options.ts';
import { PacketFlag } from './packet.ts';
import { udpOfPcap } from './pcap-for-tests.ts';
import type { Peer } from './peer.ts';
import { seededRandom } from './random.ts';
import type { Delivery, NetworkConditions } from './simulated-network.ts';
import { CheckedTraffic, neverTimeOut, SERVER, Simulation } from './simulation-for-tests.ts';
import { looksLikeEnet, type ObservedDatagram, type PassiveEvent, PassiveObserver, writeDatagram } from './wire.ts';

type PacketSeen = PassiveEvent & { kind: 'packet' };

interface Recorded {
  readonly captured: ObservedDatagram[];
  /** What the applications got, as text, in order per side. */
  readonly toServer: string[];
  readonly toClient: string[];
}

const describe = (channel: number, flags: number, data: Uint8Array): string => {
  return `${channel} ${flags} ${Buffer.from(data.subarray(0, 12)).toString('hex')} ${data.length}`;
};

/** Records the datagrams as they arrive, and what the applications got. */
function record(conditions: NetworkConditions, options: Partial<HostOptions> = {}, connections = 1): Recorded {
  const simulation = new Simulation(conditions, options, options);
  const captured: ObservedDatagram[] = [];
  const toServer: string[] = [];
  const toClient: string[] = [];
  simulation.tap = ({ time, from, to, bytes }: Delivery) => {
    captured.push({ time, source: from, destination: to, bytes: bytes.slice(), index: captured.length });
  };
  const serverPeers: Peer[] = [];
  simulation.onEvent = (side, event) => {
    neverTimeOut(event.peer);
    if (event.type === 'connect' && side === 'server') serverPeers.push(event.peer);
    if (event.type !== 'packet') return;
    const text = describe(event.channel, event.flags, event.data);
    (side === 'server' ? toServer : toClient).push(text);
  };
  const peers = Array.from({ length: connections }, (_, i) =>
    simulation.client.connect(SERVER, { channels: 2, data: 40 + i }),
  );
  for (const peer of peers) neverTimeOut(peer);
  simulation.run(200_000, () => serverPeers.length === connections && peers.every(({ connected }) => connected));
  const up = new CheckedTraffic(1);
  const down = new CheckedTraffic(2);
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 5; i++) {
      up.send(peers[i % connections]!, 5000);
      down.send(serverPeers[i % connections]!, 5000);
    }
    simulation.run(30);
  }
  simulation.run(60_000);
  peers[0]!.disconnect(99);
  simulation.run(1000);
  return { captured, toServer, toClient };
}

function observe(captured: readonly ObservedDatagram[], observer = new PassiveObserver()): PassiveEvent[] {
  return [...captured.flatMap((datagram) => observer.observe(datagram)), ...observer.finish()];
}

const packetsOf = (events: readonly PassiveEvent[]): PacketSeen[] => events.filter((event) => event.kind === 'packet');
const textsOf = (events: readonly PassiveEvent[], fromClient: boolean): string[] => {
  const mine = packetsOf(events).filter((event) => event.fromClient === fromClient);
  return mine.map(({ channel, flags, data }) => describe(channel, flags, data));
};

for (const [name, options] of [
  ['plain', {}],
  ['checksummed', { checksum: true }],
  ['compressed', { compression: 'range-coder' }],
  ['checksummed and compressed', { checksum: true, compression: 'range-coder' }],
] as const) {
  test(`on a bad line the observer gets exactly what the applications got (${name})`, () => {
    const conditions = { loss: 0.1, duplication: 0.1, reordering: 0.1, latency: [5, 25], seed: 3 } as const;
    const { captured, toServer, toClient } = record(conditions, options);
    const events = observe(captured);
    expect(textsOf(events, true)).toEqual(toServer);
    expect(textsOf(events, false)).toEqual(toClient);
    expect(events.filter(({ kind }) => kind === 'gap' || kind === 'unreadable')).toEqual([]);
    const [open] = events;
    expect(open).toMatchObject({ kind: 'open', connection: { midStream: false, clientKnown: true, connectData: 40 } });
    expect(events.find(({ kind }) => kind === 'accept')).toMatchObject({ channelCount: 2 });
    expect(events.find(({ kind }) => kind === 'close')).toMatchObject({
      reason: 'disconnect',
      byClient: true,
      data: 99,
    });
    const { checksum, compressed, toServer: statistics } = open!.connection!;
    expect(checksum).toBe('checksum' in options ? 'crc32' : 'none');
    expect(compressed).toBe('compression' in options);
    expect(statistics.repeats).toBeGreaterThan(0);
    expect(statistics.roundTripTime).toBeGreaterThan(5);
  });
}

test('several connections between the same two endpoints are kept apart', () => {
  const { captured, toServer } = record({ latency: [3, 3] }, {}, 3);
  const events = observe(captured);
  expect(new Set(packetsOf(events).map(({ connection }) => connection.id)).size).toBe(3);
  expect(events.filter(({ kind }) => kind === 'open').map(({ connection }) => connection!.connectData)).toEqual([
    40, 41, 42,
  ]);
  expect(textsOf(events, true)).toEqual(toServer);
});

test('a capture that starts anywhere gives the packets from there on, without inventing or reordering any', () => {
  const { captured, toServer, toClient } = record({ latency: [3, 3] });
  for (let start = 2; start < captured.length - 20; start += 3) {
    const events = observe(captured.slice(start));
    const opens = events.filter(({ kind }) => kind === 'open');
    expect(opens.length).toBe(1);
    expect(opens[0]!.connection).toMatchObject({ midStream: true, clientKnown: false, server: SERVER });
    for (const [fromClient, all] of [
      [true, toServer],
      [false, toClient],
    ] as const) {
      const seen = textsOf(events, fromClient);
      expect(seen).toEqual(all.slice(all.length - seen.length));
    }
  }
});

test('the Mana recordings give their remaining messages from any datagram on', () => {
  const file = readFileSync(new URL('./fixtures/head-quick.pcap', import.meta.url));
  const captured = [...udpOfPcap(file)];
  const all = packetsOf(observe(captured));
  for (let start = 1; start < captured.length; start += 5) {
    const first = captured[start]!.index;
    const seen = packetsOf(observe(captured.slice(start)));
    const wanted = all.filter(({ index }) => index! >= first);
    const text = ({ index, channel, data }: PacketSeen): string =>
      `${index} ${channel} ${Buffer.from(data).toString('hex')}`;
    expect(seen.filter(({ outOfOrder }) => !outOfOrder).map(text)).toEqual(wanted.map(text));
  }
});

test('datagrams missing from the capture become gaps; everything else still comes, in order', () => {
  const { captured, toServer } = record({ latency: [3, 3] });
  const random = seededRandom(5);
  const holed = captured.filter((_, i) => i < 8 || random() > 0.1);
  const events = observe(holed);
  const seen = textsOf(events, true);
  expect(events.some(({ kind }) => kind === 'gap')).toBe(true);
  expect(seen.length).toBeLessThan(toServer.length);
  expect(seen.length).toBeGreaterThan(toServer.length * 0.6);
  // Packets held up by a gap come later than on the wire, but each channel keeps its order.
  for (const stream of ['0 1 ', '1 1 ']) {
    let at = -1;
    for (const text of seen.filter((each) => each.startsWith(stream))) {
      const found = toServer.indexOf(text, at + 1);
      expect(found).toBeGreaterThan(at);
      at = found;
    }
  }
  for (const text of seen) expect(toServer).toContain(text);
});

test('a reliable packet that the capture lacks is given up soon after its acknowledgement, not at the end', () => {
  const { captured } = record({ latency: [3, 3] });
  const victim = captured.findIndex(
    ({ bytes, destination }, i) => i > 20 && destination.port === SERVER.port && bytes.length > 100,
  );
  const events = observe(captured.filter((_, i) => i !== victim));
  const gap = events.find(({ kind }) => kind === 'gap');
  expect(gap).toMatchObject({ reason: 'not captured', fromClient: true });
  expect(gap!.time - captured[victim]!.time).toBeLessThan(1000);
});

test('a fragmented packet with a fragment missing is one gap of its whole range', () => {
  const simulation = new Simulation({ latency: [3, 3] });
  const captured: ObservedDatagram[] = [];
  simulation.tap = ({ time, from, to, bytes }) =>
    void captured.push({ time, source: from, destination: to, bytes: bytes.slice() });
  const peer = simulation.client.connect(SERVER);
  simulation.run(100);
  peer.send(0, { data: new Uint8Array(10_000), flags: PacketFlag.reliable });
  peer.send(0, { data: new Uint8Array(5), flags: PacketFlag.reliable });
  simulation.run(5000);
  const lost = captured.findIndex(({ bytes }) => bytes.length > 1300) + 2;
  const events = observe(captured.filter((_, i) => i !== lost));
  expect(events.find(({ kind }) => kind === 'gap')).toMatchObject({ first: 1, last: 8, reason: 'incomplete' });
  expect(packetsOf(events).map(({ data, reliableSequence }) => [data.length, reliableSequence])).toEqual([[5, 9]]);
});

test('unreliable packets that come too late are reported as such', () => {
  const { captured } = record({ latency: [1, 60], reordering: 0.3, seed: 8 });
  const events = observe(captured);
  const late = events.filter(({ kind }) => kind === 'late');
  expect(late.length).toBeGreaterThan(0);
});

test('a connection that falls silent closes, and one in the same place is a new one', () => {
  const first = record({ latency: [3, 3] });
  const unended = first.captured.slice(0, 60);
  const gapTime = unended.at(-1)!.time + 100_000;
  const later = first.captured.map((datagram) => ({ ...datagram, time: datagram.time + gapTime }));
  const events = observe([...unended, ...later]);
  expect(events.filter(({ kind }) => kind === 'close').map((event) => event.kind === 'close' && event.reason)).toEqual([
    'silent',
    'disconnect',
  ]);
  expect(events.filter(({ kind }) => kind === 'open').length).toBe(2);

  const atOnce = observe([...unended, ...reconnected(first.captured)]);
  expect(atOnce.filter(({ kind }) => kind === 'close').map((event) => event.kind === 'close' && event.reason)).toEqual([
    'replaced',
    'disconnect',
  ]);
});

/** The same datagrams with another connect id, as of a new connection with the same peer ids and sessions. */
function reconnected(captured: readonly ObservedDatagram[]): ObservedDatagram[] {
  return captured.map((datagram) => {
    const bytes = datagram.bytes.slice();
    const code = bytes[4]! & 15;
    if (code === 2 || code === 3) bytes[4 + 40]! ^= 0x55;
    return { ...datagram, bytes };
  });
}

test('a refused connection is seen as opened and closed', () => {
  const commands = [
    { name: 'connect', acknowledge: true, channel: 255, values: { connectId: 9, channelCount: 1 } } as const,
  ];
  const no = [{ name: 'disconnect', unsequenced: true, channel: 255, values: { data: 4 } } as const];
  const client = { address: '10.0.0.1', port: 5000 };
  const events = observe([
    { time: 0, source: client, destination: SERVER, bytes: writeDatagram({ peerId: 0xfff, sentTime: 1, commands }) },
    { time: 5, source: SERVER, destination: client, bytes: writeDatagram({ peerId: 0, commands: no }) },
  ]);
  expect(events.map(({ kind }) => kind)).toEqual(['open', 'close']);
  expect(events[1]).toMatchObject({ byClient: false, data: 4 });
});

test('ENet is recognised, and other UDP traffic is not', () => {
  const { captured } = record({}, { checksum: true });
  expect(captured.every(({ bytes }) => looksLikeEnet(bytes))).toBe(true);
  const dns = Buffer.from('a1b201000001000000000000076578616d706c6503636f6d0000010001', 'hex');
  const text = new TextEncoder().encode('hello, is anybody there?');
  for (const bytes of [dns, text, new Uint8Array(40), new Uint8Array(3)]) expect(looksLikeEnet(bytes)).toBe(false);
});
