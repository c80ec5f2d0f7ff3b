/** Tells ENet datagrams from other UDP traffic, one at a time. */
import {
  Command,
  COMMAND_FLAG_ACKNOWLEDGE as ACKNOWLEDGE,
  COMMAND_FLAG_UNSEQUENCED as UNSEQUENCED,
  COMMAND_MASK,
  CONTROL_CHANNEL,
  HEADER_FLAG_COMPRESSED,
  HEADER_FLAG_SENT_TIME,
  MAXIMUM_MTU,
  NO_PEER,
} from './protocol.ts';
import { RangeCoder } from './range-coder.ts';
import { commandEnd, uint16, uint32 } from './scan.ts';

const CHECKSUM_SIZE = 4;

/** The flags each command is sent with, by code; a disconnect may be sent in three ways. */
const FLAGS: readonly (readonly number[])[] = [
  [],
  [0],
  [ACKNOWLEDGE],
  [ACKNOWLEDGE],
  [ACKNOWLEDGE, UNSEQUENCED, 0],
  [ACKNOWLEDGE],
  [ACKNOWLEDGE],
  [0],
  [ACKNOWLEDGE],
  [UNSEQUENCED],
  [ACKNOWLEDGE],
  [ACKNOWLEDGE],
  [0],
];

let coder: RangeCoder | undefined;
const plain = new Uint8Array(MAXIMUM_MTU);

/**
 * Whether a UDP payload could be an ENet datagram, with or without checksum: its commands exist, are sent as ENet sends them, and
 * fill it exactly; and it has a send time if and only if something is to be acknowledged. Of random bytes one datagram in some
 * 10 000 fits by chance.
 */
export function looksLikeEnet(bytes: Uint8Array): boolean {
  if (bytes.length < 6 || bytes.length > MAXIMUM_MTU) return false;
  const header = uint16(bytes, 0);
  const start = (header & HEADER_FLAG_SENT_TIME) === 0 ? 2 : 4;
  return fills(bytes, start, header) || fills(bytes, start + CHECKSUM_SIZE, header);
}

function fills(bytes: Uint8Array, start: number, header: number): boolean {
  if ((header & HEADER_FLAG_COMPRESSED) === 0) return walk(bytes, start, bytes.length, header);
  coder ??= new RangeCoder();
  const length = coder.decompress(bytes, start, bytes.length, plain, 0, plain.length);
  return walk(plain, 0, length, header);
}

function walk(bytes: Uint8Array, start: number, end: number, header: number): boolean {
  let at = start;
  let acknowledge = 0;
  while (at < end) {
    const next = commandEnd(bytes, at, end);
    if (next < 0 || !isAsSent(bytes, at, header)) return false;
    acknowledge |= bytes[at]! & ACKNOWLEDGE;
    at = next;
  }
  return end > start && (acknowledge !== 0) === ((header & HEADER_FLAG_SENT_TIME) !== 0);
}

function isAsSent(bytes: Uint8Array, at: number, header: number): boolean {
  const code = bytes[at]! & COMMAND_MASK;
  if (!FLAGS[code]!.includes(bytes[at]! & ~COMMAND_MASK)) return false;
  const isControl = bytes[at + 1] === CONTROL_CHANNEL;
  switch (code) {
    case Command.acknowledge:
      return true;
    case Command.connect:
      return isControl && (header & NO_PEER) === NO_PEER;
    case Command.sendReliable:
    case Command.sendUnreliable:
    case Command.sendUnsequenced:
      return !isControl;
    case Command.sendFragment:
    case Command.sendUnreliableFragment: {
      const [count, number, total] = [uint32(bytes, at + 8), uint32(bytes, at + 12), uint32(bytes, at + 16)];
      return !isControl && number < count && uint32(bytes, at + 20) < total;
    }
    default:
      return isControl;
  }
}
