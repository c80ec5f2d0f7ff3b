/**
 * Twice in one instant against twice in turn: what may succeed once only must not succeed twice because two requests came
 * together. The server itself says what is right: what it answers when asked in turn.
 */
import { signatureOfAll } from './hearing.ts';
import { isSameBytes, type Made, type MakeHow, mutated, type Mutation, prefixOf, sendAt } from './mutation.ts';
import type { Seed, SeedMessage } from './seed.ts';
import { type Script, type SendStep, type Step, TWIN } from './script.ts';

export interface RaceScripts {
  readonly inTurn: Script;
  readonly atOnce: Script;
  /** Steps whose answers are counted. */
  readonly from: number;
}

export function* raceMutations(seed: Seed, at: SeedMessage): Generator<Mutation> {
  if (at.index > 0) return;
  const step = sendAt(seed, at.step);
  if (!step.awaits.some(([, count]) => count > 0)) return;
  const base = {
    family: 'race' as const,
    message: at.name,
    field: '',
    n: at.frame.n,
    step: at.step,
    ...(isHadOnce(seed, at) ? { isLikely: true } : {}),
  };
  yield {
    ...base,
    id: `${at.frame.n}:@race-same`,
    name: 'race-same',
    doc: 'The message twice in one instant.',
    make: (made, how) => raced(sameScripts(made, at, how)),
  };
  yield {
    ...base,
    id: `${at.frame.n}:@race-two`,
    name: 'race-two',
    doc: 'The message on two connections in one instant.',
    make: (made, how) => raced(twoScripts(made, at, how)),
  };
}

/** The same was said again in the recording, and was answered in another manner: what it gives is given once. */
function isHadOnce(seed: Seed, { frame, name }: SeedMessage): boolean {
  const answerOf = (n: number): string =>
    (seed.between.get(n)?.answers ?? []).map(({ messages }) => signatureOfAll(messages)).join(' | ');
  const again = seed.messages.find(
    (one) =>
      one.name === name &&
      one.frame.n > frame.n &&
      one.frame.conn === frame.conn &&
      isSameBytes(one.frame.bytes, frame.bytes),
  );
  return again !== undefined && answerOf(again.frame.n) !== answerOf(frame.n);
}

/** @param name `race-same` or `race-two` */
export function raceScripts(seed: Seed, at: SeedMessage, name: string, how: MakeHow): RaceScripts {
  return name === 'race-two' ? twoScripts(seed, at, how) : sameScripts(seed, at, how);
}

function raced({ atOnce, from }: RaceScripts): Made {
  return { script: atOnce, focus: [from] };
}

function sameScripts(seed: Seed, at: SeedMessage, how: MakeHow): RaceScripts {
  const step = sendAt(seed, at.step);
  const prefix = prefixOf(seed, at.step, how);
  const doubled = step.awaits.map(([conn, count]) => [conn, count * 2] as const);
  return {
    inTurn: { steps: [...prefix, mutated(step, {}), mutated(step, {})] },
    atOnce: { steps: [...prefix, mutated(step, { atOnce: true }), mutated(step, { awaits: doubled })] },
    from: prefix.length,
  };
}

/** The same user on a second connection: it repeats what its twin said, and both send the message. */
function twoScripts(seed: Seed, at: SeedMessage, how: MakeHow): RaceScripts {
  const step = sendAt(seed, at.step);
  const { conn } = step;
  const twin = conn + TWIN;
  const prefix = prefixOf(seed, at.step, how);
  const copies = twinOf(prefix, conn);
  const other: SendStep = mutated(step, { conn: twin, awaits: own(step, conn, twin) });
  const both = mutated(step, { atOnce: true });
  const last = mutated(other, { awaits: [...step.awaits.filter(([one]) => one === conn), ...other.awaits] });
  return {
    inTurn: { steps: [...prefix, ...copies, mutated(step, {}), other] },
    atOnce: { steps: [...prefix, ...copies, both, last] },
    from: prefix.length + copies.length,
  };
}

/** What was said on a connection, on a second one of the same user. */
export function twinOf(prefix: readonly Step[], conn: number): Step[] {
  const twin = conn + TWIN;
  const copies: Step[] = [];
  for (const one of prefix) {
    if (one.conn !== conn) continue;
    if (one.kind === 'open') copies.push({ ...one, conn: twin, like: conn });
    else if (one.kind === 'send') copies.push({ ...one, conn: twin, awaits: own(one, conn, twin) });
  }
  return copies;
}

function own({ awaits }: SendStep, conn: number, twin: number): readonly (readonly [number, number])[] {
  return awaits.filter(([one]) => one === conn).map(([, count]) => [twin, count] as const);
}
