/** What can be read off a peer and its channels, as snapshots. */
import type { Peer } from './peer.ts';
import { PACKET_LOSS_SCALE, THROTTLE_SCALE } from './protocol.ts';
import type { ReceiveChannel } from './receive-channel.ts';
import type { SendChannel } from './send-channel.ts';
import type { ChannelStatistics, PeerStatistics } from './statistics.ts';

export function statisticsOf(peer: Peer, channels: readonly ChannelStatistics[]): PeerStatistics {
  return {
    roundTripTime: peer.roundTripTime,
    roundTripTimeVariance: peer.roundTripTimeVariance,
    lowestRoundTripTime: peer.lowestRoundTripTime,
    packetLoss: peer.packetLoss / PACKET_LOSS_SCALE,
    packetLossVariance: peer.packetLossVariance / PACKET_LOSS_SCALE,
    throttle: peer.throttle / THROTTLE_SCALE,
    throttleLimit: peer.throttleLimit / THROTTLE_SCALE,
    window: peer.window,
    reliableInTransit: peer.reliableInTransit,
    reliableCommandsInTransit: peer.sentReliable.size,
    queuedCommands: peer.outgoing.size + peer.outgoingReliable.size,
    queuedData: peer.queuedData,
    waitingData: peer.waitingData + peer.heldData,
    mtu: peer.mtu,
    resent: peer.resent,
    droppedByThrottle: peer.droppedByThrottle,
    packetsSent: peer.packetsSent,
    packetsReceived: peer.packetsReceived,
    repeatsReceived: peer.repeatsReceived,
    datagramsSent: peer.datagramsSent,
    datagramsReceived: peer.datagramsReceived,
    bytesSent: peer.bytesSent,
    bytesReceived: peer.bytesReceived,
    channels,
  };
}

/** Of the channels that were used. */
export function channelStatistics(
  sends: readonly (SendChannel | undefined)[],
  receives: readonly (ReceiveChannel | undefined)[],
): ChannelStatistics[] {
  const channels: ChannelStatistics[] = [];
  const used = Math.max(sends.length, receives.length);
  for (let id = 0; id < used; id++) {
    const send = sends[id];
    const receive = receives[id];
    if (send === undefined && receive === undefined) continue;
    const waiting = [...(receive?.waitingReliable.values() ?? [])];
    channels.push({
      channel: id,
      queued: send?.queued ?? 0,
      inTransit: send?.inFlight ?? 0,
      reliableSent: send?.reliableSent ?? 0,
      resent: send?.resent ?? 0,
      sentSequence: send?.reliable ?? 0,
      receivedSequence: receive?.reliable ?? 0,
      waitingReliable: waiting.filter(({ data }) => data !== undefined).length,
      waitingUnreliable: receive?.waitingUnreliable ?? 0,
      assembling: waiting.filter(({ data }) => data === undefined).length,
    });
  }
  return channels;
}
