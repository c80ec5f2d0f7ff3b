/**
 * Gives frames their meaning, connection by connection and in order: recognises the protocol, keeps its state, runs its checks,
 * ties replies to requests. Whatever a dissector does (throw, crawl, remark), the traffic and its record are not affected.
 */
import type {
  Dissected,
  Direction,
  DissectedMessage,
  Link,
  Memory,
  OptionValues,
  Pair,
  Protocol,
  Watcher,
} from '../protocol/protocol.ts';
import { type Connection, type ExpertInfo, gapText } from '../traffic/frame.ts';
import { type Answered, Pairing, type WaitingRoom } from './pairing.ts';
import type { Recognise } from './recognition.ts';

/** What the connections of one session share. */
export interface DissectionWorld {
  protocol(id: string): Protocol | undefined;
  /** The protocol a connection's first bytes speak of, or undefined while that cannot be told. */
  readonly recognise: Recognise;
  /** Facts as of frame n. */
  recall(key: string, n: number): unknown;
  remember(key: string, n: number, value: unknown): void;
  readonly sharedPairs: Map<Pair, WaitingRoom>;
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** A frame that takes longer to decode is remarked; after three, the connection is no longer decoded. Milliseconds. */
  readonly budgetMs: number;
  /** Leaves out what is only shown to people and asked by filters: summaries, and which request a reply answers. */
  readonly isBrief?: boolean;
}

export interface Meaning {
  readonly dissected: Dissected | undefined;
  readonly messages: readonly DissectedMessage[];
  /** Without the message's name, one line. */
  readonly summary: string;
  readonly expert: readonly ExpertInfo[];
  /** The protocol's state changed here. */
  readonly turns: boolean;
  readonly handoff: boolean;
  readonly answered: Answered | undefined;
  /** Set once, on the frame that gave the protocol away: earlier frames of the connection can be decoded now. */
  readonly recognised?: Protocol;
}

/** A frame as the dissection needs it. */
export interface FrameToDissect {
  readonly n: number;
  readonly direction: Direction;
  readonly time: number;
  /** Microseconds on the monotonic clock. */
  readonly mono: number;
  readonly bytes: Uint8Array;
  /** What stood around the payload on a byte stream; recognising a protocol looks at it too. */
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  /** Of the carrier, or a gap: nothing to dissect. */
  readonly isControl: boolean;
  /** Bytes missing before it. */
  readonly gap?: number | undefined;
}

const NO_MESSAGE: readonly DissectedMessage[] = [];
const NO_EXPERT: readonly ExpertInfo[] = [];
const SAMPLE_BYTES = 4096;
const SAMPLE_FRAMES = 32;
const MAX_STRIKES = 3;
/** More than this on one frame helps nobody and fills the disk. */
const MAX_EXPERTS = 100;

export function linkOf(connection: Connection): Link {
  const path = connection.details.path;
  return {
    transport: connection.transport,
    serverPort: connection.server.port,
    clientPort: connection.client.port,
    ...(typeof path === 'string' ? { path } : {}),
    ...(connection.role === undefined ? {} : { role: connection.role }),
  };
}

export class ConnectionDissection {
  readonly #world: DissectionWorld;
  readonly #link: Link;
  readonly #options: OptionValues;
  #protocol: Protocol | undefined;
  #state: unknown;
  #watcher: Watcher | undefined;
  #pairing: Pairing | undefined;
  #handoffs: ReadonlySet<string> = new Set();
  #strikes = 0;
  #sample: { toServer: Uint8Array; toClient: Uint8Array; frames: number } | undefined;
  #n = 0;
  readonly #memory: Memory;

  /** @param protocolId '' or 'auto': recognise by content */
  constructor(world: DissectionWorld, connection: Connection, protocolId: string, options: OptionValues) {
    this.#world = world;
    this.#link = linkOf(connection);
    this.#options = options;
    this.#memory = {
      recall: (key) => world.recall(`${this.#protocol!.id}\0${key}`, this.#n),
      remember: (key, value) => world.remember(`${this.#protocol!.id}\0${key}`, this.#n, value),
    };
    const protocol = world.protocol(protocolId);
    if (protocol === undefined) this.#sample = { toServer: new Uint8Array(0), toClient: new Uint8Array(0), frames: 0 };
    else this.#begin(protocol);
  }

  get protocol(): Protocol | undefined {
    return this.#protocol;
  }
  /** State before the next frame. */
  get state(): unknown {
    return this.#state;
  }

  /** The connection has ended: the best guess there is, when none was made before. */
  guess(): Protocol | undefined {
    const sample = this.#sample;
    if (sample === undefined || sample.frames === 0) return undefined;
    return this.#world.recognise(sample, this.#link, sample.frames, true);
  }

  see(frame: FrameToDissect): Meaning {
    if (frame.isControl)
      return unread(frame.bytes.length === 0 && frame.gap !== undefined ? gapText(frame.gap) : preview(frame.bytes));
    const protocol = this.#protocol ?? this.#recognise(frame);
    if (protocol === undefined) return unread(preview(frame.bytes));
    const meaning = this.#dissect(protocol, frame);
    if (this.#sample === undefined) return meaning;
    this.#sample = undefined;
    return { ...meaning, recognised: protocol };
  }

  #begin(protocol: Protocol): void {
    this.#protocol = protocol;
    try {
      this.#state = protocol.start(this.#link, this.#options);
      this.#watcher = protocol.watch?.(this.#link, this.#options);
    } catch {
      // An unknown option value is no reason to show nothing: begin with the defaults.
      this.#state = protocol.start(this.#link, {});
      this.#watcher = protocol.watch?.(this.#link, {});
    }
    this.#pairing = new Pairing(protocol, this.#world.sharedPairs);
    this.#handoffs = new Set(protocol.handoffs.map((handoff) => handoff.message));
  }

  #recognise(frame: FrameToDissect): Protocol | undefined {
    const sample = this.#sample;
    if (sample === undefined || sample.frames >= SAMPLE_FRAMES) return undefined;
    sample.frames++;
    const isStream = this.#link.transport === 'tcp' || this.#link.transport === 'tls';
    const seen = sample[frame.direction];
    if (isStream) {
      sample[frame.direction] = [frame.head, frame.bytes, frame.tail].reduce(append, seen);
    } else if (seen.length === 0) sample[frame.direction] = append(seen, frame.bytes);
    const found = this.#world.recognise(sample, this.#link, sample.frames, sample.frames === SAMPLE_FRAMES);
    if (found !== undefined) this.#begin(found);
    return found;
  }

  #dissect(protocol: Protocol, frame: FrameToDissect): Meaning {
    const { direction, bytes } = frame;
    if (this.#strikes >= MAX_STRIKES) return unread(preview(bytes));
    this.#n = frame.n;
    const began = this.#world.now();
    let dissected: Dissected;
    try {
      dissected = protocol.dissect(bytes, direction, this.#state as never);
    } catch (error) {
      return { ...unread(preview(bytes)), expert: [failure(protocol, 'could not decode this frame', error)] };
    }
    let expert: readonly ExpertInfo[] = dissected.expert;
    const { messages } = dissected;
    let turns = false;
    try {
      const next: unknown = protocol.next(this.#state as never, direction, dissected, bytes, this.#memory);
      turns = next !== this.#state;
      this.#state = next;
    } catch (error) {
      expert = [...expert, failure(protocol, 'could not follow its state over this frame', error)];
    }
    if (this.#watcher !== undefined) {
      try {
        const more = this.#watcher.see({ n: frame.n, direction, time: frame.time, bytes, dissected });
        if (more.length > 0) expert = [...expert, ...more];
      } catch (error) {
        this.#watcher = undefined;
        expert = [...expert, failure(protocol, 'stopped checking this connection', error)];
      }
    }
    const isBrief = this.#world.isBrief === true;
    const answered =
      isBrief || this.#pairing!.isEmpty ? undefined : this.#pairing!.see(frame.n, frame.mono, direction, messages);
    const summary = isBrief ? '' : summaryOf(protocol, messages, direction);
    const took = this.#world.now() - began;
    if (took > this.#world.budgetMs) expert = [...expert, this.#tooSlow(protocol, took)];
    if (expert.length > MAX_EXPERTS) expert = capped(expert);
    const handoff = this.#handoffs.size > 0 && messages.some((m) => m.name !== null && this.#handoffs.has(m.name));
    return { dissected, messages, summary, expert, turns, handoff, answered };
  }

  #tooSlow(protocol: Protocol, took: number): ExpertInfo {
    this.#strikes++;
    const rest = this.#strikes >= MAX_STRIKES ? ' Later frames of this connection are shown undecoded.' : '';
    return {
      severity: 'warning',
      group: 'malformed',
      code: 'slow-decode',
      text: `Decoding as ${protocol.id} took ${Math.round(took)} ms.${rest}`,
    };
  }
}

function unread(summary: string): Meaning {
  return {
    dissected: undefined,
    messages: NO_MESSAGE,
    summary,
    expert: NO_EXPERT,
    turns: false,
    handoff: false,
    answered: undefined,
  };
}

function failure(protocol: Protocol, what: string, error: unknown): ExpertInfo {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    severity: 'error',
    group: 'malformed',
    code: 'dissector-failed',
    text: `The ${protocol.id} dissector ${what}: ${reason.slice(0, 200)}`,
  };
}

function capped(expert: readonly ExpertInfo[]): readonly ExpertInfo[] {
  return [
    ...expert.slice(0, MAX_EXPERTS - 1),
    {
      severity: 'note',
      group: 'malformed',
      code: 'more-remarks',
      text: `${expert.length - MAX_EXPERTS + 1} more remarks on this frame are not kept.`,
    },
  ];
}

export function summaryOf(protocol: Protocol, messages: readonly DissectedMessage[], direction: Direction): string {
  const [first] = messages;
  if (first === undefined) return '';
  try {
    return protocol.summary(first, direction);
  } catch {
    return '';
  }
}

function append(sample: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (sample.length >= SAMPLE_BYTES || bytes.length === 0) return sample;
  const more = bytes.subarray(0, SAMPLE_BYTES - sample.length);
  const joined = new Uint8Array(sample.length + more.length);
  joined.set(sample);
  joined.set(more, sample.length);
  return joined;
}

/** First bytes for people, where no protocol speaks: text when it is text, else hex. */
export function preview(bytes: Uint8Array): string {
  const start = bytes.subarray(0, 120);
  let printable = 0;
  for (const byte of start) if (byte >= 32 && byte !== 127) printable++;
  if (start.length > 0 && printable >= start.length * 0.9) {
    const text = new TextDecoder().decode(start).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '·');
    return bytes.length > 120 ? `${text.slice(0, 119)}…` : text;
  }
  const hex = Array.from(start.subarray(0, 32), (b) => b.toString(16).padStart(2, '0')).join(' ');
  return bytes.length > 32 ? `${hex} …` : hex;
}
