/**
 * Opens captured datagrams: whether they carry a checksum, which no header says, and what they hold when compressed.
 */
import { crc32 } from './crc32.ts';
import { HEADER_FLAG_COMPRESSED, MAXIMUM_MTU, NO_PEER } from './protocol.ts';
import { RangeCoder } from './range-coder.ts';
import { commandEnd } from './scan.ts';

export class DatagramOpener {
  /** The last compressed datagram, decompressed; overwritten by the next. */
  readonly plain = new Uint8Array(MAXIMUM_MTU);
  #coder: RangeCoder | undefined;

  /**
   * Whether a datagram carries a checksum, by which way its commands fill it exactly; undefined when neither does and
   * no earlier datagram told.
   */
  usesChecksum(
    pair: { checksum: boolean | undefined },
    bytes: Uint8Array,
    headerSize: number,
    peerId: number,
  ): boolean | undefined {
    if (pair.checksum !== undefined && peerId !== NO_PEER) return pair.checksum;
    if (this.#fills(bytes, headerSize)) pair.checksum = false;
    else if (this.#fills(bytes, headerSize + 4)) pair.checksum = true;
    return pair.checksum;
  }

  #fills(bytes: Uint8Array, start: number): boolean {
    const end = this.inflate(bytes, start);
    const plain = (bytes[0]! << 8) & HEADER_FLAG_COMPRESSED ? this.plain : bytes;
    let at = start;
    while (at >= 0 && at < end) at = commandEnd(plain, at, end);
    return at === end && end > start;
  }

  /** Decompresses into `plain` if needed; returns the end of the plain datagram, or -1. */
  inflate(bytes: Uint8Array, start: number): number {
    if (((bytes[0]! << 8) & HEADER_FLAG_COMPRESSED) === 0) return bytes.length;
    this.#coder ??= new RangeCoder();
    const plain = this.plain;
    const length = this.#coder.decompress(bytes, start, bytes.length, plain, start, plain.length);
    if (length === 0) return -1;
    plain.set(bytes.subarray(0, start));
    return start + length;
  }
}

export function checksumOf(bytes: Uint8Array, end: number, at: number, connectId: number): number {
  const copy = bytes.slice(0, end);
  new DataView(copy.buffer).setUint32(at, connectId);
  return crc32(copy);
}
