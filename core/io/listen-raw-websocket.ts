/** ws:// and wss:// as a server that may break the rules. */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { type HttpHead, isUpgradeRequest, readHttpHead } from '../protocol/websocket/handshake.ts';
import { RawWebSocket } from './raw-websocket.ts';
import type { AcceptClient } from './target-listen.ts';

/** RFC 6455, section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const REFUSAL = 'A WebSocket is spoken here.\n';
const NONE = new Uint8Array(0);

/** Answers the upgrade of a socket that came, and hands the connection on. */
export function takeRawWebSocket(socket: Socket, accept: AcceptClient): void {
  let head: Uint8Array = NONE;
  socket.on('error', () => undefined);
  const read = (chunk: Uint8Array): void => {
    head = new Uint8Array(Buffer.concat([head, chunk]));
    const found = readHttpHead(head);
    if (found === 'incomplete') return;
    socket.off('data', read);
    const key = found === 'no' || !isUpgradeRequest(found) ? undefined : found.headers.get('sec-websocket-key');
    if (found === 'no' || key === undefined) {
      const lines = ['HTTP/1.1 426 Upgrade Required', 'Content-Type: text/plain', `Content-Length: ${REFUSAL.length}`];
      socket.end(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n${REFUSAL}`);
      return;
    }
    socket.write(upgraded(found, key));
    const rest = head.subarray(found.size);
    let connection: RawWebSocket | undefined;
    accept((events) => (connection = new RawWebSocket(socket, events, { us: 'server' })));
    // Whoever opens it must have it before it is heard.
    if (rest.length > 0) connection?.take(rest);
  };
  socket.on('data', read);
}

function upgraded({ headers }: HttpHead, key: string): string {
  const [protocol] = (headers.get('sec-websocket-protocol') ?? '').split(',').map((one) => one.trim());
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${createHash('sha1').update(`${key}${GUID}`).digest('base64')}`,
    ...(protocol === undefined || protocol === '' ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
