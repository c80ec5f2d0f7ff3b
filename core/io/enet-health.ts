/**
 * The ENet microscope: how the two connections of a relayed client are doing, and which messages waited behind which lost reliable
 * one. Numbers are those of our own peers, so each side is seen by itself.
 */
import type { EnetHealth } from '../contract/statistics-verbs.ts';
import type { Peer } from '../enet-node/index.ts';
import type { EnetBlame } from '../traffic/enet-blame.ts';
import type { EnetFigures } from '../traffic/enet-figures.ts';

export function healthOf(conn: number, side: EnetHealth['side'], peer: Peer, blame: readonly EnetBlame[]): EnetHealth {
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
export function figuresOf(side: EnetFigures['side'], peer: Peer, blame: readonly EnetBlame[]): EnetFigures {
  const s = peer.statistics();
  return {
    side,
    rttMs: s.roundTripTime,
    rttVarianceMs: s.roundTripTimeVariance,
    resent: s.resent,
    lossShare: s.packetLoss,
    channels: s.channels.map((c) => ({ channel: c.channel, packets: c.reliableSent, resent: c.resent })),
    blame,
  };
}
