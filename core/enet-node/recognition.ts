/** Tells ENet datagrams from other UDP traffic, one at a time. */
import { HEADER_FLAG_COMPRESSED, HEADER_FLAG_SENT_TIME, MAXIMUM_MTU } from './protocol.ts';
import { RangeCoder } from './range-coder.ts';
import { commandEnd, uint16 } from './scan.ts';

/** Bits of a command byte that no version of ENet sets. */
const UNUSED_BITS = 0x30;
const CHECKSUM_SIZE = 4;

let coder: RangeCoder | undefined;
const plain = new Uint8Array(MAXIMUM_MTU);

/**
 * Whether a UDP payload could be an ENet datagram, with or without checksum: its commands exist and fill it exactly.
 * Chance hits are rare but possible for a few bytes.
 */
export function looksLikeEnet(bytes: Uint8Array): boolean {
  if (bytes.length < 6 || bytes.length > MAXIMUM_MTU) return false;
  const header = uint16(bytes, 0);
  const start = (header & HEADER_FLAG_SENT_TIME) === 0 ? 2 : 4;
  const compressed = (header & HEADER_FLAG_COMPRESSED) !== 0;
  return fills(bytes, start, compressed) || fills(bytes, start + CHECKSUM_SIZE, compressed);
}

function fills(bytes: Uint8Array, start: number, compressed: boolean): boolean {
  if (!compressed) return walk(bytes, start, bytes.length);
  coder ??= new RangeCoder();
  const length = coder.decompress(bytes, start, bytes.length, plain, 0, plain.length);
  return walk(plain, 0, length);
}

function walk(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    if ((bytes[at]! & UNUSED_BITS) !== 0) return false;
    at = commandEnd(bytes, at, end);
    if (at < 0) return false;
  }
  return end > start;
}
