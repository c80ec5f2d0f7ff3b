/** The bindings of one run: what the new server issued, and what is written into each message because of it. */
import type { Correlation, DissectedMessage } from '../protocol/protocol.ts';
import type { Meta } from '../schema/nodes.ts';
import { formatPath, getPath, type Segment } from '../schema/path.ts';
import { isRandom } from './entropy.ts';
import { AN_ID, bare, leavesOf, metaAt, patternOf } from './leaves.ts';
import { ECHOED_ROLES, type FoundBinding, firstOf, kindOf, type Place, placeId, POINTS } from './rebinding.ts';
import type { Renumbered } from './renumbered.ts';
import { type ItemKey, itemKey } from './recording.ts';
import { type Plain, readAs, readingsOf, writeAs } from './spelling.ts';

/** Names of fields that hold ids, whatever the schema says. */
const ID_NAME = /(?:^|[_a-z])(?:id|key|ref|uid|dbref)$|Id$/i;

const FAR = 100;

/** A binding as it stands in a run. */
export interface BindingState {
  readonly binding: FoundBinding;
  readonly enabled: boolean;
  /** What the new server issued instead; undefined until it has. */
  readonly replayed: Plain | undefined;
  /** Messages it was written into. */
  readonly uses: number;
}

/** A place in a live message that gets another value. */
export interface Replacement {
  readonly path: readonly Segment[];
  readonly value: unknown;
  readonly binding: string;
}

/** The bindings of one run: learns what the new server issued, says what to write into each message. */
export class BindingTable {
  readonly #bindings: readonly FoundBinding[];
  readonly #disabled = new Set<string>();
  readonly #uses = new Map<string, number>();
  readonly #replayed = new Map<string, Plain>();
  /** Recorded places to read from when their counterpart comes. */
  readonly #sources = new Map<ItemKey, { readonly place: Place; readonly binding: FoundBinding }[]>();
  readonly #live = new Map<string, Plain>();
  readonly #echoes = new Map<
    ItemKey,
    { readonly binding: FoundBinding; readonly at: Place; readonly from: readonly Place[] }[]
  >();
  /** Recorded plain value → the values that took its place, each with what its fields are about. */
  readonly #renamed = new Map<Plain, Map<Plain, Set<string>>>();
  readonly #forced = new Map<string, Plain>();

  constructor(
    bindings: readonly FoundBinding[],
    options: { disabled?: Iterable<string>; values?: ReadonlyMap<string, Plain> } = {},
  ) {
    this.#bindings = bindings;
    for (const id of options.disabled ?? []) this.#disabled.add(id);
    for (const [id, plain] of options.values ?? []) this.#forced.set(id, plain);
    for (const binding of bindings) {
      for (const echo of binding.echoes) {
        push(this.#echoes, itemKey(echo.at.n, echo.at.index), { binding, ...echo });
        for (const place of echo.from) {
          const list = this.#sources.get(itemKey(place.n, place.index));
          if (list?.some((one) => placeId(one.place) === placeId(place))) continue;
          push(this.#sources, itemKey(place.n, place.index), { place, binding });
        }
      }
    }
  }

  setEnabled(id: string, enabled: boolean): void {
    if (enabled) this.#disabled.delete(id);
    else this.#disabled.add(id);
  }

  states(): BindingState[] {
    return this.#bindings.map((binding) => ({
      binding,
      enabled: !this.#disabled.has(binding.id),
      replayed: this.#replayed.get(binding.id),
      uses: this.#uses.get(binding.id) ?? 0,
    }));
  }

  /**
   * Ids that nobody echoes are issued anew, too: where the schema calls a field volatile or the protocol says it is issued here,
   * the live value stands for the recorded one, in other messages as well.
   */
  noteIds(recorded: DissectedMessage, live: DissectedMessage, correlations: readonly Correlation[]): void {
    if (recorded.name !== live.name) return;
    const issued = new Set(
      correlations.filter((one) => one.issued.message === recorded.name).map((one) => bare(one.issued.path)),
    );
    for (const { path, value } of leavesOf(recorded.fields)) {
      const now = getPath(live.fields, path);
      if (now === undefined || now === value) continue;
      const meta = metaAt(recorded.spec?.node, path);
      const isId = meta.role !== undefined && ECHOED_ROLES.has(meta.role) && meta.volatile === true;
      if (!isId && !issued.has(patternOf(path))) continue;
      const [was] = readingsOf(value);
      const [is] = readingsOf(now);
      if (was !== undefined && is !== undefined) this.#rename(was.plain, is.plain, [kindOf(meta, path)]);
    }
  }

  /** Ids nobody echoes stand for recorded ones, too, once they are known to. */
  noteRenumbered(found: readonly Renumbered[]): void {
    for (const { kind, pairs } of found) {
      for (const { recorded, replayed } of pairs) this.#rename(recorded, replayed, [kind]);
    }
  }

  /** Whether the one is known to have taken the other's place, among ids of this kind. */
  isKnown(recorded: Plain, replayed: Plain, kind: string): boolean {
    return this.#renamed.get(recorded)?.get(replayed)?.has(kind) === true;
  }

  #rename(was: Plain, is: Plain, about: Iterable<string>): void {
    let names = this.#renamed.get(was);
    if (names === undefined) this.#renamed.set(was, (names = new Map()));
    const kinds = names.get(is);
    if (kinds === undefined) names.set(is, new Set(about));
    else for (const kind of about) kinds.add(kind);
  }

  /** A live message came that stands for this recorded one. */
  observe(n: number, index: number, recorded: unknown, live: unknown): void {
    for (const { place, binding } of this.#sources.get(itemKey(n, index)) ?? []) {
      const now = liveValue(place, binding.recorded, recorded, live);
      if (now === undefined) continue;
      this.#live.set(placeId(place), now);
      // Told even if no message that echoes it is reached.
      if (!this.#replayed.has(binding.id)) this.#replayed.set(binding.id, now);
      this.#rename(binding.recorded, now, binding.kinds);
    }
  }

  /** Frames whose counterpart must have come before this message can be written; empty when nothing is missing. */
  missingFor(n: number, index: number): number[] {
    const missing = new Set<number>();
    for (const { binding, from } of this.#echoes.get(itemKey(n, index)) ?? []) {
      if (this.#disabled.has(binding.id) || this.#forced.has(binding.id)) continue;
      if (!from.some((place) => this.#live.has(placeId(place)))) for (const place of from) missing.add(place.n);
    }
    return [...missing];
  }

  /** What to write into this message instead of what was recorded. */
  replacements(n: number, index: number, fields: unknown): Replacement[] {
    const found = new Map<string, Replacement>();
    for (const { binding, at, from } of this.#echoes.get(itemKey(n, index)) ?? []) {
      if (this.#disabled.has(binding.id)) continue;
      const plain = this.#forced.get(binding.id) ?? firstOf(from, (place) => this.#live.get(placeId(place)));
      if (plain === undefined) continue;
      this.#replayed.set(binding.id, plain);
      this.#uses.set(binding.id, (this.#uses.get(binding.id) ?? 0) + 1);
      if (plain === binding.recorded) continue;
      const path = formatPath(at.path);
      // Two values may stand in one text: the second is written into what the first left.
      const leaf = found.get(path)?.value ?? getPath(fields, at.path);
      const value = writeAs(leaf, at.spelling, plain);
      if (value !== undefined) found.set(path, { path: at.path, value, binding: binding.id });
    }
    return [...found.values()];
  }

  /** Whether a live value may stand where this recorded one stood because the server issued it anew. */
  isRenamed(recorded: unknown, live: unknown, meta: Meta, name: string): boolean {
    if (this.#renamed.size === 0) return false;
    // A small number stands for many things: only where it names something, and something of that kind.
    const isName = (meta.role !== undefined && ECHOED_ROLES.has(meta.role)) || ID_NAME.test(name);
    const fits = (was: Plain, is: Plain): boolean => {
      const kinds = this.#renamed.get(was)?.get(is);
      if (kinds === undefined) return false;
      if (areFarApart(was, is)) return true;
      if (!isName) return isRandom(was);
      return (
        !isSmall(was) ||
        meta.role === undefined ||
        meta === AN_ID ||
        kinds.has(kindOf(meta, [name])) ||
        POINTS.test(`${name} ${meta.label ?? ''}`)
      );
    };
    if (typeof recorded === 'string' && /^\d+$/.test(recorded) && typeof live === 'string') {
      if (fits(`n:${recorded}`, `n:${live}`)) return true;
    }
    return readingsOf(recorded).some(({ plain, spelling }) => {
      const now = this.#renamed.has(plain) ? readAs(live, spelling) : undefined;
      return now !== undefined && fits(plain, now);
    });
  }

  /**
   * The first field that speaks of somebody else than it did: of who the client is now where it was another then, or the other
   * way round. An answer to such a message would be the wrong one.
   */
  someoneElse(recorded: DissectedMessage, live: DissectedMessage): string | undefined {
    if (this.#renamed.size === 0) return undefined;
    for (const { path, value } of leavesOf(recorded.fields)) {
      const meta = metaAt(recorded.spec?.node, path);
      if (meta.role === undefined || !ECHOED_ROLES.has(meta.role)) continue;
      const is: unknown = getPath(live.fields, path);
      const [was, other] = [readingsOf(value)[0]?.plain, readingsOf(is)[0]?.plain];
      if (was === undefined || other === undefined) continue;
      const names = this.#renamed.get(was);
      const isKnown = names !== undefined && [...names.values()].some((kinds) => kinds.has(kindOf(meta, path)));
      if (isKnown ? !names.has(other) : this.#isNowOf(other, kindOf(meta, path))) return formatPath(path);
    }
    return undefined;
  }

  #isNowOf(plain: Plain, kind: string): boolean {
    return [...this.#renamed.values()].some((names) => names.get(plain)?.has(kind) === true);
  }

  /** Whether two live values of two runs took the place of one recorded value. */
  areCounterparts(one: unknown, other: unknown, second: BindingTable): boolean {
    const [first] = readingsOf(one);
    const [another] = readingsOf(other);
    if (first === undefined || another === undefined) return false;
    for (const [recorded, names] of this.#renamed) {
      if (names.has(first.plain) && second.#renamed.get(recorded)?.has(another.plain) === true) return true;
    }
    return false;
  }
}

/** A number that became just the one another id became, and not by a few: no chance, whatever the field is called. */
function areFarApart(was: Plain, is: Plain): boolean {
  return was.startsWith('n:') && is.startsWith('n:') && Math.abs(Number(is.slice(2)) - Number(was.slice(2))) >= FAR;
}

/** Below a hundred. */
function isSmall(plain: Plain): boolean {
  return plain.startsWith('n:') && plain.length < 5;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/**
 * The value at the same place of the live message. In a list the order may be another: an item that has the recorded value
 * still stands for it, and else the one that is otherwise most like it.
 */
function liveValue(place: Place, recorded: Plain, was: unknown, is: unknown): Plain | undefined {
  const { path, spelling } = place;
  const at = path.findIndex((segment) => typeof segment === 'number');
  if (at >= 0) {
    const list: unknown = getPath(is, path.slice(0, at));
    if (Array.isArray(list)) {
      const below = path.slice(at + 1);
      const values = list.map((item: unknown) => readAs(getPath(item, below), spelling));
      if (values.includes(recorded)) return recorded;
      const alike = mostAlike(getPath(was, path.slice(0, at + 1)), list, below);
      if (alike !== undefined && values[alike] !== undefined) return values[alike];
    }
  }
  return readAs(getPath(is, path), spelling);
}

/** Index of the one item whose other fields are most like the recorded item's; undefined when none stands out. */
function mostAlike(item: unknown, list: readonly unknown[], below: readonly Segment[]): number | undefined {
  const own = formatPath(below);
  const wanted = leavesOf(item).filter((leaf) => formatPath(leaf.path) !== own);
  if (wanted.length === 0) return undefined;
  const scores = list.map((other) => wanted.filter((leaf) => leaf.value === getPath(other, leaf.path)).length);
  const best = Math.max(...scores);
  return best > 0 && scores.filter((score) => score === best).length === 1 ? scores.indexOf(best) : undefined;
}
