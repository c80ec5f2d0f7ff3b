/** The numbers of the ENet 1.3 protocol: command codes and sizes, header bits, windows and defaults. */

/** Command codes: the low four bits of a command's first byte. */
export const Command = {
  acknowledge: 1,
  connect: 2,
  verifyConnect: 3,
  disconnect: 4,
  ping: 5,
  sendReliable: 6,
  sendUnreliable: 7,
  sendFragment: 8,
  sendUnsequenced: 9,
  bandwidthLimit: 10,
  throttleConfigure: 11,
  sendUnreliableFragment: 12,
} as const;

/** Fixed size of each command in bytes, by code, without the payload of the send commands; 0 = no such command. */
export const COMMAND_SIZES: readonly number[] = [0, 8, 48, 44, 8, 4, 6, 8, 24, 8, 12, 16, 24, 0, 0, 0];

/** Low four bits of a command byte: its code. */
export const COMMAND_MASK = 0x0f;
/** Command bit: the receiver must acknowledge. */
export const COMMAND_FLAG_ACKNOWLEDGE = 0x80;
/** Command bit: no sequence. */
export const COMMAND_FLAG_UNSEQUENCED = 0x40;

/** Header bit: everything after the header is compressed. */
export const HEADER_FLAG_COMPRESSED = 0x4000;
/** Header bit: a 16-bit send time (ms) follows the peer id. */
export const HEADER_FLAG_SENT_TIME = 0x8000;
/** Header bits 12 and 13: the session number of the connection. */
export const HEADER_SESSION_SHIFT = 12;
/** Mask of a session number once shifted down. */
export const SESSION_MASK = 3;

/** Peer id of a datagram that belongs to no connection yet (a CONNECT); also the highest id. */
export const NO_PEER = 0xfff;
/** Channel number of commands about the connection itself. */
export const CONTROL_CHANNEL = 0xff;
/** "No session yet" in CONNECT. */
export const NO_SESSION = 0xff;

export const MINIMUM_MTU = 576;
export const MAXIMUM_MTU = 4096;
export const DEFAULT_MTU = 1400;
export const MINIMUM_WINDOW_SIZE = 4096;
export const MAXIMUM_WINDOW_SIZE = 65536;
export const WINDOW_SIZE_SCALE = 65536;
export const MINIMUM_CHANNEL_COUNT = 1;
export const MAXIMUM_CHANNEL_COUNT = 255;
export const MAXIMUM_FRAGMENT_COUNT = 1024 * 1024;
/** ENet puts at most this many commands into one datagram (its reader takes any number). */
export const MAXIMUM_COMMANDS = 32;

/** A reliable window is 4096 sequence numbers; 16 of them make the 16-bit space. */
export const RELIABLE_WINDOW_BITS = 12;
export const RELIABLE_WINDOW_SIZE = 1 << RELIABLE_WINDOW_BITS;
export const RELIABLE_WINDOWS = 16;
export const FREE_RELIABLE_WINDOWS = 8;
export const UNSEQUENCED_WINDOW_SIZE = 1024;
export const FREE_UNSEQUENCED_WINDOWS = 32;

export const DEFAULT_ROUND_TRIP_TIME = 500;
export const THROTTLE_SCALE = 32;
export const THROTTLE_COUNTER = 7;
export const THROTTLE_ACCELERATION = 2;
export const THROTTLE_DECELERATION = 2;
export const THROTTLE_INTERVAL = 5000;
export const PACKET_LOSS_SCALE = 65536;
export const PACKET_LOSS_INTERVAL = 10_000;
export const TIMEOUT_LIMIT = 32;
export const TIMEOUT_MINIMUM = 5000;
export const TIMEOUT_MAXIMUM = 30_000;
export const PING_INTERVAL = 500;
export const BANDWIDTH_THROTTLE_INTERVAL = 1000;
export const DEFAULT_MAXIMUM_PACKET_SIZE = 32 * 1024 * 1024;
export const DEFAULT_MAXIMUM_WAITING_DATA = 32 * 1024 * 1024;

/**
 * Whether a receiver whose last reliable sequence number is `current` still accepts `sequence`: it must lie in the
 * current 4096-window or one of the six after it. Everything else is an old repeat or too far ahead.
 */
export function inReliableWindow(sequence: number, current: number): boolean {
  let window = sequence >> RELIABLE_WINDOW_BITS;
  const first = current >> RELIABLE_WINDOW_BITS;
  if (sequence < current) window += RELIABLE_WINDOWS;
  return window >= first && window < first + FREE_RELIABLE_WINDOWS - 1;
}

/** ENet leaves the two windows beyond the accepted ones unacknowledged: those commands were dropped as too early. */
export function mayAcknowledge(sequence: number, current: number): boolean {
  let window = sequence >> RELIABLE_WINDOW_BITS;
  const first = current >> RELIABLE_WINDOW_BITS;
  if (sequence < current) window += RELIABLE_WINDOWS;
  return window < first + FREE_RELIABLE_WINDOWS - 1 || window > first + FREE_RELIABLE_WINDOWS;
}
