/**
 * A session as a pcapng file that any capture tool opens: made-up packets around the real payloads. TLS is written as the plain
 * stream inside it, WebSocket messages as unmasked and uncompressed wire frames, ENet packets as one datagram each, so that tools
 * without our dissectors show the payload. What packets cannot say (edits, origins, marks, which connection) stands in hints beside
 * them; reading the file back gives the session again.
 */
import { MAX_DATAGRAM, MAX_SEGMENT, type PacketEnd, tcpPacket, udpPacket } from '../capture/packet-builder.ts';
import { type ConnectionHint, type FrameHint, OWN_COMMENT, type PacketHint } from '../capture/packet-hint.ts';
import { PcapngWriter } from '../capture/pcapng-writer.ts';
import { OPCODE, writeWireFrame } from '../protocol/websocket/wire-frames.ts';
import { toHex, utf8Bytes } from '../schema/characters.ts';
import { type Connection, type Direction, isGap } from '../traffic/frame.ts';
import type { ExportFrame, ExportSource } from './export-source.ts';
import { PacketEnds } from './packet-ends.ts';

export interface PcapngOptions {
  /** Name and version of what wrote the file. */
  readonly application: string;
  /** Comment of the file. */
  readonly comment?: string;
  /** Say in packet comments what a frame means. Default true. */
  readonly describe?: boolean;
  readonly secrets?: readonly { readonly type: number; readonly bytes: Uint8Array }[];
}

/** A receiver acknowledges at least this often. */
const ACKNOWLEDGE_BYTES = 16_384;
/** Zeros: a masked frame then shows its payload in any byte view. */
const MASK = new Uint8Array(4);
const MAX_HINT = 65_000;
const MAX_DESCRIPTION = 500;
const NONE = new Uint8Array(0);

interface Stream {
  readonly connection: Connection;
  readonly ends: { readonly client: PacketEnd; readonly server: PacketEnd };
  readonly next: Record<Direction, number>;
  readonly unacknowledged: Record<Direction, number>;
  /** Missing before the next frame. */
  readonly gap: Record<Direction, number>;
  /** For datagrams: the connection is told on the first of them. */
  isTold: boolean;
}

export function* writePcapng(source: ExportSource, options: PcapngOptions): Generator<Uint8Array> {
  yield* new PcapngExport(source, options).run();
}

class PcapngExport {
  readonly #source: ExportSource;
  readonly #options: PcapngOptions;
  readonly #writer = new PcapngWriter();
  readonly #ends: PacketEnds;
  readonly #streams = new Map<number, Stream>();
  /** Connections by opening time, those not yet opened from `#nextOpening` on. */
  readonly #openings: readonly Connection[];
  #nextOpening = 0;
  /** Ended connections by ending time, as `#openings`. */
  readonly #closings: readonly Connection[];
  #nextClosing = 0;
  #blocks: Uint8Array[] = [];
  /** Time of the last packet: made-up packets never go back behind it. */
  #now = 0;

  constructor(source: ExportSource, options: PcapngOptions) {
    this.#source = source;
    this.#options = options;
    this.#ends = new PacketEnds(source.connections);
    this.#openings = source.isWhole ? source.connections.toSorted((a, b) => a.opened - b.opened || a.id - b.id) : [];
    this.#closings = source.connections
      .filter((c) => c.closed !== undefined)
      .sort((a, b) => a.closed! - b.closed! || a.id - b.id);
  }

  *run(): Generator<Uint8Array> {
    const { title, began } = this.#source;
    const { application, comment } = this.#options;
    yield this.#writer.begin({
      application,
      hint: { session: { began, title } },
      ...(comment === undefined ? {} : { comment }),
    });
    if (this.#ends.names.length > 0) yield this.#writer.names(this.#ends.names);
    for (const { type, bytes } of this.#options.secrets ?? []) yield this.#writer.secrets(type, bytes);
    for (const frame of this.#source.frames()) {
      this.#openUntil(frame.frame.time);
      this.#closeUntil(frame.frame.time, frame.frame.n);
      this.#frame(frame);
      yield* this.#take();
    }
    this.#openUntil(Number.POSITIVE_INFINITY);
    this.#closeUntil(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    yield* this.#take();
  }

  *#take(): Generator<Uint8Array> {
    const blocks = this.#blocks;
    this.#blocks = [];
    yield* blocks;
  }

  #write(time: number, bytes: Uint8Array, hint?: PacketHint, comments: readonly string[] = []): void {
    this.#now = Math.max(this.#now, time);
    this.#blocks.push(this.#writer.packet({ time, bytes, comments, ...(hint === undefined ? {} : { hint }) }));
  }

  // ---- connections -------------------------------------------------------------------------------------------------------

  #openUntil(time: number): void {
    for (; this.#nextOpening < this.#openings.length; this.#nextOpening++) {
      const connection = this.#openings[this.#nextOpening]!;
      if (connection.opened > time) return;
      this.#stream(connection);
    }
  }

  #closeUntil(time: number, n: number): void {
    for (; this.#nextClosing < this.#closings.length; this.#nextClosing++) {
      const connection = this.#closings[this.#nextClosing]!;
      if (connection.closed! > time || this.#source.lastFrame(connection.id) >= n) return;
      const stream = this.#streams.get(connection.id);
      if (stream !== undefined && !isDatagram(connection)) this.#finish(stream, connection.closed!);
    }
  }

  #stream(connection: Connection): Stream {
    const known = this.#streams.get(connection.id);
    if (known !== undefined) return known;
    const ends = this.#ends.of(connection);
    const first = Math.imul(connection.id, 0x9e3779b1) >>> 0;
    const stream: Stream = {
      connection,
      ends,
      next: { toServer: first, toClient: (first ^ 0x5bd1e995) >>> 0 },
      unacknowledged: { toServer: 0, toClient: 0 },
      gap: { toServer: 0, toClient: 0 },
      isTold: false,
    };
    this.#streams.set(connection.id, stream);
    if (!isDatagram(connection)) this.#handshake(stream);
    return stream;
  }

  #handshake(stream: Stream): void {
    const { connection, ends, next } = stream;
    const time = Math.max(connection.opened, this.#now);
    const syn = tcpPacket(ends.client, ends.server, { sequence: next.toServer, acknowledgement: 0, syn: true }, NONE);
    this.#write(time, syn, { connection: hintOf(connection) }, describeConnection(connection));
    next.toServer = (next.toServer + 1) >>> 0;
    const answer = { sequence: next.toClient, acknowledgement: next.toServer, syn: true, ack: true };
    this.#write(time, tcpPacket(ends.server, ends.client, answer, NONE));
    next.toClient = (next.toClient + 1) >>> 0;
    this.#acknowledge(stream, 'toClient', time);
    if (isWebSocket(connection)) {
      this.#bytes(stream, 'toServer', upgradeRequest(connection), time);
      this.#bytes(stream, 'toClient', upgradeResponse(connection), time);
    }
  }

  #finish(stream: Stream, closed: number): void {
    const { ends, next } = stream;
    const time = Math.max(closed, this.#now);
    const isByServer = stream.connection.ending?.startsWith('server') === true;
    const order: readonly Direction[] = isByServer ? ['toClient', 'toServer'] : ['toServer', 'toClient'];
    for (const direction of order) {
      const [from, to] = direction === 'toServer' ? [ends.client, ends.server] : [ends.server, ends.client];
      const acknowledgement = next[opposite(direction)];
      this.#write(
        time,
        tcpPacket(from, to, { sequence: next[direction], acknowledgement, ack: true, fin: true }, NONE),
      );
      next[direction] = (next[direction] + 1) >>> 0;
    }
    this.#acknowledge(stream, order[1]!, time);
  }

  /** The receiver of `direction` confirms all of it. */
  #acknowledge(stream: Stream, direction: Direction, time: number): void {
    const { ends, next } = stream;
    const [from, to] = direction === 'toServer' ? [ends.server, ends.client] : [ends.client, ends.server];
    const fields = { sequence: next[opposite(direction)], acknowledgement: next[direction], ack: true };
    stream.unacknowledged[direction] = 0;
    this.#write(time, tcpPacket(from, to, fields, NONE));
  }

  // ---- frames ------------------------------------------------------------------------------------------------------------

  #frame(exported: ExportFrame): void {
    const { frame, connection } = exported;
    const stream = this.#stream(connection);
    const hint = frameHint(exported, isDatagram(connection));
    const comments = this.#comments(exported);
    if (isDatagram(connection)) this.#datagrams(stream, exported, hint, comments);
    else {
      const { direction } = frame;
      // A hole in the recording is a hole in the sequence numbers.
      stream.next[direction] = (stream.next[direction] + (frame.gapBefore ?? 0)) >>> 0;
      stream.gap[direction] += frame.gapBefore ?? 0;
      if (isGap(frame)) return;
      const bytes = isWebSocket(connection) ? wireFrame(exported) : rawBytes(exported);
      const gap = stream.gap[direction];
      stream.gap[direction] = 0;
      const told = gap === 0 ? hint : { ...hint, gap };
      this.#bytes(stream, direction, bytes, frame.time, told === undefined ? undefined : { frame: told }, comments);
    }
  }

  #bytes(
    stream: Stream,
    direction: Direction,
    bytes: Uint8Array,
    time: number,
    hint?: PacketHint,
    comments: readonly string[] = [],
  ): void {
    const { ends, next, unacknowledged } = stream;
    const [from, to] = direction === 'toServer' ? [ends.client, ends.server] : [ends.server, ends.client];
    for (let at = 0; at < bytes.length || at === 0; at += MAX_SEGMENT) {
      const part = bytes.subarray(at, at + MAX_SEGMENT);
      const isLast = at + MAX_SEGMENT >= bytes.length;
      const acknowledgement = next[opposite(direction)];
      const fields = { sequence: next[direction], acknowledgement, ack: true, psh: isLast };
      const packet = tcpPacket(from, to, fields, part);
      if (at === 0) this.#write(time, packet, hint, comments);
      else this.#write(time, packet);
      next[direction] = (next[direction] + part.length) >>> 0;
      unacknowledged[opposite(direction)] = 0;
      unacknowledged[direction] += part.length;
      if (unacknowledged[direction] > ACKNOWLEDGE_BYTES) this.#acknowledge(stream, direction, time);
    }
  }

  #datagrams(stream: Stream, { frame }: ExportFrame, hint: FrameHint | undefined, comments: readonly string[]): void {
    const isToServer = frame.direction === 'toServer';
    const { client, server } = stream.ends;
    const [from, to] = isToServer ? [client, server] : [server, client];
    for (let at = 0; at < frame.bytes.length || at === 0; at += MAX_DATAGRAM) {
      const isLast = at + MAX_DATAGRAM >= frame.bytes.length;
      const packet = udpPacket(from, to, frame.bytes.subarray(at, at + MAX_DATAGRAM));
      const frameSays = isLast ? hint : { more: true };
      const told: PacketHint = {
        ...(stream.isTold ? {} : { connection: hintOf(stream.connection) }),
        ...(stream.isTold || isToServer ? {} : { fromServer: true }),
        ...(frameSays === undefined ? {} : { frame: frameSays }),
      };
      const said = [...(stream.isTold ? [] : describeConnection(stream.connection)), ...(isLast ? comments : [])];
      this.#write(frame.time, packet, Object.keys(told).length === 0 ? undefined : told, said);
      stream.isTold = true;
    }
  }

  #comments({ frame, protocol, messages, summary, comment, waitedMs }: ExportFrame): string[] {
    const comments: string[] = comment === undefined || comment === '' ? [] : [comment];
    const notes: string[] = [];
    const by = frame.touchedBy === undefined || frame.touchedBy.length === 0 ? '' : ` by ${frame.touchedBy.join(', ')}`;
    if (frame.origin !== 'wire') notes.push(frame.origin);
    if (frame.fate !== 'forwarded') notes.push(`${frame.fate}${by}`);
    if (waitedMs > 0) notes.push(`waited ${waitedMs} ms`);
    if (frame.sent !== undefined) notes.push('other bytes were sent on');
    if (this.#options.describe !== false && protocol !== '') {
      const names = messages.map((m) => m.name ?? 'not understood').join(', ');
      notes.push(`${protocol} ${names}${summary === '' ? '' : `: ${summary}`}`);
      for (const { severity, text } of frame.expert.slice(0, 5)) notes.push(`${severity}: ${text}`);
    }
    if (notes.length > 0) comments.push(OWN_COMMENT + notes.join('; ').slice(0, MAX_DESCRIPTION));
    return comments;
  }
}

/** Everything of the connection that is worth keeping, ends and end included. */
function hintOf(connection: Connection): ConnectionHint {
  return connection;
}

function describeConnection({ id, proxy, transport, protocol, ending }: Connection): string[] {
  const parts = [`connection ${id}`, proxy, `${transport}${protocol === '' ? '' : `, ${protocol}`}`, ending];
  return [`${OWN_COMMENT}${parts.filter((part) => part !== undefined && part !== '').join('; ')}`];
}

function frameHint({ frame, waitedMs, mark }: ExportFrame, isDatagram: boolean): FrameHint | undefined {
  const { origin, fate, sent, touchedBy, carrier } = frame;
  const isPlain = !('opcode' in carrier) || (!carrier.compressed && carrier.fragments === 1);
  const hint: FrameHint = {
    ...(origin === 'wire' ? {} : { origin }),
    ...(fate === 'forwarded' ? {} : { fate }),
    ...(touchedBy === undefined || touchedBy.length === 0 ? {} : { touchedBy }),
    ...(waitedMs > 0 ? { waitedMs } : {}),
    ...(mark === undefined ? {} : { mark }),
    ...(isPlain && !(isDatagram && 'channel' in carrier) ? {} : { carrier }),
  };
  const full: FrameHint = sent === undefined ? hint : { ...hint, sent: toHex(sent) };
  const kept = JSON.stringify(full).length > MAX_HINT ? hint : full;
  return Object.keys(kept).length === 0 ? undefined : kept;
}

function rawBytes({ frame }: ExportFrame): Uint8Array {
  const { head, bytes, tail } = frame;
  if (head.length === 0 && tail.length === 0) return bytes;
  const raw = new Uint8Array(head.length + bytes.length + tail.length);
  raw.set(head);
  raw.set(bytes, head.length);
  raw.set(tail, head.length + bytes.length);
  return raw;
}

function wireFrame({ frame }: ExportFrame): Uint8Array {
  const opcode = 'opcode' in frame.carrier ? frame.carrier.opcode : 'binary';
  const how = frame.direction === 'toServer' ? { mask: MASK } : {};
  return writeWireFrame(frame.bytes, OPCODE[opcode], how);
}

function isDatagram({ transport }: Connection): boolean {
  return transport === 'enet' || transport === 'udp';
}
function isWebSocket({ transport }: Connection): boolean {
  return transport === 'ws' || transport === 'wss';
}
function opposite(direction: Direction): Direction {
  return direction === 'toServer' ? 'toClient' : 'toServer';
}

/** Headers that say how bytes are packed, which here they are not, and those written anew. */
const WRITTEN_ANEW = /^(connection|upgrade|sec-websocket-(key|version|accept|extensions))$/i;

function upgradeRequest({ details, server }: Connection): Uint8Array {
  const path = typeof details.path === 'string' && /^\/\S*$/.test(details.path) ? details.path : '/';
  const line = typeof details.request === 'string' ? details.request : `GET ${path} HTTP/1.1`;
  const kept = headersOf(details, 'request.');
  const host = kept.some((header) => /^host:/i.test(header))
    ? []
    : [`host: ${server.address || 'server'}:${server.port}`];
  return utf8Bytes(
    `${[
      oneLine(line),
      ...host,
      'Upgrade: websocket',
      'Connection: Upgrade',
      // Key and answer of RFC 6455's own example: they must fit each other.
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
      ...kept,
    ].join('\r\n')}\r\n\r\n`,
  );
}

function upgradeResponse({ details }: Connection): Uint8Array {
  const line = typeof details.response === 'string' ? details.response : 'HTTP/1.1 101 Switching Protocols';
  return utf8Bytes(
    `${[
      oneLine(line),
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      ...headersOf(details, 'response.'),
    ].join('\r\n')}\r\n\r\n`,
  );
}

function headersOf(details: Connection['details'], prefix: string): string[] {
  return Object.entries(details)
    .filter(([name]) => name.startsWith(prefix) && !WRITTEN_ANEW.test(name.slice(prefix.length)))
    .map(([name, value]) => oneLine(`${name.slice(prefix.length)}: ${String(value)}`));
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ');
}
