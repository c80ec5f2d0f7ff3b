/** What the recorder is told of a frame. Times: `at` in milliseconds of the monotonic clock, `wall` in seconds. */
import type { Carrier, Direction, Fate, Origin } from '../traffic/frame.ts';
import type { FrameDraft } from '../traffic/sink.ts';
import type { Unit } from './codec.ts';

const NONE: readonly never[] = [];
const EMPTY: Uint8Array = new Uint8Array(0);

export function draftOf(
  conn: number,
  direction: Direction,
  unit: Unit,
  at: number,
  wall: number,
  fate: Fate,
): FrameDraft {
  return {
    conn,
    direction,
    time: wall,
    mono: at * 1000,
    carrier: unit.carrier,
    bytes: unit.payload,
    head: unit.head,
    tail: unit.tail,
    headers: unit.headers,
    origin: 'wire',
    fate,
    expert: unit.expert,
  };
}

/** A frame that no peer sent. */
export function draftOfOurs(
  conn: number,
  direction: Direction,
  bytes: Uint8Array,
  carrier: Carrier,
  at: number,
  wall: number,
  origin: Origin,
  touchedBy: readonly string[],
): FrameDraft {
  return {
    conn,
    direction,
    time: wall,
    mono: at * 1000,
    carrier,
    bytes,
    head: EMPTY,
    tail: EMPTY,
    origin,
    fate: 'forwarded',
    expert: NONE,
    ...(touchedBy.length > 0 ? { touchedBy } : {}),
  };
}
