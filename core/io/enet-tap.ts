/**
 * `tap`: ENet datagrams are forwarded untouched, and the connections in them are followed from the side. Nothing can be held
 * or edited; acknowledgements and sequence numbers stay the peers' own.
 */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type PassiveConnection, type PassiveEvent, PassiveObserver } from '../enet-node/wire.ts';
import { createMessageCodec } from '../relay/codec.ts';
import { type EndpointUrl, parseEndpointUrl, printEndpointUrl, printHostPort } from '../relay/endpoint-url.ts';
import type { RelayPort } from '../relay/outlet.ts';
import type { Relay } from '../relay/relay.ts';
import { wallAt } from '../traffic/clock.ts';
import type { Endpoint } from '../traffic/frame.ts';
import { unitOf } from './enet-session.ts';
import type { Listening } from './listener.ts';
import type { ProxyContext } from './proxy-context.ts';
import { bindUdp, IDLE_MS } from './udp-carrier.ts';
import { viewOf } from './udp-session.ts';

const BUFFER = 4 * 1024 * 1024;
const SWEEP_MS = 5000;

interface Tapped {
  readonly upstream: Socket;
  readonly observer: PassiveObserver;
  readonly relays: Map<PassiveConnection, Relay>;
  /** Ours, of connections that were seen: what comes after the end is still theirs. */
  readonly ids: WeakMap<PassiveConnection, number>;
  lastSeen: number;
}

export async function listenEnetTap(context: ProxyContext, url: EndpointUrl): Promise<Listening> {
  const socket = await bindUdp({ ...url, scheme: 'udp' });
  const clients = new Map<string, Promise<Tapped>>();
  const { clock } = context.deps;
  socket.on('message', (message, from) => {
    const client: Endpoint = { address: from.address, port: from.port };
    const key = `${from.address} ${from.port}`;
    let tapped = clients.get(key);
    if (tapped === undefined) {
      tapped = open(context, socket, client);
      clients.set(key, tapped);
      tapped.catch(() => clients.delete(key));
    }
    void tapped
      .then((t) => {
        t.upstream.send(message);
        observe(context, t, client, 'toServer', viewOf(message));
      })
      .catch(() => undefined);
  });
  const sweep = setInterval(() => {
    for (const [key, tapped] of clients) {
      void tapped
        .then((t) => {
          if (clock.now() - t.lastSeen <= IDLE_MS) return;
          clients.delete(key);
          finish(context, t, 'idle');
        })
        .catch(() => undefined);
    }
  }, SWEEP_MS);
  sweep.unref();
  return {
    url: printEndpointUrl({ ...url, port: socket.address().port }),
    close: async () => {
      clearInterval(sweep);
      for (const tapped of clients.values())
        await tapped.then((t) => finish(context, t, 'closed by the user')).catch(() => undefined);
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

async function open(context: ProxyContext, listener: Socket, client: Endpoint): Promise<Tapped> {
  const target = parseEndpointUrl(context.spec.upstream ?? '', ['enet']);
  const address = isIP(target.host) === 0 ? (await lookup(target.host)).address : target.host;
  const upstream = createSocket({ type: isIP(address) === 6 ? 'udp6' : 'udp4', recvBufferSize: BUFFER });
  const tapped: Tapped = {
    upstream,
    observer: new PassiveObserver({
      keepHeads: true,
      guessServer: (one, other) => (one.address === client.address && one.port === client.port ? other : one),
    }),
    relays: new Map(),
    ids: new WeakMap(),
    lastSeen: context.deps.clock.now(),
  };
  upstream.on('error', () => undefined);
  upstream.on('message', (message) => {
    listener.send(message, client.port, client.address);
    observe(context, tapped, client, 'toClient', viewOf(message));
  });
  await new Promise<void>((resolve) => {
    upstream.connect(target.port, address, () => resolve());
  });
  return tapped;
}

function observe(
  context: ProxyContext,
  tapped: Tapped,
  client: Endpoint,
  direction: 'toServer' | 'toClient',
  bytes: Uint8Array,
): void {
  const time = context.deps.clock.now();
  tapped.lastSeen = time;
  const target = parseEndpointUrl(context.spec.upstream ?? '', ['enet']);
  const server: Endpoint = { address: target.host, port: target.port };
  const [source, destination] = direction === 'toServer' ? [client, server] : [server, client];
  for (const event of tapped.observer.observe({ time, source, destination, bytes }))
    handle(context, tapped, event, client, server);
  context.checkSink();
}

function handle(context: ProxyContext, tapped: Tapped, event: PassiveEvent, client: Endpoint, server: Endpoint): void {
  const { connection } = event;
  if (connection === undefined) return;
  const known = tapped.ids.get(connection);
  if (event.kind === 'commands' && known !== undefined) {
    tellCommands(context, known, event);
    return;
  }
  const live = tapped.relays.get(connection);
  if (live === undefined && known !== undefined) return;
  const relay = live ?? watch(context, tapped, connection, client, server);
  if (event.kind === 'accept') {
    relay.learn({ details: { tap: true, channels: event.channelCount, connectData: connection.connectData ?? 0 } });
  } else if (event.kind === 'packet') {
    relay.observed(event.fromClient ? 'toServer' : 'toClient', unitOf(event));
  } else if (event.kind === 'gap') {
    const text = `Messages ${event.first} to ${event.last} of channel ${event.channel} were not seen (${event.reason}).`;
    context.remark(relay.connection.id, { severity: 'warning', group: 'transport', code: 'gap', text });
  } else if (event.kind === 'close') {
    const who = event.byClient === undefined ? '' : event.byClient ? 'client ' : 'server ';
    const data = event.data === undefined || event.data === 0 ? '' : ` (${event.data})`;
    end(context, tapped, connection, event.reason === 'disconnect' ? `${who}disconnected${data}` : event.reason);
  }
}

function tellCommands(context: ProxyContext, conn: number, event: Extract<PassiveEvent, { kind: 'commands' }>): void {
  if (context.spec.carrierCommands !== true) return;
  const { sink, clock } = context.deps;
  const at = clock.now();
  const direction = event.fromClient ? 'toServer' : 'toClient';
  sink.commands?.({ conn, direction, time: wallAt(clock, at), mono: at * 1000, headers: event.heads });
}

function watch(
  context: ProxyContext,
  tapped: Tapped,
  connection: PassiveConnection,
  client: Endpoint,
  server: Endpoint,
): Relay {
  const opened = context.open('enet', client, server, context.treatment.role);
  const nothing: RelayPort = {
    send: () => undefined,
    end: () => undefined,
    reset: () => undefined,
    wakeAt: () => undefined,
  };
  const codecs = { toServer: tapCodec(server), toClient: tapCodec(client) };
  const how = { ...context.treatment, transport: 'enet' as const };
  const relay = context.relay(opened, context.nextOrdinal(), how, nothing, codecs, true);
  tapped.relays.set(connection, relay);
  tapped.ids.set(connection, opened.id);
  context.register(opened.id, {
    relay,
    close: () => end(context, tapped, connection, 'no longer watched'),
    setPaused: () => undefined,
  });
  return relay;
}

function tapCodec(other: Endpoint): ReturnType<typeof createMessageCodec> {
  const why = `This proxy only taps ${printHostPort(other.address, other.port)}: turn tap off to inject or edit.`;
  return { ...createMessageCodec(), refuse: () => why };
}

function end(context: ProxyContext, tapped: Tapped, connection: PassiveConnection, ending: string): void {
  const relay = tapped.relays.get(connection);
  if (relay === undefined) return;
  tapped.relays.delete(connection);
  relay.closed();
  context.closed(relay.connection.id, ending);
}

function finish(context: ProxyContext, tapped: Tapped, ending: string): void {
  for (const connection of tapped.relays.keys()) end(context, tapped, connection, ending);
  tapped.upstream.close();
}
