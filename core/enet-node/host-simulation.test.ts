import { expect, test } from 'vitest';
import type { HostOptions } from './host-options.ts';
import type { Peer } from './peer.ts';
import { seededRandom } from './random.ts';
import { CheckedTraffic, neverTimeOut, SERVER, Simulation } from './simulation-for-tests.ts';

/** One whole life of a connection on a bad line, everything chosen by the seed. Returns what went wrong. */
function live(seed: number): { faults: string[]; digest: string; simulation: Simulation } {
  const random = seededRandom(seed);
  const chance = (share: number): boolean => random() < share;
  const common: Partial<HostOptions> = {
    checksum: chance(0.3),
    compression: chance(0.15) ? 'range-coder' : 'none',
  };
  const own = (): Partial<HostOptions> => ({
    ...common,
    mtu: chance(0.5) ? 1400 : 576 + Math.floor(random() * 3000),
    ...(chance(0.2) ? { outgoingBandwidth: 50_000 + Math.floor(random() * 500_000) } : {}),
    ...(chance(0.2) ? { incomingBandwidth: 50_000 + Math.floor(random() * 500_000) } : {}),
  });
  const simulation = new Simulation(
    {
      seed,
      loss: random() * 0.2,
      duplication: random() * 0.2,
      reordering: random() * 0.2,
      latency: [random() * 10, 10 + random() * 60],
    },
    own(),
    own(),
  );
  const up = new CheckedTraffic(seed * 2 + 1);
  const down = new CheckedTraffic(seed * 2 + 2);
  const faults: string[] = [];
  let serverPeer: Peer | undefined;
  let connected = false;
  const ends: string[] = [];
  simulation.onEvent = (side, event) => {
    if (event.type === 'connect') {
      if (side === 'server') serverPeer = event.peer;
      else connected = true;
      if (side === 'server' && event.data !== seed) faults.push(`connect data ${event.data}`);
    } else if (event.type === 'packet') (side === 'server' ? up : down).take(event.channel, event.data);
    else if (event.type === 'disconnect') ends.push(`${side} ${event.reason} ${event.data}`);
  };
  const channels = 1 + Math.floor(random() * 4);
  // With the worst luck the server gives up the handshake while the client is through it; then it tries again.
  const bothConnected = (): boolean => connected && serverPeer !== undefined;
  let clientPeer = simulation.client.connect(SERVER, { channels, data: seed });
  for (let attempt = 1; attempt < 5; attempt++) {
    simulation.run(100_000, () => bothConnected() || clientPeer.state === 'disconnected');
    if (bothConnected()) break;
    clientPeer = simulation.client.connect(SERVER, { channels, data: seed });
  }
  if (serverPeer === undefined) return { faults: ['never connected'], digest: '', simulation };
  ends.length = 0;
  for (const peer of [clientPeer, serverPeer]) neverTimeOut(peer);
  for (let round = 0; round < 8; round++) {
    for (let i = 0; i < 6; i++) {
      up.send(clientPeer, 6000);
      down.send(serverPeer, 6000);
    }
    simulation.run(40);
  }
  simulation.run(10_000_000, () => up.complete && down.complete);
  if (!up.complete || !down.complete) faults.push('stalled');
  const leaver = chance(0.5) ? clientPeer : serverPeer;
  // The last acknowledgement can be lost, so the leaving side may have to give up waiting for it.
  for (const peer of [clientPeer, serverPeer]) peer.setTimeout(0, 0, 0);
  leaver.disconnectLater(seed + 1);
  simulation.run(10_000_000, () => ends.length === 2);
  simulation.run(5000);
  const left = leaver === clientPeer ? 'client' : 'server';
  for (const end of ends) {
    const wanted = end.startsWith(left) ? ['local 0', 'timeout 0'] : [`remote ${seed + 1}`, 'timeout 0'];
    if (!wanted.some((how) => end.endsWith(how))) faults.push(`ended as ${end}`);
  }
  if (ends.length !== 2) faults.push(`${ends.length} ends`);
  for (const host of [simulation.client, simulation.server]) if (host.peers.size > 0) faults.push('a peer is left');
  if (simulation.network.size > 0) faults.push('still sending');
  if (clientPeer.waitingData + serverPeer.waitingData !== 0) faults.push('waiting data is left');
  return { faults: [...faults, ...up.faults, ...down.faults], digest: simulation.digest, simulation };
}

test('1000 seeded lives on bad lines deliver every reliable packet once, in order and intact, and leave nothing behind', () => {
  const failed: string[] = [];
  for (let seed = 1; seed <= 1000; seed++) {
    const { faults } = live(seed);
    if (faults.length > 0) failed.push(`seed ${seed}: ${faults.slice(0, 3).join('; ')}`);
  }
  expect(failed).toEqual([]);
});

test('the same seed gives the same run, byte for byte', () => {
  for (let seed = 1; seed <= 30; seed++) expect(live(seed).digest).toBe(live(seed).digest);
  expect(live(1).digest).not.toBe(live(2).digest);
});

test('an idle connection stays for an hour of pings and both sides keep nothing', () => {
  const simulation = new Simulation({ latency: [20, 30], loss: 0.05 });
  const ended: string[] = [];
  simulation.onEvent = (side, event) => {
    if (event.type === 'disconnect') ended.push(`${side} ${event.reason}`);
  };
  const peer = simulation.client.connect(SERVER);
  simulation.run(3_600_000);
  expect(ended).toEqual([]);
  expect(peer.state).toBe('connected');
  const { queuedCommands, reliableCommandsInTransit } = peer.statistics();
  expect(queuedCommands + reliableCommandsInTransit).toBeLessThan(3);
});
