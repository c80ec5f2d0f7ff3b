/** The server's side of every carrier: what a stand-in listens with. */
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import { createHost } from '../enet-node/index.ts';
import type { Framing } from '../protocol/framing.ts';
import { type EndpointUrl, isLoopback, parseEndpointUrl, printEndpointUrl } from '../relay/endpoint-url.ts';
import type { TargetConnection, TargetEvents } from '../replay/target.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { KeyPair } from './certificate-authority.ts';
import { explainListen } from './listener.ts';
import { takeRawWebSocket } from './listen-raw-websocket.ts';
import { EnetConnection } from './target-enet.ts';
import { StreamConnection } from './target-stream.ts';
import { WebSocketConnection } from './target-websocket.ts';

/** A client came: call `open` at once to hear and answer it. */
export type AcceptClient = (open: (events: TargetEvents) => TargetConnection) => void;

export interface ListenHow {
  readonly url: string;
  /** On tcp and tls. */
  readonly framing: Framing;
  /** On tls and wss: key and certificate for the host. */
  readonly certificate?: () => Promise<KeyPair>;
  /** ENet: most channels a client gets. */
  readonly channels?: number;
  /** WebSocket: what is asked to be written goes out as it is. */
  readonly isRaw?: boolean;
}

export interface ListeningTarget {
  /** The URL really listened on, with its port. */
  readonly url: string;
  close(): Promise<void>;
}

/** @throws EngineError `bad-url`, `not-allowed` beyond loopback, `port-taken`, `bad-config` for TLS without a certificate */
export async function listenTarget(how: ListenHow, accept: AcceptClient): Promise<ListeningTarget> {
  const url = parseEndpointUrl(how.url, ['tcp', 'tls', 'ws', 'wss', 'enet']);
  if (!isLoopback(url.host)) {
    throw new EngineError('not-allowed', `${url.host} can be reached by other machines; stand in on 127.0.0.1 or ::1.`);
  }
  switch (url.scheme) {
    case 'enet':
      return listenEnet(url, how, accept);
    case 'ws':
    case 'wss':
      return listenWebSocket(url, how, accept);
    default:
      return listenStream(url, how, accept);
  }
}

async function listenStream(url: EndpointUrl, how: ListenHow, accept: AcceptClient): Promise<ListeningTarget> {
  const take = (socket: Socket): void => {
    socket.on('error', () => undefined);
    accept((events) => new StreamConnection(socket, how, events, { asClient: false }));
  };
  const server =
    url.scheme === 'tls'
      ? createTlsServer(await certificateOf(how), take)
      : createServer({ noDelay: true, allowHalfOpen: true }, take);
  return listen(server, url);
}

async function listenWebSocket(url: EndpointUrl, how: ListenHow, accept: AcceptClient): Promise<ListeningTarget> {
  if (how.isRaw === true) {
    const take = (socket: Socket): void => takeRawWebSocket(socket, accept);
    const isSecure = url.scheme === 'wss';
    return listen(
      isSecure ? createTlsServer(await certificateOf(how), take) : createServer({ noDelay: true }, take),
      url,
    );
  }
  const server = url.scheme === 'wss' ? createHttpsServer(await certificateOf(how)) : createHttpServer();
  server.on('request', (_request, response) => {
    response.writeHead(426, { 'content-type': 'text/plain' });
    response.end('A WebSocket is spoken here.\n');
  });
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket: WebSocket) => {
    accept((events) => {
      const connection = new WebSocketConnection(socket, events, false);
      connection.begin();
      return connection;
    });
  });
  return listen(server, url);
}

/** Sockets that came are ended with the listener. */
async function listen(server: Server, url: EndpointUrl): Promise<ListeningTarget> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explainListen(url, error)));
    server.listen({ host: url.host, port: url.port }, resolve);
  });
  server.on('error', () => undefined);
  const { port } = server.address() as AddressInfo;
  return {
    url: printEndpointUrl({ ...url, port }),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

async function listenEnet(url: EndpointUrl, how: ListenHow, accept: AcceptClient): Promise<ListeningTarget> {
  const address = url.host === 'localhost' ? '127.0.0.1' : url.host;
  try {
    const host = await createHost({
      address,
      port: url.port,
      peerLimit: 1024,
      ...(how.channels === undefined ? {} : { channelLimit: how.channels }),
    });
    host.on('connect', (peer) => accept((events) => new EnetConnection(peer, events, false)));
    return { url: printEndpointUrl({ ...url, host: address, port: host.address.port }), close: () => host.close() };
  } catch (error) {
    throw explainListen(url, error as NodeJS.ErrnoException);
  }
}

function certificateOf(how: ListenHow): Promise<KeyPair> {
  if (how.certificate === undefined) {
    throw new EngineError('bad-config', `${how.url} needs a certificate authority to be listened on.`);
  }
  return how.certificate();
}
