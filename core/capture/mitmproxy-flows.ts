/**
 * mitmproxy's flow files (`mitmdump -w`): WebSocket messages, TCP and UDP flows. Plain HTTP requests have no frames and are
 * counted. Written by every version since 4; what is missing in old ones is left empty.
 */
import type { Link } from '../protocol/protocol.ts';
import type { Connection, Direction, Endpoint, Transport, WebSocketCarrier } from '../traffic/frame.ts';
import type { TrafficSink } from '../traffic/sink.ts';
import { applyInOrder, type Happening } from './happenings.ts';
import { type Choose, StreamPair } from './stream-pair.ts';
import { isNetRecord, type NetRecord, type NetValue, readNetValue, textOf } from './tnetstring.ts';

export interface FlowsResult {
  readonly problems: string[];
  /** Wall clock of the first connection, seconds. */
  readonly began: number;
}

const NONE = new Uint8Array(0);
const OPCODES: Readonly<Record<number, WebSocketCarrier['opcode']>> = {
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};

/** True when the first bytes are those of a flow file: a dictionary with a `version` or `type` near its beginning. */
export function isMitmproxyFlows(start: Uint8Array): boolean {
  const text = String.fromCharCode(...start.subarray(0, 8192));
  return (
    /^\d{2,12}:\d+:[a-z_]+[,;]/.test(text) && /\d:(?:version|client_conn|type|intercepted|websocket)[,;]/.test(text)
  );
}

export function readMitmproxyFlows(bytes: Uint8Array, sink: TrafficSink, choose: Choose): FlowsResult {
  const problems: string[] = [];
  const happenings: Happening[][] = [];
  let requests = 0;
  let flows = 0;
  const flowsRead: NetRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    try {
      const { value, end } = readNetValue(bytes, at);
      at = end;
      if (isNetRecord(value)) flowsRead.push(value);
    } catch (error) {
      problems.push(`the flow file stops being readable after ${flowsRead.length} flows: ${(error as Error).message}`);
      break;
    }
  }
  const began = Math.min(
    ...flowsRead
      .filter(hasFrames)
      .map(openedAt)
      .filter((time) => time > 0),
    Number.POSITIVE_INFINITY,
  );
  const start = Number.isFinite(began) ? began : 0;
  for (const flow of flowsRead) {
    const type = textOf(flow.type);
    const socket = isNetRecord(flow.websocket) ? flow.websocket : type === 'websocket' ? flow : undefined;
    if (socket !== undefined) happenings.push(webSocketFlow(flow, socket, sink, start));
    else if (type === 'tcp') happenings.push(streamFlow(flow, sink, choose, start));
    else if (type === 'udp') happenings.push(datagramFlow(flow, sink, start));
    else {
      requests++;
      continue;
    }
    flows++;
  }
  // Flows stand one after the other in the file; in a session frames stand as they happened.
  applyInOrder(happenings);
  if (flows === 0)
    problems.push(
      `the flow file holds no WebSocket, TCP or UDP messages${requests > 0 ? `, only ${requests} HTTP flows` : ''}: record with "mitmdump --mode reverse:tcp://…" or "--set rawtcp", or proxy the WebSocket`,
    );
  else if (requests > 0) problems.push(`${requests} HTTP flows without WebSocket messages were left out`);
  return { problems, began: start };
}

function hasFrames(flow: NetRecord): boolean {
  return isNetRecord(flow.websocket) || /^(websocket|tcp|udp)$/.test(textOf(flow.type));
}

function webSocketFlow(flow: NetRecord, socket: NetRecord, sink: TrafficSink, began: number): Happening[] {
  const isSecure = hasTls(flow.client_conn) || hasTls(flow.server_conn);
  const request = isNetRecord(flow.request) ? flow.request : {};
  const path = textOf(request.path) || '/';
  const connection = connectionOf(flow, isSecure ? 'wss' : 'ws', sink, {
    path,
    request: `GET ${path} HTTP/1.1`,
    ...headerDetails(request.headers, 'request.'),
    ...(isNetRecord(flow.response) ? headerDetails(flow.response.headers, 'response.') : {}),
  });
  const happenings: Happening[] = [{ time: connection.opened, apply: () => sink.opened(connection) }];
  for (const message of listOf(socket.messages)) {
    const [type, fromClient, content, timestamp, dropped, injected] = listOf(message);
    const time = numberOf(timestamp) || connection.opened;
    const opcode = OPCODES[numberOf(type)] ?? 'binary';
    happenings.push({
      time,
      apply: () =>
        sink.frame({
          conn: connection.id,
          direction: fromClient === true ? 'toServer' : 'toClient',
          time,
          mono: micros(time, began),
          carrier: { opcode, compressed: false, fragments: 1 },
          bytes: bytesOf(content),
          head: NONE,
          tail: NONE,
          origin: injected === true ? 'injected' : 'wire',
          fate: dropped === true ? 'dropped' : 'forwarded',
          expert: [],
        }),
    });
  }
  const last = happenings.at(-1)!.time;
  const closed = Math.max(last, numberOf(socket.timestamp_end));
  const byClient = socket.closed_by_client ?? textOf(socket.close_sender) === 'client';
  const code = numberOf(socket.close_code);
  const ending = `${byClient === true ? 'client' : 'server'} closed${code > 0 ? ` (${code})` : ''}`;
  happenings.push({ time: closed, apply: () => sink.closed(connection.id, closed, ending) });
  return happenings;
}

function streamFlow(flow: NetRecord, sink: TrafficSink, choose: Choose, began: number): Happening[] {
  const isSecure = hasTls(flow.client_conn) || hasTls(flow.server_conn);
  const connection = connectionOf(flow, isSecure ? 'tls' : 'tcp', sink, {});
  let pair: StreamPair | undefined;
  const happenings: Happening[] = [
    {
      time: connection.opened,
      apply: () => {
        sink.opened(connection);
        const link = linkOf(connection);
        // What TLS hid is plain here: looking for TLS in it would only mislead.
        pair = new StreamPair(connection.id, link, sink, choose, began, isSecure ? { told: { protocol: '' } } : {});
      },
    },
  ];
  for (const { direction, bytes, time } of plainMessages(flow, connection.opened))
    happenings.push({ time, apply: () => pair!.push(direction, bytes, time) });
  const closed = endOf(flow, happenings.at(-1)!.time);
  happenings.push({
    time: closed,
    apply: () => {
      pair!.end('toServer', closed);
      pair!.end('toClient', closed);
      sink.closed(connection.id, closed, errorOf(flow));
    },
  });
  return happenings;
}

function datagramFlow(flow: NetRecord, sink: TrafficSink, began: number): Happening[] {
  const connection = connectionOf(flow, 'udp', sink, {});
  const happenings: Happening[] = [{ time: connection.opened, apply: () => sink.opened(connection) }];
  for (const { direction, bytes, time } of plainMessages(flow, connection.opened))
    happenings.push({
      time,
      apply: () =>
        sink.frame({
          conn: connection.id,
          direction,
          time,
          mono: micros(time, began),
          carrier: {},
          bytes,
          head: NONE,
          tail: NONE,
          origin: 'wire',
          fate: 'forwarded',
          expert: [],
        }),
    });
  const closed = endOf(flow, happenings.at(-1)!.time);
  happenings.push({ time: closed, apply: () => sink.closed(connection.id, closed, errorOf(flow)) });
  return happenings;
}

function* plainMessages(
  flow: NetRecord,
  opened: number,
): Generator<{ direction: Direction; bytes: Uint8Array; time: number }> {
  for (const message of listOf(flow.messages)) {
    const [fromClient, content, timestamp] = listOf(message);
    yield {
      direction: fromClient === true ? 'toServer' : 'toClient',
      bytes: bytesOf(content),
      time: numberOf(timestamp) || opened,
    };
  }
}

function connectionOf(
  flow: NetRecord,
  transport: Transport,
  sink: TrafficSink,
  details: Connection['details'],
): Connection {
  const client = isNetRecord(flow.client_conn) ? flow.client_conn : {};
  const server = isNetRecord(flow.server_conn) ? flow.server_conn : {};
  return {
    id: sink.nextConnectionId(),
    transport,
    client: endpointOf(client.peername ?? client.address),
    // The name that was asked for says more than the address it led to.
    server: endpointOf(server.address ?? server.peername),
    protocol: '',
    opened: openedAt(flow),
    details,
  };
}

function openedAt(flow: NetRecord): number {
  const client = isNetRecord(flow.client_conn) ? numberOf(flow.client_conn.timestamp_start) : 0;
  const created = numberOf(flow.timestamp_created);
  const [first] = listOf(flow.messages);
  return client || created || numberOf(listOf(first)[2]);
}

function endOf(flow: NetRecord, last: number): number {
  const client = isNetRecord(flow.client_conn) ? numberOf(flow.client_conn.timestamp_end) : 0;
  return Math.max(last, client);
}

function errorOf(flow: NetRecord): string {
  const text = isNetRecord(flow.error) ? textOf(flow.error.msg) : '';
  return text === '' ? 'flow ended' : text;
}

function hasTls(connection: NetValue | undefined): boolean {
  if (!isNetRecord(connection)) return false;
  return numberOf(connection.timestamp_tls_setup) > 0 || connection.tls_established === true;
}

function headerDetails(headers: NetValue | undefined, prefix: string): Record<string, string> {
  const details: Record<string, string> = {};
  for (const header of listOf(headers)) {
    const [name, value] = listOf(header);
    const lower = textOf(name).toLowerCase();
    if (lower !== '' && !/^(connection|upgrade|sec-websocket-(key|version|accept))$/.test(lower))
      details[`${prefix}${lower}`] = textOf(value);
  }
  return details;
}

function linkOf({ transport, server, client }: Connection): Link {
  return { transport, serverPort: server.port, clientPort: client.port };
}
function endpointOf(value: NetValue | undefined): Endpoint {
  const [address, port] = listOf(value);
  return { address: textOf(address), port: Math.min(65_535, Math.max(0, numberOf(port))) };
}
function listOf(value: NetValue | undefined): readonly NetValue[] {
  return Array.isArray(value) ? (value as readonly NetValue[]) : [];
}
function numberOf(value: NetValue | undefined): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
function bytesOf(value: NetValue | undefined): Uint8Array {
  if ((value as unknown) instanceof Uint8Array) return value as Uint8Array;
  return typeof value === 'string' ? new TextEncoder().encode(value) : NONE;
}
function micros(time: number, began: number): number {
  return Math.max(0, Math.round((time - began) * 1e6));
}
