/** The smallest script that still fails: fewer messages first, then fewer fields, then fewer bytes. */
import { readJson } from '../schema/json-text.ts';
import { fewerSteps, tidy, type Tries } from './fewer-steps.ts';
import { countSends, isSend, type Script, type SendStep } from './script.ts';

/** One thing that was left out, and whether it still failed. */
export interface ShrinkTry {
  readonly what: string;
  /** Client messages left in the script, and payload bytes of the wrong one. */
  readonly sends: number;
  readonly bytes: number;
  readonly fails: boolean;
}

export interface ShrinkHow {
  /** Whether this script still fails in the same way. */
  readonly fails: (script: Script) => Promise<boolean>;
  readonly isOver: () => boolean;
  /** Something was not tried because it was over. */
  readonly onCut?: () => void;
  /** Whether it is known by now that this one does not fail. */
  readonly isKnown?: (script: Script) => boolean;
  /** No time for fields and bytes any more. Default: as `isOver`. */
  readonly isLate?: () => boolean;
  /** What is wrong is a whole message: pieces of its bytes say nothing. */
  readonly isOfWholeMessages?: boolean;
  readonly onTry?: (one: ShrinkTry) => void;
  /** Whether the other side broke the last try off before all of it was said. */
  readonly isBrokenOff?: () => boolean;
  /** Shorter ways to the last messages of a script, the shortest first. */
  readonly shortcuts?: (script: Script) => Iterable<Script>;
  /** Scripts in which the same is wrong sooner, those with the least before it first: the likeliest kind first. */
  readonly earlier?: readonly ((script: Script) => Iterable<Script>)[];
  /** The same question asked of one of those: what is wrong there is said in another place. */
  readonly failsEarlier?: (script: Script) => Promise<boolean>;
  /** The step after which the last try that failed has shown it, where that is known. */
  readonly shownAt?: () => number | undefined;
}

export function tryOf(what: string, script: Script, fails: boolean): ShrinkTry {
  return { what, sends: countSends(script), bytes: wrongBytes(script), fails };
}

/** Asks whether a script still fails as long as there is time for it, and tells of it. */
export function triesOf(how: ShrinkHow, fails = how.fails): Tries {
  return async (what, candidate) => {
    if (how.isKnown?.(candidate) === true || isCut(how)) return false;
    const isFailing = await fails(candidate);
    how.onTry?.(tryOf(what, candidate, isFailing));
    return isFailing;
  };
}

function isCut({ isOver, onCut }: ShrinkHow): boolean {
  if (!isOver()) return false;
  onCut?.();
  return true;
}

export async function shrink(script: Script, how: ShrinkHow): Promise<Script> {
  const tries = triesOf(how);
  const sooner = triesOf(how, how.failsEarlier);
  let best = await fewerSteps(script, tries, {
    ...how,
    earlier: async (from) => {
      let least = from;
      for (const ways of how.earlier ?? []) {
        for (const candidate of ways(least)) {
          if (isCut(how)) return least;
          if (!(await sooner('the same at an earlier place', candidate))) continue;
          least = tidy(candidate);
          break;
        }
      }
      return least;
    },
  });
  // A message with fields is made smaller by fields: pieces of its text say nothing to anybody.
  const inTime: Tries = async (what, candidate) => how.isLate?.() !== true && tries(what, candidate);
  if (isObject(best)) return fewerFields(best, inTime);
  return how.isOfWholeMessages === true ? best : fewerBytes(best, inTime);
}

function wrongAt(script: Script): number {
  return script.steps.findLastIndex((step) => isSend(step) && step.mutated);
}

function wrongBytes(script: Script): number {
  const step = script.steps[wrongAt(script)];
  return step !== undefined && isSend(step) ? step.bytes.length : 0;
}

function withBytes(script: Script, at: number, bytes: Uint8Array): Script {
  return {
    steps: script.steps.map((step, i) => {
      if (i !== at || !isSend(step)) return step;
      const { mutating: _mutating, ...rest } = step;
      return { ...rest, bytes } satisfies SendStep;
    }),
  };
}

function isObject(script: Script): boolean {
  const step = script.steps[wrongAt(script)];
  if (step === undefined || !isSend(step) || step.bytes.length > 65_536) return false;
  const read = readJson(step.bytes);
  return read.ok && typeof read.value === 'object' && read.value !== null && !Array.isArray(read.value);
}

/** Keys of a JSON message that do not matter. */
async function fewerFields(script: Script, tries: Tries): Promise<Script> {
  let best = script;
  const at = wrongAt(script);
  const step = script.steps[at];
  if (step === undefined || !isSend(step) || step.wire !== undefined || step.bytes.length > 65_536) return script;
  const read = readJson(step.bytes);
  if (!read.ok || typeof read.value !== 'object' || read.value === null || Array.isArray(read.value)) return script;
  let value = read.value as Record<string, unknown>;
  for (const key of Object.keys(value)) {
    const { [key]: _gone, ...rest } = value;
    const text = JSON.stringify(rest, (_k, item: unknown) => (typeof item === 'bigint' ? Number(item) : item));
    const candidate = withBytes(best, at, new TextEncoder().encode(text));
    if (await tries(`key ${JSON.stringify(key)} left out`, candidate)) {
      best = candidate;
      value = rest;
    }
  }
  return best;
}

/** Pieces of the payload that do not matter, halving. */
async function fewerBytes(script: Script, tries: Tries): Promise<Script> {
  let best = script;
  const at = wrongAt(script);
  const first = script.steps[at];
  if (first === undefined || !isSend(first) || first.wire !== undefined) return script;
  let { bytes } = first;
  let size = bytes.length >> 1;
  while (size >= 1) {
    for (let from = 0; from + size <= bytes.length && bytes.length > 1; ) {
      const shorter = new Uint8Array(bytes.length - size);
      shorter.set(bytes.subarray(0, from));
      shorter.set(bytes.subarray(from + size), from);
      const candidate = withBytes(best, at, shorter);
      if (await tries(`${size} byte${size === 1 ? '' : 's'} at ${from} left out`, candidate)) {
        best = candidate;
        bytes = shorter;
      } else from += size;
    }
    // Single bytes of long messages are not worth their runs.
    size = size <= 4 && bytes.length > 64 ? 0 : size >> 1;
  }
  return best;
}
