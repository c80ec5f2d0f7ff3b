/**
 * Reads whole ENet datagrams as values with byte ranges, for looking at traffic. The host does not use this: it reads in
 * place. Reading never throws; what cannot be understood is reported and left over.
 */
import { crc32 } from './crc32.ts';
import {
  Command,
  COMMAND_FLAG_ACKNOWLEDGE,
  COMMAND_FLAG_UNSEQUENCED,
  COMMAND_MASK,
  HEADER_FLAG_COMPRESSED,
  HEADER_FLAG_SENT_TIME,
  HEADER_SESSION_SHIFT,
  MAXIMUM_MTU,
  NO_PEER,
  SESSION_MASK,
} from './protocol.ts';
import { RangeCoder } from './range-coder.ts';

/** Half-open byte range. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** One field of a header or command: a big-endian unsigned number and where it stands. */
export interface DatagramField extends ByteRange {
  readonly name: string;
  readonly value: number;
}

/** The name of an ENet command. */
export type CommandName = keyof typeof Command;

type Layout = readonly (readonly [name: string, bytes: 1 | 2 | 4])[];

const CONNECTION_PARAMETERS: Layout = [
  ['outgoingPeerId', 2],
  ['incomingSessionId', 1],
  ['outgoingSessionId', 1],
  ['mtu', 4],
  ['windowSize', 4],
  ['channelCount', 4],
  ['incomingBandwidth', 4],
  ['outgoingBandwidth', 4],
  ['throttleInterval', 4],
  ['throttleAcceleration', 4],
  ['throttleDeceleration', 4],
  ['connectId', 4],
];
const FRAGMENT: Layout = [
  ['startSequence', 2],
  ['dataLength', 2],
  ['fragmentCount', 4],
  ['fragmentNumber', 4],
  ['totalLength', 4],
  ['fragmentOffset', 4],
];

/** The fields of each command after its four-byte header (code and flags, channel, reliable sequence number). */
export const COMMAND_LAYOUTS: { readonly [name in CommandName]: Layout } = {
  acknowledge: [
    ['receivedSequence', 2],
    ['receivedSentTime', 2],
  ],
  connect: [...CONNECTION_PARAMETERS, ['data', 4]],
  verifyConnect: CONNECTION_PARAMETERS,
  disconnect: [['data', 4]],
  ping: [],
  sendReliable: [['dataLength', 2]],
  sendUnreliable: [
    ['unreliableSequence', 2],
    ['dataLength', 2],
  ],
  sendFragment: FRAGMENT,
  sendUnsequenced: [
    ['unsequencedGroup', 2],
    ['dataLength', 2],
  ],
  bandwidthLimit: [
    ['incomingBandwidth', 4],
    ['outgoingBandwidth', 4],
  ],
  throttleConfigure: [
    ['throttleInterval', 4],
    ['throttleAcceleration', 4],
    ['throttleDeceleration', 4],
  ],
  sendUnreliableFragment: FRAGMENT,
};

const NAMES: (CommandName | undefined)[] = [];
for (const [name, code] of Object.entries(Command)) NAMES[code] = name as CommandName;

/** One command of a datagram. Its byte range includes its payload. */
export interface DatagramCommand extends ByteRange {
  readonly name: CommandName;
  /** The receiver must acknowledge it. */
  readonly acknowledge: boolean;
  readonly unsequenced: boolean;
  /** 255 for commands about the connection. */
  readonly channel: number;
  readonly reliableSequence: number;
  /** The fields of this command by name, as in {@link COMMAND_LAYOUTS}. */
  readonly values: Readonly<Record<string, number>>;
  /** All fields in order, the command header included. */
  readonly fields: readonly DatagramField[];
  /** The payload of a send command. */
  readonly payload?: ByteRange;
}

/** A datagram as read. All ranges are into `bytes`. */
export interface Datagram {
  /** The datagram as it came, or with everything after the header decompressed. */
  readonly bytes: Uint8Array;
  /** The receiver's number for this connection; 4095 when there is none yet. */
  readonly peerId: number;
  readonly sessionId: number;
  readonly compressed: boolean;
  /** Low 16 bits of the sender's clock in ms; only in datagrams with commands to acknowledge. */
  readonly sentTime?: number;
  readonly checksum?: { readonly value: number; readonly range: ByteRange; readonly valid?: boolean };
  readonly header: readonly DatagramField[];
  readonly commands: readonly DatagramCommand[];
  /** Why reading stopped before the end. */
  readonly problem?: string;
  /** Where it stopped: `bytes` from here on were not understood. */
  readonly consumed: number;
}

/** How to read a datagram whose connection is known. */
export interface ReadOptions {
  /** Four checksum bytes follow the header. Default false. */
  readonly checksum?: boolean;
  /** The connection's connect id, without which a checksum cannot be judged (0 before a peer id was given). */
  readonly connectId?: number;
}

let sharedCoder: RangeCoder | undefined;

/** Reads one datagram. Never throws; see `problem` and `consumed`. */
export function readDatagram(bytes: Uint8Array, options: ReadOptions = {}): Datagram {
  if (bytes.length < 2) {
    const problem = 'shorter than an ENet header';
    return { bytes, peerId: 0, sessionId: 0, compressed: false, header: [], commands: [], problem, consumed: 0 };
  }
  const header = readHeader(bytes, 0, bytes.length);
  const { peerId, sessionId, compressed, sentTime } = header;
  const base = { peerId, sessionId, compressed, header: header.fields };
  if (header.isCut) return { ...base, bytes, commands: [], problem: 'cut short in the header', consumed: 2 };
  const withTime = sentTime === undefined ? base : { ...base, sentTime };
  const checksumAt = header.end;
  let headerSize = checksumAt;
  if (options.checksum === true) {
    headerSize += 4;
    if (bytes.length < headerSize) {
      return { ...withTime, bytes, commands: [], problem: 'cut short in the checksum', consumed: checksumAt };
    }
    header.fields.push({ name: 'checksum', value: number(bytes, checksumAt, 4), start: checksumAt, end: headerSize });
  }

  let plain = bytes;
  if (compressed) {
    const inflated = inflate(bytes, headerSize);
    if (inflated === undefined) {
      const problem = "compressed, but not with ENet's range coder";
      return { ...withTime, bytes, commands: [], problem, consumed: headerSize };
    }
    plain = inflated;
  }

  const { commands, problem, consumed } = readCommands(plain, headerSize);
  const result = { ...withTime, bytes: plain, commands, consumed, ...(problem === undefined ? {} : { problem }) };
  if (options.checksum !== true) return result;
  const range = { start: checksumAt, end: headerSize };
  const value = number(bytes, checksumAt, 4);
  const seed = peerId === NO_PEER ? 0 : options.connectId;
  if (seed === undefined) return { ...result, checksum: { value, range } };
  return { ...result, checksum: { value, range, valid: checksumOf(plain, checksumAt, seed) === value } };
}

/** A datagram's header as read; `end` is where a checksum would begin. */
export interface DatagramHeader {
  readonly peerId: number;
  readonly sessionId: number;
  readonly compressed: boolean;
  readonly sentTime?: number;
  readonly fields: DatagramField[];
  readonly end: number;
  /** Its send time is missing. */
  readonly isCut: boolean;
}

/** Reads the header at `start`, of which at least two bytes are there. */
export function readHeader(bytes: Uint8Array, start: number, limit: number): DatagramHeader {
  const first = number(bytes, start, 2);
  const peerId = first & NO_PEER;
  const sessionId = (first >> HEADER_SESSION_SHIFT) & SESSION_MASK;
  const compressed = (first & HEADER_FLAG_COMPRESSED) !== 0;
  const hasTime = (first & HEADER_FLAG_SENT_TIME) !== 0;
  const fields: DatagramField[] = [
    { name: 'peerId', value: peerId, start, end: start + 2 },
    { name: 'sessionId', value: sessionId, start, end: start + 1 },
    { name: 'compressed', value: compressed ? 1 : 0, start, end: start + 1 },
    { name: 'hasSentTime', value: hasTime ? 1 : 0, start, end: start + 1 },
  ];
  const isCut = hasTime && start + 4 > limit;
  const head = { peerId, sessionId, compressed, fields, isCut };
  if (!hasTime || isCut) return { ...head, end: start + 2 };
  const sentTime = number(bytes, start + 2, 2);
  fields.push({ name: 'sentTime', value: sentTime, start: start + 2, end: start + 4 });
  return { ...head, sentTime, end: start + 4 };
}

/** The checksum ENet computes: over the uncompressed datagram with the connect id in the checksum's place. */
export function checksumOf(bytes: Uint8Array, checksumAt: number, connectId: number): number {
  const copy = bytes.slice();
  put(copy, checksumAt, 4, connectId);
  return crc32(copy);
}

function inflate(bytes: Uint8Array, headerSize: number): Uint8Array | undefined {
  sharedCoder ??= new RangeCoder();
  const output = new Uint8Array(MAXIMUM_MTU);
  const length = sharedCoder.decompress(bytes, headerSize, bytes.length, output, headerSize, output.length);
  if (length === 0) return undefined;
  output.set(bytes.subarray(0, headerSize));
  return output.subarray(0, headerSize + length);
}

function readCommands(
  bytes: Uint8Array,
  start: number,
): { commands: DatagramCommand[]; problem?: string; consumed: number } {
  const commands: DatagramCommand[] = [];
  let position = start;
  while (position < bytes.length) {
    const command = readCommandHead(bytes, position);
    if (typeof command === 'string') return { commands, problem: command, consumed: position };
    const { name, values } = command;
    const length = values['dataLength'];
    if (length !== undefined && command.end + length > bytes.length) {
      const problem = `${name} says ${length} bytes, ${bytes.length - command.end} follow`;
      return { commands, problem, consumed: position };
    }
    const end = command.end + (length ?? 0);
    const payload = length === undefined ? {} : { payload: { start: command.end, end } };
    commands.push({ ...command, end, ...payload });
    position = end;
  }
  return { commands, consumed: position };
}

/** Reads a command up to its payload; a sentence says what is wrong. */
export function readCommandHead(bytes: Uint8Array, start: number): Omit<DatagramCommand, 'payload'> | string {
  if (start + 4 > bytes.length) return 'cut short in a command';
  const flags = bytes[start]!;
  const name = NAMES[flags & COMMAND_MASK];
  if (name === undefined) return `no command ${flags & COMMAND_MASK}`;
  const fields: DatagramField[] = [
    { name: 'command', value: flags, start, end: start + 1 },
    { name: 'channel', value: bytes[start + 1]!, start: start + 1, end: start + 2 },
    { name: 'reliableSequence', value: number(bytes, start + 2, 2), start: start + 2, end: start + 4 },
  ];
  const values: Record<string, number> = {};
  let at = start + 4;
  for (const [field, size] of COMMAND_LAYOUTS[name]) {
    if (at + size > bytes.length) return `${name} cut short`;
    const value = number(bytes, at, size);
    values[field] = value;
    fields.push({ name: field, value, start: at, end: at + size });
    at += size;
  }
  return {
    name,
    acknowledge: (flags & COMMAND_FLAG_ACKNOWLEDGE) !== 0,
    unsequenced: (flags & COMMAND_FLAG_UNSEQUENCED) !== 0,
    channel: bytes[start + 1]!,
    reliableSequence: number(bytes, start + 2, 2),
    values,
    fields,
    start,
    end: at,
  };
}

function number(bytes: Uint8Array, at: number, size: 1 | 2 | 4): number {
  if (size === 1) return bytes[at]!;
  if (size === 2) return (bytes[at]! << 8) | bytes[at + 1]!;
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** A big-endian number of so many bytes. */
export function put(bytes: Uint8Array, at: number, size: 1 | 2 | 4, value: number): void {
  for (let i = 0; i < size; i++) bytes[at + i] = value >>> (8 * (size - 1 - i));
}
