/** Repeatable chance: the same seed gives the same rolls for ever. Pure; a campaign hands its own number in. */

/** An integer in `[0, below)`. */
export type Roll = (below: number) => number;

/** FNV-1a over UTF-16 units: turns an id into a number. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}

/** mulberry32. */
export function rollFrom(seed: number | string): Roll {
  let state = typeof seed === 'number' ? seed >>> 0 : hash(seed);
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    const unit = ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
    return Math.floor(unit * below);
  };
}
