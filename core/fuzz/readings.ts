/**
 * The states a connection may be in. A server may or may not have taken what was wrong, and what it says to it may or may not
 * change anything: from there on both are followed, and each frame is read in the state that finds least to say against it. A
 * sound reply is sound in one of them.
 */
import type { Direction, Dissected, Memory, Protocol } from '../protocol/protocol.ts';

/** Each of them reads every frame. */
const MOST_STATES = 4;
const WEIGHTS = { error: 100, warning: 10, note: 1 } as const;

interface Reading {
  readonly state: unknown;
  readonly dissected: Dissected;
  readonly misfit: number;
}

export class Readings {
  readonly #protocol: Protocol;
  readonly #memory: Memory;
  /** The first is as if nothing wrong had been said. */
  #states: readonly unknown[];
  #isUpset = false;
  #last: { bytes: Uint8Array; direction: Direction; readings: readonly Reading[]; told: Reading } | undefined;

  constructor(protocol: Protocol, start: unknown, memory: Memory) {
    this.#protocol = protocol;
    this.#memory = memory;
    this.#states = [start];
  }

  /** The state a frame is read in. */
  stateFor(bytes: Uint8Array, direction: Direction): unknown {
    return this.#states.length === 1 ? this.#states[0] : best(this.#read(bytes, direction)).state;
  }

  /** The next frame; `goOn` says what it changes. */
  read(bytes: Uint8Array, direction: Direction): Dissected {
    const readings = this.#read(bytes, direction);
    const told = best(readings);
    this.#last = { bytes, direction, readings, told };
    return told.dissected;
  }

  /** @param isWrong what was read was mutated */
  goOn(isWrong: boolean): void {
    const last = this.#last;
    if (last === undefined) return;
    const { bytes, direction, readings, told } = last;
    // What answers something wrong says nothing of the state either.
    if (direction === 'toServer') this.#isUpset = isWrong;
    const next = readings.map((reading) => {
      const memory = reading === told ? (isWrong ? addingTo(this.#memory) : this.#memory) : readingFrom(this.#memory);
      return this.#protocol.next(reading.state as never, direction, reading.dissected, bytes, memory);
    });
    this.#states = distinct(this.#isUpset ? [...this.#states, ...next] : next);
  }

  #read(bytes: Uint8Array, direction: Direction): readonly Reading[] {
    return this.#states.map((state) => {
      const dissected = this.#protocol.dissect(bytes, direction, state as never);
      return { state, dissected, misfit: dissected.expert.reduce((sum, info) => sum + WEIGHTS[info.severity], 0) };
    });
  }
}

function best(readings: readonly Reading[]): Reading {
  return readings.reduce((a, b) => (b.misfit < a.misfit ? b : a));
}

/** The first, and the latest of the others. */
function distinct(states: readonly unknown[]): readonly unknown[] {
  const found: unknown[] = [];
  for (const state of states) if (!found.some((one) => isSame(one, state))) found.push(state);
  return found.length <= MOST_STATES ? found : [found[0], ...found.slice(1 - MOST_STATES)];
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.is((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
}

/** What is told to other connections is what the best reading tells them. */
function readingFrom(memory: Memory): Memory {
  return { recall: (key) => memory.recall(key), remember: () => undefined };
}

/** What is wrong does not change what others have said. */
function addingTo(memory: Memory): Memory {
  return {
    recall: (key) => memory.recall(key),
    remember: (key, value) => {
      if (memory.recall(key) === undefined) memory.remember(key, value);
    },
  };
}
