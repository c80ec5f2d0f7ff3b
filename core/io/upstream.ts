/** Connecting to where traffic goes on to. Host names are looked up anew for every connection. */
import { connect as connectTcp, type Socket } from 'node:net';
import { EngineError } from '../traffic/engine-error.ts';
import { printHostPort } from '../relay/endpoint-url.ts';

/** Longest wait for an upstream to answer. */
const CONNECT_LIMIT_MS = 10_000;

/** @throws EngineError `connect-failed` saying why and what to do. */
export function connectUpstream(host: string, port: number, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, allowHalfOpen: true, noDelay: true });
    const limit = setTimeout(() => fail(new Error('no answer within 10 seconds')), CONNECT_LIMIT_MS);
    const done = (): void => {
      clearTimeout(limit);
      socket.removeListener('error', fail);
      socket.removeListener('connect', connected);
      signal?.removeEventListener('abort', aborted);
    };
    const fail = (error: NodeJS.ErrnoException): void => {
      done();
      socket.on('error', () => undefined);
      socket.destroy();
      reject(new EngineError('connect-failed', explain(host, port, error), { cause: error }));
    };
    const connected = (): void => {
      done();
      // It may be reset before anyone has taken it over, while the client still shakes hands.
      socket.on('error', () => undefined);
      socket.pause();
      resolve(socket);
    };
    const aborted = (): void => fail(new Error('the client left'));
    socket.on('error', fail);
    socket.on('connect', connected);
    signal?.addEventListener('abort', aborted);
    if (signal?.aborted) aborted();
  });
}

function explain(host: string, port: number, error: NodeJS.ErrnoException): string {
  const where = printHostPort(host, port);
  switch (codeOf(error)) {
    case 'ECONNREFUSED':
      return `Nothing listens on ${where}: connection refused. Start the server, or change the upstream; the proxy goes on.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The name ${host} could not be looked up (${codeOf(error)}).`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `There is no way to ${where} (${codeOf(error)}).`;
    default:
      return `Could not connect to ${where}: ${error.message || codeOf(error)}.`;
  }
}

/** A name with several addresses fails with all their errors together. */
function codeOf(error: NodeJS.ErrnoException): string {
  if (error.code !== undefined) return error.code;
  const inner = (error as { errors?: NodeJS.ErrnoException[] }).errors;
  return inner?.[0]?.code ?? '';
}

/** Short words for a connection's ending. */
export function endingOf(error: unknown): string {
  const cause = error instanceof EngineError ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
  const code = cause === undefined ? '' : codeOf(cause);
  if (code === 'ECONNREFUSED') return 'connect refused';
  if (error instanceof EngineError && error.code === 'tls-failed') return 'TLS failed';
  return 'connect failed';
}
