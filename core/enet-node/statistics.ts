/** What can be read off one channel of a connection. */
export interface ChannelStatistics {
  readonly channel: number;
  /** Commands not sent yet (or about to be repeated). */
  readonly queued: number;
  /** Reliable commands sent and not acknowledged. */
  readonly inTransit: number;
  /** Reliable commands sent, repeats not counted. */
  readonly reliableSent: number;
  /** Reliable commands sent again because their acknowledgement did not come. */
  readonly resent: number;
  /** Last reliable sequence number given out. */
  readonly sentSequence: number;
  /** Last reliable sequence number delivered. */
  readonly receivedSequence: number;
  /** Complete reliable packets that wait for an earlier one. */
  readonly waitingReliable: number;
  /** Unreliable packets that wait for a reliable one or for fragments. */
  readonly waitingUnreliable: number;
  /** Reliable packets of which fragments are missing. */
  readonly assembling: number;
}

/** What can be read off a connection. Times in ms, sizes in bytes, shares from 0 to 1. */
export interface PeerStatistics {
  readonly roundTripTime: number;
  readonly roundTripTimeVariance: number;
  /** In the present throttle interval (5 s unless configured). */
  readonly lowestRoundTripTime: number;
  /** Mean share of commands lost, over intervals of 10 s. */
  readonly packetLoss: number;
  readonly packetLossVariance: number;
  /** Share of unreliable packets that are sent; the others are dropped before sending. */
  readonly throttle: number;
  readonly throttleLimit: number;
  /** Reliable data that may be in transit at once. */
  readonly window: number;
  readonly reliableInTransit: number;
  readonly reliableCommandsInTransit: number;
  readonly queuedCommands: number;
  readonly queuedData: number;
  /** Received data that waits for earlier packets, for fragments, or for `resume`. */
  readonly waitingData: number;
  readonly mtu: number;
  /** Commands sent again because their acknowledgement did not come. */
  readonly resent: number;
  readonly droppedByThrottle: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  /** Commands received more than once. */
  readonly repeatsReceived: number;
  readonly datagramsSent: number;
  readonly datagramsReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Only channels that were used. */
  readonly channels: readonly ChannelStatistics[];
}
