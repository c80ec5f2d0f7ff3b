/**
 * The two byte streams of one captured connection → frames. Until enough has been seen to know what it is (a WebSocket
 * upgrade, TLS, which protocol), chunks wait in order; then they go through the right reader, and everything after them.
 */
import type { Framing } from '../protocol/framing.ts';
import { createFramer } from '../protocol/framer.ts';
import type { Direction, Link, Protocol, Sample } from '../protocol/protocol.ts';
import { type Carrier, type ExpertInfo, gapText } from '../traffic/frame.ts';
import type { FrameDraft, TrafficSink } from '../traffic/sink.ts';
import { concat } from './concat.ts';
import { applyHint, type PacketNote } from './packet-hint.ts';
import { type Alignment, alignmentOf, Seeker, websocketAlignment } from './resync.ts';
import {
  type Handshake,
  messagesWithin,
  readFrames,
  readHandshake,
  UPGRADED_BEFORE,
  WebSocketPair,
} from './websocket-pair.ts';

/** Picks the protocol of a connection; confidence 1 ends the wait. */
export type Choose = (
  sample: Sample,
  link: Link,
) => { readonly protocol: Protocol; readonly confidence: number } | undefined;

/** What an export of ours says about the connection. */
export interface Told {
  readonly protocol: string;
}

export interface StreamFacts {
  /** What is known for certain: it is not guessed again. */
  readonly told?: Told | undefined;
  /** Present when the sides are a guess; called when they turn out to be the other way round. */
  readonly swap?: (() => void) | undefined;
  /** The capture began in the middle of it. */
  readonly isJoined?: boolean;
}

/** One payload with what surrounded it, whatever the reader. */
export interface Payload {
  readonly bytes: Uint8Array;
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  /** As of a frame. */
  readonly headers?: Uint8Array;
  readonly carrier: Carrier;
  readonly expert: readonly ExpertInfo[];
}
export interface PayloadReader {
  push(chunk: Uint8Array): Payload[];
  /** End of the stream, or a hole in it: what is pending comes out. */
  end(): Payload[];
}

interface Chunk {
  readonly direction: Direction;
  readonly bytes: Uint8Array;
  readonly time: number;
  readonly note?: PacketNote | undefined;
}

const NONE = new Uint8Array(0);
/** How much may wait for a decision. */
const MAX_WAITING_BYTES = 64 * 1024;
const MAX_WAITING_CHUNKS = 8;
const SURE = 0.8;

export class StreamPair {
  #waiting: Chunk[] = [];
  #waitingBytes = 0;
  #readers: Record<Direction, PayloadReader> | undefined;
  /** Where the next frame begins is not known: the stream was joined in the middle, or has a hole. */
  readonly #seekers: Partial<Record<Direction, Seeker>> = {};
  #alignment: ((direction: Direction) => Alignment | undefined) | undefined;
  /** What was said about bytes whose frame is still to come. */
  #notes: Record<Direction, PacketNote | undefined> = { toServer: undefined, toClient: undefined };
  readonly #conn: number;
  #link: Link;
  readonly #sink: TrafficSink;
  readonly #choose: Choose;
  readonly #began: number;
  readonly #told: Told | undefined;
  readonly #isJoined: boolean;
  /** Asked for while who is the client is a guess: what they say may show that it is the other one. */
  #swap: (() => void) | undefined;
  #isSwapped = false;

  /** @param began wall clock of the session's start, seconds */
  constructor(
    conn: number,
    link: Link,
    sink: TrafficSink,
    choose: Choose,
    began: number,
    { told, swap, isJoined = false }: StreamFacts = {},
  ) {
    this.#swap = swap;
    this.#isJoined = isJoined;
    this.#conn = conn;
    this.#link = link;
    this.#sink = sink;
    this.#choose = choose;
    this.#began = began;
    this.#told = told;
  }

  /** @param note goes with the next frame of this direction */
  push(from: Direction, bytes: Uint8Array, time: number, note?: PacketNote): void {
    const direction = this.#way(from);
    if (this.#readers !== undefined) {
      this.#read(direction, bytes, time, note);
      return;
    }
    this.#waiting.push({ direction, bytes, time, note });
    this.#waitingBytes += bytes.length;
    this.#decide(false);
  }

  /** The stream lost `missing` bytes here. */
  gap(from: Direction, missing: number, time: number): void {
    if (this.#readers === undefined) this.#decide(true);
    const direction = this.#way(from);
    this.#end(direction, time);
    this.#say(direction, missing, 'gap', gapText(missing), time);
    this.#seek(direction);
  }

  /** A gap is a row of its own. */
  #say(direction: Direction, missing: number, code: string, text: string, time: number): void {
    this.#sink.frame({
      ...this.#plain(direction, time),
      carrier: {},
      bytes: NONE,
      head: NONE,
      tail: NONE,
      expert: [{ severity: 'warning', group: 'transport', code, text }],
      gapBefore: missing,
    });
  }

  #seek(direction: Direction): void {
    const alignment = this.#alignment?.(direction);
    if (alignment !== undefined) this.#seekers[direction] = new Seeker(alignment);
  }

  /** One direction is over, or the capture is. */
  end(from: Direction, time: number): void {
    if (this.#readers === undefined) this.#decide(true);
    this.#end(this.#way(from), time);
  }

  #end(direction: Direction, time: number): void {
    const seeker = this.#seekers[direction];
    if (seeker !== undefined) this.#found(direction, seeker, seeker.end(), time);
    this.#emit(direction, this.#readers?.[direction].end() ?? [], time);
  }

  #way(from: Direction): Direction {
    return this.#isSwapped ? otherWay(from) : from;
  }

  /** Joined in the middle, with ports that tell nothing: is it more likely the other way round? */
  #settleSides(sample: Sample): Sample {
    const other: Sample = { toServer: sample.toClient, toClient: sample.toServer };
    const { clientPort = 0, serverPort, ...rest } = this.#link;
    const link: Link = { ...rest, serverPort: clientPort, clientPort: serverPort };
    if (this.#likely(other, link) <= this.#likely(sample, this.#link)) return sample;
    this.#isSwapped = true;
    this.#link = link;
    this.#waiting = this.#waiting.map((chunk) => ({ ...chunk, direction: otherWay(chunk.direction) }));
    this.#swap?.();
    this.#swap = undefined;
    return other;
  }

  #likely(sample: Sample, link: Link): number {
    if (readHandshake(sample.toServer, sample.toClient) !== 'no') return 2;
    const messages = readFrames(sample.toServer, sample.toClient);
    if (messages !== undefined) return 1.5;
    return this.#choose(sample, link)?.protocol.recognise(sample, link) ?? 0;
  }

  #decide(mustDecide: boolean): void {
    if (this.#waiting.length === 0) return;
    let sample: Sample = { toServer: this.#first('toServer'), toClient: this.#first('toClient') };
    if (this.#swap !== undefined) sample = this.#settleSides(sample);
    const handshake = readHandshake(sample.toServer, sample.toClient);
    const isFull = mustDecide || this.#waitingBytes > MAX_WAITING_BYTES;
    if (handshake === 'incomplete' && !isFull) return;
    if (typeof handshake === 'object') {
      this.#startWebSocket(handshake, sample, isFull);
      return;
    }
    if (this.#told === undefined && isTls(sample)) {
      this.#sink.changed(this.#conn, { transport: 'tls' });
      this.#sink.remark(this.#conn, this.#waiting[0]!.time, {
        severity: 'note',
        group: 'transport',
        code: 'encrypted',
        text: 'TLS: the capture holds only encrypted bytes. Record through a tls:// or wss:// proxy to see the messages',
      });
      this.#start({ toServer: payloadReader({ kind: 'message' }), toClient: payloadReader({ kind: 'message' }) });
      return;
    }
    let chosen = this.#choose(sample, this.#link);
    if (this.#isUpgraded(sample, chosen?.protocol)) {
      this.#startWebSocket(UPGRADED_BEFORE, sample, isFull);
      return;
    }
    if (this.#isJoined && (chosen?.protocol.recognise(sample, this.#link) ?? 0) < SURE) {
      // The first bytes may be the rest of a frame; those after them tell more.
      if (!isFull && this.#waiting.length < MAX_WAITING_CHUNKS) return;
      const later: Sample = { toServer: this.#first('toServer', 1), toClient: this.#first('toClient', 1) };
      if (this.#isUpgraded(later, chosen?.protocol)) {
        this.#startWebSocket(UPGRADED_BEFORE, later, isFull);
        return;
      }
      const other = this.#choose(later, this.#link);
      if ((other?.confidence ?? 0) > (chosen?.confidence ?? 0)) chosen = other;
    }
    if (!isFull && this.#waiting.length < MAX_WAITING_CHUNKS && (chosen === undefined || chosen.confidence < SURE))
      return;
    const framing: Framing = chosen?.protocol.framing ?? { kind: 'message' };
    if (chosen !== undefined) {
      const { protocol } = chosen;
      this.#recognised(protocol);
      this.#alignment = (direction) => alignmentOf(protocol, direction, this.#link);
    }
    this.#start({ toServer: payloadReader(framing), toClient: payloadReader(framing) });
  }

  /** A capture that begins in the middle of a WebSocket connection: its frames hold something better known than the bytes are. */
  #isUpgraded(sample: Sample, plain: Protocol | undefined): boolean {
    const known = plain?.recognise(sample, this.#link) ?? 0;
    const messages = known >= SURE ? undefined : readFrames(sample.toServer, sample.toClient);
    if (messages === undefined) return false;
    // Whole frames both ways, masked by one side only, are no coincidence.
    if (messages.toServer.length > 0 && messages.toClient.length > 0) return true;
    const link: Link = { ...this.#link, transport: 'ws' };
    return (this.#choose(messages, link)?.protocol.recognise(messages, link) ?? 0) > known;
  }

  /** Waits, unless it must not, for a message that tells the protocol: the first may be a mere sign of life. */
  #startWebSocket(handshake: Handshake, sample: Sample, mustStart: boolean): void {
    const link: Link = { ...this.#link, transport: 'ws', path: handshake.path };
    let chosen: ReturnType<Choose>;
    for (const message of messagesWithin(sample, handshake)) {
      const one = this.#choose(message, link);
      if (one !== undefined && one.confidence > (chosen?.confidence ?? 0)) chosen = one;
    }
    if (!mustStart && this.#waiting.length < MAX_WAITING_CHUNKS && (chosen?.confidence ?? 0) < SURE) return;
    const pair = new WebSocketPair(handshake);
    this.#alignment = websocketAlignment;
    if (this.#told === undefined) this.#sink.changed(this.#conn, { transport: 'ws', details: handshake.details });
    // The upgrade belongs to the connection: what follows it in the waiting chunks is the first frames.
    const skip = { toServer: handshake.requestSize, toClient: handshake.responseSize };
    let named = chosen !== undefined;
    if (chosen !== undefined) this.#recognised(chosen.protocol);
    const reader = (direction: Direction): PayloadReader => ({
      push: (chunk) => {
        const cut = Math.min(skip[direction], chunk.length);
        skip[direction] -= cut;
        const payloads = pair.push(direction, chunk.subarray(cut));
        const first = named ? undefined : payloads.find(isMessage);
        if (first !== undefined) {
          named = true;
          const found = this.#choose({ toServer: NONE, toClient: NONE, [direction]: first.bytes }, link);
          if (found !== undefined) this.#recognised(found.protocol);
        }
        return payloads;
      },
      end: () => pair.end(direction),
    });
    this.#start({ toServer: reader('toServer'), toClient: reader('toClient') });
  }

  #recognised(protocol: Protocol): void {
    if (this.#told?.protocol !== protocol.id) this.#sink.changed(this.#conn, { protocol: protocol.id });
  }

  #start(readers: Record<Direction, PayloadReader>): void {
    this.#readers = readers;
    if (this.#isJoined) for (const direction of ['toServer', 'toClient'] as const) this.#seek(direction);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const chunk of waiting) this.#read(chunk.direction, chunk.bytes, chunk.time, chunk.note);
  }

  #read(direction: Direction, bytes: Uint8Array, time: number, note: PacketNote | undefined): void {
    if (note !== undefined) this.#notes[direction] = note;
    const seeker = this.#seekers[direction];
    if (seeker === undefined) {
      this.#emit(direction, this.#readers![direction].push(bytes), time);
      return;
    }
    const found = seeker.push(bytes);
    if (found !== undefined) this.#found(direction, seeker, found, time);
  }

  /** Reading goes on at the first whole frame; what lies before it is lost. */
  #found(direction: Direction, seeker: Seeker, skipped: number, time: number): void {
    delete this.#seekers[direction];
    if (skipped > 0)
      this.#say(
        direction,
        skipped,
        'resynchronised',
        `${skipped} ${skipped === 1 ? 'byte belongs' : 'bytes belong'} to a frame whose beginning is missing`,
        time,
      );
    this.#emit(direction, this.#readers![direction].push(seeker.bytes.subarray(skipped)), time);
  }

  #emit(direction: Direction, payloads: readonly Payload[], time: number): void {
    for (const payload of payloads) {
      const { carrier, bytes, head, tail, expert } = payload;
      // An export of ours says what was in the frames, not how they crossed the wire.
      const headers = this.#told === undefined ? payload.headers : undefined;
      const draft: FrameDraft = { ...this.#plain(direction, time), carrier, bytes, head, tail, headers, expert };
      const note = this.#notes[direction];
      this.#notes[direction] = undefined;
      applyHint(this.#sink, draft, note);
    }
  }

  #plain(
    direction: Direction,
    time: number,
  ): Pick<FrameDraft, 'conn' | 'direction' | 'time' | 'mono' | 'origin' | 'fate'> {
    const mono = Math.max(0, Math.round((time - this.#began) * 1e6));
    return { conn: this.#conn, direction, time, mono, origin: 'wire', fate: 'forwarded' };
  }

  /** @param skipped chunks left out */
  #first(direction: Direction, skipped = 0): Uint8Array {
    const chunks = this.#waiting.filter((c) => c.direction === direction).slice(skipped);
    return concat(chunks.map((c) => c.bytes));
  }
}

/** A byte stream cut by a framing. */
export function payloadReader(framing: Framing): PayloadReader {
  const framer = createFramer(framing);
  const toPayloads = (cuts: ReturnType<typeof framer.push>): Payload[] =>
    cuts.map(({ raw, payload, expert }) => {
      const at = payload.byteOffset - raw.byteOffset;
      const isWithin = payload.buffer === raw.buffer && at >= 0 && at + payload.length <= raw.length;
      return {
        bytes: payload,
        head: isWithin ? raw.subarray(0, at) : NONE,
        tail: isWithin ? raw.subarray(at + payload.length) : NONE,
        carrier: {},
        expert,
      };
    });
  return {
    push: (chunk) => toPayloads(framer.push(chunk)),
    // Blanks behind the last value are no frame.
    end: () => toPayloads(framer.end().filter(({ expert }) => expert[0]?.code !== 'blank')),
  };
}

function otherWay(direction: Direction): Direction {
  return direction === 'toServer' ? 'toClient' : 'toServer';
}

function isMessage({ carrier }: Payload): boolean {
  return 'opcode' in carrier && (carrier.opcode === 'text' || carrier.opcode === 'binary');
}

/** A TLS record header with a handshake in it, from either side. */
function isTls({ toServer, toClient }: Sample): boolean {
  const hello = (b: Uint8Array, type: number): boolean =>
    b.length >= 6 && b[0] === 22 && b[1] === 3 && b[2]! <= 4 && b[5] === type;
  return hello(toServer, 1) || hello(toClient, 2);
}
