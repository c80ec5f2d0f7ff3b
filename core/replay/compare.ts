/** Two messages field by field, with what may differ set aside and said. */
import type { DissectedMessage } from '../protocol/protocol.ts';
import type { Meta } from '../schema/nodes.ts';
import { formatPath, getPath, type Segment } from '../schema/path.ts';
import { areDraws } from './entropy.ts';
import { isSame, lastName, type Leaf, leavesOf, metaAt, patternOf, valueText } from './leaves.ts';
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
  return compareValues(recorded, live.fields, ignores, moments);
}

function compareValues(
  recorded: DissectedMessage,
  live: unknown,
  ignores: Ignores,
  moments: Moments | undefined,
): FieldDifference[] {
  const found: FieldDifference[] = [];
  const name = recorded.name ?? '';
  const node = recorded.spec?.node;
  const note = (path: readonly Segment[], was: unknown, is: unknown): void => {
    if (found.length >= MAX_DIFFERENCES) return;
    const ignored = reason(name, metaAt(node, path), path, was, is, ignores, moments);
    const difference = { path: formatPath(path), recorded: valueText(was), replayed: valueText(is) };
    found.push(ignored === undefined ? difference : { ...difference, ignored });
  };
  const seen = new Set<string>();
  for (const { path, value } of leavesOf(recorded.fields)) {
    const is = getPath(live, path);
    if (is !== undefined) seen.add(formatPath(path));
    if (!isSame(value, is)) note(path, value, is);
  }
  const had = new Set(leavesOf(recorded.fields).map((leaf: Leaf) => formatPath(leaf.path)));
  for (const { path, value } of leavesOf(live)) {
    const key = formatPath(path);
    if (had.has(key) || seen.has(key) || isBelow(path, found)) continue;
    // An emptied list: its items are told as missing one by one.
    if (isEmpty(value) && getPath(recorded.fields, path) !== undefined) continue;
    note(path, undefined, value);
  }
  return found;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}

/** The difference is told already, at a field above: an empty list that is no longer empty. */
function isBelow(path: readonly Segment[], found: readonly FieldDifference[]): boolean {
  if (path.length === 0) return false;
  const above = formatPath(path.slice(0, -1));
  return above !== '' && found.some((one) => one.path === above && one.replayed !== '');
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
