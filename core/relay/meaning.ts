/**
 * What frames mean while they are in hand. The engine, which dissects every frame for the timeline, usually supplies this so
 * that nothing is dissected twice; `createReading` is the relay's own for a single connection.
 */
import type { Direction, Dissected, Link, Memory, OptionValues, Protocol } from '../protocol/protocol.ts';

export interface Meaning {
  readonly protocol: Protocol;
  /** State before the frame. */
  readonly state: unknown;
  readonly dissected: Dissected;
}

/** Meanings of one connection's frames. Every frame is noted, in order; few are asked about. */
export interface Reading {
  readonly protocol: Protocol | undefined;
  /** A frame that was recorded. Must be cheap, for nobody may ever ask, and must not throw. */
  note(n: number, direction: Direction, bytes: Uint8Array): void;
  /** The meaning of the frame noted last. @throws what its dissector throws. */
  last(): Meaning | undefined;
  /** State after the frames noted so far: what a new message is encoded in. */
  state(): unknown;
}

/** Frames kept undissected before they are caught up with, where the protocol has a state to follow. */
const BACKLOG = 64;

export function createReading(protocol: Protocol, link: Link, options: OptionValues, memory: Memory): Reading {
  let state = protocol.start(link, options);
  // Without a state only the frame in hand matters, and that only if somebody asks.
  const hasState = state !== null && state !== undefined;
  let backlog: { direction: Direction; bytes: Uint8Array }[] = [];
  let latest: Meaning | undefined;
  let failure: { readonly error: unknown } | undefined;
  const catchUp = (): void => {
    const frames = backlog;
    backlog = [];
    for (const { direction, bytes } of frames) {
      failure = undefined;
      try {
        const dissected = protocol.dissect(bytes, direction, state);
        latest = { protocol, state, dissected };
        state = protocol.next(state, direction, dissected, bytes, memory);
      } catch (error) {
        // Dissectors do not throw; one that does loses this frame's meaning and nothing else.
        latest = undefined;
        failure = { error };
      }
    }
  };
  return {
    protocol,
    note(_n, direction, bytes) {
      if (!hasState) {
        backlog = [{ direction, bytes }];
        return;
      }
      backlog.push({ direction, bytes });
      if (backlog.length >= BACKLOG) catchUp();
    },
    last() {
      catchUp();
      if (failure !== undefined) throw failure.error;
      return latest;
    },
    state() {
      catchUp();
      return state;
    },
  };
}

export const NO_READING: Reading = {
  protocol: undefined,
  note: () => undefined,
  last: () => undefined,
  state: () => undefined,
};

export function createMemory(): Memory {
  const facts = new Map<string, unknown>();
  return { recall: (key) => facts.get(key), remember: (key, value) => void facts.set(key, value) };
}
