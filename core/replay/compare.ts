/** Two messages field by field, with what may differ set aside and said. */
import type { DissectedMessage } from '../protocol/protocol.ts';
import type { Meta } from '../schema/nodes.ts';
import { formatPath, getPath, type Segment } from '../schema/path.ts';
import { areDraws } from './entropy.ts';
import { AN_ID, isIndex, isSame, type Leaf, lastName, leavesOf, metaAt, patternOf, valueText } from './leaves.ts';
import { readingsOf } from './spelling.ts';

export interface FieldDifference {
  readonly path: string;
  readonly recorded: string;
  readonly replayed: string;
  /** Why it does not count. */
  readonly ignored?: string;
}

/** What may differ between two runs. */
export interface Ignores {
  /** The live value took the recorded one's place. */
  isRenamed(recorded: unknown, live: unknown, meta: Meta, name: string): boolean;
  /** `message.path` or `path` patterns given by hand or learned; the reason, or undefined. */
  reasonFor(message: string, pattern: string): string | undefined;
}

export const IGNORE_NOTHING: Ignores = { isRenamed: () => false, reasonFor: () => undefined };

/** When two frames were sent, wall clock seconds: fields that tell the time are known by it. */
export interface Moments {
  readonly recorded: number;
  readonly replayed: number;
}

const MAX_DIFFERENCES = 200;

export function compareMessages(
  recorded: DissectedMessage,
  live: DissectedMessage,
  ignores: Ignores,
  moments?: Moments,
): FieldDifference[] {
  const found: FieldDifference[] = [];
  compare(recorded, live.fields, ignores, (path, was, is) => {
    const ignored = reasonOf(recorded, path, was, is, ignores, moments);
    const difference = { path: formatPath(path), recorded: valueText(was), replayed: valueText(is) };
    found.push(ignored === undefined ? difference : { ...difference, ignored });
    return found.length < MAX_DIFFERENCES;
  });
  return found;
}

/** How many fields differ and count, up to `most`: much cheaper than telling them. */
export function countDifferences(
  recorded: DissectedMessage,
  live: DissectedMessage,
  ignores: Ignores,
  most = MAX_DIFFERENCES,
  moments?: Moments,
): number {
  let count = 0;
  compare(recorded, live.fields, ignores, (path, was, is) => {
    if (reasonOf(recorded, path, was, is, ignores, moments) === undefined) count++;
    return count < most;
  });
  return count;
}

/** Whether a field that names somebody or something has another value in either. */
export function areOfDifferentThings(one: DissectedMessage, other: DissectedMessage): boolean {
  return knownLeaves(one).some(({ path, value }) => {
    const { role } = metaAt(one.spec?.node, path);
    if (role !== 'id' && role !== 'owner' && !/^(?:id|name)$|(?:Id|Name)$|_(?:id|name)$/.test(lastName(path)))
      return false;
    const its = getPath(other.fields, path);
    return its !== undefined && !isSame(value, its);
  });
}

interface KnownLeaf extends Leaf {
  readonly key: string;
}
/** Recorded messages are compared with many live ones. */
const known = new WeakMap<DissectedMessage, readonly KnownLeaf[]>();

function knownLeaves(message: DissectedMessage): readonly KnownLeaf[] {
  let leaves = known.get(message);
  if (leaves === undefined) {
    leaves = leavesOf(message.fields).map((leaf) => ({ ...leaf, key: formatPath(leaf.path) }));
    known.set(message, leaves);
  }
  return leaves;
}

/** @param differ told of each field that is not equal; false ends the comparison */
function compare(
  recorded: DissectedMessage,
  live: unknown,
  ignores: Ignores,
  differ: (path: readonly Segment[], was: unknown, is: unknown) => boolean,
): void {
  const leaves = knownLeaves(recorded);
  /** Fields at which a difference was told, though something is there. */
  const told = new Set<string>();
  let isComplete = true;
  const had = new Set<string>();
  for (const { path, key, value } of leaves) {
    const there = path.some(isKeyOfId) ? inTheirKeys(path, live, ignores) : path;
    const is = getPath(live, there);
    const theirs = there === path ? key : formatPath(there);
    had.add(theirs);
    if (is === undefined) isComplete = false;
    if (isSame(value, is)) continue;
    if (is !== undefined) told.add(theirs);
    if (!differ(path, value, is)) return;
  }
  const others = leavesOf(live);
  // As many as before, each found above: nothing was added.
  if (others.length === leaves.length && told.size === 0 && isComplete) return;
  for (const { path, value } of others) {
    if (had.has(formatPath(path))) continue;
    // The difference is told already, at a field above: an empty list that is no longer empty.
    if (path.length > 0 && told.has(formatPath(path.slice(0, -1)))) continue;
    // An emptied list: its items are told as missing one by one.
    if (isEmpty(value) && getPath(recorded.fields, path) !== undefined) continue;
    if (!differ(path, undefined, value)) return;
  }
}

function isKeyOfId(segment: Segment): boolean {
  return typeof segment === 'string' && isIndex(segment);
}

/** What is kept under an id is found under the id that took its place. */
function inTheirKeys(path: readonly Segment[], live: unknown, ignores: Ignores): readonly Segment[] {
  const there: Segment[] = [];
  for (const segment of path) {
    const object = isKeyOfId(segment) ? getPath(live, there) : undefined;
    const isRenamed = (key: string): boolean => ignores.isRenamed(Number(segment), Number(key), AN_ID, 'id');
    const isHere = typeof object === 'object' && object !== null && !isRenamed(String(segment));
    const renamed = isHere ? Object.keys(object).find(isRenamed) : undefined;
    there.push(renamed ?? segment);
  }
  return there;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}

function reasonOf(
  recorded: DissectedMessage,
  path: readonly Segment[],
  was: unknown,
  is: unknown,
  ignores: Ignores,
  moments: Moments | undefined,
): string | undefined {
  return reason(recorded.name ?? '', metaAt(recorded.spec?.node, path), path, was, is, ignores, moments);
}

function reason(
  message: string,
  meta: Meta,
  path: readonly Segment[],
  was: unknown,
  is: unknown,
  ignores: Ignores,
  moments: Moments | undefined,
): string | undefined {
  const given = ignores.reasonFor(message, patternOf(path));
  if (given !== undefined) return given;
  if (was !== undefined && is !== undefined && ignores.isRenamed(was, is, meta, lastName(path)))
    return 'issued anew by the server';
  if (meta.volatile === true) return 'volatile by the schema';
  if (was === undefined || is === undefined) return undefined;
  if (meta.role === 'token') return 'a token, issued anew';
  if (meta.role === 'time' || (moments !== undefined && areClockTimes(was, is, moments))) return 'a time of day';
  return areRandom(was, is) ? 'drawn at random' : undefined;
}

/** Both are the time of their run, within a day: seconds, milliseconds or microseconds since 1970. */
function areClockTimes(was: unknown, is: unknown, moments: Moments): boolean {
  for (const unit of [1, 1e3, 1e6]) {
    if (isNear(was, moments.recorded, unit) && isNear(is, moments.replayed, unit)) return true;
  }
  return false;
}
function isNear(value: unknown, time: number, unit: number): boolean {
  const number = typeof value === 'bigint' || typeof value === 'number' ? Number(value) : Number.NaN;
  return time > 1e8 && Math.abs(number / unit - time) < 86_400;
}

function areRandom(was: unknown, is: unknown): boolean {
  const [one] = readingsOf(was);
  const [other] = readingsOf(is);
  return one !== undefined && other !== undefined && areDraws(one.plain, other.plain);
}

/** Ignore texts: `message.field`, `field` or `*.field`; `[]` and indices are left out. */
export function ignoresFrom(
  texts: readonly string[],
  learned: readonly { readonly message: string; readonly path: string; readonly why: string }[] = [],
  isRenamed: Ignores['isRenamed'] = () => false,
): Ignores {
  const plain = (path: string): string => path.replaceAll(/\[\d*\]/g, '');
  const given = new Set(texts.map(plain));
  const known = new Map(learned.map((one) => [`${one.message}\0${plain(one.path)}`, one.why]));
  return {
    isRenamed,
    reasonFor(message, pattern) {
      const path = plain(pattern);
      // A field is ignored with everything below it.
      for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
        if (given.has(at) || given.has(`${message}.${at}`) || given.has(`*.${at}`)) return 'ignored on request';
        const why = known.get(`${message}\0${at}`);
        if (why !== undefined) return why;
      }
      return given.has(message) && message !== '' ? 'ignored on request' : known.get(`${message}\0`);
    },
  };
}
