/** Stream logs: JSON lines `{ dir, t_ms, bytes_hex }`, one per read of one TCP stream. */
export interface StreamRead {
  readonly toServer: boolean;
  /** Milliseconds since the log began. */
  readonly ms: number;
  readonly bytes: Uint8Array;
}

/** True when the first line looks like a stream log's. */
export function isStreamLog(text: string): boolean {
  const line = text.slice(0, Math.max(0, text.indexOf('\n') >>> 0)) || text;
  return /^\s*\{/.test(line) && line.includes('"bytes_hex"') && line.includes('"dir"');
}

/** What is readable, and a sentence for each line that is not. */
export function readStreamLog(text: string): { reads: StreamRead[]; problems: string[] } {
  const reads: StreamRead[] = [];
  const problems: string[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      const { dir, t_ms: ms, bytes_hex: hex } = JSON.parse(line) as Record<string, unknown>;
      if ((dir !== 'c2s' && dir !== 's2c') || typeof hex !== 'string' || !/^([0-9a-fA-F]{2})*$/.test(hex))
        throw new Error('needs dir "c2s" or "s2c" and bytes_hex');
      reads.push({ toServer: dir === 'c2s', ms: typeof ms === 'number' ? ms : 0, bytes: fromHex(hex) });
    } catch (error) {
      problems.push(`line ${i + 1} is not a read of a stream log: ${(error as Error).message}`);
    }
  }
  return { reads, problems };
}

function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
