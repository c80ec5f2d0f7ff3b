/** One JSON object a line and frame: what `decode --format jsonl` prints, and what `import` reads back. */
import { toHex } from '../schema/characters.ts';
import type { Connection, Endpoint } from '../traffic/frame.ts';
import type { ExportFrame, ExportMessage, ExportSource } from './export-source.ts';
import { type Hex, jsonValue } from './json-value.ts';

export function* writeJsonLines(source: ExportSource, hex: Hex = toHex): Generator<string> {
  for (const frame of source.frames()) yield `${jsonLine(frame, hex)}\n`;
}

/** @param hex a faster one than the portable default, where there is one */
export function jsonLine(exported: ExportFrame, hex: Hex = toHex): string {
  const { frame, connection, protocol, messages, mark, comment } = exported;
  const toServer = frame.direction === 'toServer';
  const client = endpointText(connection.client);
  const server = endpointText(connection.server);
  const [first] = messages;
  return JSON.stringify({
    n: frame.n,
    time: frame.time,
    conn: frame.conn,
    dir: toServer ? 'c2s' : 's2c',
    transport: connection.transport,
    src: toServer ? client : server,
    dst: toServer ? server : client,
    carrier: frame.carrier,
    protocol: protocol === '' ? null : protocol,
    message: first?.name ?? null,
    ...(first?.id === undefined ? {} : { id: first.id }),
    fields: first === undefined ? null : jsonValue(first.fields, hex),
    ...(messages.length > 1 ? { messages: messages.map((m) => messageJson(m, hex)) } : {}),
    expert: frame.expert,
    ...(frame.origin === 'wire' ? {} : { origin: frame.origin }),
    ...(frame.fate === 'forwarded' ? {} : { fate: frame.fate }),
    ...(frame.sent === undefined ? {} : { sent: hex(frame.sent) }),
    ...(frame.gapBefore === undefined ? {} : { gapBefore: frame.gapBefore }),
    ...(mark === undefined ? {} : { mark }),
    ...(comment === undefined ? {} : { comment }),
    bytes: hex(frame.bytes),
  });
}

function messageJson({ name, id, fields }: ExportMessage, hex: Hex): unknown {
  return { message: name, ...(id === undefined ? {} : { id }), fields: jsonValue(fields, hex) };
}

/** `host:port`, `[v6]:port`, or '' when nothing is known. */
export function endpointText({ address, port }: Endpoint): string {
  return address === '' && port === 0 ? '' : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** How the connection reads in a report: `127.0.0.1:50000 → 127.0.0.1:7000`. */
export function connectionText({ client, server }: Connection): string {
  return `${endpointText(client) || 'client'} → ${endpointText(server) || 'server'}`;
}
