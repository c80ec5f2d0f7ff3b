/**
 * An ENet host without sockets or clock: datagrams and the time go in, datagrams and events come out. The same inputs
 * and seed always give the same outputs.
 */
import { clampWindow, throttleBandwidth, windowFor, windowForBoth } from './bandwidth.ts';
import type { HostEvent } from './event.ts';
import { CommandPool } from './outgoing.ts';
import type { Packet } from './packet.ts';
import { type Address, isConnected, NEVER, nextSession, type PeerState } from './connection-state.ts';
import { type ConnectRequest, type HostOptions, type HostStatistics, inRange } from './host-options.ts';
import { Peer, uint32s } from './peer.ts';
import {
  BANDWIDTH_THROTTLE_INTERVAL,
  Command,
  COMMAND_FLAG_ACKNOWLEDGE,
  DEFAULT_MAXIMUM_PACKET_SIZE,
  DEFAULT_MAXIMUM_WAITING_DATA,
  DEFAULT_MTU,
  MAXIMUM_CHANNEL_COUNT,
  MAXIMUM_COMMANDS,
  MAXIMUM_MTU,
  MINIMUM_CHANNEL_COUNT,
  MINIMUM_MTU,
  NO_PEER,
  NO_SESSION,
  SESSION_MASK,
} from './protocol.ts';
import { seededRandom } from './random.ts';
import { RangeCoder } from './range-coder.ts';
import { Receiver } from './receiver.ts';
import { measureRoundTrip } from './round-trip.ts';
import { Sender } from './sender.ts';

export class Host {
  readonly mtu: number;
  readonly checksum: boolean;
  readonly peerLimit: number;
  readonly channelLimit: number;
  readonly maximumPacketSize: number;
  readonly maximumWaitingData: number;
  readonly acknowledgementLimit: number;
  readonly commandsPerDatagram: number;
  readonly throttling: boolean;
  readonly keepHeads: boolean;
  readonly reportCommands: boolean;
  incomingBandwidth: number;
  outgoingBandwidth: number;

  /** The time of the last call, in whole ms. */
  now = 0;
  /** @internal */
  readonly pool = new CommandPool();
  /** @internal */
  nextOrder = 0;
  /** @internal */
  recalculateBandwidthLimits = false;

  readonly #options: HostOptions;
  readonly #random: () => number;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  readonly #slots: (Peer | undefined)[] = [];
  readonly #sessions: { incoming: number; outgoing: number }[] = [];
  readonly #active = new Set<Peer>();
  #connectedPeers = 0;
  #pendingPeers = 0;
  #throttleEpoch = NEVER;
  #dirty: Peer[] = [];
  #events: HostEvent[] = [];
  #nextService = Number.POSITIVE_INFINITY;
  #datagramsSent = 0;
  #datagramsReceived = 0;
  #bytesSent = 0;
  #bytesReceived = 0;

  constructor(options: HostOptions) {
    this.#options = options;
    this.peerLimit = inRange('peerLimit', options.peerLimit ?? 128, 1, NO_PEER);
    this.channelLimit = inRange(
      'channelLimit',
      options.channelLimit ?? MAXIMUM_CHANNEL_COUNT,
      MINIMUM_CHANNEL_COUNT,
      MAXIMUM_CHANNEL_COUNT,
    );
    this.mtu = inRange('mtu', options.mtu ?? DEFAULT_MTU, MINIMUM_MTU, MAXIMUM_MTU);
    this.checksum = options.checksum ?? false;
    this.incomingBandwidth = options.incomingBandwidth ?? 0;
    this.outgoingBandwidth = options.outgoingBandwidth ?? 0;
    this.maximumPacketSize = options.maximumPacketSize ?? DEFAULT_MAXIMUM_PACKET_SIZE;
    this.maximumWaitingData = options.maximumWaitingData ?? DEFAULT_MAXIMUM_WAITING_DATA;
    this.acknowledgementLimit = options.acknowledgementLimit ?? 16_384;
    this.commandsPerDatagram = inRange('commandsPerDatagram', options.commandsPerDatagram ?? MAXIMUM_COMMANDS, 1, 1024);
    this.throttling = options.throttling ?? true;
    this.keepHeads = options.keepHeads ?? false;
    this.reportCommands = options.reportCommands ?? false;
    this.#random = seededRandom(options.seed ?? 1);
    const coder = options.compression === 'range-coder' ? new RangeCoder() : undefined;
    this.#sender = new Sender(this, coder);
    this.#receiver = new Receiver(this, coder);
  }

  /** All peers that are not disconnected. */
  get peers(): ReadonlySet<Peer> {
    return this.#active;
  }

  /**
   * Asks for a connection. A `connect` event follows, or `disconnect` when nobody answers (30 s by default).
   * @param channels how many channels to ask for, 1 to 255; the other side may allow fewer
   * @param data 32-bit number for the other side
   * @throws Error when `peerLimit` connections are open
   */
  connect(address: Address, { channels = 1, data = 0 }: { channels?: number; data?: number } = {}): Peer {
    inRange('channels', channels, MINIMUM_CHANNEL_COUNT, MAXIMUM_CHANNEL_COUNT);
    const id = this.#freeSlot();
    if (id < 0)
      throw new Error(`all ${this.peerLimit} peers of this host are in use: raise peerLimit or disconnect some`);
    const peer = this.#addPeer(id, address, channels, false);
    peer.connectId = Math.floor(this.#random() * 0x1_0000_0000);
    peer.connectData = data >>> 0;
    peer.windowSize = windowFor(this.outgoingBandwidth);
    const { incoming, outgoing } = this.#sessions[id]!;
    const fields = new Uint8Array(44);
    fields.set([id >> 8, id & 0xff, incoming, outgoing]);
    fields.set(
      uint32s(
        peer.mtu,
        peer.windowSize,
        channels,
        this.incomingBandwidth,
        this.outgoingBandwidth,
        peer.throttleInterval,
        peer.throttleAcceleration,
        peer.throttleDeceleration,
        peer.connectId,
        data,
      ),
      4,
    );
    peer.queueControl(Command.connect | COMMAND_FLAG_ACKNOWLEDGE, fields);
    return peer;
  }

  /** Sends a packet to every connected peer that has the channel. */
  broadcast(channel: number, packet: Packet): void {
    for (const peer of this.#active) if (channel < peer.channelCount) peer.send(channel, packet);
  }

  /** Changes the bandwidth limits; the peers are told within a second. */
  limitBandwidth(incoming: number, outgoing: number): void {
    this.incomingBandwidth = incoming;
    this.outgoingBandwidth = outgoing;
    this.recalculateBandwidthLimits = true;
  }

  /**
   * Takes a datagram in. Answers go out with the next `flush` or `service`.
   * @param bytes belongs to the host from now on: packets are views into it
   * @param now time in ms, never going back
   */
  receive(from: Address, bytes: Uint8Array, now: number): void {
    this.#setTime(now);
    this.#datagramsReceived++;
    this.#bytesReceived += bytes.length;
    this.#receiver.receive(from, bytes);
  }

  /** Sends what was queued since the last time, for latency; also does everything that is due. */
  flush(now: number): void {
    this.#setTime(now);
    if (this.now >= this.#nextService) {
      this.service(now);
      return;
    }
    while (this.#dirty.length > 0) {
      const dirty = this.#dirty;
      this.#dirty = [];
      for (const peer of dirty) this.#transmit(peer);
    }
  }

  /** Does everything that is due: repeats, pings, time-outs, bandwidth; and sends what is queued. */
  service(now: number): void {
    this.#setTime(now);
    this.#nextService = Number.POSITIVE_INFINITY;
    if (this.#connectedPeers > 0) {
      const elapsed = this.now - this.#throttleEpoch;
      if (elapsed >= BANDWIDTH_THROTTLE_INTERVAL) {
        throttleBandwidth(this, Math.min(elapsed, 10 * BANDWIDTH_THROTTLE_INTERVAL));
        this.#throttleEpoch = this.now;
      }
      this.#nextService = this.#throttleEpoch + BANDWIDTH_THROTTLE_INTERVAL;
    }
    this.#dirty = [];
    for (const peer of this.#active) this.#transmit(peer);
  }

  /** When `service` must be called next, in ms; infinity when nothing will be due. */
  get nextServiceTime(): number {
    return this.#nextService;
  }

  /** The events since the last call, in order. */
  takeEvents(): HostEvent[] {
    const events = this.#events;
    if (events.length > 0) this.#events = [];
    return events;
  }

  statistics(): HostStatistics {
    return {
      peers: this.#active.size,
      connectedPeers: this.#connectedPeers,
      datagramsSent: this.#datagramsSent,
      datagramsReceived: this.#datagramsReceived,
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
    };
  }

  // What follows is for the other parts of the host.

  /** @internal */
  peerAt(id: number): Peer | undefined {
    return this.#slots[id];
  }

  /** @internal */
  markDirty(peer: Peer): void {
    if (peer.dirty) return;
    peer.dirty = true;
    this.#dirty.push(peer);
    if (this.#dirty.length === 1) this.#options.wake?.();
  }

  /** @internal */
  report(event: HostEvent): void {
    this.#events.push(event);
    if (this.#events.length === 1) this.#options.wake?.();
  }

  /** @internal */
  put(peer: Peer, bytes: Uint8Array): void {
    this.#datagramsSent++;
    this.#bytesSent += bytes.length;
    this.#options.transmit(peer.address, bytes);
  }

  /** @internal */
  flushPeer(peer: Peer): void {
    this.#transmit(peer);
  }

  /** @internal answers a connection request, if it is allowed */
  accept(from: Address, request: ConnectRequest): Peer | undefined {
    if (this.#options.acceptConnections === false) return undefined;
    let fromSameAddress = 0;
    for (const peer of this.#active) {
      if (peer.state === 'connecting' || peer.address.address !== from.address) continue;
      if (peer.address.port === from.port && peer.connectId === request.connectId) return undefined;
      fromSameAddress++;
    }
    if (fromSameAddress >= (this.#options.duplicatePeers ?? NO_PEER)) return undefined;
    if (this.#pendingPeers >= (this.#options.pendingPeerLimit ?? this.peerLimit)) return undefined;
    const id = this.#freeSlot();
    if (id < 0) return undefined;

    const channels = Math.min(request.channelCount, this.channelLimit);
    const peer = this.#addPeer(id, { address: from.address, port: from.port }, channels, true);
    this.#pendingPeers++;
    peer.connectId = request.connectId;
    peer.connectData = request.data;
    peer.outgoingPeerId = request.outgoingPeerId;
    peer.incomingBandwidth = request.incomingBandwidth;
    peer.outgoingBandwidth = request.outgoingBandwidth;
    peer.throttleInterval = request.throttleInterval;
    peer.throttleAcceleration = request.throttleAcceleration;
    peer.throttleDeceleration = request.throttleDeceleration;
    const last = this.#sessions[id]!;
    const outgoing = nextSession(request.incomingSession, last.outgoing);
    const incoming = nextSession(request.outgoingSession, last.incoming);
    this.setSessions(peer, incoming, outgoing);
    peer.mtu = Math.min(peer.mtu, Math.min(Math.max(request.mtu, MINIMUM_MTU), MAXIMUM_MTU));
    peer.windowSize = windowForBoth(this.outgoingBandwidth, peer.incomingBandwidth);
    const windowSize = clampWindow(Math.min(windowFor(this.incomingBandwidth), request.windowSize));

    const fields = new Uint8Array(40);
    fields.set([id >> 8, id & 0xff, outgoing, incoming]);
    fields.set(
      uint32s(
        peer.mtu,
        windowSize,
        channels,
        this.incomingBandwidth,
        this.outgoingBandwidth,
        peer.throttleInterval,
        peer.throttleAcceleration,
        peer.throttleDeceleration,
        peer.connectId,
      ),
      4,
    );
    peer.queueControl(Command.verifyConnect | COMMAND_FLAG_ACKNOWLEDGE, fields);
    return peer;
  }

  /** @internal */
  setSessions(peer: Peer, incoming: number, outgoing: number): void {
    peer.incomingSession = incoming & SESSION_MASK;
    peer.outgoingSession = outgoing & SESSION_MASK;
    this.#sessions[peer.incomingPeerId] = { incoming: peer.incomingSession, outgoing: peer.outgoingSession };
  }

  /** @internal takes over what the accepting side allows */
  agree(peer: Peer, mtu: number, windowSize: number): void {
    peer.mtu = Math.min(peer.mtu, Math.min(Math.max(mtu, MINIMUM_MTU), MAXIMUM_MTU));
    peer.windowSize = Math.min(peer.windowSize, clampWindow(windowSize));
  }

  /** @internal */
  established(peer: Peer, data: number): void {
    this.recalculateBandwidthLimits = true;
    this.changeState(peer, 'connected');
    this.report({ type: 'connect', peer, data });
    this.markDirty(peer);
  }

  /** @internal */
  measure(peer: Peer, roundTripTime: number): void {
    measureRoundTrip(peer, roundTripTime, this.now);
  }

  /** @internal */
  limitPeer(peer: Peer, incoming: number, outgoing: number): void {
    peer.incomingBandwidth = incoming;
    peer.outgoingBandwidth = outgoing;
    peer.windowSize = windowForBoth(this.outgoingBandwidth, incoming);
  }

  /** @internal */
  timeOut(peer: Peer): void {
    if (peer.state === 'acknowledging-connect') peer.reset();
    else peer.end('timeout', 0, peer.state !== 'connecting');
  }

  /** @internal */
  changeState(peer: Peer, state: PeerState): void {
    const before = isConnected(peer.state);
    if (peer.state === 'acknowledging-connect') this.#pendingPeers--;
    peer.state = state;
    const after = isConnected(state);
    if (before === after) return;
    this.#connectedPeers += after ? 1 : -1;
    if (before) this.recalculateBandwidthLimits = true;
    if (after && this.#connectedPeers === 1) {
      // The first of a busy time: measure bandwidth from now on.
      this.#throttleEpoch = Math.max(this.#throttleEpoch, this.now - BANDWIDTH_THROTTLE_INTERVAL);
      this.#nextService = Math.min(this.#nextService, this.#throttleEpoch + BANDWIDTH_THROTTLE_INTERVAL);
    }
  }

  /** @internal */
  forget(peer: Peer): void {
    this.changeState(peer, 'disconnected');
    this.#slots[peer.incomingPeerId] = undefined;
    this.#active.delete(peer);
  }

  #transmit(peer: Peer): void {
    peer.dirty = true; // what it queues for itself on the way is sent on the way
    this.#sender.transmit(peer);
    peer.dirty = false;
    this.#nextService = Math.min(this.#nextService, this.#deadline(peer));
  }

  #deadline(peer: Peer): number {
    if (peer.state === 'disconnected') return Number.POSITIVE_INFINITY;
    if (peer.sentReliable.first !== undefined) return peer.nextTimeout;
    if (peer.state === 'connected') return Math.max(peer.lastReceiveTime + peer.pingInterval, this.now + 1);
    return Number.POSITIVE_INFINITY;
  }

  #setTime(now: number): void {
    const whole = Math.floor(now);
    if (whole > this.now) this.now = whole;
  }

  #freeSlot(): number {
    for (let id = 0; id < this.peerLimit; id++) if (this.#slots[id] === undefined) return id;
    return -1;
  }

  #addPeer(id: number, address: Address, channels: number, incoming: boolean): Peer {
    const peer = new Peer(this, id, address, channels, incoming);
    this.#slots[id] = peer;
    this.#sessions[id] ??= { incoming: NO_SESSION, outgoing: NO_SESSION };
    this.#active.add(peer);
    return peer;
  }
}
