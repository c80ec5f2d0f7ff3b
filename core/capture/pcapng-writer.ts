/**
 * Packets → pcapng (draft-ietf-opsawg-pcapng), little endian, one Ethernet interface, nanoseconds. Says nothing about the
 * machine it was written on: no hardware, operating system, user or interface name.
 */
import { utf8Bytes } from '../schema/characters.ts';
import { HINT_OPTION, type PacketHint } from './packet-hint.ts';
import { LINK } from './packet-layers.ts';

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const NAMES = 4;
const ENHANCED_PACKET = 6;
const SECRETS = 10;
const OPTION = { end: 0, comment: 1, application: 4, resolution: 9 } as const;
/** Longest text an option can hold. */
const MAX_OPTION = 65_535;

export interface PacketToWrite {
  /** Seconds since 1970; kept to the nanosecond. */
  readonly time: number;
  readonly bytes: Uint8Array;
  readonly comments?: readonly string[];
  readonly hint?: PacketHint;
}

/** Blocks of one file, in the order of the calls; the first must be `begin`. */
export class PcapngWriter {
  begin(section: { readonly application: string; readonly comment?: string; readonly hint?: PacketHint }): Uint8Array {
    const head = new BlockWriter(SECTION);
    head.u32(0x1a2b3c4d);
    head.u16(1);
    head.u16(0);
    // The length of the section is left open, as a stream must.
    head.u32(0xffff_ffff);
    head.u32(0xffff_ffff);
    if (section.comment !== undefined && section.comment !== '') head.option(OPTION.comment, section.comment);
    head.option(OPTION.application, section.application);
    if (section.hint !== undefined) head.option(HINT_OPTION, JSON.stringify(section.hint));
    head.endOptions();
    const interfaceBlock = new BlockWriter(INTERFACE);
    interfaceBlock.u16(LINK.ethernet);
    interfaceBlock.u16(0);
    interfaceBlock.u32(0);
    interfaceBlock.optionBytes(OPTION.resolution, Uint8Array.of(9));
    interfaceBlock.endOptions();
    return joined(head.finish(), interfaceBlock.finish());
  }

  packet({ time, bytes, comments = [], hint }: PacketToWrite): Uint8Array {
    const block = new BlockWriter(ENHANCED_PACKET, bytes.length + 64);
    const seconds = Math.floor(Math.max(0, time));
    const ticks = BigInt(seconds) * 1_000_000_000n + BigInt(Math.round((Math.max(0, time) - seconds) * 1e9));
    block.u32(0);
    block.u32(Number(ticks >> 32n));
    block.u32(Number(ticks & 0xffff_ffffn));
    block.u32(bytes.length);
    block.u32(bytes.length);
    block.bytes(bytes);
    block.pad();
    for (const comment of comments) block.option(OPTION.comment, comment);
    if (hint !== undefined) block.option(HINT_OPTION, JSON.stringify(hint));
    if (comments.length > 0 || hint !== undefined) block.endOptions();
    return block.finish();
  }

  /** Names of addresses (IPv4 as 4 bytes, IPv6 as 16). */
  names(records: readonly { readonly address: Uint8Array; readonly name: string }[]): Uint8Array {
    const block = new BlockWriter(NAMES);
    for (const { address, name } of records) {
      const text = utf8Bytes(`${name}\0`);
      block.u16(address.length === 4 ? 1 : 2);
      block.u16(address.length + text.length);
      block.bytes(address);
      block.bytes(text);
      block.pad();
    }
    block.endOptions();
    return block.finish();
  }

  /** Decryption secrets as they stood in the file they came from. */
  secrets(type: number, bytes: Uint8Array): Uint8Array {
    const block = new BlockWriter(SECRETS, bytes.length + 32);
    block.u32(type);
    block.u32(bytes.length);
    block.bytes(bytes);
    block.pad();
    return block.finish();
  }
}

class BlockWriter {
  #out: Uint8Array;
  #view: DataView;
  #at = 8;

  constructor(type: number, room = 256) {
    this.#out = new Uint8Array(room + 64);
    this.#view = new DataView(this.#out.buffer);
    this.#view.setUint32(0, type, true);
  }
  u16(value: number): void {
    this.#room(2);
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
  }
  u32(value: number): void {
    this.#room(4);
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }
  bytes(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#out.set(bytes, this.#at);
    this.#at += bytes.length;
  }
  pad(): void {
    this.#room(3);
    this.#at = (this.#at + 3) & ~3;
  }
  option(code: number, text: string): void {
    this.optionBytes(code, shortened(text));
  }
  optionBytes(code: number, value: Uint8Array): void {
    this.u16(code);
    this.u16(value.length);
    this.bytes(value);
    this.pad();
  }
  endOptions(): void {
    this.u32(OPTION.end);
  }
  finish(): Uint8Array {
    const size = this.#at + 4;
    this.#room(4);
    this.#view.setUint32(4, size, true);
    this.#view.setUint32(this.#at, size, true);
    return this.#out.subarray(0, size);
  }
  #room(size: number): void {
    if (this.#at + size + 8 <= this.#out.length) return;
    const grown = new Uint8Array(Math.max(this.#out.length * 2, this.#at + size + 64));
    grown.set(this.#out);
    this.#out = grown;
    this.#view = new DataView(grown.buffer);
  }
}

function shortened(text: string): Uint8Array {
  let bytes = utf8Bytes(text);
  // Cut between characters, never within one.
  for (let keep = text.length; bytes.length > MAX_OPTION; ) {
    keep = Math.min(keep - 1, Math.floor((keep * MAX_OPTION) / bytes.length));
    bytes = utf8Bytes(`${text.slice(0, keep)}…`);
  }
  return bytes;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
