/**
 * One way of going wrong, with an address: `12:fields.amount#minus-one` is a mutant of the recorded frame 12, `12:@again` a
 * change of the order of messages, `12:~5` the fifth havoc on its bytes. The address, the seed of the dice and the recording
 * give the same case on every machine.
 */
import { type Segment, setPath } from '../schema/path.ts';
import { whoIs } from './scene.ts';
import type { Seed, SeedMessage } from './seed.ts';
import { isSend, type Script, type SendStep, type Step } from './script.ts';
import { isSameVisit, wayTo } from './visit-needs.ts';

export type Family = 'field' | 'payload' | 'sequence' | 'rule' | 'framing' | 'carrier' | 'race' | 'havoc';

/** A script with something wrong in it, and the steps where the answer tells. */
export interface Made {
  readonly script: Script;
  readonly focus: readonly number[];
}

export interface Mutation {
  readonly id: string;
  readonly family: Family;
  /** Name of the message it is done to. */
  readonly message: string;
  /** Field path, '' for the message as a whole. */
  readonly field: string;
  /** What is done. */
  readonly name: string;
  readonly doc: string;
  /** Recorded frame. */
  readonly n: number;
  /** Index of its step in the base script. */
  readonly step: number;
  /** The server gets the same bytes: it must answer as if nothing had been done. */
  readonly isNeutral?: boolean;
  /** A rule of the game this breaks: no sound server accepts it. */
  readonly rule?: string;
  /** It takes luck with values only the server knows: worth trying in more situations. */
  readonly isGuess?: boolean;
  /** Something in the recording says that it may well show: it comes early. */
  readonly isLikely?: boolean;
  /** It guesses what a server gives out first: where it missed, it is tried on one that was just started. */
  readonly guessesFirst?: boolean;
  /** How it is taken is told; it is no fault by itself, since what is allowed is the game's to say. */
  readonly isTold?: boolean;
  /** Recorded frames that must have been answered as usual before it: else there is nothing wrong with it. */
  readonly needs?: readonly number[];
  /** It shows only when what follows comes about, step by step: answers are waited for longer. */
  readonly takesTime?: boolean;
  /** What a shorter script must still have to be this at all. */
  readonly isStill?: (script: Script) => boolean;
  /** Where the same must not be answered as usual: then it was this that did it. */
  readonly controls?: (script: Script) => readonly Control[];
  /** Undefined when it cannot be done after all (no such bytes, no change). */
  make(seed: Seed, how: MakeHow): Made | undefined;
}

export interface MakeHow {
  readonly rng: number;
  /** Client messages to go on with behind it. */
  readonly tail: number;
  /** Behind a message nobody can object to: its harm shows later, if at all. Default `tail`. */
  readonly longTail?: number;
  /** Steps that must come before a step of the base script; default: all there are. */
  readonly prefix?: (at: number) => readonly Step[];
}

/** A script in which the answers to one step, looked for on these connections, must not be the usual ones. */
export interface Control {
  readonly script: Script;
  readonly step: number;
  readonly conns: readonly number[];
  /** Recorded frame whose answers are the usual ones. */
  readonly n: number;
  /** The server must have nothing left of others. */
  readonly isFresh?: boolean;
}

/** Field path without its indices: findings of the same field belong together. */
export function fieldPattern(path: string): string {
  return path.replaceAll(/\[\d+\]/g, '[]');
}

export function prefixOf(seed: Seed, at: number, how: MakeHow): readonly Step[] {
  return how.prefix?.(at) ?? seed.base.steps.slice(0, at);
}

/**
 * What must come before a step, other steps in its place, and a piece of the rest.
 * @param focus which of `instead` tell, or of what follows
 */
export function around(
  seed: Seed,
  at: number,
  instead: readonly Step[],
  how: MakeHow,
  { skip = 1, focus = 0, tail = how.tail }: { skip?: number; focus?: number; tail?: number } = {},
): Made {
  const { steps } = seed.base;
  const prefix = prefixOf(seed, at, how);
  const open = new Set([...prefix, ...instead].flatMap((step) => (step.kind === 'open' ? [step.conn] : [])));
  const isWhole = prefix.length === at || prefix.length === wayTo(seed, at).length;
  const { conn } = steps[at]!;
  const rest: Step[] = [];
  let left = tail;
  for (const step of steps.slice(at + skip)) {
    // Who comes when this visit is over has nothing to do with it.
    if (!isSameVisit(seed, step.conn, conn)) continue;
    // Connections that were left out stay out, unless a client under test goes on there.
    if (!isWhole && !open.has(step.conn)) {
      const behind = seed.scene.connections.get(step.conn)?.openedBehind?.conn;
      if (step.kind !== 'open' || behind === undefined || !open.has(behind)) continue;
      open.add(step.conn);
    }
    if (step.kind === 'send') {
      if (left === 0) break;
      left -= 1;
    }
    rest.push(step);
  }
  // A client is not waited for where nothing is said to it.
  if (whoIs(seed.scene) === 'client') while (rest.at(-1)?.kind === 'open') rest.pop();
  return { script: { steps: [...prefix, ...instead, ...rest] }, focus: [prefix.length + focus] };
}

/** The step of a recorded message, marked as ours, with other bytes. */
export function mutated(step: SendStep, change: Partial<SendStep>): SendStep {
  return { ...step, mutated: true, ...change };
}

export function sendAt(seed: Seed, at: number): SendStep {
  const step = seed.base.steps[at];
  if (step === undefined || !isSend(step)) throw new Error(`Step ${at} of the base script sends nothing.`);
  return step;
}

export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The message with another value in one place; undefined when that cannot be written, or changes nothing. */
export function withValue(
  seed: Seed,
  at: SeedMessage,
  path: readonly Segment[],
  value: unknown,
): Uint8Array | undefined {
  const { frame, message } = at;
  const protocol = seed.scene.connections.get(frame.conn)?.recorded.protocol;
  if (protocol === undefined || message.name === null) return undefined;
  try {
    const fields = setPath(message.fields, path, value);
    const { bytes } = protocol.encode({ message: message.name, fields }, 'toServer', frame.state as never, {
      original: frame.bytes,
    });
    return isSameBytes(bytes, frame.bytes) ? undefined : bytes;
  } catch {
    return undefined;
  }
}
