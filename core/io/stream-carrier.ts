/** tcp://, tls://, ws:// and wss://: a client came; connect onward, put TLS on either side, and pair the two. */
import type { Socket } from 'node:net';
import { createPassageCodec } from '../relay/codec.ts';
import { type EndpointUrl, parseEndpointUrl } from '../relay/endpoint-url.ts';
import type { ClientHello } from '../relay/client-hello.ts';
import { createWebSocketCodecs } from '../relay/websocket-codec.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Connection, Endpoint } from '../traffic/frame.ts';
import type { TlsSpec } from '../traffic/proxy-spec.ts';
import type { CertificateAuthority } from './certificate-authority.ts';
import { checkHost, type Listening, listenTcp } from './listener.ts';
import type { ProxyContext, Treatment } from './proxy-context.ts';
import { resetSocket } from './reset-socket.ts';
import { pairStreams, type StreamEnd } from './stream-pair.ts';
import { type Details, matchesHost, peekClientHello, secureClient, secureUpstream } from './tls.ts';
import { connectUpstream, endingOf } from './upstream.ts';

const DEFAULT_MAX_CONNECTIONS = 4096;

export async function listenStream(context: ProxyContext, url: EndpointUrl): Promise<Listening> {
  checkHost(url, context.spec.allowRemote);
  if (url.scheme === 'tls' || url.scheme === 'wss') await authorityOf(context);
  return listenTcp(url, (socket) => {
    const upstream = parseEndpointUrl(context.spec.upstream ?? '', ['tcp', 'tls', 'ws', 'wss']);
    void carry(context, { ...context.treatment, transport: url.scheme as Treatment['transport'] }, socket, upstream);
  });
}

export function endpointOf(socket: Socket): Endpoint {
  return { address: (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, ''), port: socket.remotePort ?? 0 };
}

export interface CarryOptions {
  /** Pass bytes through and look at nothing. */
  readonly passThrough?: boolean;
  /** Called when the upstream is there, before the first byte is relayed: a proxy protocol answers its client here. */
  readonly connected?: (upstream: Socket) => void | Promise<void>;
  /** Called when it cannot be reached; default: the client is reset. */
  readonly refused?: (error: unknown) => void;
}

/** Connects a client that came onward, and relays until both sides are done. Never throws. */
export async function carry(
  context: ProxyContext,
  how: Treatment,
  client: Socket,
  upstream: EndpointUrl,
  options: CarryOptions = {},
): Promise<void> {
  const target: Endpoint = { address: upstream.host, port: upstream.port };
  const connection = context.open(how.transport, endpointOf(client), target, how.role);
  const ordinal = context.nextOrdinal();
  const left = new AbortController();
  const leave = (): void => left.abort();
  const ignore = (): void => undefined;
  client.once('close', leave);
  client.on('error', ignore);
  context.opening.add(leave);
  let wire: Socket | undefined;
  try {
    refuseIfAsked(context, connection, ordinal);
    // A proxy protocol's client waits for our answer before it says hello; it is therefore answered first.
    if (options.connected !== undefined) {
      wire = await connectUpstream(upstream.host, upstream.port, left.signal);
      await options.connected(wire);
    }
    const ends = await dress(context, how, client, upstream, options, async () => {
      wire ??= await connectUpstream(upstream.host, upstream.port, left.signal);
      return wire;
    });
    client.removeListener('close', leave);
    client.removeListener('error', ignore);
    const described = { ...connection, details: ends.details };
    if (Object.keys(ends.details).length > 0) context.deps.sink.changed(connection.id, { details: ends.details });
    relayStreams(context, described, ordinal, how, ends);
  } catch (error) {
    wire?.destroy();
    if (wire === undefined && options.refused !== undefined) options.refused(error);
    else reset(client);
    giveUp(context, connection, error);
  } finally {
    context.opening.delete(leave);
  }
}

interface Ends {
  readonly client: StreamEnd;
  readonly server: StreamEnd;
  readonly details: Details;
  readonly passThrough: boolean;
}

/** Puts TLS on the sides that want it: the server first, so that the client is offered what the server agreed to. */
async function dress(
  context: ProxyContext,
  how: Treatment,
  client: Socket,
  upstream: EndpointUrl,
  options: CarryOptions,
  connect: () => Promise<Socket>,
): Promise<Ends> {
  const spec: TlsSpec = context.spec.tls ?? {};
  const isSecure = how.transport === 'tls' || how.transport === 'wss';
  const plain = (socket: Socket): StreamEnd => ({ socket, wire: socket });
  if (options.passThrough) {
    return { client: plain(client), server: plain(await connect()), details: { passThrough: true }, passThrough: true };
  }
  const hello = isSecure ? await peekClientHello(client) : undefined;
  if (isSecure && hello === undefined) {
    throw new EngineError(
      'tls-failed',
      `The client does not speak TLS; let it connect to ${plainScheme(how)}:// instead.`,
    );
  }
  const host = hello?.serverName ?? spec.serverName ?? upstream.host;
  if (hello !== undefined && spec.passThrough?.some((pattern) => matchesHost(pattern, host))) {
    const details = { passThrough: true, serverName: host };
    return { client: plain(client), server: plain(await connect()), details, passThrough: true };
  }
  const wire = await connect();
  const offered = alpnFor(how, hello);
  let details: Details = {};
  let server: StreamEnd = plain(wire);
  let agreed: readonly string[] = how.transport === 'wss' ? offered : [];
  if (upstream.scheme === 'tls' || upstream.scheme === 'wss') {
    const secured = await secureUpstream(wire, upstream.host, spec, hello, offered);
    server = { socket: secured.socket, wire };
    details = secured.details;
    agreed = secured.alpn === undefined ? [] : [secured.alpn];
  }
  if (!isSecure) return { client: plain(client), server, details, passThrough: false };
  const secured = await secureClient(client, await authorityOf(context), host, spec, agreed);
  details = { ...secured.details, ...details };
  return { client: { socket: secured.socket, wire: client }, server, details, passThrough: false };
}

/** A WebSocket needs HTTP/1.1; other protocols are passed on as offered. */
function alpnFor(how: Treatment, hello: ClientHello | undefined): readonly string[] {
  const offered = hello?.alpn ?? [];
  if (how.transport !== 'wss' && how.transport !== 'ws') return offered;
  return offered.filter((name) => name === 'http/1.1');
}

function plainScheme(how: Treatment): string {
  return how.transport === 'wss' ? 'ws' : 'tcp';
}

function authorityOf(context: ProxyContext): Promise<CertificateAuthority> {
  const { authority } = context.deps;
  if (authority === undefined)
    throw new EngineError('bad-config', 'TLS cannot be listened on without a certificate authority.');
  return authority();
}

function relayStreams(
  context: ProxyContext,
  connection: Connection,
  ordinal: number,
  how: Treatment,
  ends: Ends,
): void {
  const { client, server } = ends;
  if (ends.passThrough) {
    const codecs = { toServer: createPassageCodec(), toClient: createPassageCodec() };
    pairStreams(context, connection, ordinal, { ...how, protocol: 'auto' }, client, server, codecs);
    return;
  }
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
    const text = `Connection ${connection.id} is over the proxy's limit of ${limit} connections.`;
    throw new EngineError('not-allowed', text);
  }
}

/** The connection ends before it began: said on the connection itself. */
export function giveUp(context: ProxyContext, connection: Connection, error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  const code = error instanceof EngineError ? error.code : 'internal';
  context.remark(connection.id, { severity: 'error', group: 'transport', code, text });
  context.closed(connection.id, code === 'not-allowed' ? 'refused' : endingOf(error));
}

/** As a server would that is not there. */
function reset(client: Socket): void {
  client.on('error', () => undefined);
  resetSocket(client);
}
