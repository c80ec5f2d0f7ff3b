/** ws:// and wss:// as a client that may break the rules. */
import { randomBytes } from 'node:crypto';
import { isUpgradeResponse, readHttpHead } from '../protocol/websocket/handshake.ts';
import { printHostPort } from '../relay/endpoint-url.ts';
import type { ConnectHow, TargetConnection, TargetEvents } from '../replay/target.ts';
import { EngineError } from '../traffic/engine-error.ts';
import { RawWebSocket } from './raw-websocket.ts';
import type { TargetOptions } from './target.ts';
import { CONNECT_LIMIT_MS, explainConnect, timedOut } from './target-explain.ts';
import { openStream } from './target-stream.ts';

const NONE = new Uint8Array(0);

export function connectRawWebSocket(
  how: ConnectHow,
  events: TargetEvents,
  options: TargetOptions,
): Promise<TargetConnection> {
  const { url, timeoutMs = CONNECT_LIMIT_MS } = how;
  return new Promise((resolve, reject) => {
    const isSecure = url.scheme === 'wss';
    const { socket, wire } = openStream(url, isSecure, options);
    const limit = setTimeout(() => fail(timedOut(url, timeoutMs)), timeoutMs);
    let head: Uint8Array = NONE;
    const fail = (error: unknown): void => {
      clearTimeout(limit);
      socket.removeAllListeners('data');
      for (const each of [socket, wire]) each.on('error', () => undefined).destroy();
      reject(explainConnect(url, error));
    };
    const closed = (): void => fail(new Error('the server closed the connection at once'));
    socket.once('error', fail);
    socket.once('close', closed);
    socket.once(isSecure ? 'secureConnect' : 'connect', () => socket.write(requestOf(how)));
    const read = (chunk: Uint8Array): void => {
      head = new Uint8Array(Buffer.concat([head, chunk]));
      const found = readHttpHead(head);
      if (found === 'incomplete') return;
      if (found === 'no' || !isUpgradeResponse(found)) {
        const what = found === 'no' ? 'not with HTTP' : found.startLine;
        fail(
          new EngineError(
            'connect-failed',
            `${url.host}:${url.port} answered the WebSocket upgrade: ${what}. Check the path of the URL.`,
          ),
        );
        return;
      }
      clearTimeout(limit);
      socket.off('data', read);
      socket.off('error', fail);
      socket.off('close', closed);
      const connection = new RawWebSocket(socket, events, { us: 'client', wire });
      const rest = head.subarray(found.size);
      if (rest.length > 0) connection.take(rest);
      resolve(connection);
    };
    socket.on('data', read);
  });
}

function requestOf({ url, protocols, headers }: ConnectHow): string {
  const lines = [
    `GET ${url.path || '/'} HTTP/1.1`,
    `Host: ${printHostPort(url.host, url.port)}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Version: 13',
  ];
  if (protocols !== undefined && protocols.length > 0) lines.push(`Sec-WebSocket-Protocol: ${protocols.join(', ')}`);
  for (const [name, value] of Object.entries(headers ?? {})) lines.push(`${name}: ${value}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
