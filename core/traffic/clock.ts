/** Time and chance as parameters: pure code asks these, never the host. */
export interface Clock {
  /** Milliseconds on a monotonic clock, fractions allowed. */
  now(): number;
  /** Seconds since 1970. */
  wall(): number;
}

const epochs = new WeakMap<Clock, number>();

/** Wall clock of a moment on the monotonic one. Both are read together once, so that moments keep their order and distance. */
export function wallAt(clock: Clock, moment: number): number {
  let epoch = epochs.get(clock);
  if (epoch === undefined) epochs.set(clock, (epoch = clock.wall() - clock.now() / 1000));
  return epoch + moment / 1000;
}

/** Seeded pseudo-random numbers (mulberry32): the same seed gives the same run on every machine. */
export interface Dice {
  /** [0, 1). */
  next(): number;
  /** Integer in [0, below). */
  below(below: number): number;
  /** A dice of its own for a named purpose: drawing from it does not disturb this one. */
  fork(name: string): Dice;
}

export function createDice(seed: number | string): Dice {
  const start = typeof seed === 'number' ? seed >>> 0 : hash(seed);
  let state = start;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    below: (below) => Math.floor(next() * below),
    fork: (name) => createDice(hash(`${start}/${name}`)),
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    h ^= text.charCodeAt(i);
    h = Math.imul(h, 0x01000193);
  }
  return h >>> 0;
}
