/** Mahjong tiles as the protocol spells them: 37 names and `?` for a tile the receiver may not see. */

const SUITS = ['m', 'p', 's'] as const;
const HONOURS = ['E', 'S', 'W', 'N', 'P', 'F', 'C'] as const;

export const HIDDEN = '?';

/** Every tile name in the server's sort order: m p s honours, a plain five before the red one. */
export const TILES: readonly string[] = [
  ...SUITS.flatMap((suit) =>
    [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((rank) => (rank === 5 ? [`5${suit}`, `5${suit}r`] : [`${rank}${suit}`])),
  ),
  ...HONOURS,
];

/** Names a person reads beside the letters. */
export const TILE_NAMES: Readonly<Record<string, string>> = {
  '5mr': 'red 5m',
  '5pr': 'red 5p',
  '5sr': 'red 5s',
  E: 'east wind',
  S: 'south wind',
  W: 'west wind',
  N: 'north wind',
  P: 'white dragon',
  F: 'green dragon',
  C: 'red dragon',
  '?': 'hidden',
};

const ORDER = new Map(TILES.map((tile, index) => [tile, index]));

/** Sort rank; hidden and unknown tiles come last. */
export function tileOrder(name: string): number {
  return ORDER.get(name) ?? TILES.length;
}

export function isSorted(tiles: readonly string[]): boolean {
  return tiles.every((tile, index) => index === 0 || tileOrder(tiles[index - 1] ?? '') <= tileOrder(tile));
}

/** The tile without its redness: `5mr` and `5m` are of one kind. */
export function kindOf(tile: string): string {
  return tile.endsWith('r') ? tile.slice(0, -1) : tile;
}

/** How many copies of exactly this tile a set of 136 holds. */
export function copiesOf(tile: string): number {
  if (tile.endsWith('r')) return 1;
  return tile.startsWith('5') ? 3 : 4;
}

export function sameTiles(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && [...a].sort().join() === [...b].sort().join();
}

/** The hand without these tiles, or undefined when it lacks one of them. */
export function without(hand: readonly string[], tiles: readonly string[]): string[] | undefined {
  const left = [...hand];
  for (const tile of tiles) {
    const at = left.lastIndexOf(tile);
    if (at < 0) return undefined;
    left.splice(at, 1);
  }
  return left;
}

/** Three in a row of one suit, in any order. */
export function isRun(tiles: readonly string[]): boolean {
  const kinds = tiles.map(kindOf);
  const suit = kinds[0]?.[1];
  if (kinds.length !== 3 || suit === undefined || kinds.some((kind) => kind[1] !== suit)) return false;
  const ranks = kinds.map((kind) => Number(kind[0])).sort((a, b) => a - b);
  return ranks[1] === (ranks[0] ?? 0) + 1 && ranks[2] === (ranks[0] ?? 0) + 2;
}

export function isAlike(tiles: readonly string[]): boolean {
  const first = tiles[0];
  return first !== undefined && tiles.every((tile) => kindOf(tile) === kindOf(first));
}
