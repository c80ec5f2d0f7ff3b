import type { FilterSubject } from '../../core/traffic/filter/filter.ts';
import type { DecodedFrame } from './frame-decoder.ts';

/** What a filter may ask of a frame read from a file. */
export function filterSubject(
  { frame, connection, protocol, meaning, expert }: DecodedFrame,
  began: number,
): FilterSubject {
  const messages = meaning.messages.length > 0 ? meaning.messages : [{ name: null, fields: undefined }];
  return {
    n: frame.n,
    conn: frame.conn,
    direction: frame.direction,
    at: frame.time - began,
    size: frame.bytes.length,
    origin: frame.origin,
    fate: frame.fate,
    protocol: protocol?.id ?? '',
    names: messages.map((m) => m.name ?? ''),
    ids: messages.map((m) => ('id' in m ? m.id : undefined)),
    summary: meaning.summary,
    expert,
    carrier: frame.carrier,
    transport: connection.transport,
    proxy: connection.proxy ?? '',
    role: connection.role ?? '',
    journey: connection.journey,
    client: connection.client,
    server: connection.server,
    answerMs: meaning.answered === undefined ? Number.NaN : meaning.answered.micros / 1000,
    waitedMs: 0,
    mark: undefined,
    comment: undefined,
    touchedBy: frame.touchedBy ?? [],
    bytes: frame.bytes,
    fields: messages.map((m) => m.fields),
    beside: messages.map((m) => ('beside' in m ? m.beside : undefined)),
  };
}
