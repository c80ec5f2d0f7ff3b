/**
 * Where packets came from, for looking at traffic: the headers of the commands that carried one, without its payload,
 * packed into bytes that can be kept beside it. Cheap to make, read when someone looks.
 *
 * For each command: u16 size of its datagram on the wire, u16 place of the command in it (once decompressed), u8 size of
 * the datagram's header with its checksum (0: the same datagram as the command before), that header, and the command as
 * it came up to its payload. Numbers are big-endian, as ENet's own.
 */
import { type ByteRange, type DatagramCommand, type DatagramField, readCommandHead, readHeader } from './datagram.ts';
import { COMMAND_MASK, COMMAND_SIZES } from './protocol.ts';
import { uint16, uint32 } from './scan.ts';

const PREFIX = 5;

/**
 * Packs the head of the command at `at`.
 * @param bytes the datagram, decompressed; header and checksum as they came
 * @param size bytes of the datagram on the wire
 * @param headerSize of its header with the checksum
 * @param follows the command packed in front of it is of the same datagram
 */
export function packCommandHead(
  bytes: Uint8Array,
  size: number,
  headerSize: number,
  at: number,
  follows: boolean,
): Uint8Array {
  const header = follows ? 0 : headerSize;
  const length = COMMAND_SIZES[bytes[at]! & COMMAND_MASK]!;
  const head = new Uint8Array(PREFIX + header + length);
  head[0] = size >> 8;
  head[1] = size;
  head[2] = at >> 8;
  head[3] = at;
  head[4] = header;
  // By hand: for so few bytes a view to copy from costs more than the copying.
  let to = PREFIX;
  for (let from = 0; from < header; from++) head[to++] = bytes[from]!;
  for (let from = at; from < at + length; from++) head[to++] = bytes[from]!;
  return head;
}

/** Heads of one packet after another. */
export function joinHeads(heads: readonly Uint8Array[]): Uint8Array {
  if (heads.length === 1) return heads[0]!;
  const joined = new Uint8Array(heads.reduce((sum, head) => sum + head.length, 0));
  let at = 0;
  for (const head of heads) {
    joined.set(head, at);
    at += head.length;
  }
  return joined;
}

/** One command, read back. Ranges are places in the packed bytes. */
export interface CommandHead extends Omit<DatagramCommand, 'payload'> {
  readonly datagram: HeadDatagram;
  /** False: the header is that of the datagram of the command before. */
  readonly beginsDatagram: boolean;
  /** Where the command stood in its datagram. */
  readonly position: number;
  /** Bytes of payload that followed it. */
  readonly payloadLength: number;
}

/** The datagram around a command. */
export interface HeadDatagram extends ByteRange {
  readonly size: number;
  readonly peerId: number;
  readonly sessionId: number;
  readonly compressed: boolean;
  readonly sentTime?: number;
  readonly checksum?: number;
  readonly fields: readonly DatagramField[];
}

/** Reads packed heads. Stops where the bytes are not packed as this page says: they may come from a file. */
export function readCommandHeads(packed: Uint8Array): CommandHead[] {
  const heads: CommandHead[] = [];
  let datagram: HeadDatagram | undefined;
  let at = 0;
  while (at + PREFIX <= packed.length) {
    const size = uint16(packed, at);
    const position = uint16(packed, at + 2);
    const headerSize = packed[at + 4]!;
    const start = at + PREFIX + headerSize;
    if (headerSize > 0) datagram = readDatagramHead(packed, at + PREFIX, start, size);
    const command = datagram === undefined ? '' : readCommandHead(packed, start);
    if (datagram === undefined || typeof command === 'string') break;
    const payloadLength = command.values['dataLength'] ?? 0;
    heads.push({ ...command, datagram, beginsDatagram: headerSize > 0, position, payloadLength });
    at = command.end;
  }
  return heads;
}

function readDatagramHead(packed: Uint8Array, start: number, end: number, size: number): HeadDatagram | undefined {
  if (end - start < 2 || end > packed.length) return undefined;
  const { peerId, sessionId, compressed, sentTime, fields, end: timedEnd, isCut } = readHeader(packed, start, end);
  if (isCut || (end !== timedEnd && end !== timedEnd + 4)) return undefined;
  const checksum = end === timedEnd ? undefined : uint32(packed, timedEnd);
  if (checksum !== undefined) fields.push({ name: 'checksum', value: checksum, start: timedEnd, end });
  return {
    size,
    peerId,
    sessionId,
    compressed,
    ...(sentTime === undefined ? {} : { sentTime }),
    ...(checksum === undefined ? {} : { checksum }),
    fields,
    start,
    end,
  };
}
