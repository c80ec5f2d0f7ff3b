/** What a host tells its application. */
import type { Packet } from './packet.ts';
import { PacketFlag } from './packet.ts';
import type { Peer } from './peer.ts';

/** A connection is ready for packets. */
export interface ConnectEvent {
  readonly type: 'connect';
  readonly peer: Peer;
  /** The connect data of the side that connected (0 on that side itself). */
  readonly data: number;
}

/**
 * Why a connection ended. `remote`: the other side disconnected (or refused us). `local`: it confirmed our own
 * `disconnect`. `timeout`: it stopped acknowledging, or never answered. `protocol`: its answer to our CONNECT
 * contradicts what we asked for.
 */
export type DisconnectReason = 'remote' | 'local' | 'timeout' | 'protocol';

/** A connection ended; it is gone when this event arrives. */
export interface DisconnectEvent {
  readonly type: 'disconnect';
  readonly peer: Peer;
  /** The other side's disconnect data; 0 unless the reason is `remote`. */
  readonly data: number;
  readonly reason: DisconnectReason;
  /** Whether a `connect` event came before. */
  readonly wasConnected: boolean;
}

/** A packet arrived. It can be passed to another peer's `send` as it is, flags included. */
export class PacketEvent implements Packet {
  readonly type = 'packet';
  readonly peer: Peer;
  readonly channel: number;
  readonly data: Uint8Array;
  readonly flags: number;
  /** For reliable packets their number in the channel; for unreliable ones that of the reliable packet before. */
  readonly reliableSequence: number;
  /** For unreliable packets their number since that reliable packet; for unsequenced ones their group. */
  readonly unreliableSequence: number;
  /** How long it lay here complete, waiting for an earlier reliable packet (ms). */
  readonly waited: number;
  /** The sequence number of the reliable packet it waited for; meaningless when `waited` is 0. */
  readonly waitedFor: number;
  /** Time from its first to its last fragment (ms). */
  readonly assembled: number;
  /** Of the commands it came in, for `readCommandHeads`; only from a host that keeps them. */
  readonly heads: Uint8Array | undefined;

  constructor(
    peer: Peer,
    channel: number,
    data: Uint8Array,
    flags: number,
    reliableSequence: number,
    unreliableSequence: number,
    waited: number,
    waitedFor: number,
    assembled: number,
    heads: Uint8Array | undefined,
  ) {
    this.peer = peer;
    this.channel = channel;
    this.data = data;
    this.flags = flags;
    this.reliableSequence = reliableSequence;
    this.unreliableSequence = unreliableSequence;
    this.waited = waited;
    this.waitedFor = waitedFor;
    this.assembled = assembled;
    this.heads = heads;
  }

  get reliable(): boolean {
    return (this.flags & PacketFlag.reliable) !== 0;
  }

  get unsequenced(): boolean {
    return (this.flags & PacketFlag.unsequenced) !== 0;
  }
}

/** Commands that carried no packet: acknowledgements, pings, repeats and the like, of one datagram. */
export interface CommandsEvent {
  readonly type: 'commands';
  readonly peer: Peer;
  /** Packed, for `readCommandHeads`. */
  readonly heads: Uint8Array;
}

/** Everything a host reports. */
export type HostEvent = ConnectEvent | PacketEvent | DisconnectEvent | CommandsEvent;
