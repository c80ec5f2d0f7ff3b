/** What a relay is given: its connection, where frames and commands go, and what may act on them. */
import type { Link, Memory, OptionValues, Protocol } from '../protocol/protocol.ts';
import type { Clock } from '../traffic/clock.ts';
import type { Connection, Direction } from '../traffic/frame.ts';
import type { TrafficSink } from '../traffic/sink.ts';
import type { Codec } from './codec.ts';
import type { Control } from './control.ts';
import type { FrameFollower } from './follow.ts';
import type { Reading } from './meaning.ts';
import type { RelayPort } from './outlet.ts';

export interface RelaySetup {
  readonly connection: Connection;
  readonly link: Link;
  readonly port: RelayPort;
  readonly sink: TrafficSink;
  readonly clock: Clock;
  readonly control: Control;
  readonly memory: Memory;
  /** 1, 2, 3… within its proxy. */
  readonly ordinal: number;
  /** The protocol, or candidates to recognise it among. */
  readonly protocol: Protocol | readonly Protocol[];
  readonly options: OptionValues;
  /** Streams: cut by the protocol's framing. Otherwise the carrier's own codecs. */
  readonly codecs?: Readonly<Record<Direction, Codec>>;
  /** The carrier delivers whole messages (udp, enet). */
  readonly whole: boolean;
  /** Supplied when somebody dissects every frame anyway. */
  readonly reading?: (connection: Connection) => Reading;
  /** Asked about each frame after the controls, while `wants` says so: handoffs. */
  readonly follow?: FrameFollower;
}
