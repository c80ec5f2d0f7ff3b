import { expect, test } from 'vitest';
import { Host } from './host.ts';
import { PacketFlag } from './packet.ts';
import type { Peer } from './peer.ts';
import { seededRandom } from './random.ts';
import { CheckedTraffic, CLIENT, SERVER, Simulation } from './simulation-for-tests.ts';
import { checksumOf, looksLikeEnet, PassiveObserver, RangeCoder, readDatagram, writeDatagram } from './wire.ts';

/** A million by default takes some ten seconds; ENET_HOSTILE sets another number. */
const COUNT = Number(process.env['ENET_HOSTILE'] ?? 1_000_000);

/** Genuine datagrams of all kinds, to be mutated. */
function genuine(): Uint8Array[] {
  const datagrams: Uint8Array[] = [];
  for (const compression of ['none', 'range-coder'] as const) {
    const simulation = new Simulation({ loss: 0.1, duplication: 0.1 }, { compression }, { compression });
    const traffic = new CheckedTraffic(5);
    simulation.tap = ({ bytes }) => void datagrams.push(bytes.slice());
    simulation.onEvent = (_side, { type, peer }) => {
      if (type !== 'connect') return;
      for (let i = 0; i < 60; i++) traffic.send(peer, 8000);
      peer.throttleConfigure(5000, 2, 2);
    };
    simulation.client.connect(SERVER, { channels: 3, data: 1 }).setTimeout(1e9, 1e9, 1e9);
    simulation.run(20_000);
    for (const peer of simulation.client.peers) peer.disconnect(7);
    simulation.run(5000);
  }
  return datagrams;
}

/** An endless stream of datagrams: genuine ones mutated, spliced and cut, commands made up, and plain noise. */
function* attacks(seed: number): Generator<Uint8Array> {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const corpus = genuine();
  for (;;) {
    const kind = random();
    if (kind < 0.1) {
      const noise = new Uint8Array(below(200));
      for (let i = 0; i < noise.length; i++) noise[i] = below(256);
      yield noise;
    } else if (kind < 0.3) {
      // A well-formed command with extreme values, to a connected peer.
      const extreme = (): number => [0, 1, 2, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0xffffffff, below(5000)][below(9)]!;
      const names = ['connect', 'sendFragment', 'sendUnreliableFragment', 'sendReliable', 'acknowledge'] as const;
      yield writeDatagram({
        peerId: below(3) === 0 ? 0xfff : below(4),
        sessionId: below(4),
        sentTime: below(65536),
        commands: Array.from({ length: 1 + below(4) }, () => ({
          name: names[below(names.length)]!,
          acknowledge: true,
          channel: below(3) === 0 ? 0xff : below(3),
          reliableSequence: extreme() & 0xffff,
          payload: new Uint8Array(below(40)),
          values: {
            startSequence: extreme(),
            fragmentCount: extreme(),
            fragmentNumber: extreme(),
            totalLength: extreme(),
            fragmentOffset: extreme(),
            channelCount: below(300),
            connectId: extreme(),
            mtu: extreme(),
            receivedSequence: extreme(),
            receivedSentTime: below(65536),
            outgoingPeerId: below(5000),
          },
        })),
      });
    } else {
      const base = corpus[below(corpus.length)]!;
      const bytes = base.slice(0, random() < 0.2 ? below(base.length + 1) : base.length);
      const flips = 1 + below(4);
      for (let i = 0; i < flips && bytes.length > 0; i++) {
        const at = random() < 0.5 ? below(Math.min(bytes.length, 40)) : below(bytes.length);
        bytes[at] = random() < 0.5 ? bytes[at]! ^ (1 << below(8)) : below(256);
      }
      yield bytes;
    }
  }
}

/** A host with two connections, to which the attacker can write. */
function victim(compression: 'none' | 'range-coder', checksum: boolean): { host: Host; reconnect: () => void } {
  const inbox: Uint8Array[] = [];
  const options = {
    compression,
    checksum,
    peerLimit: 16,
    pendingPeerLimit: 6,
    maximumWaitingData: 1_000_000,
    maximumPacketSize: 500_000,
  };
  const host: Host = new Host({ ...options, transmit: (_to, bytes) => void inbox.push(bytes.slice()) });
  const reconnect = (): void => {
    // Requests that nobody completes would keep the friend out until they time out.
    for (const peer of host.peers) if (peer.state === 'acknowledging-connect') peer.reset();
    const friend: Host = new Host({
      compression,
      checksum,
      seed: host.now + 3,
      transmit: (_to, bytes) => host.receive(CLIENT, bytes.slice(), host.now),
    });
    const peer = friend.connect(SERVER, { channels: 3 });
    for (let i = 0; i < 4; i++) {
      friend.flush(host.now);
      inbox.length = 0;
      host.flush(host.now);
      for (const bytes of inbox) friend.receive(SERVER, bytes, host.now);
    }
    if (peer.connected)
      for (let i = 0; i < 5; i++) peer.send(0, { data: new Uint8Array(100), flags: PacketFlag.reliable });
    friend.flush(host.now);
    inbox.length = 0;
  };
  return { host, reconnect };
}

/** Makes a datagram pass the door: the peer id and session of a live connection, and the right checksum. */
function aim(bytes: Uint8Array, peer: Peer, checksum: boolean): void {
  if (bytes.length < 8) return;
  bytes[0] = (bytes[0]! & 0xc0) | (peer.incomingSession << 4) | (peer.incomingPeerId >> 8);
  bytes[1] = peer.incomingPeerId & 0xff;
  if (!checksum || (bytes[0] & 0x40) !== 0) return;
  const at = (bytes[0] & 0x80) === 0 ? 2 : 4;
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, checksumOf(bytes, at, peer.connectId));
}

test(`${COUNT} hostile datagrams never throw, and what a host keeps stays within its limits`, {
  timeout: 300_000,
}, () => {
  const victims = [victim('none', false), victim('range-coder', false), victim('none', true)];
  const targets: Peer[][] = [[], [], []];
  const stream = attacks(1);
  const random = seededRandom(9);
  let now = 0;
  let packets = 0;
  let mostWaiting = 0;
  let mostAcknowledgements = 0;
  const tend = ({ host, reconnect }: (typeof victims)[0], bytes: Uint8Array, turn: number): Peer[] => {
    for (const event of host.takeEvents()) if (event.type === 'packet') packets++;
    for (const peer of host.peers) {
      mostWaiting = Math.max(mostWaiting, peer.waitingData);
      mostAcknowledgements = Math.max(mostAcknowledgements, peer.acknowledgements.size);
      if (peer.connected && turn % 7 === 0) peer.send(0, { data: bytes, flags: PacketFlag.reliable });
      if (peer.queuedData > 100_000) peer.disconnectNow(); // nobody acknowledges
    }
    host.flush(now);
    const connected = [...host.peers].filter((peer) => peer.connected);
    if (connected.length < 2) reconnect();
    return connected;
  };
  const before = process.memoryUsage();
  for (let i = 0; i < COUNT; i++) {
    const which = i % 8 === 0 ? 1 : i % 16 === 1 ? 2 : 0;
    if (i % 20 === 0) now++;
    const bytes = stream.next().value as Uint8Array;
    const { host } = victims[which]!;
    const [target] = targets[which]!;
    if (target !== undefined && random() < 0.8) aim(bytes, target, host.checksum);
    host.receive(CLIENT, bytes, now);
    if (i % 16 === 0) for (const [index, each] of victims.entries()) targets[index] = tend(each, bytes, i);
  }
  for (const { host } of victims) expect(host.peers.size).toBeLessThanOrEqual(16);
  expect(packets).toBeGreaterThan(COUNT / 50); // the attack got past the door
  expect(mostWaiting).toBeLessThan(1_000_000 + 500_000);
  expect(mostAcknowledgements).toBeLessThan(16_384);
  globalThis.gc?.();
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  expect(grown).toBeLessThan(200_000_000); // some of it not collected yet
});

test('hostile datagrams never make the wire reader or the observer throw, nor the observer keep connections for ever', () => {
  const observer = new PassiveObserver();
  const stream = attacks(2);
  const count = Math.min(COUNT, 60_000);
  for (let i = 0; i < count; i++) {
    const bytes = stream.next().value as Uint8Array;
    const swap = i % 2 === 0;
    observer.observe({
      time: i * 20,
      source: swap ? CLIENT : SERVER,
      destination: swap ? SERVER : CLIENT,
      bytes,
      index: i,
    });
    if (i % 5 === 0) {
      const datagram = readDatagram(bytes, { checksum: i % 2 === 0, connectId: 5 });
      let end = 0;
      for (const command of datagram.commands) {
        expect(command.start).toBeGreaterThanOrEqual(end);
        end = command.end;
      }
      expect(datagram.consumed).toBeLessThanOrEqual(datagram.bytes.length);
      looksLikeEnet(bytes);
    }
  }
  expect(observer.connections.size).toBeLessThan(20_000);
  observer.observe({ time: 1e12, source: CLIENT, destination: SERVER, bytes: new Uint8Array(1) });
  expect(observer.connections.size).toBe(0);
});

test('the range coder survives rubbish and stays within its output', () => {
  const random = seededRandom(3);
  const coder = new RangeCoder();
  const output = new Uint8Array(600);
  for (let i = 0; i < 20_000; i++) {
    const rubbish = Uint8Array.from({ length: 1 + Math.floor(random() * 60) }, () => Math.floor(random() * 256));
    expect(coder.decompress(rubbish, 0, rubbish.length, output, 10, 500)).toBeLessThanOrEqual(490);
  }
  expect(output.subarray(500).every((byte) => byte === 0)).toBe(true);
});
