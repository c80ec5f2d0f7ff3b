/** What came in answer, piece by piece: lists, single values, and what two who say the same are told. */
import { leavesOf, metaAt } from '../replay/leaves.ts';
import { formatPath } from '../schema/path.ts';
import { fieldPattern } from './mutation.ts';
import type { LiveFrame, Run } from './run-script.ts';
import { isSend, OTHER, type SendStep } from './script.ts';

/** A value that two who say the same at the same time are told. */
export interface Pair {
  /** Place of the message in the script, name and path. */
  readonly key: string;
  readonly name: string;
  readonly path: string;
  /** Name and path without indices. */
  readonly pattern: string;
  readonly mine: string;
  readonly theirs: string;
}

const NOTHING = 'nothing';

/** What both are told in answer to the same message, value by value. */
export function* pairsAt(run: Run, i: number): Generator<Pair> {
  const mine = run.script.steps[i];
  const theirs = run.script.steps[i + 1];
  if (mine === undefined || theirs === undefined || !isSend(mine) || !isSend(theirs)) return;
  if (mine.conn >= OTHER || theirs.conn !== mine.conn + OTHER) return;
  const other = onlyByName(toldAt(run, i + 1, theirs));
  for (const [name, frame] of onlyByName(toldAt(run, i, mine))) {
    const twin = other.get(name);
    if (twin === undefined) continue;
    const values = valuesOf(twin);
    const own = valuesOf(frame);
    for (const path of new Set([...own.keys(), ...values.keys()])) {
      const key = `${i}\0${name}\0${path}`;
      const pattern = `${name} ${fieldPattern(path)}`;
      yield { key, name, path, pattern, mine: own.get(path) ?? NOTHING, theirs: values.get(path) ?? NOTHING };
    }
  }
}

/** Until more was said on its connection: what is late is no other answer. */
export function toldAt({ script, frames }: Run, i: number, { conn }: SendStep): LiveFrame[] {
  const next = script.steps.findIndex((step, at) => at > i && step.conn === conn && step.kind !== 'open');
  const isUntil = ({ step }: LiveFrame): boolean => step >= i && (next < 0 || step < next);
  return frames.filter((frame) => frame.conn === conn && !frame.isHeartbeat && isUntil(frame));
}

/** Lists at a place of their own, by name of the message and path. */
export function listsOf(told: readonly LiveFrame[]): { readonly full: Set<string>; readonly empty: Set<string> } {
  const full = new Set<string>();
  const empty = new Set<string>();
  for (const { heard } of told) {
    for (const { name, fields } of heard.messages) {
      for (const { path, value } of leavesOf(fields)) {
        const at = path.findIndex((segment) => typeof segment === 'number');
        if (at >= 0) full.add(`${name ?? '?'} ${formatPath(path.slice(0, at))}`);
        else if (Array.isArray(value)) empty.add(`${name ?? '?'} ${formatPath(path)}`);
      }
    }
  }
  return { full, empty };
}

/** Those of a name that came once. */
function onlyByName(frames: readonly LiveFrame[]): ReadonlyMap<string, LiveFrame> {
  const found = new Map<string, LiveFrame>();
  const several = new Set<string>();
  for (const frame of frames) {
    const { name } = frame.heard;
    if (found.has(name)) several.add(name);
    found.set(name, frame);
  }
  for (const name of several) found.delete(name);
  return found;
}

function valuesOf({ heard }: LiveFrame): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [index, { fields, spec }] of heard.messages.entries()) {
    for (const { path, value } of leavesOf(fields)) {
      const { volatile, role } = metaAt(spec?.node, path);
      // What moves is elsewhere a moment later.
      if (value instanceof Uint8Array || volatile === true || role === 'position') continue;
      const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
      values.set(index === 0 ? formatPath(path) : `${index}/${formatPath(path)}`, text);
    }
  }
  return values;
}
