/** What a lane needs of its connection. */
import type { Clock } from '../traffic/clock.ts';
import type { Direction } from '../traffic/frame.ts';
import type { TrafficSink } from '../traffic/sink.ts';
import type { Unit } from './codec.ts';
import type { Departure } from './departures.ts';
import type { RelayPort } from './outlet.ts';
import type { Insert, Treatment } from './treatment.ts';

export interface LaneHost {
  readonly conn: number;
  readonly port: RelayPort;
  readonly sink: TrafficSink;
  readonly clock: Clock;
  /** A frame was recorded: its meaning may be asked for from now on. */
  noted(n: number, direction: Direction, bytes: Uint8Array): void;
  /** What the controls make of it; undefined: nothing. */
  treat(n: number, direction: Direction, unit: Unit, now: number): Treatment | undefined;
  insert(insert: Insert, by: readonly string[]): void;
  close(how: 'close' | 'reset'): void;
  held(departure: Departure, treatment: Treatment, unit: Unit, direction: Direction): void;
  unheld(n: number): void;
  /** The codec threw. */
  cutFailed(error: unknown): void;
  /** A number for a frame that nobody numbers. */
  unnumbered(): number;
  /** Something may wait now: the alarm is set anew. */
  settled(now: number): void;
}
