/** Writes whole ENet datagrams from values: the inverse of `readDatagram`, for tests and examples. */
import { checksumOf, COMMAND_LAYOUTS, type CommandName, put } from './datagram.ts';
import {
  Command,
  COMMAND_FLAG_ACKNOWLEDGE,
  COMMAND_FLAG_UNSEQUENCED,
  HEADER_FLAG_COMPRESSED,
  HEADER_FLAG_SENT_TIME,
  HEADER_SESSION_SHIFT,
  NO_PEER,
  SESSION_MASK,
} from './protocol.ts';
import { RangeCoder } from './range-coder.ts';

/** A command to write. Fields left out are 0; `dataLength` is derived from `payload`. */
export interface CommandToWrite {
  readonly name: CommandName;
  readonly acknowledge?: boolean;
  readonly unsequenced?: boolean;
  readonly channel?: number;
  readonly reliableSequence?: number;
  readonly values?: Readonly<Record<string, number>>;
  readonly payload?: Uint8Array;
}

/** A datagram to write. */
export interface DatagramToWrite {
  readonly peerId: number;
  readonly sessionId?: number;
  readonly sentTime?: number;
  /** Compress when that makes it shorter. */
  readonly compress?: boolean;
  /** Add a checksum, seeded with this connect id (0 for a datagram to peer 4095). */
  readonly checksumWith?: number;
  readonly commands: readonly CommandToWrite[];
}

/** Writes one datagram, of any length. */
export function writeDatagram(datagram: DatagramToWrite): Uint8Array {
  const checksumAt = datagram.sentTime === undefined ? 2 : 4;
  const headerSize = checksumAt + (datagram.checksumWith === undefined ? 0 : 4);
  let size = headerSize;
  for (const { name, payload } of datagram.commands) {
    size += 4 + COMMAND_LAYOUTS[name].reduce((sum, [, bytes]) => sum + bytes, 0) + (payload?.length ?? 0);
  }
  const plain = new Uint8Array(size);
  let at = headerSize;
  for (const command of datagram.commands) {
    plain[at] =
      Command[command.name] |
      (command.acknowledge === true ? COMMAND_FLAG_ACKNOWLEDGE : 0) |
      (command.unsequenced === true ? COMMAND_FLAG_UNSEQUENCED : 0);
    plain[at + 1] = command.channel ?? 0;
    put(plain, at + 2, 2, command.reliableSequence ?? 0);
    at += 4;
    for (const [field, bytes] of COMMAND_LAYOUTS[command.name]) {
      const derived = field === 'dataLength' ? (command.payload?.length ?? 0) : 0;
      put(plain, at, bytes, command.values?.[field] ?? derived);
      at += bytes;
    }
    if (command.payload !== undefined) plain.set(command.payload, at);
    at += command.payload?.length ?? 0;
  }

  let flags = ((datagram.sessionId ?? 0) & SESSION_MASK) << HEADER_SESSION_SHIFT;
  if (datagram.sentTime !== undefined) {
    flags |= HEADER_FLAG_SENT_TIME;
    put(plain, 2, 2, datagram.sentTime);
  }
  const packed = new Uint8Array(size);
  let packedLength = 0;
  if (datagram.compress === true) {
    packedLength = new RangeCoder().compress(plain, headerSize, size, packed, headerSize, size - 1);
    if (packedLength > 0) flags |= HEADER_FLAG_COMPRESSED;
  }
  put(plain, 0, 2, (datagram.peerId & NO_PEER) | flags);
  if (datagram.checksumWith !== undefined) {
    put(plain, checksumAt, 4, checksumOf(plain, checksumAt, datagram.checksumWith));
  }
  if (packedLength === 0) return plain;
  packed.set(plain.subarray(0, headerSize));
  return packed.subarray(0, headerSize + packedLength);
}
