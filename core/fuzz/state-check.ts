/**
 * Whether a script leaves the server in a state in which bystanders are told what they never were: on a server where they are
 * told as usual before it, and not when the wrong message is right, is left out, or ends the session.
 */
import { remarkKey } from './hearing.ts';
import { askBystanders } from './bystanders.ts';
import type { Oddity } from './bystander-view.ts';
import type { Shown } from './checks.ts';
import { isStanding } from './culprits.ts';
import { type Inquiry, playAlone } from './inquiry.ts';
import { isSameBytes, type Mutation } from './mutation.ts';
import type { Run } from './run-script.ts';
import { isSend, isWrong, type Script, type SendStep, type Step } from './script.ts';
import type { JudgeWorld, Suspicion } from './suspicion.ts';
import { Waiting } from './waiting.ts';

const BEFORE_AND_AFTER =
  'Played by others on connections of their own, the recorded session is answered as usual before it, and not after it.';

/** Of a kind of finding: what was said wrong, and how it shows. */
export function stateKey(message: string, field: string, { symptom }: Oddity): string {
  return `state|${message}|${field}|${symptom}`;
}

export function symptomOf(key: string): string {
  return key.split('|').slice(3).join('|');
}

/** @param isRough the controls are left out, and a server that still answers as usual is not started again */
export function stateCheck(
  inquiry: Inquiry,
  suspicion: Suspicion,
  mutation: Mutation | undefined,
  isRough: boolean,
): (script: Script) => Promise<Shown | undefined> {
  const { watched, stage, seed } = inquiry;
  const patience = { ...inquiry.patience, muted: Math.max(120, inquiry.patience.muted), settle: 20 };
  const wanted = symptomOf(suspicion.key);
  const oddity = async (): Promise<Oddity | undefined> =>
    (await askBystanders(inquiry)).find(({ symptom }) => symptom === wanted);
  let startedAt = stage.clock.now();
  const restart = async (): Promise<void> => {
    await watched.restart();
    startedAt = stage.clock.now();
  };
  /** Whether a server of the same age is as it should be after this. */
  const isSoundAfter = async (script: Script, age: number): Promise<boolean> => {
    await restart();
    await playAlone(inquiry, script, patience);
    await new Waiting(stage.after).pause(startedAt + age - stage.clock.now());
    return (await oddity()) === undefined && (await oddity()) === undefined && !inquiry.isOver();
  };
  /** Its controls have been played. */
  let explained: Script | undefined;
  return async (script) => {
    if (!script.steps.some(isWrong)) return undefined;
    const lineCount = watched.lineCount;
    if (watched.isManaged && !isRough) await restart();
    if ((await oddity()) !== undefined) {
      if (!watched.isManaged) return undefined;
      await restart();
      if ((await oddity()) !== undefined) return undefined;
    }
    const { exits } = watched;
    const run = await playAlone(inquiry, script, patience);
    const age = stage.clock.now() - startedAt;
    const odd = await oddity();
    if (odd === undefined || (watched.isManaged && !(await isStanding(watched, exits)))) return undefined;
    if (!odd.isBreak && !isWrongSaid(run, mutation, inquiry.world())) return undefined;
    if (!isRough && (await oddity()) === undefined) return undefined;
    if (!isRough && watched.isManaged && explained !== script) {
      for (const control of controlsOf(script, seed.base)) if (!(await isSoundAfter(control, age))) return undefined;
      explained = script;
    }
    if (inquiry.isOver()) return undefined;
    const found = { ...suspicion, evidence: [BEFORE_AND_AFTER, ...odd.evidence] };
    return { run, found, exit: undefined, lines: watched.linesSince(lineCount) };
  };
}

/** The right messages in the place of the wrong ones; without them; ended before them. */
export function controlsOf({ steps }: Script, base: Script): readonly Script[] {
  const first = steps.findIndex(isWrong);
  const right = steps.flatMap((step): Step[] => {
    if (!isWrong(step)) return [step];
    const recorded = isSend(step)
      ? base.steps.find((one): one is SendStep => isSend(one) && one.n === step.n)
      : undefined;
    // What is right by itself is wrong by its place.
    const isThere = recorded !== undefined && isSend(step) && !isSaidRight(step, recorded);
    return isThere ? [{ ...recorded, conn: step.conn }] : [];
  });
  const without = steps.filter((step) => !isWrong(step));
  const before = steps.slice(0, first);
  const all = [right, without, before];
  const isSame = (a: readonly Step[], b: readonly Step[]): boolean =>
    a.length === b.length && a.every((step, i) => step === b[i]);
  return all.filter((one, i) => all.findIndex((other) => isSame(one, other)) === i).map((one) => ({ steps: one }));
}

function isSaidRight(step: SendStep, recorded: SendStep): boolean {
  return step.wire === undefined && step.skip === undefined && isSameBytes(step.bytes, recorded.bytes);
}

/**
 * Whether something was said that nobody may say: it breaks a rule, the description, or the framing. What may be said changes the
 * state of a server as it should.
 */
export function isWrongSaid(run: Run, mutation: Mutation | undefined, { baseline, seed }: JudgeWorld): boolean {
  const breaksRule = mutation?.rule !== undefined && mutation.isTold !== true;
  return run.steps.some((sent, i) => {
    const step = run.script.steps[i]!;
    if (sent === undefined || !isSend(step) || !step.mutated) return false;
    if (breaksRule) return true;
    if (step.wire !== undefined && mutation?.isNeutral !== true) return true;
    return sent.heard.expert.some((info) => {
      if (info.severity === 'note' || info.group === 'transport') return false;
      const key = remarkKey(sent.heard, info);
      return !baseline.clientRemarks.has(key) && !seed.clientRemarks.has(key);
    });
  });
}
