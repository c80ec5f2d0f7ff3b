/** What one direction of an observed connection reports and counts. */

/** Counts of one direction. Times in ms, as far as the capture shows them. */
export interface FlowStatistics {
  datagrams: number;
  bytes: number;
  packets: number;
  /** Send commands seen more than once (repeats of the sender or of the network). */
  repeats: number;
  /** Unreliable packets that came too late to be delivered. */
  late: number;
  /** Reliable sequence numbers that were acknowledged or passed over but are not in the capture. */
  missing: number;
  /** Mean time from a command of this direction to its acknowledgement, at the place of the capture. */
  roundTripTime: number | undefined;
  /** Mean deviation from it. */
  roundTripTimeVariance: number;
}

/** Counts of one channel of one direction. */
export interface FlowChannelStatistics {
  readonly channel: number;
  packets: number;
  repeats: number;
}

/** What a flow reports; the observer adds connection, direction, time and index. */
export type FlowEvent =
  | {
      readonly kind: 'packet';
      readonly channel: number;
      readonly data: Uint8Array;
      /** {@link PacketFlag} values. */
      readonly flags: number;
      readonly reliable: boolean;
      readonly unsequenced: boolean;
      readonly reliableSequence: number;
      readonly unreliableSequence: number;
      /** Number of fragments it came in; 1 = whole. */
      readonly fragments: number;
      /** How long it was complete before its turn came, and the reliable sequence number it waited for. */
      readonly waited: number;
      readonly waitedFor: number;
      /** It came after packets that follow it: a repeat of one from before the capture, or from within a gap. */
      readonly outOfOrder: boolean;
      /** Of the commands it came in, for `readCommandHeads`; only from an observer that keeps them. */
      readonly heads: Uint8Array | undefined;
    }
  | {
      readonly kind: 'gap';
      readonly channel: number;
      /** First and last reliable sequence number of the gap. */
      readonly first: number;
      readonly last: number;
      readonly reason: 'not captured' | 'incomplete' | 'still missing';
    }
  | {
      readonly kind: 'late';
      readonly channel: number;
      readonly data: Uint8Array;
      readonly reliableSequence: number;
      readonly unreliableSequence: number;
    };
