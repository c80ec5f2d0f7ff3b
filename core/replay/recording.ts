/** A recorded run as replay needs it: frames with their meaning, in order, and how each connection was carried. */
import { wrapPayload } from '../protocol/framer.ts';
import type { Framing } from '../protocol/framing.ts';
import type { Dissected, DissectedMessage, OptionValues, Protocol } from '../protocol/protocol.ts';
import { type Carrier, type Connection, type Direction, type Frame, isGap } from '../traffic/frame.ts';
import { type ItemKey, itemKey } from './item-key.ts';
import { tieReplies } from './replies.ts';

export interface RecordedFrame {
  readonly n: number;
  readonly conn: number;
  readonly direction: Direction;
  /** Milliseconds since the recording began. */
  readonly at: number;
  readonly carrier: Carrier;
  /** What the receiver got of a client's frame (edits included), what the server sent of a server's. */
  readonly bytes: Uint8Array;
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  /** One entry at least; a frame that was not understood has one without a name. */
  readonly messages: readonly DissectedMessage[];
  readonly dissected: Dissected | undefined;
  /** State of the protocol before the frame: what encoding an edit of it needs. */
  readonly state: unknown;
  readonly summary: string;
}

export interface RecordedConnection {
  readonly connection: Connection;
  readonly protocol: Protocol | undefined;
  readonly options: OptionValues;
  /** The framing the frames were really written in: `detect` is decided. */
  readonly framing: Framing;
  /** Who ended it, and when, ms since the recording began; absent: it was still open. */
  readonly end?: { readonly by: 'client' | 'server'; readonly at: number; readonly reset: boolean };
}

export { type ItemKey, itemKey } from './item-key.ts';

export interface Recording {
  readonly connections: ReadonlyMap<number, RecordedConnection>;
  /** In the order of recording. */
  readonly frames: readonly RecordedFrame[];
  /** Reply → the frame it answers, by the protocol's pairs; in either direction. */
  readonly replies: ReadonlyMap<ItemKey, number>;
  /** Wall clock of the first frame, seconds. */
  readonly began: number;
}

const UNREAD: readonly DissectedMessage[] = [{ name: null, fields: undefined, range: [0, 0], path: '' }];

/** What was read of a frame, as a decoder of files or sessions gives it. */
export interface ReadMeaning {
  readonly protocol: Protocol | undefined;
  readonly options?: OptionValues;
  readonly dissected: Dissected | undefined;
  readonly state: unknown;
  readonly summary: string;
}

/** Collects frames in order; connections may become known better while it goes on. */
export class RecordingBuilder {
  readonly #frames: RecordedFrame[] = [];
  readonly #connections = new Map<
    number,
    { connection: Connection; protocol: Protocol | undefined; options: OptionValues }
  >();
  /** First WebSocket close frame of a connection: the TCP connection below may be ended by the other side. */
  readonly #closeFrames = new Map<number, { by: 'client' | 'server'; time: number }>();
  #began: number | undefined;

  connection(connection: Connection): void {
    const known = this.#connections.get(connection.id);
    this.#connections.set(connection.id, {
      protocol: undefined,
      options: connection.options ?? {},
      ...known,
      connection,
    });
  }

  add(frame: Frame, connection: Connection, meaning: ReadMeaning): void {
    this.#began ??= frame.time;
    if ('opcode' in frame.carrier && frame.carrier.opcode === 'close' && !this.#closeFrames.has(frame.conn)) {
      const by = frame.direction === 'toServer' ? 'client' : 'server';
      this.#closeFrames.set(frame.conn, { by, time: frame.time });
    }
    if (!isReplayable(frame)) return;
    const { protocol, dissected, options } = meaning;
    const known = this.#connections.get(frame.conn);
    this.#connections.set(frame.conn, {
      connection,
      protocol: protocol ?? known?.protocol,
      options: options ?? known?.options ?? connection.options ?? {},
    });
    const messages = dissected === undefined || dissected.messages.length === 0 ? UNREAD : dissected.messages;
    const wasEdited = frame.direction === 'toServer' && frame.sent !== undefined;
    this.#frames.push({
      n: frame.n,
      conn: frame.conn,
      direction: frame.direction,
      at: (frame.time - this.#began) * 1000,
      carrier: frame.carrier,
      bytes: wasEdited ? frame.sent! : frame.bytes,
      head: wasEdited ? NONE : frame.head,
      tail: wasEdited ? NONE : frame.tail,
      messages,
      dissected,
      state: meaning.state,
      summary: meaning.summary,
    });
  }

  /** The connections as they are known at the end, and what answers what. */
  build(): Recording {
    const connections = new Map<number, RecordedConnection>();
    for (const [id, { connection, protocol, options }] of this.#connections) {
      const frames = this.#frames.filter((frame) => frame.conn === id);
      const framing = decideFraming(protocol?.framing ?? { kind: 'message' }, frames);
      const end = this.#endOf(connection);
      connections.set(id, { connection, protocol, options, framing, ...(end === undefined ? {} : { end }) });
    }
    const replies = tieReplies(this.#frames, connections);
    return { connections, frames: this.#frames, replies, began: this.#began ?? 0 };
  }

  #endOf({ id, closed, ending = '' }: Connection): RecordedConnection['end'] {
    const close = this.#closeFrames.get(id);
    const time = close?.time ?? closed;
    if (time === undefined || ending.endsWith('ended')) return undefined;
    const isServer = /^server|by the user/.test(ending);
    const at = (time - (this.#began ?? time)) * 1000;
    return { by: close?.by ?? (isServer ? 'server' : 'client'), at, reset: ending === 'client reset' };
  }
}

const NONE = new Uint8Array(0);

/** Control frames of the carrier, gaps, frames that never arrived and those we made up ourselves are no part of the conversation. */
function isReplayable(frame: Frame): boolean {
  const { carrier } = frame;
  if (isGap(frame)) return false;
  if ('opcode' in carrier && carrier.opcode !== 'text' && carrier.opcode !== 'binary') return false;
  if (frame.fate === 'dropped') return frame.direction === 'toClient';
  return frame.origin === 'wire' || frame.direction === 'toServer';
}

/** Among the candidates of `detect`, the first that writes the recorded frames as they were. */
function decideFraming(framing: Framing, frames: readonly RecordedFrame[]): Framing {
  if (framing.kind !== 'detect') return framing;
  const looked = frames.filter((frame) => frame.head.length + frame.tail.length > 0).slice(0, 20);
  const plain: Framing = framing.candidates.find((one) => one.kind === 'json') ?? framing;
  if (looked.length === 0) return plain;
  for (const candidate of framing.candidates) {
    if (candidate.kind !== 'json' && looked.every((frame) => isWrittenAs(candidate, frame))) return candidate;
  }
  return plain;
}

function isWrittenAs(framing: Framing, { head, bytes, tail }: RecordedFrame): boolean {
  const wrapped = wrapPayload(framing, bytes);
  // A line may end in CR LF.
  if (framing.kind === 'lines') return head.length === 0 && tail.at(-1) === 0x0a;
  if (wrapped.length !== head.length + bytes.length + tail.length) return false;
  return (
    head.every((byte, i) => wrapped[i] === byte) &&
    tail.every((byte, i) => wrapped[head.length + bytes.length + i] === byte)
  );
}

/** Only the frames that `keep` says, and the replies to the client frames among them. */
export function narrowRecording(recording: Recording, keep: (frame: RecordedFrame) => boolean): Recording {
  const kept = new Set(recording.frames.filter(keep).map((frame) => frame.n));
  for (const frame of recording.frames) {
    if (frame.direction !== 'toClient' || kept.has(frame.n)) continue;
    const answers = frame.messages.some((_m, i) => kept.has(recording.replies.get(itemKey(frame.n, i)) ?? 0));
    if (answers) kept.add(frame.n);
  }
  const frames = recording.frames.filter((frame) => kept.has(frame.n));
  const alive = new Set(frames.map((frame) => frame.conn));
  return {
    frames,
    connections: new Map([...recording.connections].filter(([id]) => alive.has(id))),
    replies: recording.replies,
    began: recording.began,
  };
}

/** Without what earlier replays recorded into the same session; a session of replays alone stays as it is. */
export function withoutReplays(recording: Recording): Recording {
  const isReplay = (conn: number): boolean =>
    recording.connections.get(conn)?.connection.details['replays'] !== undefined;
  const hasBoth =
    recording.frames.some(({ conn }) => isReplay(conn)) && recording.frames.some(({ conn }) => !isReplay(conn));
  return hasBoth ? narrowRecording(recording, ({ conn }) => !isReplay(conn)) : recording;
}
