/** enet:// listeners: each client that connects is led to a connection of ours to the server. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { createHost, type PacketEvent, type Peer, type UdpHost } from '../enet-node/index.ts';
import {
  type EndpointUrl,
  isLoopback,
  parseEndpointUrl,
  printEndpointUrl,
  printHostPort,
} from '../relay/endpoint-url.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Connection, Endpoint } from '../traffic/frame.ts';
import { CommandLog } from './enet-commands.ts';
import { listenEnetTap } from './enet-tap.ts';
import { type EnetEnd, joinPeers, whenConnected } from './enet-session.ts';
import { enetSettings } from './enet-settings.ts';
import { checkHost, explainListen, type Listening } from './listener.ts';
import type { ProxyContext, Treatment } from './proxy-context.ts';
import { giveUp, refuseIfAsked } from './stream-carrier.ts';

const PEER_LIMIT = 4095;
const BUFFERS = 4 * 1024 * 1024;

/** What the connections of one listener share. */
interface Shared {
  readonly context: ProxyContext;
  /** Hosts for the way to the server, by address family and settings: made when first needed. */
  readonly outward: Map<string, Promise<UdpHost>>;
  /** When commands without a message are asked for. */
  readonly log: CommandLog | undefined;
}

export async function listenEnet(context: ProxyContext, url: EndpointUrl): Promise<Listening> {
  checkHost(url, context.spec.allowRemote);
  const settings = enetSettings(url);
  enetSettings(parseEndpointUrl(context.spec.upstream ?? '', ['enet']));
  if (context.spec.tap === true) return listenEnetTap(context, url);
  const { sink, clock } = context.deps;
  const log = context.spec.carrierCommands === true ? new CommandLog(sink, clock) : undefined;
  const outward: Shared['outward'] = new Map();
  const shared: Shared = { context, outward, log };
  const host = await openHost(shared, url, settings, true);
  host.on('connect', (peer, data) => void accept(shared, { peer, host }, data));
  const { port } = host.address;
  return {
    url: printEndpointUrl({ ...url, port }),
    close: async () => {
      await host.close();
      for (const other of outward.values()) await (await other).close();
    },
  };
}

async function openHost(
  { context, log }: Shared,
  url: EndpointUrl,
  settings: ReturnType<typeof enetSettings>,
  acceptConnections: boolean,
): Promise<UdpHost> {
  const address = isIP(url.host) === 0 ? (await lookup(url.host)).address : url.host;
  try {
    const host = await createHost({
      address,
      port: url.port,
      peerLimit: PEER_LIMIT,
      acceptConnections,
      // A relay must not lose what the client thinks it sent.
      throttling: false,
      // Acknowledgements are short: with ENet's own 32 to a datagram they would be a third of all datagrams.
      commandsPerDatagram: 256,
      socketBuffers: BUFFERS,
      keepHeads: true,
      reportCommands: log !== undefined,
      ...settings,
    });
    log?.listen(host);
    host.on('error', () => undefined);
    return host;
  } catch (error) {
    if (context.spec.listen.startsWith('enet:')) throw explainListen(url, error as NodeJS.ErrnoException);
    throw error;
  }
}

async function accept(shared: Shared, end: EnetEnd, data: number): Promise<void> {
  const { context, log } = shared;
  const client = end.peer;
  // What the client says before the server is there waits: what came with the connecting here, the rest in our host.
  const early: PacketEvent[] = [];
  const keep = (packet: PacketEvent): void => void early.push(packet);
  client.on('packet', keep);
  client.pause();
  const upstream = parseEndpointUrl(context.spec.upstream ?? '', ['enet']);
  const how: Treatment = { ...context.treatment, transport: 'enet' };
  const from: Endpoint = { address: client.address.address, port: client.address.port };
  const connection = context.open('enet', from, { address: upstream.host, port: upstream.port }, how.role);
  log?.lead(client, connection.id, 'toServer');
  const ordinal = context.nextOrdinal();
  let left: ((reason: unknown) => void) | undefined;
  let server: Peer | undefined;
  const leave = (): void => {
    server?.disconnectNow(0);
    left?.(new EngineError('connect-failed', 'The client left again.'));
  };
  const giveUpNow = (): void => {
    client.disconnectNow(0);
    leave();
  };
  client.on('disconnect', leave);
  context.opening.add(giveUpNow);
  try {
    refuseIfAsked(context, connection, ordinal);
    const address = await addressOf(upstream);
    const host = await outwardHost(shared, upstream, address);
    if (client.state === 'disconnected') throw new EngineError('connect-failed', 'The client left again.');
    await new Promise<void>((resolve, reject) => {
      left = reject;
      const peer = host.connect({ address, port: upstream.port }, { channels: client.channelCount, data });
      server = peer;
      log?.lead(peer, connection.id, 'toClient');
      const joined = (): void => {
        client.off('disconnect', leave);
        client.off('packet', keep);
        join(context, connection, ordinal, how, end, { peer, host }, early);
        resolve();
      };
      whenConnected(peer, printHostPort(upstream.host, upstream.port), joined, reject);
    });
  } catch (error) {
    client.off('disconnect', leave);
    const cause = error instanceof Error ? (error.cause as { code?: string; data?: number } | undefined) : undefined;
    client.disconnectNow(cause?.code === 'remote' ? (cause.data ?? 0) : 0);
    giveUp(context, connection, error);
  } finally {
    context.opening.delete(giveUpNow);
  }
}

function join(
  context: ProxyContext,
  connection: Connection,
  ordinal: number,
  how: Treatment,
  client: EnetEnd,
  server: EnetEnd,
  early: readonly PacketEvent[],
): void {
  const { connectData } = client.peer;
  const details = { channels: client.peer.channelCount, connectData, 'upstream.channels': server.peer.channelCount };
  context.deps.sink.changed(connection.id, { details });
  joinPeers(context, { ...connection, details }, ordinal, how, client, server, early);
}

async function addressOf(upstream: EndpointUrl): Promise<string> {
  return isIP(upstream.host) === 0 ? (await lookup(upstream.host)).address : upstream.host;
}

function outwardHost(shared: Shared, upstream: EndpointUrl, address: string): Promise<UdpHost> {
  const { outward } = shared;
  const family = isIP(address);
  // To a server on this machine nothing needs to be seen from outside.
  const own = isLoopback(address) ? (family === 6 ? '::1' : '127.0.0.1') : family === 6 ? '::' : '0.0.0.0';
  const key = `${own} ${upstream.path}`;
  let host = outward.get(key);
  if (host === undefined) {
    const any: EndpointUrl = { scheme: 'enet', host: own, port: 0, path: '' };
    host = openHost(shared, any, enetSettings(upstream), false);
    outward.set(key, host);
    host.catch(() => outward.delete(key));
  }
  return host;
}
