/** TLS peers of the tests, with an authority of their own. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions, createServer, type TlsOptions, type TLSSocket } from 'node:tls';
import { type CertificateAuthority, openAuthority } from './certificate-authority.ts';
import { resetSocket } from './reset-socket.ts';
import { Reader, type World } from './world-for-tests.ts';

/** A directory that goes away with the world. */
export async function scratch(world: World): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'interpose-test-'));
  world.onEnd(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export interface Trust {
  /** The proxy's. */
  readonly local: CertificateAuthority;
  /** The servers'. */
  readonly remote: CertificateAuthority;
}

export async function makeTrust(world: World): Promise<Trust> {
  const [local, remote] = await Promise.all([scratch(world), scratch(world)]);
  return { local: await openAuthority(local), remote: await openAuthority(remote) };
}

export interface TlsPeer {
  readonly port: number;
  next(): Promise<Reader & { socket: TLSSocket }>;
  /** Resets every connection below TLS. */
  resetAll(): void;
}

export async function listenTls(
  world: World,
  authority: CertificateAuthority,
  options: TlsOptions & { host?: string } = {},
): Promise<TlsPeer> {
  const { host = 'localhost', ...rest } = options;
  const arrived: Reader[] = [];
  const waiting: ((reader: Reader) => void)[] = [];
  const server = createServer({ ...(await authority.leaf(host)), allowHalfOpen: true, ...rest }, (socket) => {
    const reader = new Reader(socket);
    const resolve = waiting.shift();
    if (resolve) resolve(reader);
    else arrived.push(reader);
  });
  server.on('tlsClientError', () => undefined);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  world.onEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    resetAll: () => {
      for (const socket of sockets) resetSocket(socket);
    },
    next: () => {
      const here = arrived.shift();
      return (here ? Promise.resolve(here) : new Promise<Reader>((resolve) => waiting.push(resolve))) as Promise<
        Reader & { socket: TLSSocket }
      >;
    },
  };
}

export async function dialTls(
  world: World,
  port: number,
  options: ConnectionOptions = {},
): Promise<Reader & { socket: TLSSocket }> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ...options });
  const reader = new Reader(socket) as Reader & { socket: TLSSocket };
  world.onEnd(() => socket.destroy());
  await Promise.race([once(socket, 'secureConnect'), reader.until(() => reader.closed)]).catch(() => undefined);
  return reader;
}
