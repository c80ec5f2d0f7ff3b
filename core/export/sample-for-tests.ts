/** A small session of every carrier, and a sink that keeps what it is given. */
import { CaptureReader } from '../capture/capture-reader.ts';
import { CaptureTraffic } from '../capture/capture-traffic.ts';
import type { Carrier, Connection, Direction, Frame } from '../traffic/frame.ts';
import type { FrameDraft, FrameUpdate, TrafficSink } from '../traffic/sink.ts';
import type { ExportFrame, ExportSource } from './export-source.ts';

export const BEGAN = 1_790_000_000.25;
const encoder = new TextEncoder();

export interface SampleFrame {
  readonly conn: number;
  readonly direction: Direction;
  readonly bytes: Uint8Array | string;
  readonly more?: Partial<Frame>;
  readonly said?: Partial<Omit<ExportFrame, 'frame' | 'connection'>>;
}

export function connection(id: number, more: Partial<Connection> = {}): Connection {
  return {
    id,
    transport: 'tcp',
    client: { address: '127.0.0.1', port: 50_000 + id },
    server: { address: '127.0.0.1', port: 17_321 },
    protocol: '',
    opened: BEGAN + id / 1000,
    closed: BEGAN + 60 + id / 1000,
    ending: 'client closed',
    details: {},
    ...more,
  };
}

export function source(connections: readonly Connection[], frames: readonly SampleFrame[]): ExportSource {
  const none = new Uint8Array(0);
  const all = frames.map(({ conn, direction, bytes, more = {}, said = {} }, i): ExportFrame => {
    const carrier: Carrier = more.carrier ?? {};
    const time = BEGAN + 1 + i * 0.001_000_25;
    const frame: Frame = {
      n: i + 1,
      conn,
      direction,
      time,
      mono: Math.round((time - BEGAN) * 1e6),
      carrier,
      bytes: typeof bytes === 'string' ? encoder.encode(bytes) : bytes,
      head: none,
      tail: none,
      origin: 'wire',
      fate: 'forwarded',
      expert: [],
      ...more,
    };
    return {
      frame,
      connection: connections.find((c) => c.id === conn)!,
      protocol: '',
      messages: [],
      summary: '',
      waitedMs: 0,
      ...said,
    };
  });
  return {
    title: 'Sample',
    began: BEGAN,
    connections,
    isWhole: true,
    frames: () => all,
    lastFrame: (conn) => all.findLast((each) => each.frame.conn === conn)?.frame.n ?? 0,
  };
}

/** Every carrier, and what packets alone cannot say. */
export function sampleOfAllCarriers(): ExportSource {
  const text = { carrier: { opcode: 'text', compressed: false, fragments: 1 } as const };
  const enet = (channel: number, reliable: boolean) => ({ carrier: { channel, reliable, unsequenced: !reliable } });
  const line = { tail: Uint8Array.of(10) };
  return source(
    [
      connection(1, { proxy: 'game', protocol: 'lines', role: 'login', options: { dialect: 'old' }, journey: 3 }),
      connection(2, {
        transport: 'ws',
        client: { address: '::1', port: 50_002 },
        server: { address: '::1', port: 8080 },
        details: { path: '/play', request: 'GET /play HTTP/1.1', 'request.host': 'example.test' },
      }),
      connection(3, { transport: 'enet', server: { address: '127.0.0.1', port: 9901 }, details: { channels: 2 } }),
      connection(4, {
        transport: 'tls',
        protocol: 'lines',
        server: { address: 'game.example.test', port: 443 },
        ending: 'server reset',
      }),
      connection(5, { transport: 'wss', server: { address: '127.0.0.1', port: 443 } }),
      connection(6, { transport: 'udp', client: { address: '', port: 0 } }),
    ],
    [
      { conn: 1, direction: 'toServer', bytes: 'hello', more: line },
      { conn: 1, direction: 'toClient', bytes: 'welcome', more: line, said: { mark: 'red', comment: 'look here' } },
      { conn: 2, direction: 'toServer', bytes: '{"a":1}', more: text },
      { conn: 2, direction: 'toClient', bytes: new Uint8Array(70_000).fill(65), more: { ...text } },
      {
        conn: 2,
        direction: 'toClient',
        bytes: 'zipped',
        more: { carrier: { opcode: 'text', compressed: true, fragments: 3 } },
      },
      { conn: 3, direction: 'toClient', bytes: Uint8Array.of(0, 1, 2, 255), more: enet(1, true) },
      { conn: 3, direction: 'toServer', bytes: new Uint8Array(150_000).fill(7), more: enet(0, false) },
      { conn: 3, direction: 'toServer', bytes: new Uint8Array(0), more: enet(0, true) },
      { conn: 4, direction: 'toServer', bytes: 'sealed', more: line },
      { conn: 5, direction: 'toServer', bytes: 'safe', more: text },
      {
        conn: 5,
        direction: 'toServer',
        bytes: '',
        more: { carrier: { opcode: 'close', compressed: false, fragments: 1 } },
      },
      { conn: 6, direction: 'toServer', bytes: 'datagram' },
      {
        conn: 1,
        direction: 'toServer',
        bytes: 'buy 1',
        more: { ...line, fate: 'edited', sent: encoder.encode('buy 9'), touchedBy: ['rich'] },
        said: { waitedMs: 12 },
      },
      { conn: 1, direction: 'toClient', bytes: 'bought', more: { ...line, origin: 'injected' } },
    ],
  );
}

export interface ReadBack {
  readonly connections: Connection[];
  readonly frames: (FrameDraft & { n: number; waitedMs?: number; mark?: string; comment?: string })[];
  readonly remarks: string[];
}

/** The sink of a recorder, in memory. */
export function keepingSink(): TrafficSink & ReadBack {
  const connections: Connection[] = [];
  const frames: ReadBack['frames'] = [];
  const remarks: string[] = [];
  let last = 0;
  const change = (id: number, what: Partial<Connection>): void => {
    const at = connections.findIndex((c) => c.id === id);
    connections[at] = { ...connections[at]!, ...what, details: { ...connections[at]!.details, ...what.details } };
  };
  return {
    connections,
    frames,
    remarks,
    isFull: false,
    onDrain: () => undefined,
    nextConnectionId: () => ++last,
    opened: (each) => void connections.push(each),
    changed: change,
    closed: (id, closed, ending) => change(id, { closed, ending }),
    frame: (draft) => frames.push({ ...draft, n: frames.length + 1 }),
    update: (n, { heldMs }: FrameUpdate) => {
      if (heldMs !== undefined) frames[n - 1]!.waitedMs = heldMs;
    },
    remark: (_id, _time, info) => void remarks.push(info.text),
    markInOrder: (n, mark, comment) => {
      if (mark !== undefined) frames[n - 1]!.mark = mark;
      if (comment !== undefined) frames[n - 1]!.comment = comment;
    },
  };
}

/** A capture file → what a session of it would hold. */
export function readCapture(bytes: Uint8Array, choose: ConstructorParameters<typeof CaptureTraffic>[0]['choose']) {
  const sink = keepingSink();
  const reader = new CaptureReader();
  const traffic = new CaptureTraffic({ sink, choose, known: () => choose(NO_SAMPLE, NO_LINK)?.protocol });
  const packets = reader.push(bytes);
  reader.end();
  traffic.begin(reader.notes.session?.began ?? packets[0]?.time ?? 0);
  for (const packet of packets) traffic.push(packet);
  traffic.end();
  return { ...sink, notes: reader.notes };
}
const NO_SAMPLE = { toServer: new Uint8Array(0), toClient: new Uint8Array(0) };
const NO_LINK = { transport: 'tcp', serverPort: 0 } as const;

export function joined(chunks: Iterable<Uint8Array>): Uint8Array {
  const all = [...chunks];
  const whole = new Uint8Array(all.reduce((sum, each) => sum + each.length, 0));
  let at = 0;
  for (const each of all) {
    whole.set(each, at);
    at += each.length;
  }
  return whole;
}
