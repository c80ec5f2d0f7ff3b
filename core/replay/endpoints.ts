/** Which server a recorded connection goes to now: one URL for all, or one for each recorded server. */
import { type EndpointUrl, parseEndpointUrl, printHostPort, type Scheme } from '../relay/endpoint-url.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Connection } from '../traffic/frame.ts';
import type { Plan } from './plan.ts';
import type { RecordedConnection, Recording } from './recording.ts';

const SCHEMES: readonly Scheme[] = ['tcp', 'tls', 'ws', 'wss', 'enet', 'udp'];

/** A URL for everything, or `host:port`, `port` or role of a recorded server → URL. */
export type EndpointMap = string | Readonly<Record<string, string>>;

/** `URL` or `key=URL` texts of a command line. @throws EngineError `bad-url` */
export function readEndpointMap(texts: readonly string[]): EndpointMap {
  const [only] = texts;
  if (texts.length === 1 && only !== undefined && splitMapping(only) === undefined) return only;
  const map: Record<string, string> = {};
  for (const text of texts) {
    const mapping = splitMapping(text);
    if (mapping === undefined) {
      if (map['*'] !== undefined)
        throw new EngineError(
          'bad-url',
          `Two URLs for the same servers: ${map['*']} and ${text}. Write host:port=URL.`,
        );
      map['*'] = text;
    } else map[mapping[0]] = mapping[1];
  }
  return map;
}

function splitMapping(text: string): [string, string] | undefined {
  const at = text.indexOf('=');
  return at > 0 && !text.slice(0, at).includes('://') ? [text.slice(0, at), text.slice(at + 1)] : undefined;
}

export interface Endpoints {
  /** Undefined: only a handoff says where this one goes. */
  of(recorded: RecordedConnection): EndpointUrl | undefined;
  readonly fallbackHost: string;
}

/**
 * @throws EngineError `bad-url` for a URL that cannot be used, `bad-request` when a recorded server has none, or one of another
 * kind of carrier.
 */
export function resolveEndpoints(plan: Plan, map: EndpointMap): Endpoints {
  const entries = typeof map === 'string' ? { '*': map } : map;
  const parsed = new Map(Object.entries(entries).map(([key, url]) => [key, parseEndpointUrl(url, SCHEMES)]));
  const servers = serversOf(plan);
  for (const key of parsed.keys()) {
    if (key !== '*' && !servers.some((server) => server.names.includes(key))) {
      const known = servers.map((server) => server.names[0]).join(', ');
      throw new EngineError('bad-request', `The recording has no server ${key}; it has ${known}.`);
    }
  }
  const found = new Map<number, EndpointUrl>();
  const needing = servers.filter((server) => server.conns.some((conn) => !plan.handedOver.has(conn)));
  for (const server of servers) {
    const named = server.names.map((name) => parsed.get(name)).find((url) => url !== undefined);
    // One URL without a name is for the server met first, and for others only when no message says where they are.
    const isOnly = needing.length === 1 && needing[0] === server;
    const url = named ?? (isOnly || (needing.length === 0 && server === servers[0]) ? parsed.get('*') : undefined);
    if (url === undefined) {
      if (!needing.includes(server)) continue;
      const list = needing.map((one) => `--to ${one.names[0]}=URL`).join(' ');
      throw new EngineError(
        'bad-request',
        `The recording talks to ${needing.length} servers; say where each is now: ${list}`,
      );
    }
    for (const conn of server.conns) {
      if (plan.handedOver.has(conn) && named === undefined) continue;
      found.set(conn, fittingUrl(url, plan.recording.connections.get(conn)!));
    }
  }
  const [first] = parsed.values();
  return { of: (recorded) => found.get(recorded.connection.id), fallbackHost: first?.host ?? '127.0.0.1' };
}

/**
 * The map without servers that are not played: it says where all recorded servers are, and a filter may leave some out.
 * What names none of `whole` stays, and is a mistake.
 */
export function endpointsFor(played: Recording, whole: Recording, map: EndpointMap): EndpointMap {
  if (typeof map === 'string' || played === whole) return map;
  const has = ({ connections }: Recording, key: string): boolean =>
    [...connections.values()].some(({ connection }) => namesOf(connection).includes(key));
  return Object.fromEntries(Object.entries(map).filter(([key]) => key === '*' || has(played, key) || !has(whole, key)));
}

function namesOf({ server: { address, port }, role, proxy }: Connection): string[] {
  const names = [printHostPort(address, port), String(port)];
  for (const other of [role, proxy]) if (other !== undefined && !names.includes(other)) names.push(other);
  return names;
}

interface RecordedServer {
  /** `host:port` first, then the shorter ways to name it. */
  readonly names: string[];
  readonly conns: number[];
}

/** The servers of a recording, in the order they were met. */
export function serversOf(plan: Plan): RecordedServer[] {
  const servers = new Map<string, RecordedServer>();
  for (const step of plan.steps) {
    if (step.kind !== 'open') continue;
    const { connection } = plan.recording.connections.get(step.conn)!;
    const names = namesOf(connection);
    let server = servers.get(names[0]!);
    if (server === undefined) servers.set(names[0]!, (server = { names: [], conns: [] }));
    for (const name of names) if (!server.names.includes(name)) server.names.push(name);
    server.conns.push(step.conn);
  }
  return [...servers.values()];
}

/**
 * The recorded path of a WebSocket goes with a URL that names none.
 * @throws EngineError `bad-request` for another kind of carrier
 */
export function fittingUrl(url: EndpointUrl, { connection }: RecordedConnection): EndpointUrl {
  if (!carries(url.scheme, connection.transport)) {
    const text = `The recording is of ${connection.transport}://; it cannot be replayed to ${url.scheme}://${printHostPort(url.host, url.port)}.`;
    throw new EngineError('bad-request', text);
  }
  const { path } = connection.details;
  const request = connection.details['request'];
  const recorded = typeof path === 'string' ? path : typeof request === 'string' ? (request.split(' ')[1] ?? '') : '';
  const isWeb = url.scheme === 'ws' || url.scheme === 'wss';
  return isWeb && (url.path === '' || url.path === '/') && recorded.startsWith('/') ? { ...url, path: recorded } : url;
}

/** TLS may come or go between the runs; the carrier above it may not. */
function carries(scheme: string, recorded: string): boolean {
  const plain = (name: string): string => ({ tls: 'tcp', wss: 'ws' })[name] ?? name;
  return plain(scheme) === plain(recorded);
}
