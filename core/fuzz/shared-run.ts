/**
 * Several cases on the same connections (`--reuse`): what comes before their message is said once, then the message wrong in
 * one way after the other. Faster where getting there takes long. What one of them seems to show is looked into by itself.
 */
import type { Taken } from './case-queue.ts';
import type { CaseRun } from './case-run.ts';
import type { Family, Made } from './mutation.ts';
import type { Run } from './run-script.ts';
import { isSend, isWrong, type Script, type SendStep } from './script.ts';

const SHARING: ReadonlySet<Family> = new Set(['field', 'payload', 'havoc']);

/** Whether another case may come behind it: one wrong message, whole, at a place that is reached as recorded. */
export function canShare({ mutation, made }: Taken): boolean {
  const { family, rule, isNeutral, takesTime, controls } = mutation;
  if (!SHARING.has(family) || rule !== undefined || isNeutral === true || takesTime === true) return false;
  const [focus = -1, ...more] = made.focus;
  const { steps } = made.script;
  const wrong = steps[focus];
  if (controls !== undefined || more.length > 0 || wrong === undefined || !isSend(wrong)) return false;
  if (wrong.wire !== undefined || wrong.atOnce === true || wrong.skip !== undefined) return false;
  return steps.every((step, i) => i === focus || !isWrong(step));
}

/** Whether the same comes before both. */
export function isSameWay(one: Taken, other: Taken): boolean {
  return one.mutation.step === other.mutation.step && focusOf(one.made) === focusOf(other.made);
}

/** One script for all; the cases tell from the focus of the first one on, in order. */
export function joined(cases: readonly Taken[]): Script {
  const [first] = cases;
  const { steps } = first!.made.script;
  const at = focusOf(first!.made);
  return { steps: [...steps.slice(0, at), ...cases.map(({ made }) => wrongOf(made)), ...steps.slice(at + 1)] };
}

/** Each case as it was played in a shared run; undefined where its message was not sent any more. */
export function apart(cases: readonly Taken[], script: Script, run: Run): readonly (CaseRun | undefined)[] {
  const from = focusOf(cases[0]!.made);
  return cases.map((taken, i) => {
    if (run.steps[from + i] === undefined) return undefined;
    const made: Made = { script, focus: [from + i] };
    return { ...taken, made, run, alone: taken.made, ...(i === 0 ? {} : { sharedWith: cases[0]!.index }) };
  });
}

function focusOf({ focus }: Made): number {
  return focus[0] ?? 0;
}

function wrongOf({ script, focus }: Made): SendStep {
  return script.steps[focus[0]!] as SendStep;
}
