/** Walks over the commands of a datagram without making values of them. */
import { Command, COMMAND_MASK, COMMAND_SIZES } from './protocol.ts';

/** 1 for the commands with a payload. */
export const PAYLOADS: readonly number[] = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0];

/** Where the command at `at` ends, payload included; -1 when there is no whole command. */
export function commandEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  const code = bytes[at]! & COMMAND_MASK;
  const size = COMMAND_SIZES[code]!;
  if (size === 0 || at + size > end) return -1;
  if (PAYLOADS[code] === 0) return at + size;
  const next = at + size + uint16(bytes, code === Command.sendReliable ? at + 4 : at + 6);
  return next > end ? -1 : next;
}

/** The send times that a datagram acknowledges. */
export function acknowledgedTimes(bytes: Uint8Array, start: number, end: number): number[] {
  const times: number[] = [];
  for (let at = start; at >= 0 && at < end; at = commandEnd(bytes, at, end)) {
    if ((bytes[at]! & COMMAND_MASK) === Command.acknowledge && at + 8 <= end) times.push(uint16(bytes, at + 6));
  }
  return times;
}

export function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function uint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
