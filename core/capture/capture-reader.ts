/**
 * pcap and pcapng → packets, in chunks of any size: the same reader for files and for the live output of a capture tool.
 * Formats: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng. A cut or damaged file gives what is readable and says where
 * it stopped.
 */
import { ByteQueue } from '../protocol/byte-queue.ts';
import type { CaptureNotes, Packet } from './packet.ts';
import { HINT_OPTION, isOwnComment, type PacketHint, parseHint } from './packet-hint.ts';

const MAX_PACKET = 16 * 1024 * 1024;

interface Interface {
  readonly link: number;
  readonly snapLength: number;
  /** Ticks per second. */
  readonly resolution: number;
  readonly offset: number;
}

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const OLD_PACKET = 2;
const SIMPLE_PACKET = 3;
const STATISTICS = 5;
const ENHANCED_PACKET = 6;
const SECRETS = 10;

export class CaptureReader {
  readonly notes: CaptureNotes = { problems: [], dropped: 0, secrets: [], comments: [] };
  #queue = new ByteQueue();
  #read = 0;
  #n = 0;
  #format: 'unknown' | 'pcap' | 'pcapng' | 'stopped' = 'unknown';
  #little = true;
  #nano = false;
  #link = 1;
  #interfaces: Interface[] = [];

  /** Feeds bytes; gives the packets they complete. */
  push(chunk: Uint8Array): Packet[] {
    this.#queue.push(chunk);
    const packets: Packet[] = [];
    if (this.#format === 'unknown') this.#begin();
    while (this.#format === 'pcap' || this.#format === 'pcapng') {
      const before = this.#queue.length;
      if (this.#format === 'pcap') this.#pcapRecord(packets);
      else this.#block(packets);
      if (this.#queue.length === before) break;
    }
    return packets;
  }

  /** End of input: says so when it came in the middle of something. */
  end(): void {
    if (this.#format === 'stopped') return;
    if (this.#format === 'unknown')
      this.#stop(this.#queue.length === 0 ? 'the file is empty' : 'this is neither a pcap nor a pcapng file');
    else if (this.#queue.length > 0) this.#stop(`the file is cut in the middle of packet ${this.#n + 1}`);
  }

  #stop(problem: string): void {
    this.#format = 'stopped';
    this.notes.problems.push(`${problem} (byte ${this.#read})`);
  }

  #take(size: number): Uint8Array {
    this.#read += size;
    return this.#queue.take(size)!;
  }

  #begin(): void {
    const head = this.#queue.peek(4);
    if (head === undefined) return;
    const magic = u32(head, 0, true);
    if (magic === SECTION) {
      this.#format = 'pcapng';
      return;
    }
    const known = {
      0xa1b2c3d4: [true, false],
      0xa1b23c4d: [true, true],
      0xd4c3b2a1: [false, false],
      0x4d3cb2a1: [false, true],
    }[magic];
    if (known === undefined) {
      this.#stop('this is neither a pcap nor a pcapng file');
      return;
    }
    if (this.#queue.length < 24) return;
    [this.#little, this.#nano] = known as [boolean, boolean];
    const header = this.#take(24);
    this.#link = u32(header, 20, this.#little) & 0xffff;
    this.#format = 'pcap';
  }

  #pcapRecord(packets: Packet[]): void {
    const head = this.#queue.peek(16);
    if (head === undefined) return;
    const captured = u32(head, 8, this.#little);
    if (captured > MAX_PACKET) {
      this.#stop(`packet ${this.#n + 1} claims ${captured} bytes, which cannot be right`);
      return;
    }
    if (this.#queue.length < 16 + captured) return;
    const record = this.#take(16 + captured);
    const time = u32(record, 0, this.#little) + u32(record, 4, this.#little) / (this.#nano ? 1e9 : 1e6);
    packets.push({
      n: ++this.#n,
      time,
      link: this.#link,
      bytes: record.subarray(16),
      length: u32(record, 12, this.#little),
    });
  }

  #block(packets: Packet[]): void {
    const head = this.#queue.peek(12);
    if (head === undefined) return;
    if (u32(head, 0, true) === SECTION) {
      const order = u32(head, 8, true);
      if (order !== 0x1a2b3c4d && order !== 0x4d3c2b1a) {
        this.#stop('a section header has no byte-order mark');
        return;
      }
      this.#little = order === 0x1a2b3c4d;
      this.#interfaces = [];
    }
    const type = u32(head, 0, this.#little);
    const size = u32(head, 4, this.#little);
    if (size < 12 || size % 4 !== 0 || size > MAX_PACKET + 65_536) {
      this.#stop(`a block claims ${size} bytes, which cannot be right`);
      return;
    }
    if (this.#queue.length < size) return;
    const body = this.#take(size).subarray(8, size - 4);
    try {
      this.#readBlock(type, body, packets);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.notes.problems.push(`a block of type ${type} is damaged and was skipped (byte ${this.#read - size})`);
    }
  }

  #readBlock(type: number, body: Uint8Array, packets: Packet[]): void {
    const le = this.#little;
    switch (type) {
      case SECTION:
        for (const [code, value] of options(body, 16, le)) {
          if (code === 1) this.notes.comments.push(text(value));
          const session = code === HINT_OPTION ? parseHint(text(value))?.session : undefined;
          if (session !== undefined) this.notes.session = session;
        }
        return;
      case INTERFACE:
        this.#interfaces.push(readInterface(body, le));
        return;
      case ENHANCED_PACKET: {
        const from = this.#interfaces[u32(body, 0, le)];
        const captured = u32(body, 12, le);
        if (from === undefined || captured > body.length - 20) throw new RangeError('packet');
        const said = remarksOn(body, 20 + padded(captured), le);
        packets.push({
          n: ++this.#n,
          time: timestamp(u32(body, 4, le), u32(body, 8, le), from),
          link: from.link,
          bytes: body.subarray(20, 20 + captured),
          length: u32(body, 16, le),
          ...said,
        });
        return;
      }
      case OLD_PACKET: {
        const from = this.#interfaces[u16(body, 0, le)];
        const captured = u32(body, 12, le);
        if (from === undefined || captured > body.length - 20) throw new RangeError('packet');
        const time = timestamp(u32(body, 4, le), u32(body, 8, le), from);
        packets.push({
          n: ++this.#n,
          time,
          link: from.link,
          bytes: body.subarray(20, 20 + captured),
          length: u32(body, 16, le),
        });
        return;
      }
      case SIMPLE_PACKET: {
        const from = this.#interfaces[0];
        if (from === undefined) throw new RangeError('packet');
        const length = u32(body, 0, le);
        const captured = Math.min(length, from.snapLength === 0 ? length : from.snapLength, body.length - 4);
        packets.push({ n: ++this.#n, time: 0, link: from.link, bytes: body.subarray(4, 4 + captured), length });
        return;
      }
      case STATISTICS:
        for (const [code, value] of options(body, 12, le)) {
          // isb_ifdrop and isb_osdrop, 64 bits; counts beyond 32 bits are not to be expected.
          if ((code === 5 || code === 7) && value.length === 8) this.notes.dropped += u32(value, le ? 0 : 4, le);
        }
        return;
      case SECRETS: {
        const length = u32(body, 4, le);
        if (length > body.length - 8) throw new RangeError('secrets');
        this.notes.secrets.push({ type: u32(body, 0, le), bytes: body.slice(8, 8 + length) });
        return;
      }
      default:
      // Name resolution, custom and future blocks hold no packets.
    }
  }
}

function readInterface(body: Uint8Array, le: boolean): Interface {
  let resolution = 1e6;
  let offset = 0;
  for (const [code, value] of options(body, 8, le)) {
    if (code === 9 && value.length > 0) resolution = value[0]! & 0x80 ? 2 ** (value[0]! & 0x7f) : 10 ** value[0]!;
    if (code === 14 && value.length === 8)
      offset = u32(value, le ? 0 : 4, le) + (u32(value, le ? 4 : 0, le) | 0) * 2 ** 32;
  }
  return { link: u16(body, 0, le), snapLength: u32(body, 4, le), resolution, offset };
}

/** High and low halves of a tick count → seconds; whole seconds are split off first so that microseconds survive. */
function timestamp(high: number, low: number, from: Interface): number {
  const ticks = (BigInt(high) << 32n) | BigInt(low);
  const resolution = BigInt(Math.round(from.resolution));
  return Number(ticks / resolution) + Number(ticks % resolution) / from.resolution + from.offset;
}

function* options(body: Uint8Array, from: number, le: boolean): Generator<readonly [number, Uint8Array]> {
  let at = from;
  while (at + 4 <= body.length) {
    const code = u16(body, at, le);
    const length = u16(body, at + 2, le);
    if (code === 0 || at + 4 + length > body.length) return;
    yield [code, body.subarray(at + 4, at + 4 + length)];
    at += 4 + padded(length);
  }
}

/** Comments and our own hint among a packet's options. What our export wrote as a comment for people is no one's comment. */
function remarksOn(body: Uint8Array, from: number, le: boolean): { comment?: string; hint?: PacketHint } {
  const comments: string[] = [];
  let hint: PacketHint | undefined;
  for (const [code, value] of options(body, from, le)) {
    if (code === 1) comments.push(text(value));
    else if (code === HINT_OPTION) hint = parseHint(text(value));
  }
  const kept = comments.filter((comment) => !isOwnComment(comment));
  return {
    ...(kept.length === 0 ? {} : { comment: kept.join('\n') }),
    ...(hint === undefined ? {} : { hint }),
  };
}

function padded(size: number): number {
  return (size + 3) & ~3;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function u16(bytes: Uint8Array, at: number, le: boolean): number {
  if (at + 2 > bytes.length) throw new RangeError('short');
  return le ? bytes[at]! | (bytes[at + 1]! << 8) : (bytes[at]! << 8) | bytes[at + 1]!;
}

function u32(bytes: Uint8Array, at: number, le: boolean): number {
  return le
    ? u16(bytes, at, le) + u16(bytes, at + 2, le) * 65_536
    : u16(bytes, at, le) * 65_536 + u16(bytes, at + 2, le);
}
