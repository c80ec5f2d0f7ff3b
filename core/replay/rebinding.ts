/**
 * Values one side issued and the other echoed: tokens, ids, keys, sequence numbers. Found from what the protocol declares,
 * from roles in its schema, and by looking: an equal value that could not be equal by chance. While a replay runs, what the
 * new server issues takes the recorded value's place.
 */
import type { Correlation, DissectedMessage, Direction } from '../protocol/protocol.ts';
import type { Meta } from '../schema/nodes.ts';
import { formatPath, getPath, type Segment } from '../schema/path.ts';
import { isRandom, randomBits } from './entropy.ts';
import { lastName, type Leaf, leavesOf, metaAt, patternOf, valueText } from './leaves.ts';
import { itemKey, type ItemKey, type RecordedFrame, type Recording } from './recording.ts';
import { type Plain, readAs, type Spelling, readingsOf, writeAs } from './spelling.ts';

/** Where a value stands: message `index` of frame `n`, field, and how it is written there. */
export interface Place {
  readonly n: number;
  readonly index: number;
  readonly path: readonly Segment[];
  readonly spelling: Spelling;
}

export type BindingKind = 'declared' | 'role' | 'id' | 'random';

export interface FoundBinding {
  readonly id: string;
  readonly kind: BindingKind;
  /** What it is, in words: `token of APMSG_CHAR_SELECT_RESPONSE`. */
  readonly what: string;
  /** Why it is taken for issued and echoed. */
  readonly evidence: string;
  readonly recorded: Plain;
  /** Each echo, with the places it may have been read from, the likeliest first. */
  readonly echoes: readonly { readonly at: Place; readonly from: readonly Place[] }[];
}

interface Sighting {
  readonly place: Place;
  readonly message: string;
  readonly conn: number;
  readonly direction: Direction;
  readonly meta: Meta;
  readonly plain: Plain;
}

/** Roles whose values are issued by the server and named by the client. */
const ECHOED_ROLES: ReadonlySet<string> = new Set(['id', 'token', 'sequence', 'owner']);
/** Fields that name somebody or something of any kind. */
const POINTS = /target|victim|recipient|receiver|opponent|partner|\bto\b|whom?|other/i;
/** Names of fields that hold ids, whatever the schema says. */
const ID_NAME = /(?:^|[_a-z])(?:id|key|ref|uid|dbref)$|Id$/i;
const MAX_SOURCES = 4;

/** @param issuer the side whose values the other one echoes: the server for a replay, the client for a stand-in. */
export function findBindings(recording: Recording, issuer: Direction = 'toClient'): FoundBinding[] {
  const byRandom = new Index();
  const byRole = new Index();
  const byId = new Index();
  const byDeclaration = new Index();
  const declarations = declarationsOf(recording);
  const collected = new Map<string, Collected>();
  for (const frame of recording.frames) {
    const isIssuer = frame.direction === issuer;
    frame.messages.forEach((message, index) => {
      // A leaf that is bound in one spelling needs no second binding in another.
      const bound = new Set<string>();
      for (const sighting of sightingsOf(frame, message, index)) {
        const keys = keysOf(sighting);
        const { path, spelling } = sighting.place;
        const leaf = `${formatPath(path)}/${spelling.piece ?? ''}`;
        if (isIssuer) {
          for (const name of declarations.issuedBy(sighting))
            byDeclaration.issued(`${name}\0${sighting.plain}`, sighting);
          if (keys.role !== undefined) byRole.issued(keys.role, sighting);
          if (keys.role !== undefined) byId.issued(sighting.plain, sighting);
          if (keys.random !== undefined) byRandom.issued(keys.random, sighting);
          continue;
        }
        const found = bound.has(leaf)
          ? undefined
          : (firstOf(declarations.echoedBy(sighting), (name) =>
              byDeclaration.find(`${name}\0${sighting.plain}`, 'declared'),
            ) ??
            (keys.role === undefined ? undefined : byRole.find(keys.role, 'role')) ??
            (keys.pointer === undefined ? undefined : pointedAt(byId.find(keys.pointer, 'id'), collected)) ??
            (keys.random === undefined ? undefined : byRandom.find(keys.random, 'random')));
        if (found !== undefined) {
          collect(collected, found, sighting);
          bound.add(leaf);
        }
        // A value this side uses before the other has issued it is its own.
        if (keys.role !== undefined) byRole.own(keys.role);
        if (keys.random !== undefined) byRandom.own(keys.random);
      }
    });
  }
  return mergeEqual([...collected.values()]).map((one, i) => describe(one, `b${i + 1}`, issuer));
}

interface Found {
  readonly kind: BindingKind;
  readonly key: string;
  /** Oldest first. */
  readonly sightings: readonly Sighting[];
}
interface Collected {
  readonly kind: BindingKind;
  readonly sources: Sighting[];
  readonly echoes: { readonly at: Sighting; readonly from: readonly Sighting[] }[];
}

/** Values by key: who had them first, and where they were issued. */
class Index {
  readonly #issued = new Map<string, Sighting[]>();
  readonly #own = new Set<string>();

  issued(key: string, sighting: Sighting): void {
    if (this.#own.has(key)) return;
    const known = this.#issued.get(key);
    if (known === undefined) this.#issued.set(key, [sighting]);
    else if (known.length < 256) known.push(sighting);
    else known[255] = sighting;
  }
  own(key: string): void {
    if (!this.#issued.has(key)) this.#own.add(key);
  }
  find(key: string, kind: BindingKind): Found | undefined {
    const sightings = this.#issued.get(key);
    return sightings === undefined ? undefined : { kind, key: `${kind}\0${key}`, sightings };
  }
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function collect(collected: Map<string, Collected>, found: Found, at: Sighting): void {
  const from = preferred(found.sightings);
  const known = collected.get(found.key);
  if (known === undefined) {
    collected.set(found.key, { kind: found.kind, sources: [found.sightings[0]!], echoes: [{ at, from }] });
  } else known.echoes.push({ at, from });
}

/** A field of its own tells more than an item of a list, and what was said last more than what was said before. */
function preferred(sightings: readonly Sighting[]): readonly Sighting[] {
  const latest = sightings.slice(-16).reverse();
  const isItem = (s: Sighting): number => (s.place.path.some((segment) => typeof segment === 'number') ? 1 : 0);
  return latest.sort((a, b) => isItem(a) - isItem(b)).slice(0, MAX_SOURCES);
}

/** Values worth a look in one message, in all their spellings. */
function sightingsOf(frame: RecordedFrame, message: DissectedMessage, index: number): Sighting[] {
  if (message.name === null && message.fields === undefined) return [];
  const found: Sighting[] = [];
  for (const leaf of leavesOf(message.fields)) {
    const meta = metaAt(message.spec?.node, leaf.path);
    if (isFixed(leaf, meta)) continue;
    for (const { plain, spelling } of readingsOf(leaf.value)) {
      found.push({
        place: { n: frame.n, index, path: leaf.path, spelling },
        message: message.name ?? '',
        conn: frame.conn,
        direction: frame.direction,
        meta,
        plain,
      });
    }
  }
  return found;
}

/** Values the author of the protocol chose: they have names. */
function isFixed(leaf: Leaf, meta: Meta): boolean {
  if (typeof leaf.value === 'boolean' || leaf.value === null) return true;
  return meta.names !== undefined && Object.hasOwn(meta.names, String(leaf.value));
}

/** What the value is known by: with a role, together with what the role is about; at random, alone. */
function keysOf({ meta, plain, place }: Sighting): { role?: string; pointer?: string; random?: string } {
  const keys: { role?: string; pointer?: string; random?: string } = {};
  const { as, piece } = place.spelling;
  const isWhole = piece === undefined && (as === 'text' || as === 'number' || as === 'bytes');
  // 0 and '' stand for "none" in every game.
  const isNothing = plain === 'n:0' || plain === 'n:-1' || plain === 't:';
  if (isWhole && !isNothing && meta.role !== undefined && ECHOED_ROLES.has(meta.role)) {
    keys.role = `${meta.role}\0${kindOf(meta, place)}\0${plain}`;
    const isSmall = plain.startsWith('n:') && plain.length < 4;
    if (!isSmall && POINTS.test(`${lastName(place.path)} ${meta.label ?? ''}`)) keys.pointer = plain;
  }
  if (isRandom(plain)) keys.random = plain;
  return keys;
}

function kindOf(meta: Meta, place: Place): string {
  return meta.label ?? lastName(place.path);
}

/**
 * A target may be of any kind: what it points at is the id that is known to be echoed elsewhere, or the only kind of id that
 * has this value.
 */
function pointedAt(found: Found | undefined, collected: ReadonlyMap<string, Collected>): Found | undefined {
  if (found === undefined) return undefined;
  const plain = found.sightings[0]!.plain;
  const known = [...collected.values()].find(({ kind, sources }) => kind !== 'random' && sources[0]!.plain === plain);
  const kinds = new Set(found.sightings.map(({ meta, place }) => kindOf(meta, place)));
  if (known !== undefined) {
    const { meta, place } = known.sources[0]!;
    const wanted = kindOf(meta, place);
    const sightings = found.sightings.filter((one) => kindOf(one.meta, one.place) === wanted);
    if (sightings.length > 0) return { ...found, sightings };
  }
  return kinds.size === 1 ? found : undefined;
}

interface Declarations {
  issuedBy(sighting: Sighting): readonly string[];
  echoedBy(sighting: Sighting): readonly string[];
}

/** The correlations of every protocol met; those by salt are computed, not echoed. */
function declarationsOf(recording: Recording): Declarations {
  const issued = new Map<string, string[]>();
  const echoed = new Map<string, string[]>();
  const add = (map: Map<string, string[]>, key: string, name: string): void => {
    map.set(key, [...(map.get(key) ?? []), name]);
  };
  const protocols = new Set([...recording.connections.values()].flatMap((c) => c.protocol ?? []));
  for (const protocol of protocols) {
    protocol.correlations.forEach((correlation, i) => {
      if (correlation.kind === 'salt') return;
      const name = `${protocol.id}/${i}`;
      add(issued, placeKey(correlation.issued.message, correlation.issued.path), name);
      for (const { message, path } of correlation.echoed) add(echoed, placeKey(message, path), name);
    });
  }
  const isWhole = (s: Sighting): boolean => s.place.spelling.piece === undefined;
  const look = (map: Map<string, string[]>, s: Sighting): readonly string[] =>
    map.size === 0 || !isWhole(s) ? [] : (map.get(placeKey(s.message, patternOf(s.place.path))) ?? []);
  return { issuedBy: (s) => look(issued, s), echoedBy: (s) => look(echoed, s) };
}

function placeKey(message: string, path: string): string {
  return `${message}\0${withoutIndices(path)}`;
}
function withoutIndices(path: string): string {
  return path.replaceAll(/\[\d+\]/g, '[]');
}

/** One value from one source is one binding, however its echoes were told. */
function mergeEqual(all: readonly Collected[]): Collected[] {
  const merged = new Map<string, Collected>();
  for (const one of all) {
    const source = one.sources[0]!;
    const key = `${placeId(source.place)}\0${source.plain}`;
    const known = merged.get(key);
    if (known === undefined) merged.set(key, one);
    else known.echoes.push(...one.echoes);
  }
  return [...merged.values()];
}

function describe({ kind, sources, echoes }: Collected, id: string, issuer: Direction): FoundBinding {
  const source = sources[0]!;
  const who = issuer === 'toClient' ? 'server' : 'client';
  const what = `${formatPath(source.place.path) || 'value'} of ${source.message || 'an unread message'}`;
  const places = [...new Set(echoes.map(({ at }) => `${at.message} ${formatPath(at.place.path)}`.trim()))];
  const listed = places.slice(0, 3).join(', ') + (places.length > 3 ? ` and ${places.length - 3} more` : '');
  const why = {
    declared: 'the protocol says so',
    role: `both are ${source.meta.label ?? lastName(source.place.path)} (${source.meta.role ?? 'id'}) and equal`,
    id: 'an id that points at another, equal to the only one it can be',
    random: `equal, and too random for chance (${Math.round(randomBits(source.plain))} bits)`,
  }[kind];
  return {
    id,
    kind,
    what,
    evidence: `the ${who} issued it first in frame ${source.place.n}; echoed in ${listed}: ${why}`,
    recorded: source.plain,
    echoes: echoes.map(({ at, from }) => ({ at: at.place, from: from.map((one) => one.place) })),
  };
}

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
  readonly #sources = new Map<ItemKey, { readonly place: Place; readonly recorded: Plain }[]>();
  readonly #live = new Map<string, Plain>();
  readonly #echoes = new Map<
    ItemKey,
    { readonly binding: FoundBinding; readonly at: Place; readonly from: readonly Place[] }[]
  >();
  /** Recorded plain value → the values that took its place. */
  readonly #renamed = new Map<Plain, Set<Plain>>();
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
          push(this.#sources, itemKey(place.n, place.index), { place, recorded: binding.recorded });
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
      correlations.filter((one) => one.issued.message === recorded.name).map((one) => withoutIndices(one.issued.path)),
    );
    for (const { path, value } of leavesOf(recorded.fields)) {
      const now = getPath(live.fields, path);
      if (now === undefined || now === value) continue;
      const meta = metaAt(recorded.spec?.node, path);
      const isId = meta.role !== undefined && ECHOED_ROLES.has(meta.role) && meta.volatile === true;
      if (isId || issued.has(patternOf(path))) this.#rename(value, now);
    }
  }

  #rename(recorded: unknown, live: unknown): void {
    const [was] = readingsOf(recorded);
    const [is] = readingsOf(live);
    if (was === undefined || is === undefined) return;
    const names = this.#renamed.get(was.plain);
    if (names === undefined) this.#renamed.set(was.plain, new Set([is.plain]));
    else names.add(is.plain);
  }

  /** A live message came that stands for this recorded one. */
  observe(n: number, index: number, recorded: unknown, live: unknown): void {
    for (const { place, recorded: plain } of this.#sources.get(itemKey(n, index)) ?? []) {
      const now = liveValue(place, plain, recorded, live);
      if (now === undefined) continue;
      this.#live.set(placeId(place), now);
      let names = this.#renamed.get(plain);
      if (names === undefined) this.#renamed.set(plain, (names = new Set()));
      names.add(now);
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
    // A small number stands for many things: only where it names something.
    const isName = (meta.role !== undefined && ECHOED_ROLES.has(meta.role)) || ID_NAME.test(name);
    const readings = readingsOf(recorded);
    if (isName && typeof recorded === 'string' && /^\d+$/.test(recorded) && typeof live === 'string') {
      if (this.#renamed.get(`n:${recorded}`)?.has(`n:${live}`) === true) return true;
    }
    return readings.some(({ plain, spelling }) => {
      if (!isName && !isRandom(plain)) return false;
      const names = this.#renamed.get(plain);
      if (names === undefined) return false;
      const now = readAs(live, spelling);
      return now !== undefined && names.has(now);
    });
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

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function placeId(place: Place): string {
  const { as, piece, ofText } = place.spelling;
  return `${place.n}/${place.index}/${formatPath(place.path)}/${as}/${piece ?? ''}/${ofText === true ? 't' : ''}`;
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

/** A plain value for people. */
export function plainText(plain: Plain): string {
  const text = plain.slice(2);
  return plain[0] === 't' ? valueText(text) : text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
