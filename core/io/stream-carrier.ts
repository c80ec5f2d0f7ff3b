/** tcp://, tls://, ws:// and wss:// listeners: accept, connect onward, pair. */
import type { Socket } from 'node:net';
import { type EndpointUrl, parseEndpointUrl } from '../relay/endpoint-url.ts';
import { EngineError } from '../traffic/engine-error.ts';
import { createWebSocketCodecs } from '../relay/websocket-codec.ts';
import type { Connection, Endpoint } from '../traffic/frame.ts';
import { checkHost, type Listening, listenTcp } from './listener.ts';
import type { ProxyContext, Treatment } from './proxy-context.ts';
import { pairStreams, type StreamEnd } from './stream-pair.ts';
import { connectUpstream, endingOf } from './upstream.ts';

const DEFAULT_MAX_CONNECTIONS = 4096;

export function listenStream(context: ProxyContext, url: EndpointUrl): Promise<Listening> {
  checkHost(url, context.spec.allowRemote);
  return listenTcp(url, (socket) => void accept(context, url, socket));
}

export function endpointOf(socket: Socket): Endpoint {
  return { address: (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, ''), port: socket.remotePort ?? 0 };
}

async function accept(context: ProxyContext, url: EndpointUrl, client: Socket): Promise<void> {
  const upstream = parseEndpointUrl(context.spec.upstream ?? '', ['tcp', 'tls', 'ws', 'wss']);
  const transport = url.scheme as Treatment['transport'];
  const how: Treatment = { ...context.treatment, transport };
  await carry(context, how, { socket: client, wire: client }, upstream);
}

/** Connects a client that came onward, and relays until both sides are done. */
export async function carry(
  context: ProxyContext,
  how: Treatment,
  client: StreamEnd,
  upstream: EndpointUrl,
): Promise<void> {
  const server: Endpoint = { address: upstream.host, port: upstream.port };
  const connection = context.open(how.transport, endpointOf(client.wire), server, how.role);
  const ordinal = context.nextOrdinal();
  const left = new AbortController();
  const leave = (): void => left.abort();
  const ignore = (): void => undefined;
  client.wire.once('close', leave);
  client.wire.on('error', ignore);
  context.opening.add(leave);
  try {
    refuseIfAsked(context, connection, ordinal);
    const socket = await connectUpstream(upstream.host, upstream.port, left.signal);
    client.wire.removeListener('close', leave);
    client.wire.removeListener('error', ignore);
    relayStreams(context, connection, ordinal, how, client, { socket, wire: socket });
  } catch (error) {
    giveUp(context, connection, client, error);
  } finally {
    context.opening.delete(leave);
  }
}

function relayStreams(
  context: ProxyContext,
  connection: Connection,
  ordinal: number,
  how: Treatment,
  client: StreamEnd,
  server: StreamEnd,
): void {
  if (how.transport !== 'ws' && how.transport !== 'wss') {
    pairStreams(context, connection, ordinal, how, client, server);
    return;
  }
  const codecs = createWebSocketCodecs((seen) => {
    const { relay } = live;
    relay.learn({ details: { ...relay.connection.details, ...seen.details } });
    if (seen.upgraded) {
      relay.learnPath(seen.path);
      return;
    }
    context.remark(connection.id, {
      severity: 'note',
      group: 'transport',
      code: 'not-upgraded',
      text: `Not a WebSocket: ${seen.details['request']} was answered by ${seen.response}; passed through as it is.`,
    });
  }, ordinal);
  const live = pairStreams(context, connection, ordinal, how, client, server, codecs);
}

/** @throws EngineError `not-allowed` when a fault or the limit refuses the connection. */
export function refuseIfAsked(context: ProxyContext, connection: Connection, ordinal: number): void {
  const { spec, deps } = context;
  if (deps.control.refuses(spec.name, ordinal))
    throw new EngineError('not-allowed', 'A fault refuses this connection.');
  const limit = spec.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
  if (context.connections.size >= limit) {
    throw new EngineError(
      'not-allowed',
      `Connection ${connection.id} is over the proxy's limit of ${limit} connections.`,
    );
  }
}

/** The client is reset, as it would be by a server that is not there. */
export function giveUp(context: ProxyContext, connection: Connection, client: StreamEnd, error: unknown): void {
  client.wire.on('error', () => undefined);
  if (!client.wire.destroyed) client.wire.resetAndDestroy();
  client.socket.destroy();
  const text = error instanceof Error ? error.message : String(error);
  const code = error instanceof EngineError ? error.code : 'internal';
  context.remark(connection.id, { severity: 'error', group: 'transport', code, text });
  context.closed(
    connection.id,
    error instanceof EngineError && error.code === 'not-allowed' ? 'refused' : endingOf(error),
  );
}
