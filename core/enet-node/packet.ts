/** Flags of a packet, as in ENet. A packet with no flag is unreliable but sequenced. */
export const PacketFlag = {
  /** Repeated until acknowledged, delivered in order. */
  reliable: 1,
  /** Outside of any order. Means nothing together with `reliable`. */
  unsequenced: 2,
  /** If it is larger than the MTU, send it in unreliable fragments; without this flag large packets become reliable. */
  unreliableFragment: 8,
} as const;

/** What is sent over a channel. */
export interface Packet {
  readonly data: Uint8Array;
  /** {@link PacketFlag} values, added up. */
  readonly flags: number;
}
