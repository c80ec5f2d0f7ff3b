/**
 * The ENet microscope: how the two connections of a relayed client are doing, and which messages waited behind which lost reliable
 * one. Numbers are those of our own peers, so each side is seen by itself.
 */
import type { EnetHealth } from '../contract/statistics-verbs.ts';
import type { EnetFigures } from '../traffic/enet-figures.ts';
import type { PacketEvent, Peer } from '../enet-node/index.ts';

/** Shorter waits are the reordering of an ordinary turn of the host. */
const WORTH_BLAMING_MS = 1;
const KEPT_BLAMES = 100;

type Blame = EnetHealth['blame'][number];

/** Remembers, for one side, what its packets waited for. */
export class BlameList {
  #blames: { channel: number; sequence: number; waitedMs: number; frames: number[] }[] = [];

  /** @param frame number the packet was recorded under; 0 when it was not */
  note(packet: Pick<PacketEvent, 'channel' | 'waited' | 'waitedFor'>, frame: number): void {
    if (packet.waited < WORTH_BLAMING_MS) return;
    let blame = this.#blames.findLast((b) => b.channel === packet.channel && b.sequence === packet.waitedFor);
    if (blame === undefined) {
      blame = { channel: packet.channel, sequence: packet.waitedFor, waitedMs: 0, frames: [] };
      this.#blames.push(blame);
      if (this.#blames.length > KEPT_BLAMES) this.#blames.shift();
    }
    blame.waitedMs = Math.max(blame.waitedMs, packet.waited);
    if (frame > 0) blame.frames.push(frame);
  }

  get list(): readonly Blame[] {
    return this.#blames;
  }
}

export function healthOf(conn: number, side: EnetHealth['side'], peer: Peer, blame: readonly Blame[]): EnetHealth {
  const s = peer.statistics();
  return {
    conn,
    side,
    rttMs: s.roundTripTime,
    rttVarianceMs: s.roundTripTimeVariance,
    throttle: s.throttle,
    inFlight: s.reliableInTransit,
    resends: s.resent,
    lost: s.packetLoss,
    channels: s.channels.map((c) => ({
      channel: c.channel,
      waiting: c.waitingReliable + c.waitingUnreliable,
      reassembling: c.assembling,
    })),
    blame,
  };
}

/** What is kept of a link when it has ended. */
export function figuresOf(side: EnetFigures['side'], peer: Peer): EnetFigures {
  const s = peer.statistics();
  return {
    side,
    rttMs: s.roundTripTime,
    rttVarianceMs: s.roundTripTimeVariance,
    resent: s.resent,
    lossShare: s.packetLoss,
    channels: s.channels.map((c) => ({ channel: c.channel, packets: c.reliableSent, resent: c.resent })),
  };
}
