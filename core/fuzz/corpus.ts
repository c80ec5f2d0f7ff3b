/**
 * Cases that have shown something of the server that nothing before them had: kept for the next campaign, which begins with
 * them. What a case shows is said in kinds of answers and what followed what; a case whose news others show too is dropped.
 */
import type { CaseRun } from './case-run.ts';
import { around, type Family, isSameBytes, mutated, type Mutation, sendAt } from './mutation.ts';
import type { Seed, SeedMessage } from './seed.ts';
import { countSends, fromHex, isSend, toHex } from './script.ts';

export interface KeptCase {
  /** Address of the mutation. */
  readonly id: string;
  readonly rng: number;
  readonly message: string;
  readonly family: Family;
  /** Kinds of answers and transitions that the recorded session does not show. */
  readonly shows: readonly string[];
  /** Client messages it plays. */
  readonly sends: number;
  /** The wrong payload as hex, where it is one: for another recording, in which the address means something else. */
  readonly bytes?: string;
}

/** Longest payload whose hex is an address. */
const MOST_BYTES = 1024;

export function keptCase({ mutation, made }: CaseRun, rng: number, shows: readonly string[]): KeptCase {
  const { id, message, family } = mutation;
  const [focus = 0] = made.focus;
  const step = made.script.steps[focus];
  const isPayload =
    step !== undefined && isSend(step) && step.wire === undefined && step.bytes.length <= MOST_BYTES && step.mutated;
  return {
    id,
    rng,
    message,
    family,
    shows,
    sends: countSends(made.script),
    ...(isPayload ? { bytes: toHex(step.bytes) } : {}),
  };
}

/** As few of them as still show everything: whoever shows most first, and of equals the shortest. */
export function fewest(cases: readonly KeptCase[]): KeptCase[] {
  const left = new Set(cases.flatMap(({ shows }) => shows));
  const rest = new Set(cases);
  const kept: KeptCase[] = [];
  while (left.size > 0) {
    let best: KeptCase | undefined;
    let most = 0;
    for (const one of rest) {
      const count = one.shows.filter((what) => left.has(what)).length;
      if (count > most || (count === most && count > 0 && one.sends < best!.sends)) [best, most] = [one, count];
    }
    if (best === undefined) break;
    rest.delete(best);
    kept.push(best);
    for (const what of best.shows) left.delete(what);
  }
  return kept;
}

/** The kept cases on this recording: at their addresses, or else their payloads in the place of a message of the same name. */
export function fromCorpus(
  seed: Seed,
  cases: readonly KeptCase[],
  byId: (id: string) => Mutation | undefined,
  rng: number,
): Mutation[] {
  const found = new Map<string, Mutation>();
  for (const one of cases) {
    const known = byId(one.id);
    const mutation = known?.message === one.message && isTheSame(known, one, seed, rng) ? known : elsewhere(seed, one);
    if (mutation !== undefined) found.set(mutation.id, mutation);
  }
  return [...found.values()];
}

function isTheSame(mutation: Mutation, { bytes }: KeptCase, seed: Seed, rng: number): boolean {
  if (bytes === undefined) return true;
  const made = mutation.make(seed, { rng, tail: 0 });
  const step = made?.script.steps[made.focus[0] ?? 0];
  return step !== undefined && isSend(step) && toHex(step.bytes) === bytes;
}

function elsewhere(seed: Seed, { message, bytes }: KeptCase): Mutation | undefined {
  const at = seed.messages.find((one) => one.name === message && one.index === 0);
  return at === undefined || bytes === undefined ? undefined : keptMutation(at, bytes);
}

/** A payload from elsewhere; its address is the payload itself. */
export function keptMutation(at: SeedMessage, hex: string): Mutation {
  const { frame, step } = at;
  return {
    id: `${frame.n}:+${hex}`,
    family: 'payload',
    message: at.name,
    field: '',
    name: 'kept',
    doc: 'A payload that showed something new in an earlier campaign.',
    n: frame.n,
    step,
    make: (seed, how) => {
      const recorded = sendAt(seed, step);
      const bytes = fromHex(hex);
      return isSameBytes(bytes, recorded.bytes) ? undefined : around(seed, step, [mutated(recorded, { bytes })], how);
    },
  };
}

/** @throws SyntaxError when a line is no kept case; one that was cut off by a kill is left out */
export function readCorpus(text: string): KeptCase[] {
  const lines = text.split('\n');
  const whole = lines.slice(0, -1).filter((line) => line !== '');
  return fewest(whole.map((line) => JSON.parse(line) as KeptCase));
}

export function printCorpus(cases: readonly KeptCase[]): string {
  return cases.map((one) => `${JSON.stringify(one)}\n`).join('');
}
