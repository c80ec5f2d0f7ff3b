/** ENet peers of the tests. */
import {
  createHost,
  type DisconnectEvent,
  type HostOptions,
  type PacketEvent,
  type Peer,
  type UdpHost,
} from '../enet-node/index.ts';
import type { World } from './world-for-tests.ts';

export interface Heard {
  readonly channel: number;
  readonly reliable: boolean;
  readonly unsequenced: boolean;
  readonly text: string;
}

/** Everything one peer hears, in order. */
export class EnetEars {
  readonly peer: Peer;
  readonly heard: Heard[] = [];
  readonly packets: Uint8Array[] = [];
  gone: DisconnectEvent | undefined;
  connected = false;
  #waiters: { ready: () => boolean; resolve: () => void }[] = [];

  constructor(peer: Peer) {
    this.peer = peer;
    peer.on('connect', () => {
      this.connected = true;
      this.#wake();
    });
    peer.on('packet', (packet: PacketEvent) => {
      const { channel, reliable, unsequenced, data } = packet;
      this.packets.push(Uint8Array.from(data));
      this.heard.push({ channel, reliable, unsequenced, text: new TextDecoder().decode(data) });
      this.#wake();
    });
    peer.on('disconnect', (event) => {
      this.gone = event;
      this.#wake();
    });
  }

  until(ready: () => boolean): Promise<void> {
    if (ready()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ ready, resolve }));
  }
  count(count: number): Promise<void> {
    return this.until(() => this.heard.length >= count);
  }
  say(text: string | Uint8Array, channel = 0, flags = 1): void {
    this.peer.send(channel, { data: typeof text === 'string' ? new TextEncoder().encode(text) : text, flags });
  }

  #wake(): void {
    for (const waiter of this.#waiters.filter((w) => w.ready())) {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      waiter.resolve();
    }
  }
}

type Settings = Omit<HostOptions, 'transmit' | 'wake'> & { readonly address?: string };

export interface EnetPeer {
  readonly port: number;
  readonly host: UdpHost;
  next(): Promise<EnetEars & { data: number }>;
}

export async function listenEnetPeer(world: World, settings: Settings = {}, port = 0): Promise<EnetPeer> {
  const host = await createHost({ address: '127.0.0.1', port, ...settings });
  world.onEnd(() => host.close());
  const arrived: (EnetEars & { data: number })[] = [];
  const waiting: ((ears: EnetEars & { data: number }) => void)[] = [];
  host.on('connect', (peer, data) => {
    const ears = Object.assign(new EnetEars(peer), { data });
    const resolve = waiting.shift();
    if (resolve) resolve(ears);
    else arrived.push(ears);
  });
  return {
    port: host.address.port,
    host,
    next: () => {
      const here = arrived.shift();
      return here ? Promise.resolve(here) : new Promise((resolve) => waiting.push(resolve));
    },
  };
}

export async function dialEnet(
  world: World,
  port: number,
  options: { channels?: number; data?: number } & Settings = {},
): Promise<EnetEars & { host: UdpHost }> {
  const { channels = 1, data = 0, address = '127.0.0.1', ...settings } = options;
  const host = await createHost({ address, acceptConnections: false, ...settings });
  world.onEnd(() => host.close());
  const ears = Object.assign(new EnetEars(host.connect({ address, port }, { channels, data })), { host });
  await ears.until(() => ears.connected || ears.gone !== undefined);
  return ears;
}
