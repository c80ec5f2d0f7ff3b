/**
 * Ids the new server counts otherwise, though no client echoes them: seen only by looking at all ids of a kind together. They
 * are, when each recorded one has become one other, everywhere, and none has stayed what it was.
 */
import type { DissectedMessage } from '../protocol/protocol.ts';
import { getPath } from '../schema/path.ts';
import type { Aligned } from './align.ts';
import type { BindingTable } from './binding-table.ts';
import { kindOf } from './rebinding.ts';
import { bare, leavesOf, metaAt, patternOf } from './leaves.ts';
import { type Plain, readingsOf } from './spelling.ts';

export interface Renumbered {
  /** What the ids are of, by label or name. */
  readonly kind: string;
  readonly pairs: readonly { readonly recorded: Plain; readonly replayed: Plain; readonly seen: number }[];
  /** `message.field`, each once. */
  readonly where: readonly string[];
}

/** Of a run: what its bindings do not know yet. */
export function renumberedAmong(
  aligned: readonly Aligned<{ readonly message: DissectedMessage }, { readonly message: DissectedMessage }>[],
  bindings: BindingTable,
): Renumbered[] {
  const both = aligned.flatMap(({ recorded, live }) =>
    recorded === undefined || live === undefined ? [] : [[recorded.message, live.message] as const],
  );
  return findRenumbered(both, (was, is, kind) => bindings.isKnown(was, is, kind));
}

interface Kind {
  /** Recorded id → what stood in its place, with how often. */
  readonly sightings: Map<Plain, Map<Plain, number>>;
  readonly where: Set<string>;
}
interface Pair {
  readonly recorded: Plain;
  readonly replayed: Plain;
  readonly seen: number;
}

/** @param isKnown whether a binding says already that the one took the other's place */
export function findRenumbered(
  counterparts: Iterable<readonly [recorded: DissectedMessage, live: DissectedMessage]>,
  isKnown: (recorded: Plain, replayed: Plain, kind: string) => boolean,
): Renumbered[] {
  const kinds = new Map<string, Kind>();
  for (const [recorded, live] of counterparts) {
    if (recorded.name !== null && recorded.name === live.name) sight(kinds, recorded, live);
  }
  return [...kinds].flatMap(([name, kind]) => {
    const found = renumberedIn(kind, (pair) => isKnown(pair.recorded, pair.replayed, name));
    return found.length === 0 ? [] : [{ kind: name, pairs: found, where: [...kind.where] }];
  });
}

function sight(kinds: Map<string, Kind>, recorded: DissectedMessage, live: DissectedMessage): void {
  for (const { path, value } of leavesOf(recorded.fields)) {
    const meta = metaAt(recorded.spec?.node, path);
    if ((meta.role !== 'id' && meta.role !== 'owner') || meta.names !== undefined || meta.volatile === true) continue;
    const [was] = readingsOf(value);
    const [is] = readingsOf(getPath(live.fields, path));
    if (was === undefined || is === undefined || isNothing(was.plain)) continue;
    const name = kindOf(meta, path);
    let kind = kinds.get(name);
    if (kind === undefined) kinds.set(name, (kind = { sightings: new Map(), where: new Set() }));
    let seen = kind.sightings.get(was.plain);
    if (seen === undefined) kind.sightings.set(was.plain, (seen = new Map()));
    seen.set(is.plain, (seen.get(is.plain) ?? 0) + 1);
    if (was.plain !== is.plain) kind.where.add(`${recorded.name ?? ''}.${bare(patternOf(path))}`);
  }
}

/** 0 and '' stand for "none" in every game. */
function isNothing(plain: Plain): boolean {
  return plain === 'n:0' || plain === 'n:-1' || plain === 't:';
}

function renumberedIn({ sightings }: Kind, isKnown: (pair: Pair) => boolean): Pair[] {
  const usual = usualPairs(sightings);
  // One that stayed what it was: these ids are the author's, not the server's.
  if (usual.length === 0 || usual.some((pair) => pair.recorded === pair.replayed)) return [];
  const known = usual.filter(isKnown);
  if (usual.length < 2 && known.length === 0) return [];
  const steps = new Map<string, number>();
  for (const pair of usual) {
    const step = stepOf(pair);
    if (step !== undefined) steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  // Two that changed places are a fault, and all moved by as much are not.
  const recorded = new Set(usual.map((pair) => pair.recorded));
  if (usual.some((pair) => recorded.has(pair.replayed)) && steps.size !== 1) return [];
  // Seen once it may be a fault; counted on as the others are, it is not.
  return usual.filter((pair) => !isKnown(pair) && (pair.seen > 1 || (steps.get(stepOf(pair) ?? '') ?? 0) > 1));
}

/** What took the place of each id most of the time; an id that two of them became is the one's that did so more often. */
function usualPairs(sightings: Kind['sightings']): Pair[] {
  const byLive = new Map<Plain, Pair[]>();
  for (const [recorded, became] of sightings) {
    const all = [...became.values()].reduce((sum, count) => sum + count, 0);
    for (const [replayed, seen] of became) {
      if (seen * 2 > all) byLive.set(replayed, [...(byLive.get(replayed) ?? []), { recorded, replayed, seen }]);
    }
  }
  return [...byLive.values()].flatMap((rivals) => {
    const most = Math.max(...rivals.map(({ seen }) => seen));
    const best = rivals.filter(({ seen }) => seen === most);
    return best.length === 1 ? best : [];
  });
}

/** By how much a number moved; undefined for other ids. */
function stepOf({ recorded, replayed }: Pair): string | undefined {
  if (!recorded.startsWith('n:') || !replayed.startsWith('n:')) return undefined;
  return String(Number(replayed.slice(2)) - Number(recorded.slice(2)));
}
