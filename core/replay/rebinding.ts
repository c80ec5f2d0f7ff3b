/**
 * Values one side issued and the other echoed: tokens, ids, keys, sequence numbers. Found from what the protocol declares,
 * from roles in its schema, and by looking: an equal value that could not be equal by chance. While a replay runs, what the
 * new server issues takes the recorded value's place.
 */
import type { Direction, DissectedMessage } from '../protocol/protocol.ts';
import type { Meta } from '../schema/nodes.ts';
import { formatPath, type Segment } from '../schema/path.ts';
import { findByteRuns } from './byte-runs.ts';
import { isRandom, randomBits } from './entropy.ts';
import { bare, type Leaf, lastName, leavesOf, metaAt, patternOf } from './leaves.ts';
import { type RecordedFrame, type Recording } from './recording.ts';
import { type Plain, readingsOf, type Spelling } from './spelling.ts';

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
  /** What the fields are about that hold it, by label or name. */
  readonly kinds: ReadonlySet<string>;
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
export const ECHOED_ROLES: ReadonlySet<string> = new Set(['id', 'token', 'sequence', 'owner']);
/** Fields that name somebody or something of any kind. */
export const POINTS = /target|victim|recipient|receiver|opponent|partner|\bto\b|whom?|other/i;
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
  const found = mergeEqual([...collected.values()]).map((one, i) => describe(one, `b${i + 1}`));
  return [...found, ...findByteRuns(recording, issuer, found)];
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

export function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
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
    keys.role = `${meta.role}\0${kindOf(meta, place.path)}\0${plain}`;
    const isSmall = plain.startsWith('n:') && plain.length < 4;
    if (!isSmall && POINTS.test(`${lastName(place.path)} ${meta.label ?? ''}`)) keys.pointer = plain;
  }
  if (isRandom(plain)) keys.random = plain;
  return keys;
}

export function kindOf(meta: Meta, path: readonly Segment[]): string {
  return meta.label ?? lastName(path);
}

/**
 * A target may be of any kind: what it points at is the id that is known to be echoed elsewhere, or the only kind of id that
 * has this value.
 */
function pointedAt(found: Found | undefined, collected: ReadonlyMap<string, Collected>): Found | undefined {
  if (found === undefined) return undefined;
  const plain = found.sightings[0]!.plain;
  const known = [...collected.values()].find(({ kind, sources }) => kind !== 'random' && sources[0]!.plain === plain);
  const kinds = new Set(found.sightings.map(({ meta, place }) => kindOf(meta, place.path)));
  if (known !== undefined) {
    const { meta, place } = known.sources[0]!;
    const wanted = kindOf(meta, place.path);
    const sightings = found.sightings.filter((one) => kindOf(one.meta, one.place.path) === wanted);
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
  return `${message}\0${bare(path)}`;
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

function describe({ kind, sources, echoes }: Collected, id: string): FoundBinding {
  const source = sources[0]!;
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
    evidence: `issued in frame ${source.place.n}, echoed in ${listed}: ${why}`,
    recorded: source.plain,
    kinds: new Set(
      [...sources, ...echoes.flatMap(({ at, from }) => [at, ...from])].map((s) => kindOf(s.meta, s.place.path)),
    ),
    echoes: echoes.map(({ at, from }) => ({ at: at.place, from: from.map((one) => one.place) })),
  };
}

export function placeId(place: Place): string {
  const { as, piece, ofText, slice } = place.spelling;
  const part = slice === undefined ? '' : slice.join('-');
  return `${place.n}/${place.index}/${formatPath(place.path)}/${as}/${piece ?? ''}/${ofText === true ? 't' : ''}${part}`;
}
