/** Where the road ends: carriers and relays hand frames to a sink (the recorder), which numbers and keeps them. */
import type { ExpertInfo } from '../schema/expert-info.ts';
import type { Connection, Direction, Fate, Frame } from './frame.ts';

/** A frame before it is recorded: the sink gives it its number. */
export type FrameDraft = Omit<Frame, 'n'>;

/** What became of a frame after it was recorded (a held frame is recorded when it arrives). */
export interface FrameUpdate {
  readonly fate?: Fate;
  readonly sent?: Uint8Array;
  readonly touchedBy?: readonly string[];
  /** How long it waited, milliseconds. */
  readonly heldMs?: number;
}

/** What a carrier said that brought no frame: ENet's acknowledgements, pings, repeats… of one datagram. */
export interface CarrierCommands {
  readonly conn: number;
  readonly direction: Direction;
  /** As of a frame. */
  readonly time: number;
  readonly mono: number;
  /** Packed, as `Frame.headers`. */
  readonly headers: Uint8Array;
}

export interface TrafficSink {
  /** True while the recorder cannot keep up: sources pause their sockets until `onDrain` fires. */
  readonly isFull: boolean;
  onDrain(listener: () => void): void;
  /** Ids are given by the sink, so that proxies, captures and imports share one numbering. */
  nextConnectionId(): number;
  opened(connection: Connection): void;
  changed(id: number, change: Partial<Omit<Connection, 'id'>>): void;
  closed(id: number, time: number, ending: string): void;
  /** Records the frame and returns its number. Never throws at traffic. */
  frame(draft: FrameDraft): number;
  update(n: number, update: FrameUpdate): void;
  /** A remark that belongs to a connection rather than to a frame (TLS alert, refused connect). */
  remark(connection: number, time: number, info: ExpertInfo): void;
  /** Sinks that keep none leave it out. */
  commands?(commands: CarrierCommands): void;
  /** A mark or comment that came with the frame, from a file. Sinks that keep none leave it out. */
  markInOrder?(n: number, mark: string | undefined, comment: string | undefined): void;
}
