/**
 * What frames mean while they are in hand. The engine, which dissects every frame for the timeline, usually supplies this so
 * that nothing is dissected twice; `createReading` is the relay's own for a single connection.
 */
import { Registry, SURE } from '../protocol/recognise.ts';
import type { Direction, Dissected, Link, Memory, OptionValues, Protocol, Sample } from '../protocol/protocol.ts';

export interface Meaning {
  readonly protocol: Protocol;
  /** State before the frame. */
  readonly state: unknown;
  readonly dissected: Dissected;
}

/** Meanings of one connection's frames. Every frame is noted, in order; few are asked about. */
export interface Reading {
  readonly protocol: Protocol | undefined;
  /** A frame that was recorded. Must be cheap: nobody may ever ask. */
  note(n: number, direction: Direction, bytes: Uint8Array): void;
  /** The meaning of the frame noted last. */
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
  const catchUp = (): void => {
    for (const { direction, bytes } of backlog) {
      const dissected = protocol.dissect(bytes, direction, state);
      latest = { protocol, state, dissected };
      state = protocol.next(state, direction, dissected, bytes, memory);
    }
    backlog = [];
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

/** A likely guess is taken once so many chunks or messages have been looked at. */
const LIKELY = 0.5;
const LIKELY_AFTER = 3;

/** The protocol that knows the first bytes best; undefined while none is sure enough. `final`: the best guess stands. */
export function chooseProtocol(
  protocols: readonly Protocol[],
  sample: Sample,
  link: Link,
  seen: number,
  final: boolean,
): Protocol | undefined {
  const guess = new Registry(protocols).recognise(sample, link);
  if (guess === null) return undefined;
  const isGood = guess.confidence >= SURE || (guess.confidence >= LIKELY && seen >= LIKELY_AFTER);
  return isGood || final ? guess.protocol : undefined;
}
