/** WebSocket connections as HAR 1.2 with `_webSocketMessages`, the form of the browsers' developer tools. */
import { utf8Strict } from '../schema/characters.ts';
import { type Connection, isGap } from '../traffic/frame.ts';
import { toBase64 } from './base64.ts';
import type { ExportFrame, ExportSource } from './export-source.ts';

export interface HarResult {
  /** Frames of other transports, for which HAR has no place. */
  leftOut: number;
}

const OPCODES = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** @param result told while writing */
export function* writeHar(
  source: ExportSource,
  creator: { readonly name: string; readonly version: string },
  result: HarResult = { leftOut: 0 },
): Generator<string> {
  // An entry holds all messages of its connection, which may be spread over the whole session: texts are kept until the end.
  const messages = new Map<number, string[]>();
  const first = new Map<number, number>();
  for (const exported of source.frames()) {
    const { connection, frame } = exported;
    if (connection.transport !== 'ws' && connection.transport !== 'wss') {
      result.leftOut++;
      continue;
    }
    // HAR has no word for what a capture lacks.
    if (isGap(frame)) continue;
    const list = messages.get(connection.id) ?? [];
    messages.set(connection.id, list);
    if (list.length === 0) first.set(connection.id, frame.time);
    list.push(messageText(exported));
  }
  yield `{"log":{"version":"1.2","creator":${JSON.stringify(creator)},"pages":[],"entries":[`;
  let isFirst = true;
  for (const connection of source.connections) {
    const list = messages.get(connection.id);
    if (list === undefined) continue;
    yield `${isFirst ? '' : ','}${entryStart(connection, first.get(connection.id)!)}`;
    isFirst = false;
    for (const [i, text] of list.entries()) yield `${i === 0 ? '' : ','}${text}`;
    yield ']}';
  }
  yield ']}}\n';
}

function entryStart(connection: Connection, firstTime: number): string {
  const { transport, server, client, details, opened, closed } = connection;
  const port = server.port === (transport === 'wss' ? 443 : 80) ? '' : `:${server.port}`;
  const host = server.address.includes(':') ? `[${server.address}]` : server.address || 'unknown';
  const path = typeof details.path === 'string' ? details.path : (text(details.request).split(' ')[1] ?? '/');
  const url =
    typeof details.url === 'string' ? details.url : `${transport}://${host}${port}${path.startsWith('/') ? path : '/'}`;
  const entry = {
    startedDateTime: new Date((opened || firstTime) * 1000).toISOString(),
    time: closed === undefined ? 0 : Math.max(0, (closed - opened) * 1000),
    request: {
      method: 'GET',
      url,
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: headers(details, 'request.'),
      queryString: [],
      headersSize: -1,
      bodySize: 0,
    },
    response: {
      status: 101,
      statusText: 'Switching Protocols',
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: headers(details, 'response.'),
      content: { size: 0, mimeType: 'x-unknown' },
      redirectURL: '',
      headersSize: -1,
      bodySize: -1,
    },
    cache: {},
    timings: { send: 0, wait: 0, receive: 0 },
    serverIPAddress: server.address,
    ...(client.port === 0 ? {} : { connection: String(client.port) }),
    _resourceType: 'websocket',
  };
  return `${JSON.stringify(entry).slice(0, -1)},"_webSocketMessages":[`;
}

function messageText({ frame }: ExportFrame): string {
  const opcode = 'opcode' in frame.carrier ? OPCODES[frame.carrier.opcode] : 2;
  const asText = opcode === 1 ? utf8Strict(frame.bytes) : null;
  return JSON.stringify({
    type: frame.direction === 'toServer' ? 'send' : 'receive',
    time: frame.time,
    // A text message that is not UTF-8 has no text: it goes as bytes.
    opcode: opcode === 1 && asText === null ? 2 : opcode,
    data: asText ?? toBase64(frame.bytes),
  });
}

function headers(details: Connection['details'], prefix: string): { name: string; value: string }[] {
  return Object.entries(details)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => ({ name: name.slice(prefix.length), value: String(value) }));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
