/** http:// listeners: `CONNECT host:port`, each target treated by the first rule that matches. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { readHttpHead } from '../protocol/websocket/handshake.ts';
import { type EndpointUrl, parseHostPort } from '../relay/endpoint-url.ts';
import { findTarget, upstreamOf } from '../relay/target-rule.ts';
import { checkHost, type Listening, listenTcp } from './listener.ts';
import type { ProxyContext } from './proxy-context.ts';
import { carry } from './stream-carrier.ts';
import { WireReader } from './wire-reader.ts';

const MAX_HEAD = 64 * 1024;

export function listenHttpConnect(context: ProxyContext, url: EndpointUrl): Promise<Listening> {
  checkHost(url, context.spec.allowRemote);
  return listenTcp(url, (socket) => {
    socket.on('error', () => undefined);
    void serve(context, socket).catch(() => socket.destroy());
  });
}

async function serve(context: ProxyContext, socket: Socket): Promise<void> {
  const head = readHttpHead(await new WireReader(socket).takeThrough('\r\n\r\n', MAX_HEAD));
  if (typeof head === 'string') {
    socket.destroy();
    return;
  }
  const [method, authority = ''] = head.startLine.split(' ');
  const target = parseHostPort(authority);
  if (method !== 'CONNECT' || target === undefined) {
    answer(socket, 405, 'This is a CONNECT proxy: it relays connections (CONNECT host:port), not single requests.');
    return;
  }
  const rule = findTarget(context.spec.targets ?? [], target.host, target.port);
  const how = { ...context.targetTreatment(rule), transport: rule?.transport ?? ('tcp' as const) };
  await carry(context, how, socket, upstreamOf(rule, target.host, target.port), {
    passThrough: rule?.passThrough === true,
    connected: () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    },
    refused: (error) => answer(socket, 502, error instanceof Error ? error.message : String(error)),
  });
}

function answer(socket: Socket, status: number, text: string): void {
  const body = Buffer.from(`${text}\n`);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${body.length}`,
    'Connection: close',
    '',
    '',
  ];
  socket.end(Buffer.concat([Buffer.from(lines.join('\r\n')), body]));
  // Whatever the client still sends must be read, or closing would reset and lose the answer.
  socket.resume();
}
