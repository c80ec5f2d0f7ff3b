/** Listening: one socket, its URL, and the errors a user can do something about. */
import { createServer, type Server, type Socket } from 'node:net';
import { type EndpointUrl, isLoopback, printEndpointUrl, printHostPort } from '../relay/endpoint-url.ts';
import { EngineError } from '../traffic/engine-error.ts';

export interface Listening {
  /** The URL really listened on, with its port. */
  readonly url: string;
  close(): Promise<void>;
}

/** @throws EngineError `not-allowed` for hosts beyond loopback. */
export function checkHost(url: EndpointUrl, allowRemote: boolean | undefined): void {
  if (allowRemote || isLoopback(url.host)) return;
  throw new EngineError(
    'not-allowed',
    `${url.host} can be reached by other machines. Listen on 127.0.0.1 or ::1, or allow it (--allow-remote, allowRemote) if that is wanted.`,
  );
}

/** @throws EngineError `port-taken`, `not-allowed` or `bad-url`. */
export async function listenTcp(url: EndpointUrl, accept: (socket: Socket) => void): Promise<Listening> {
  const server: Server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, accept);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListen(url, error)));
    server.listen({ host: url.host, port: url.port, backlog: 511 }, resolve);
  });
  server.removeAllListeners('error');
  server.on('error', () => undefined);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : url.port;
  return {
    url: printEndpointUrl({ ...url, port }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export function explainListen(url: EndpointUrl, error: NodeJS.ErrnoException): EngineError {
  const where = printHostPort(url.host, url.port);
  const options = { cause: error };
  switch (error.code) {
    case 'EADDRINUSE':
      return new EngineError(
        'port-taken',
        `${where} is taken by another program; stop it or choose another port (0 picks a free one).`,
        options,
      );
    case 'EACCES':
      return new EngineError(
        'not-allowed',
        `Listening on ${where} is not allowed to this user; use a port above 1023.`,
        options,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new EngineError('bad-url', `${url.host} is not an address of this machine.`, options);
    default:
      return new EngineError('internal', `Could not listen on ${where}: ${error.message}`, options);
  }
}
