/** Endpoints are URLs everywhere: `tcp://host:port`, `tls://`, `ws://host:port/path`, `wss://`, `enet://`, `udp://`, `socks5://`, `http://`. */
import { EngineError } from '../traffic/engine-error.ts';

export type Scheme = 'tcp' | 'tls' | 'ws' | 'wss' | 'enet' | 'udp' | 'socks5' | 'http';

export interface EndpointUrl {
  readonly scheme: Scheme;
  /** Host name or address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query, `''` when none was given. */
  readonly path: string;
}

const SCHEMES: readonly Scheme[] = ['tcp', 'tls', 'ws', 'wss', 'enet', 'udp', 'socks5', 'http'];
const FORM = /^([a-z0-9]+):\/\/(\[[0-9a-fA-F:.%a-z]+\]|[^:/?#@[\]\s]*)(?::(\d{1,5}))?(\/[^\s#]*|\?[^\s#]*)?$/;

/**
 * @throws EngineError `bad-url` with a sentence that names what is wrong.
 */
export function parseEndpointUrl(text: string, allowed: readonly Scheme[] = SCHEMES): EndpointUrl {
  const bad = (why: string): never => {
    throw new EngineError('bad-url', `${JSON.stringify(text)} ${why}; write it like ${allowed[0]}://127.0.0.1:7000`);
  };
  const match = FORM.exec(text.trim());
  if (match === null) return bad('is not an endpoint URL');
  const scheme = match[1] as Scheme;
  if (!allowed.includes(scheme)) return bad(`cannot be used here: the scheme must be one of ${allowed.join(', ')}`);
  const host = match[2]!.replace(/^\[|\]$/g, '');
  if (host === '') return bad('names no host');
  const port = match[3] === undefined ? defaultPort(scheme) : Number(match[3]);
  if (port === undefined) return bad('names no port');
  if (port > 65535) return bad('has a port above 65535');
  return { scheme, host, port, path: match[4] ?? '' };
}

function defaultPort(scheme: Scheme): number | undefined {
  return { ws: 80, wss: 443, http: 8080, socks5: 1080 }[scheme as 'ws'];
}

export function printEndpointUrl(url: EndpointUrl): string {
  return `${url.scheme}://${printHostPort(url.host, url.port)}${url.path}`;
}

export function printHostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** `host:port` or `[v6]:port`, or undefined. */
export function parseHostPort(text: string): { host: string; port: number } | undefined {
  const match = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(text);
  if (match === null || Number(match[2]) > 65535) return undefined;
  return { host: match[1]!.replace(/^\[|\]$/g, ''), port: Number(match[2]) };
}

/** Loopback by name or address: the only hosts listened on without being asked to. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host) || host.startsWith('::ffff:127.');
}
