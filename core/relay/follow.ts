/** Who looks at frames on their way besides the controls: handoffs are rewritten, journeys tied. */
import type { Protocol } from '../protocol/protocol.ts';
import type { Direction } from '../traffic/frame.ts';
import type { Unit } from './codec.ts';
import type { LaneControl } from './control.ts';
import type { Meaning } from './meaning.ts';
import { Treatment } from './treatment.ts';

/** Looks at frames on their way: rewrites handoffs and ties journeys. */
export interface FrameFollower {
  /** Must frames of this direction be seen before they go on? */
  wants(direction: Direction, protocol: Protocol | undefined): boolean;
  /** A payload to send instead, when it is ready (`undefined`: leave it); undefined: nothing to do. */
  frame(
    direction: Direction,
    payload: Uint8Array,
    meaning: Meaning,
  ): ((done: (payload: Uint8Array | undefined) => void) => void) | undefined;
  /** Are recorded frames of this protocol of interest? */
  tracks(protocol: Protocol | undefined): boolean;
  noted(meaning: Meaning): void;
  /** The connection is ready to be told things. */
  opened(): void;
}

/** What the controls decided about a frame, with what the follower makes of it. */
export function followed(
  follow: FrameFollower,
  direction: Direction,
  unit: Unit,
  read: () => Meaning | undefined,
  treatment: Treatment | undefined,
): Treatment | undefined {
  let meaning = read();
  const edited = treatment?.payload;
  if (meaning !== undefined && edited !== undefined) {
    meaning = { ...meaning, dissected: meaning.protocol.dissect(edited, direction, meaning.state) };
  }
  const rewrite = meaning === undefined ? undefined : follow.frame(direction, edited ?? unit.payload, meaning);
  if (rewrite === undefined) return treatment;
  const next = treatment ?? new Treatment();
  next.touchedBy.push('handoff');
  next.prepare = rewrite;
  return next;
}

/** The controls of a direction, active also while somebody else must see its frames. */
export function alsoActive(control: LaneControl, isWanted: () => boolean): LaneControl {
  return {
    get active() {
      return control.active || isWanted();
    },
    treat: (subject, now) => control.treat(subject, now),
    shape: () => control.shape(),
    closeDelay: () => control.closeDelay(),
    due: (now) => control.due(now),
  };
}
