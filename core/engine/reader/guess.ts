/** Which protocol the first bytes of a connection look like, whatever it is decoded as now. */
import { Registry } from '../../protocol/recognise.ts';
import { linkOf } from '../../session/dissection.ts';
import type { SessionReader } from '../../session/session-reader.ts';

const SAMPLE_BYTES = 4096;
const SAMPLE_FRAMES = 64;

export function guessProtocol(reader: SessionReader, conn: number): { protocol: string; confidence: number } | null {
  const connection = reader.connection(conn);
  if (connection === undefined) return null;
  const isStream = connection.transport === 'tcp' || connection.transport === 'tls';
  const sample: Record<'toServer' | 'toClient', number[]> = { toServer: [], toClient: [] };
  let frames = 0;
  for (const frame of reader.each({ conn })) {
    if (++frames > SAMPLE_FRAMES) break;
    const seen = sample[frame.direction];
    // Of message carriers the first message is looked at, of streams the stream.
    if (seen.length >= SAMPLE_BYTES || (!isStream && seen.length > 0)) continue;
    const parts = isStream ? [frame.head, frame.bytes, frame.tail] : [frame.bytes];
    for (const part of parts) seen.push(...part.subarray(0, SAMPLE_BYTES - seen.length));
  }
  const guess = new Registry(reader.protocols).recognise(
    { toServer: Uint8Array.from(sample.toServer), toClient: Uint8Array.from(sample.toClient) },
    linkOf(connection),
  );
  return guess === null ? null : { protocol: guess.protocol.id, confidence: guess.confidence };
}
