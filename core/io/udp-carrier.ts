/** udp:// listeners: each client address gets an upstream socket of its own, until it has been silent for a while. */
import { createSocket, type Socket } from 'node:dgram';
import { type EndpointUrl, isLoopback, parseEndpointUrl, printEndpointUrl } from '../relay/endpoint-url.ts';
import { checkHost, explainListen, type Listening } from './listener.ts';
import type { ProxyContext } from './proxy-context.ts';
import { UdpSession, viewOf } from './udp-session.ts';

const BUFFER = 4 * 1024 * 1024;
/** A client that says nothing for so long, and hears nothing, is forgotten. */
export const IDLE_MS = 60_000;
const SWEEP_MS = 5000;

/** Binds a datagram socket. @throws EngineError `port-taken`, `not-allowed` or `bad-url`. */
export async function bindUdp(url: EndpointUrl): Promise<Socket> {
  const isV6 = url.host.includes(':');
  const socket = createSocket({ type: isV6 ? 'udp6' : 'udp4', recvBufferSize: BUFFER });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => reject(explainListen(url, error)));
    socket.bind({ address: url.host, port: url.port, exclusive: true }, resolve);
  });
  socket.removeAllListeners('error');
  socket.on('error', () => undefined);
  return socket;
}

export async function listenUdp(context: ProxyContext, url: EndpointUrl): Promise<Listening> {
  checkHost(url, context.spec.allowRemote);
  const socket = await bindUdp(url);
  const sessions = new Map<string, UdpSession>();
  const { clock } = context.deps;
  socket.on('message', (message, from) => {
    const key = `${from.address} ${from.port}`;
    let session = sessions.get(key);
    if (session === undefined) {
      const upstream = parseEndpointUrl(context.spec.upstream ?? '', ['udp']);
      session = new UdpSession({
        context,
        how: { ...context.treatment, transport: 'udp' },
        client: { address: from.address, port: from.port },
        target: { address: upstream.host, port: upstream.port },
        reply: (bytes) => socket.send(bytes, from.port, from.address),
        ended: () => sessions.delete(key),
      });
      sessions.set(key, session);
    }
    session.received(viewOf(message));
  });
  const sweep = setInterval(() => expire(sessions.values(), clock.now()), SWEEP_MS);
  sweep.unref();
  const { port } = socket.address();
  return {
    url: printEndpointUrl({ ...url, host: isLoopback(url.host) ? url.host : socket.address().address, port }),
    close: () => {
      clearInterval(sweep);
      return new Promise((resolve) => socket.close(() => resolve()));
    },
  };
}

export function expire(sessions: Iterable<UdpSession>, now: number): void {
  for (const session of sessions) if (now - session.lastSeen > IDLE_MS) session.expire();
}
