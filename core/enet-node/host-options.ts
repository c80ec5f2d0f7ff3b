/** What a host is told, and what it tells of itself. */
import type { Address } from './connection-state.ts';

/** Settings of a host. Sizes in bytes, bandwidths in bytes per second. */
export interface HostOptions {
  /** Most connections at a time, 1 to 4095. Default 128. */
  readonly peerLimit?: number;
  /** Most channels an incoming connection gets, 1 to 255. Default 255. */
  readonly channelLimit?: number;
  /** What the other sides may send altogether; 0 (default) = unlimited. */
  readonly incomingBandwidth?: number;
  /** What this side may send altogether; 0 (default) = unlimited. */
  readonly outgoingBandwidth?: number;
  /** Largest datagram, 576 to 4096. Default 1400. */
  readonly mtu?: number;
  /** Put a CRC-32 into every datagram and demand it. Both sides must agree. Default false. */
  readonly checksum?: boolean;
  /** Compress datagrams where it helps. The other side must have it too. Default none. */
  readonly compression?: 'range-coder' | 'none';
  /** Most connections from one address. Default: no limit but `peerLimit`. */
  readonly duplicatePeers?: number;
  /** Most incoming connections that are not yet confirmed; more requests are ignored. Default: `peerLimit`. */
  readonly pendingPeerLimit?: number;
  /** Whether to take connections at all. Default true. */
  readonly acceptConnections?: boolean;
  /** Largest packet sent or received. Default 32 MB. */
  readonly maximumPacketSize?: number;
  /** Most received data kept for one peer while it waits for its turn. Default 32 MB. */
  readonly maximumWaitingData?: number;
  /** Most acknowledgements kept for one peer between two sendings. Default 16384. */
  readonly acknowledgementLimit?: number;
  /**
   * Whether to do as ENet does on a line that gets slower: send fewer reliable bytes at a time and drop a share of the
   * unreliable packets. Default true; false for a relay, which must not lose what its client thinks it sent.
   */
  readonly throttling?: boolean;
  /** Most commands in a datagram sent. Default 32, as in ENet, whose reader takes any number. */
  readonly commandsPerDatagram?: number;
  /** Give packets the heads of the commands they came in (`PacketEvent.heads`). Default false. */
  readonly keepHeads?: boolean;
  /** Report commands that carry no packet as `commands` events. Default false. */
  readonly reportCommands?: boolean;
  /** Seed for connect ids: the only random thing here. Default 1; give a real random number in production. */
  readonly seed?: number;
  /** Sends a datagram. The bytes are only valid during the call. */
  readonly transmit: (to: Address, bytes: Uint8Array) => void;
  /** Called when there is something to `flush` and there was nothing before. */
  readonly wake?: () => void;
}

/** A connection request as read from the wire. */
export interface ConnectRequest {
  readonly outgoingPeerId: number;
  readonly incomingSession: number;
  readonly outgoingSession: number;
  readonly mtu: number;
  readonly windowSize: number;
  readonly channelCount: number;
  readonly incomingBandwidth: number;
  readonly outgoingBandwidth: number;
  readonly throttleInterval: number;
  readonly throttleAcceleration: number;
  readonly throttleDeceleration: number;
  readonly connectId: number;
  readonly data: number;
}

/** Counts over the life of a host. */
export interface HostStatistics {
  readonly peers: number;
  readonly connectedPeers: number;
  readonly datagramsSent: number;
  readonly datagramsReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** @throws RangeError */
export function inRange(name: string, value: number, low: number, high: number): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new RangeError(`${name} must be a whole number from ${low} to ${high}, not ${value}`);
}
