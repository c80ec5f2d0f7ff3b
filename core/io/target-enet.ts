/** enet:// as a client. Connections of one target share a host (one UDP socket), as those of a real game client do. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import {
  createHost,
  type DisconnectEvent,
  type PacketEvent,
  PacketFlag,
  type Peer,
  type UdpHost,
} from '../enet-node/index.ts';
import type { Framing } from '../protocol/framing.ts';
import type { ConnectHow, Ending, OutgoingFrame, TargetConnection, TargetEvents } from '../replay/target.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { EnetCarrier } from '../traffic/frame.ts';
import { CONNECT_LIMIT_MS, END_LIMIT_MS, explainConnect, timedOut } from './target-explain.ts';

const NONE = new Uint8Array(0);
const MESSAGE: Framing = { kind: 'message' };
const DEFAULT_CHANNELS = 2;
const MAX_PEERS = 4095;

export class EnetHosts {
  readonly #hosts = new Map<4 | 6, Promise<UdpHost>>();

  async connect(how: ConnectHow, events: TargetEvents): Promise<TargetConnection> {
    const { url, channels = DEFAULT_CHANNELS, data = 0, timeoutMs = CONNECT_LIMIT_MS } = how;
    let peer: Peer;
    try {
      const address = await addressOf(url.host);
      const host = await this.#host(isIP(address) === 6 ? 6 : 4, address);
      peer = host.connect({ address, port: url.port }, { channels, data });
    } catch (error) {
      throw explainConnect(url, error);
    }
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        peer.reset();
        reject(timedOut(url, timeoutMs));
      }, timeoutMs);
      const refused = (event: DisconnectEvent): void => {
        clearTimeout(limit);
        const why = event.reason === 'timeout' ? 'nobody answered' : 'the server refused the connection';
        reject(new EngineError('connect-failed', `Could not connect to ${url.host}:${url.port} over ENet: ${why}.`));
      };
      peer.on('disconnect', refused);
      peer.on('connect', () => {
        clearTimeout(limit);
        peer.off('disconnect', refused);
        resolve(new EnetConnection(peer, events));
      });
    });
  }

  #host(family: 4 | 6, address: string): Promise<UdpHost> {
    let host = this.#hosts.get(family);
    if (host === undefined) {
      const isLocal = address === '::1' || address.startsWith('127.');
      const bound = family === 6 ? (isLocal ? '::1' : '::') : isLocal ? '127.0.0.1' : '0.0.0.0';
      host = createHost({ address: bound, peerLimit: MAX_PEERS, acceptConnections: false });
      this.#hosts.set(family, host);
    }
    return host;
  }

  async close(): Promise<void> {
    const hosts = [...this.#hosts.values()];
    this.#hosts.clear();
    await Promise.all(hosts.map(async (host) => (await host).close()));
  }
}

async function addressOf(host: string): Promise<string> {
  return isIP(host) === 0 ? (await lookup(host)).address : host;
}

/** Also the server's side, for a stand-in. */
export class EnetConnection implements TargetConnection {
  readonly framing = MESSAGE;
  readonly details: Readonly<Record<string, string | number | boolean>>;
  readonly #peer: Peer;
  readonly #events: TargetEvents;
  readonly #us: 'client' | 'server';
  readonly #them: 'client' | 'server';
  #isOver = false;
  #isLeaving = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(peer: Peer, events: TargetEvents, asClient = true) {
    this.#peer = peer;
    this.#events = events;
    this.#us = asClient ? 'client' : 'server';
    this.#them = asClient ? 'server' : 'client';
    this.details = { channels: peer.channelCount };
    peer.on('packet', (packet) => this.#take(packet));
    peer.on('disconnect', (event) => this.#over(this.#endingOf(event)));
  }

  get isOpen(): boolean {
    return !this.#isOver && !this.#isLeaving;
  }

  send({ bytes, carrier, skip }: OutgoingFrame): void {
    if (!this.isOpen) return;
    const { channel = 0, reliable = true, unsequenced = false } = (carrier ?? {}) as Partial<EnetCarrier>;
    const flags = (reliable ? PacketFlag.reliable : 0) | (unsequenced ? PacketFlag.unsequenced : 0);
    // A server may allow fewer channels than the recorded one did.
    const allowed = Math.min(channel, this.#peer.channelCount - 1);
    if (skip !== undefined) this.#peer.skipSequence(allowed, reliable ? { reliable: skip } : { unreliable: skip });
    this.#peer.send(allowed, { data: bytes, flags });
  }

  end(): void {
    if (!this.isOpen) return;
    this.#isLeaving = true;
    this.#peer.disconnectLater();
    this.#timer = setTimeout(() => this.reset(), END_LIMIT_MS);
  }

  reset(): void {
    this.#isLeaving = true;
    this.#peer.reset();
    this.#over({ by: this.#us, text: `${this.#us} reset` });
  }

  drop(): void {
    this.#isLeaving = true;
    this.#peer.disconnectNow();
    this.#over({ by: this.#us, text: `${this.#us} disconnected` });
  }

  #take(packet: PacketEvent): void {
    if (this.#isOver) return;
    const { channel, reliable, unsequenced } = packet;
    const carrier: EnetCarrier = { channel, reliable, unsequenced };
    this.#events.frame({ bytes: packet.data, head: NONE, tail: NONE, carrier, expert: [] });
  }

  #endingOf({ reason, data }: DisconnectEvent): Ending {
    if (this.#isLeaving || reason === 'local') return { by: this.#us, text: `${this.#us} disconnected` };
    if (reason === 'remote') return { by: this.#them, text: `${this.#them} disconnected`, code: data };
    return { by: 'error', text: reason === 'timeout' ? 'ENet time-out' : 'ENet protocol error' };
  }
  #over(ending: Ending): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#events.ended(ending);
  }
}
