let whole: Buffer = Buffer.alloc(0);

/** Bytes as hex by the host's own, fast road. Frames that came together lie in one buffer, which is wrapped once. */
export function hex({ buffer, byteOffset, length }: Uint8Array): string {
  if (length === 0) return '';
  if (whole.buffer !== buffer) whole = Buffer.from(buffer);
  return whole.toString('hex', byteOffset, byteOffset + length);
}
