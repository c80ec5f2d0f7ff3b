/**
 * Which live message stands for which recorded one, with all of both known. Messages are told apart by connection and name;
 * within one such class order counts, content decides, and pushes of different names may interleave as they like. So may
 * messages of one name, if they are about different things: a field says which.
 */
/** What alignment needs of a message. */
export interface Alignable {
  readonly conn: number;
  readonly message: { readonly name: string | null };
  /** Client frames before it. */
  readonly segment: number;
}

export interface Aligned<R, L> {
  readonly recorded: R | undefined;
  readonly live: L | undefined;
}

export interface AlignOptions<R, L> {
  /** Number of fields that differ and count. Called for likely pairs only. */
  readonly difference: (recorded: R, live: L) => number;
  /** Segments of the two runs mean the same: lock-step. */
  readonly segmentsCount: boolean;
  /** Whether two recorded messages of one name are about different things, so that either may come first. */
  readonly mayCross?: (one: R, other: R) => boolean;
}

/** Cost of a message without a counterpart. */
const GAP = 1;
/** Counterparts are looked for so far from the diagonal. */
const BAND = 24;
/** An exchange must save this much. */
const WORTH_CROSSING = 0.2;

export function align<R extends Alignable, L extends Alignable>(
  recorded: readonly R[],
  live: readonly L[],
  options: AlignOptions<R, L>,
): Aligned<R, L>[] {
  const classes = new Map<string, { recorded: R[]; live: L[] }>();
  const classOf = (conn: number, name: string | null): { recorded: R[]; live: L[] } => {
    const key = `${conn}\0${name ?? ''}`;
    let found = classes.get(key);
    if (found === undefined) classes.set(key, (found = { recorded: [], live: [] }));
    return found;
  };
  for (const one of recorded) classOf(one.conn, one.message.name).recorded.push(one);
  for (const one of live) classOf(one.conn, one.message.name).live.push(one);
  const partner = new Map<R, L>();
  const used = new Set<L>();
  for (const one of classes.values()) {
    for (const [r, l] of alignClass(one.recorded, one.live, options)) {
      partner.set(r, l);
      used.add(l);
    }
  }
  return merge(recorded, live, partner, used);
}

/** In the order of the recording, with what is extra where it came. */
function merge<R extends Alignable, L extends Alignable>(
  recorded: readonly R[],
  live: readonly L[],
  partner: ReadonlyMap<R, L>,
  used: ReadonlySet<L>,
): Aligned<R, L>[] {
  const rows: Aligned<R, L>[] = [];
  const extras = live.filter((one) => !used.has(one));
  let next = 0;
  for (const one of recorded) {
    for (; extras[next] !== undefined && extras[next]!.segment < one.segment; next++) {
      rows.push({ recorded: undefined, live: extras[next] });
    }
    rows.push({ recorded: one, live: partner.get(one) });
  }
  for (; next < extras.length; next++) rows.push({ recorded: undefined, live: extras[next] });
  return rows;
}

/** Cheapest way to pair two lists in order, within a band around the diagonal. */
function alignClass<R extends Alignable, L extends Alignable>(
  recorded: readonly R[],
  live: readonly L[],
  options: AlignOptions<R, L>,
): [R, L][] {
  const [rows, columns] = [recorded.length, live.length];
  if (rows === 0 || columns === 0) return [];
  const known = new Map<number, number>();
  const cost = (i: number, j: number): number => {
    const key = i * columns + j;
    let value = known.get(key);
    if (value === undefined) {
      value = pairCost(recorded[i]!, live[j]!, options);
      known.set(key, value);
    }
    return value;
  };
  // The common case: as many as were recorded, each like its counterpart.
  if (rows === columns && recorded.every((_r, i) => cost(i, i) === 0)) return recorded.map((r, i) => [r, live[i]!]);
  const slack = Math.abs(rows - columns) + BAND;
  const width = 2 * slack + 1;
  const best = Array.from({ length: rows + 1 }, () => new Float64Array(width).fill(Infinity));
  // Column of `best[i]`: j - i + slack.
  const at = (i: number, j: number): number => best[i]?.[j - i + slack] ?? Infinity;
  for (let i = 0; i <= rows; i++) {
    for (let j = Math.max(0, i - slack); j <= Math.min(columns, i + slack); j++) {
      let least = i === 0 && j === 0 ? 0 : Infinity;
      if (i > 0) least = Math.min(least, at(i - 1, j) + GAP);
      if (j > 0) least = Math.min(least, at(i, j - 1) + GAP);
      if (i > 0 && j > 0) least = Math.min(least, at(i - 1, j - 1) + cost(i - 1, j - 1));
      best[i]![j - i + slack] = least;
    }
  }
  const pairs: [R, L][] = [];
  for (let i = rows, j = columns; i > 0 && j > 0; ) {
    const here = at(i, j);
    if (isNear(here, at(i - 1, j - 1) + cost(i - 1, j - 1))) {
      pairs.push([recorded[--i]!, live[--j]!]);
    } else if (isNear(here, at(i - 1, j) + GAP)) i--;
    else j--;
  }
  return uncross(pairs.reverse(), recorded, live, cost, options);
}

/** Classes longer than this keep their order: looking at every two of them would take too long. */
const MAX_CROSSED = 400;

/** Pairs that are much better the other way round are exchanged, where the order of the two means nothing. */
function uncross<R extends Alignable, L extends Alignable>(
  pairs: [R, L][],
  recorded: readonly R[],
  live: readonly L[],
  cost: (i: number, j: number) => number,
  { mayCross, segmentsCount }: AlignOptions<R, L>,
): [R, L][] {
  if (mayCross === undefined || Math.max(recorded.length, live.length) > MAX_CROSSED) return pairs;
  const partner = new Map(pairs.map(([r, l]) => [recorded.indexOf(r), live.indexOf(l)]));
  const costOf = (i: number | undefined, j: number | undefined): number =>
    i === undefined || j === undefined ? (i === j ? 0 : GAP) : cost(i, j);
  for (let isBetter = true, rounds = 0; isBetter && rounds < 4; rounds++) {
    isBetter = false;
    const holder = new Map([...partner].map(([i, j]) => [j, i]));
    for (const [i, one] of recorded.entries()) {
      const own = partner.get(i);
      if (costOf(i, own) === 0) continue;
      for (const [j, other] of live.entries()) {
        if (j === own || (segmentsCount && other.segment !== one.segment)) continue;
        const rival = holder.get(j);
        if (rival !== undefined && !mayCross(one, recorded[rival]!)) continue;
        const gain = costOf(i, own) + costOf(rival, j) - costOf(i, j) - costOf(rival, own);
        if (gain < WORTH_CROSSING) continue;
        partner.set(i, j);
        holder.set(j, i);
        if (own !== undefined) holder.delete(own);
        if (rival !== undefined) {
          if (own === undefined) partner.delete(rival);
          else {
            partner.set(rival, own);
            holder.set(own, rival);
          }
        }
        isBetter = true;
        break;
      }
    }
  }
  return [...partner].sort(([a], [b]) => a - b).map(([i, j]) => [recorded[i]!, live[j]!]);
}

/** Below two gaps in any case: a message that is different is still that message. */
function pairCost<R extends Alignable, L extends Alignable>(recorded: R, live: L, options: AlignOptions<R, L>): number {
  const differing = options.difference(recorded, live);
  const content = differing === 0 ? 0 : 0.4 + Math.min(0.6, differing * 0.1);
  const distance = options.segmentsCount ? Math.min(3, Math.abs(recorded.segment - live.segment)) : 0;
  return content + distance * 0.25;
}

function isNear(one: number, other: number): boolean {
  return Math.abs(one - other) < 1e-9;
}
