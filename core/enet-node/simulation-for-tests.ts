/** Two hosts on a simulated network in virtual time, with traffic that can be checked at the other end. */
import { createHash } from 'node:crypto';
import type { HostEvent } from './event.ts';
import { Host } from './host.ts';
import type { HostOptions } from './host-options.ts';
import { PacketFlag } from './packet.ts';
import type { Address } from './connection-state.ts';
import type { Peer } from './peer.ts';
import { seededRandom } from './random.ts';
import { type Delivery, type NetworkConditions, SimulatedNetwork } from './simulated-network.ts';

export const CLIENT: Address = { address: '10.0.0.1', port: 40_000 };
export const SERVER: Address = { address: '10.0.0.2', port: 9601 };

export class Simulation {
  readonly network: SimulatedNetwork;
  readonly client: Host;
  readonly server: Host;
  now = 0;
  /** Sees every delivered datagram. */
  tap: ((delivery: Delivery) => void) | undefined;
  onEvent: ((side: 'client' | 'server', event: HostEvent) => void) | undefined;
  readonly #hash = createHash('sha256');

  constructor(conditions: NetworkConditions, client: Partial<HostOptions> = {}, server: Partial<HostOptions> = {}) {
    this.network = new SimulatedNetwork(conditions);
    this.client = new Host({
      ...client,
      transmit: (to, bytes) => this.network.send(CLIENT, to, bytes, this.now),
    });
    this.server = new Host({
      seed: 2,
      ...server,
      transmit: (to, bytes) => this.network.send(SERVER, to, bytes, this.now),
    });
  }

  /** Fingerprint of everything delivered so far. */
  get digest(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Lets time pass until nothing is due any more, `until` says so, or `limit` ms have gone by. */
  run(limit: number, until: () => boolean = () => false): void {
    const end = this.now + limit;
    this.#settle();
    while (!until()) {
      const next = Math.min(this.network.nextTime, this.client.nextServiceTime, this.server.nextServiceTime);
      if (next > end) {
        this.now = end;
        break;
      }
      this.now = Math.max(this.now, Math.ceil(next));
      let delivery = this.network.take(this.now);
      while (delivery !== undefined) {
        this.tap?.(delivery);
        this.#hash.update(`${this.now} ${delivery.from.port}`).update(delivery.bytes);
        const host = delivery.to.port === CLIENT.port ? this.client : this.server;
        host.receive(delivery.from, delivery.bytes, this.now);
        delivery = this.network.take(this.now);
      }
      this.#settle();
    }
  }

  #settle(): void {
    for (let again = true; again; ) {
      this.client.flush(this.now);
      this.server.flush(this.now);
      const fromClient = this.client.takeEvents();
      const fromServer = this.server.takeEvents();
      for (const event of fromClient) this.onEvent?.('client', event);
      for (const event of fromServer) this.onEvent?.('server', event);
      again = fromClient.length + fromServer.length > 0;
    }
  }
}

/** Numbered, checkable packets for one direction of a connection. */
export class CheckedTraffic {
  readonly #random: () => number;
  readonly #reliableSent: number[] = [];
  readonly #reliableGot: number[] = [];
  readonly #lastUnreliable: number[] = [];
  readonly #unsequencedGot = new Set<number>();
  #next = 0;
  faults: string[] = [];
  unreliableGot = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** Sends one random packet: any kind, any channel, mostly small. */
  send(peer: Peer, largest: number): void {
    const channel = Math.floor(this.#random() * peer.channelCount);
    const kind = this.#random();
    const flags = kind < 0.5 ? PacketFlag.reliable : kind < 0.65 ? PacketFlag.unsequenced : kind < 0.8 ? 8 : 0;
    const size = 6 + Math.floor(this.#random() ** 4 * largest);
    const reliable = (this.#reliableSent[channel] ??= 0);
    const data = new Uint8Array(size);
    const number = flags === PacketFlag.reliable ? reliable : this.#next++;
    data[0] = flags;
    data[1] = channel;
    new DataView(data.buffer).setUint32(2, number);
    for (let i = 6; i < size; i++) data[i] = (number + i * 7) & 0xff;
    if (flags === PacketFlag.reliable) this.#reliableSent[channel] = reliable + 1;
    peer.send(channel, { data, flags });
  }

  /** Checks one packet at the other end. */
  take(channel: number, data: Uint8Array): void {
    const flags = data[0]!;
    const number = new DataView(data.buffer, data.byteOffset).getUint32(2);
    if (data[1] !== channel) this.faults.push(`packet of channel ${data[1]} on ${channel}`);
    for (let i = 6; i < data.length; i++) {
      if (data[i] !== ((number + i * 7) & 0xff)) {
        this.faults.push(`packet ${number} damaged at ${i}`);
        break;
      }
    }
    if (flags === PacketFlag.reliable) {
      const expected = (this.#reliableGot[channel] ??= 0);
      if (number !== expected) this.faults.push(`channel ${channel}: reliable ${number} instead of ${expected}`);
      this.#reliableGot[channel] = number + 1;
      return;
    }
    this.unreliableGot++;
    if (flags === PacketFlag.unsequenced) {
      if (this.#unsequencedGot.has(number)) this.faults.push(`unsequenced ${number} twice`);
      this.#unsequencedGot.add(number);
      return;
    }
    if (number <= (this.#lastUnreliable[channel] ?? -1))
      this.faults.push(`channel ${channel}: unreliable ${number} late`);
    this.#lastUnreliable[channel] = number;
  }

  get complete(): boolean {
    return this.#reliableSent.every((count, channel) => (this.#reliableGot[channel] ?? 0) === count);
  }
}

/** Time-outs that never strike: ENet's own give up on lines that lose 20 %. */
export function neverTimeOut(peer: Peer): void {
  peer.setTimeout(1e9, 1e9, 1e9);
}
