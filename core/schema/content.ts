/** Bytes inside bytes: inflating with a cap, constant masks, checksums. */
import { Deflate, Inflate } from 'pako';
import type { ChecksumNode, CompressedNode } from './nodes.ts';

/** Inflates at most `most` bytes; a sentence when it cannot. */
export function inflate(
  bytes: Uint8Array,
  algorithm: CompressedNode['algorithm'],
  most: number,
): { bytes: Uint8Array } | { problem: string } {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const inflator = new Inflate({ raw: algorithm === 'deflate-raw', chunkSize: 16_384 });
  const tooMuch = new Error('too much');
  inflator.onData = (data) => {
    size += data.length;
    if (size > most) throw tooMuch;
    chunks.push(data);
  };
  try {
    inflator.push(bytes, true);
  } catch (error) {
    return { problem: error === tooMuch ? `it inflates to more than ${most} bytes` : 'it does not inflate' };
  }
  if (inflator.err !== 0) return { problem: inflator.msg === '' ? 'it does not inflate' : inflator.msg };
  if (!inflator.ended) return { problem: 'the compressed data break off' };
  return { bytes: concat(chunks) };
}

export function deflate(bytes: Uint8Array, algorithm: CompressedNode['algorithm']): Uint8Array {
  const deflator = new Deflate({ raw: algorithm === 'deflate-raw', gzip: algorithm === 'gzip' });
  deflator.push(bytes, true);
  return deflator.result;
}

export function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  for (const chunk of chunks) size += chunk.length;
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

export function mask(bytes: Uint8Array, xor: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 1) out[at] = (bytes[at] as number) ^ (xor[at % xor.length] as number);
  return out;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

export function checksumOf(algorithm: ChecksumNode['algorithm'], bytes: Uint8Array): number {
  switch (algorithm) {
    case 'crc32': {
      let crc = 0xffffffff;
      for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] as number);
      return (crc ^ 0xffffffff) >>> 0;
    }
    case 'adler32': {
      let low = 1;
      let high = 0;
      for (const byte of bytes) {
        low = (low + byte) % 65521;
        high = (high + low) % 65521;
      }
      return ((high << 16) | low) >>> 0;
    }
    case 'sum8':
      return bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);
    case 'sum16be': {
      let sum = 0;
      for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] as number) << 8) | (bytes[at + 1] ?? 0);
      return sum & 0xffff;
    }
    case 'xor8':
      return bytes.reduce((sum, byte) => sum ^ byte, 0);
    default:
      return algorithm satisfies never;
  }
}
