import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defineProtocol } from '../protocol/define-protocol.ts';
import { literal, object } from '../schema/builders.ts';
import { utf8Bytes, utf8Lossy } from '../schema/characters.ts';
import { keepingSink } from '../export/sample-for-tests.ts';
import { isMitmproxyFlows, readMitmproxyFlows } from './mitmproxy-flows.ts';
import { readNetValue } from './tnetstring.ts';

/** Writes typed netstrings the way mitmproxy does: bytes as `,`, text as `;`. */
function dump(value: unknown): Uint8Array {
  const sized = (content: Uint8Array, type: string): Uint8Array =>
    Uint8Array.from([...utf8Bytes(`${content.length}:`), ...content, type.charCodeAt(0)]);
  const joined = (values: readonly unknown[]): Uint8Array => Uint8Array.from(values.flatMap((each) => [...dump(each)]));
  if (value === null) return sized(new Uint8Array(0), '~');
  if (typeof value === 'boolean') return sized(utf8Bytes(String(value)), '!');
  if (typeof value === 'number') return sized(utf8Bytes(String(value)), Number.isInteger(value) ? '#' : '^');
  if (typeof value === 'string') return sized(utf8Bytes(value), ';');
  if (value instanceof Uint8Array) return sized(value, ',');
  if (Array.isArray(value)) return sized(joined(value), ']');
  return sized(joined(Object.entries(value as object).flat()), '}');
}

const lines = defineProtocol({
  id: 'lines',
  title: 'Lines',
  transports: ['tcp'],
  framing: { kind: 'lines' },
  messages: [{ name: 'line', direction: 'both', node: object({ type: literal('line') }) }],
  json: { discriminator: { key: 'type', keep: true } },
});
const choose = () => ({ protocol: lines, confidence: 1 });
const client = (start: number) => ({
  peername: ['127.0.0.1', 50_000],
  timestamp_start: start,
  timestamp_tls_setup: null,
});
const server = { address: ['game.example.test', 7000], timestamp_tls_setup: null };

const tcp = {
  version: 20,
  type: 'tcp',
  client_conn: client(1000.5),
  server_conn: server,
  error: null,
  messages: [
    [true, utf8Bytes('one\ntw'), 1001],
    [false, utf8Bytes('answer\n'), 1003],
    [true, utf8Bytes('o\n'), 1004],
  ],
};
const socket = {
  version: 20,
  type: 'http',
  client_conn: { ...client(1000.25), timestamp_tls_setup: 1000.3 },
  server_conn: server,
  request: { path: utf8Bytes('/play'), headers: [[utf8Bytes('Host'), utf8Bytes('game.example.test')]] },
  response: { headers: [] },
  websocket: {
    messages: [
      [1, true, utf8Bytes('{"a":1}'), 1002, false, false],
      [2, false, Uint8Array.of(1, 2, 255), 1002.5, true, true],
    ],
    closed_by_client: true,
    close_code: 1000,
    timestamp_end: 1005,
  },
};
const plain = {
  version: 20,
  type: 'http',
  client_conn: client(999),
  server_conn: server,
  request: {},
  websocket: null,
};
const udp = {
  version: 20,
  type: 'udp',
  client_conn: client(1006),
  server_conn: server,
  messages: [[true, utf8Bytes('d'), 1006.5]],
};
const file = Uint8Array.from([tcp, socket, plain, udp].flatMap((flow) => [...dump(flow)]));

test('TCP, WebSocket and UDP flows become connections and frames in the order things happened', () => {
  expect(isMitmproxyFlows(file)).toBe(true);
  const sink = keepingSink();
  const { problems, began } = readMitmproxyFlows(file, sink, choose);
  expect(began).toBe(1000.25);
  expect(problems).toEqual(['1 HTTP flows without WebSocket messages were left out']);
  expect(sink.frames.map((f) => [f.time, f.direction, utf8Lossy(f.bytes.subarray(0, 6)), f.origin, f.fate])).toEqual([
    [1001, 'toServer', 'one', 'wire', 'forwarded'],
    [1002, 'toServer', '{"a":1', 'wire', 'forwarded'],
    [1002.5, 'toClient', '\u0001\u0002\ufffd', 'injected', 'dropped'],
    [1003, 'toClient', 'answer', 'wire', 'forwarded'],
    [1004, 'toServer', 'two', 'wire', 'forwarded'],
    [1006.5, 'toServer', 'd', 'wire', 'forwarded'],
  ]);
  expect(sink.connections.map((c) => [c.transport, c.server.address, c.closed])).toEqual([
    ['wss', 'game.example.test', 1005],
    ['tcp', 'game.example.test', 1004],
    ['udp', 'game.example.test', 1006.5],
  ]);
  expect(sink.connections[0]!.details).toMatchObject({ path: '/play', 'request.host': 'game.example.test' });
});

test('flows of old versions, where a WebSocket was a flow of its own, are read', () => {
  const old = {
    version: 7,
    type: 'websocket',
    client_conn: client(5),
    server_conn: server,
    messages: [[1, false, utf8Bytes('hi'), 6]],
    close_sender: 'server',
  };
  const sink = keepingSink();
  expect(readMitmproxyFlows(dump(old), sink, choose).problems).toEqual([]);
  expect(sink.frames[0]).toMatchObject({ direction: 'toClient', time: 6 });
});

test('a cut file gives its whole flows and says where it stops', () => {
  const sink = keepingSink();
  const { problems } = readMitmproxyFlows(file.subarray(0, dump(tcp).length + 40), sink, choose);
  expect(sink.frames).toHaveLength(3);
  expect(problems[0]).toContain('after 1 flows');
});

test('whatever bytes there are, reading ends with a sentence and never otherwise', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { maxLength: 10 }), (flips) => {
      const broken = file.slice();
      for (const [at, value] of flips) broken[at] = value;
      readMitmproxyFlows(broken, keepingSink(), choose);
    }),
    { numRuns: 2000 },
  );
  expect(() => readNetValue(utf8Bytes('9999999999:'), 0)).toThrow(/cut/);
  let nested = dump([]);
  for (let i = 0; i < 100; i++) nested = Uint8Array.from([...utf8Bytes(`${nested.length}:`), ...nested, 0x5d]);
  expect(() => readNetValue(nested, 0)).toThrow(/nested/);
});
