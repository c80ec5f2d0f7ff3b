import { expect, test } from 'vitest';
import type { HostOptions } from './host-options.ts';
import { PacketFlag } from './packet.ts';
import type { Peer } from './peer.ts';
import type { NetworkConditions } from './simulated-network.ts';
import { neverTimeOut, SERVER, Simulation } from './simulation-for-tests.ts';
import { type CommandHead, PassiveObserver, packCommandHead, readCommandHeads, readDatagram } from './wire.ts';

/** A command as both ways of reading must give it: the time tells datagrams apart that are otherwise alike. */
type Seen = Pick<CommandHead, 'name' | 'channel' | 'reliableSequence' | 'values' | 'position' | 'acknowledge'> & {
  readonly size: number;
  readonly sentTime: number | undefined;
  readonly checksum: number | undefined;
  readonly compressed: boolean;
};

const seen = ({ datagram, name, channel, reliableSequence, values, position, acknowledge }: CommandHead): Seen => {
  const { size, sentTime, checksum, compressed } = datagram;
  return { name, channel, reliableSequence, values, position, acknowledge, size, sentTime, checksum, compressed };
};
const sorted = (all: readonly Seen[]): string[] => all.map((one) => JSON.stringify(one)).sort();

interface Told {
  /** Every command of every datagram that reached the server, by the reader of whole datagrams. */
  readonly all: Seen[];
  readonly byHost: Seen[];
  readonly byObserver: Seen[];
  /** Payload length and commands of each packet the server got. */
  readonly packets: { length: number; heads: CommandHead[] }[];
}

/** Traffic of all kinds from a client to a server, and what is told of its commands. */
function told(conditions: NetworkConditions, options: Partial<HostOptions> = {}): Told {
  const simulation = new Simulation(conditions, options, { ...options, keepHeads: true, reportCommands: true });
  const observer = new PassiveObserver({ keepHeads: true });
  const result: Told = { all: [], byHost: [], byObserver: [], packets: [] };
  let server: Peer | undefined;
  simulation.tap = ({ time, from, to, bytes }) => {
    for (const event of observer.observe({ time, source: from, destination: to, bytes: bytes.slice() })) {
      if (event.kind === 'packet' || event.kind === 'commands') {
        if (event.fromClient) result.byObserver.push(...readCommandHeads(event.heads!).map(seen));
      }
    }
    // What comes after the end belongs to no peer any more.
    if (to.port !== SERVER.port || server?.state === 'disconnected') return;
    const datagram = readDatagram(bytes, { checksum: options.checksum === true });
    const { sentTime, checksum, compressed } = datagram;
    for (const { start: position, ...command } of datagram.commands) {
      const { name, channel, reliableSequence, values, acknowledge } = command;
      const size = bytes.length;
      result.all.push({
        name,
        channel,
        reliableSequence,
        values,
        position,
        acknowledge,
        size,
        sentTime,
        checksum: checksum?.value,
        compressed,
      });
    }
  };
  simulation.onEvent = (side, event) => {
    neverTimeOut(event.peer);
    if (side !== 'server') return;
    if (event.type === 'connect') server = event.peer;
    if (event.type === 'packet') {
      const heads = readCommandHeads(event.heads!);
      result.packets.push({ length: event.data.length, heads });
      result.byHost.push(...heads.map(seen));
    }
    if (event.type === 'commands') result.byHost.push(...readCommandHeads(event.heads).map(seen));
  };
  const client = simulation.client.connect(SERVER, { channels: 2, data: 7 });
  neverTimeOut(client);
  simulation.run(60_000, () => client.connected && server !== undefined);
  const data = (length: number): Uint8Array => new Uint8Array(length).fill(length);
  for (let i = 0; i < 40; i++) {
    client.send(i % 2, { data: data(20 + i), flags: PacketFlag.reliable });
    client.send(0, { data: data(10), flags: i % 3 === 0 ? PacketFlag.unsequenced : 0 });
    if (i % 8 === 0) client.send(1, { data: data(4000), flags: PacketFlag.reliable });
    if (i === 5) client.throttleConfigure(5000, 2, 2);
    server!.send(0, { data: data(30), flags: PacketFlag.reliable });
    simulation.run(20);
  }
  simulation.run(20_000);
  client.disconnect(3);
  simulation.run(2000);
  return result;
}

test.each([
  ['plain', {}],
  ['with checksums', { checksum: true }],
  ['compressed, with checksums', { checksum: true, compression: 'range-coder' }],
] as const)('every command is told once, in a packet or by itself (%s)', (_how, options) => {
  const { all, byHost, byObserver, packets } = told({ seed: 3, latency: [5, 5] }, options);
  expect(new Set(all.map(({ name }) => name))).toEqual(
    new Set([
      'connect',
      'acknowledge',
      'sendReliable',
      'sendUnreliable',
      'sendUnsequenced',
      'sendFragment',
      'throttleConfigure',
      'bandwidthLimit',
      'ping',
      'disconnect',
    ]),
  );
  expect(sorted(byHost)).toEqual(sorted(all));
  expect(sorted(byObserver)).toEqual(sorted(all));
  if ('compression' in options) expect(all.some(({ compressed }) => compressed)).toBe(true);
  for (const { length, heads } of packets) {
    expect(heads.reduce((sum, head) => sum + head.payloadLength, 0)).toBe(length);
  }
  expect(packets.filter(({ heads }) => heads.length === 3).map(({ length }) => length)).toContain(4000);
});

test('on a bad line repeats are told beside the packets, and each packet has exactly its own commands', () => {
  const { all, byHost, packets } = told({ seed: 8, loss: 0.2, duplication: 0.1, latency: [5, 40] });
  expect(byHost.length).toBe(all.length);
  const inPackets = packets.flatMap(({ heads }) => heads);
  const names = inPackets.map(({ name, channel, values, reliableSequence }) =>
    JSON.stringify([name, channel, reliableSequence, values]),
  );
  expect(new Set(names).size).toBe(names.length);
  for (const { length, heads } of packets) {
    const sum = heads.reduce((total, head) => total + head.payloadLength, 0);
    expect(sum).toBe(length);
    if (heads.length === 1) continue;
    expect(heads.map(({ values }) => values['fragmentNumber']!).sort()).toEqual(heads.map((_, i) => i));
  }
  const repeats = byHost.length - inPackets.length;
  expect(repeats).toBeGreaterThan(byHost.filter(({ name }) => !name.startsWith('send')).length);
});

test('packed heads that are cut or scrambled are read as far as they go, and never throw', () => {
  const datagram = Uint8Array.of(0x80, 0x01, 0x12, 0x34, 0x86, 0, 0, 9, 0, 3, 1, 2, 3);
  const packed = packCommandHead(datagram, datagram.length, 4, 4, false);
  const [head] = readCommandHeads(packed);
  expect(head).toMatchObject({
    name: 'sendReliable',
    reliableSequence: 9,
    payloadLength: 3,
    position: 4,
    datagram: { size: 13, peerId: 1, sentTime: 0x1234 },
  });
  // Ranges are places in the packed bytes.
  expect([...packed.subarray(head!.start, head!.end)]).toEqual([0x86, 0, 0, 9, 0, 3]);
  expect([...packed.subarray(head!.datagram.start, head!.datagram.end)]).toEqual([0x80, 0x01, 0x12, 0x34]);
  for (let size = 0; size < packed.length; size++) expect(readCommandHeads(packed.subarray(0, size))).toEqual([]);
  for (let at = 0; at < packed.length; at++) {
    for (let value = 0; value < 256; value++) {
      const scrambled = packed.slice();
      scrambled[at] = value;
      for (const { start, end } of readCommandHeads(scrambled)) expect(start < end && end <= packed.length).toBe(true);
    }
  }
});
