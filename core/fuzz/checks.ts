/** Tests that tell whether a script still shows what another one showed. */
import { CANARY_PATIENCE, isCanaryWell, isStanding } from './culprits.ts';
import { type Inquiry, playAlone, upAgain } from './inquiry.ts';
import { isAnsweredAsUsual, isHeardOf } from './answers.ts';
import { judge } from './judge.ts';
import type { Suspicion } from './suspicion.ts';
import { isAlarming } from './log-patterns.ts';
import { isSameBytes, type Mutation } from './mutation.ts';
import { isUsual } from './prefixes.ts';
import { inTurn, isRace, isRaceable, isSteady, raceFrom, resultOf } from './race-count.ts';
import type { Patience, Run } from './run-script.ts';
import { isSend, isWrong, type Script, type SendStep, type Step } from './script.ts';
import { GRACE_MS, solo } from './solo.ts';
import { stateCheck } from './state-check.ts';
import type { Exit } from './world.ts';

/** What a test saw when it still shows. */
export interface Shown {
  readonly run: Run;
  readonly found: Suspicion;
  readonly exit: Exit | undefined;
  readonly lines: readonly string[];
}

const RACES = 8;
/** Where each try costs a start of the server. */
const DEAR_RACES = 3;
const MOST_SILENCE_MS = 900;

/** How long nothing has to come before it is taken for silence. */
function silenceOf({ answer }: Patience): number {
  return Math.min(MOST_SILENCE_MS, answer);
}

/** @param isRough neither are controls asked nor whether a race is steady in turn: that takes longest, and matters for the last script */
export function checkFor(
  inquiry: Inquiry,
  suspicion: Suspicion,
  mutation: Mutation | undefined,
  { isRough = false }: { readonly isRough?: boolean } = {},
): (script: Script) => Promise<Shown | undefined> {
  const { watched, patience } = inquiry;
  const isSame = (found: Suspicion): boolean => found.key === suspicion.key;
  // How long a crash took to show is known once it was seen; nobody waits longer for the next ones.
  let grace: number | undefined;
  const showsState = stateCheck(inquiry, suspicion, mutation, isRough);
  return async (script) => {
    if (mutation?.isStill?.(script) === false) return undefined;
    await upAgain(inquiry);
    const lineCount = watched.lineCount;
    const lines = (): readonly string[] => watched.linesSince(lineCount);
    if (suspicion.oracle === 'exit' || suspicion.oracle === 'refused') {
      const { down, run, tookMs } = await solo(inquiry, script, grace, grace);
      if (down === undefined || !isSame(down)) return undefined;
      grace = Math.min(GRACE_MS, Math.max(grace ?? 0, 80, tookMs * 3));
      return { run, found: down, exit: watched.lastExit, lines: watched.lastExit?.lines ?? [] };
    }
    if (suspicion.oracle === 'canary') {
      // A server that was just started may take connections before all of it is there.
      if (!(await isCanaryWell(inquiry, CANARY_PATIENCE))) return undefined;
      const { exits } = watched;
      const run = await playAlone(inquiry, script, { ...patience, settle: 20 });
      // Nobody is answered by a server that has ended, either.
      const isWell =
        (await isCanaryWell(inquiry, CANARY_PATIENCE, 1)) || (watched.isManaged && !(await isStanding(watched, exits)));
      if (!isWell && watched.isManaged) await watched.restart();
      return isWell ? undefined : { run, found: suspicion, exit: undefined, lines: lines() };
    }
    if (suspicion.oracle === 'state') return showsState(script);
    if (suspicion.oracle === 'race') return race(inquiry, script, suspicion, isRough);
    if (suspicion.oracle === 'log') {
      const run = await playAlone(inquiry, script, { ...patience, settle: 60 });
      const said = lines();
      return said.some(isAlarming) ? { run, found: suspicion, exit: undefined, lines: said } : undefined;
    }
    const how =
      suspicion.oracle === 'no-answer'
        ? { ...patience, muted: silenceOf(patience) }
        : { ...patience, muted: Math.max(120, patience.muted), settle: 20 };
    const run = await playAlone(inquiry, script, how);
    const focus = script.steps.flatMap((step, i) => (step.kind === 'send' && step.mutated ? [i] : []));
    const world = inquiry.world();
    // What the recorded session itself shows is not held against the one it is looked for in.
    const judged =
      mutation === undefined ? { ...world, baseline: { ...world.baseline, serverRemarks: new Set<string>() } } : world;
    const found = judge(run, focus, mutation, judged).find(isSame);
    if (found === undefined) return undefined;
    const isDone = isRough && found.oracle === 'accepted';
    if (!isDone && !(await isExplained(inquiry, found, run, mutation))) return undefined;
    return { run, found, exit: undefined, lines: lines() };
  };
}

/** The wrong message must make the difference, in a script that was made shorter too. */
async function isExplained(
  inquiry: Inquiry,
  found: Suspicion,
  run: Run,
  mutation: Mutation | undefined,
): Promise<boolean> {
  const focus = run.script.steps.findIndex((step) => isSend(step) && step.mutated);
  if (mutation?.controls !== undefined && found.oracle === 'accepted') return isItsDoing(inquiry, run, mutation);
  if (mutation?.isNeutral === true) return isWholeAnswered(inquiry, run.script, focus);
  if (found.needsControl === true) return isAnsweredWithout(inquiry, run);
  // What is welcome anyway breaks no rule; where no message is answered, silence is no fault.
  if (found.oracle === 'accepted')
    return (await isRightWelcome(inquiry, run.script, focus)) && !(await isWithoutEffect(inquiry, run.script, focus));
  if (found.oracle === 'no-answer')
    return (await isDueAnswered(inquiry, run.script, focus)) || isRightWelcome(inquiry, run.script, focus);
  return true;
}

/** Where what makes it wrong is taken away, it must not be answered as usual. */
async function isItsDoing(inquiry: Inquiry, seen: Run, mutation: Mutation): Promise<boolean> {
  const { patience, watched } = inquiry;
  // What others did took time: said sooner, it may be refused because its turn has not come.
  const wrongAt = seen.steps.find((_sent, i) => isWrong(seen.script.steps[i]))?.at ?? 0;
  for (const control of mutation.controls?.(seen.script) ?? []) {
    // Others leave something behind, and come and go: it is looked into again without them.
    if (control.isFresh === true && inquiry.isShared === true) return false;
    if (control.isFresh === true && watched.isManaged) await watched.restart();
    const run = await playAlone(inquiry, control.script, {
      ...patience,
      muted: Math.max(200, patience.muted),
      settle: 20,
      wrongAt,
    });
    if (isAnsweredAsUsual(run, control.step, control.conns, control.n, inquiry.world())) return false;
    // Refused because it did not come as far, it tells nothing.
    if (control.isFresh === true && isGrantedBefore(seen) && !isGrantedBefore(run)) return false;
  }
  return true;
}

/** What its connection said right before what is wrong was answered, and not by a refusal. */
function isGrantedBefore({ script, frames }: Run): boolean {
  const wrong = script.steps.findLastIndex((step) => isSend(step) && step.mutated);
  const conn = script.steps[wrong]?.conn;
  const before = script.steps.findLastIndex((step, i) => i < wrong && isSend(step) && step.conn === conn);
  const answers = frames.filter((frame) => frame.step === before && frame.conn === conn && !frame.isHeartbeat);
  return answers.length > 0 && answers.every((frame) => !frame.heard.isRefusal);
}

/** Whether what was recorded next is answered in the place of the wrong message, which may be another place by now. */
async function isDueAnswered(inquiry: Inquiry, { steps }: Script, at: number): Promise<boolean> {
  const { seed, patience } = inquiry;
  const conn = steps[at]?.conn;
  const isOurs = (step: Step): step is SendStep => isSend(step) && step.conn === conn;
  const before = steps.slice(0, at).findLast(isOurs);
  const from = before === undefined ? -1 : seed.base.steps.findIndex((step) => isSend(step) && step.n === before.n);
  const due = seed.base.steps.slice(from + 1).find(isOurs);
  if (due === undefined) return false;
  const run = await playAlone(inquiry, { steps: [...steps.slice(0, at), due] }, { ...patience, settle: 5 });
  return isUsual(seed, inquiry.world().baseline, run, at, due.n);
}

/** Whether the message as it was recorded, in the place of the wrong one, is answered as in the recorded session. */
async function isRightWelcome(inquiry: Inquiry, script: Script, at: number): Promise<boolean> {
  const { seed, patience } = inquiry;
  const wrong = script.steps[at];
  if (wrong === undefined || !isSend(wrong)) return true;
  const recorded = seed.base.steps.find((step): step is SendStep => isSend(step) && step.n === wrong.n);
  // A message of another connection is as wrong here as it was made: its own is one of the same name.
  const isForeign = recorded !== undefined && seed.scene.connections.has(wrong.conn) && recorded.conn !== wrong.conn;
  const right = isForeign
    ? seed.base.steps.find(
        (step): step is SendStep => isSend(step) && step.conn === wrong.conn && step.message === wrong.message,
      )
    : recorded;
  if (right === undefined || isSameBytes(right.bytes, wrong.bytes)) return true;
  const steps = script.steps.slice(0, at + 1).map((step, i) => (i === at ? { ...right, conn: wrong.conn } : step));
  const run = await playAlone(inquiry, { steps }, { ...patience, muted: 200, settle: 5 });
  return isUsual(seed, inquiry.world().baseline, run, at, right.n);
}

/**
 * The server answers as if nothing had been wrong and does nothing: what the right message changes each time it comes is left
 * as it was each time the wrong one comes. Where answers show no such thing, nobody can tell.
 */
async function isWithoutEffect(inquiry: Inquiry, script: Script, at: number): Promise<boolean> {
  const { seed, patience } = inquiry;
  const wrong = script.steps[at];
  if (wrong === undefined || !isSend(wrong)) return false;
  const right = seed.base.steps.find((step): step is SendStep => isSend(step) && step.n === wrong.n);
  if (right === undefined) return false;
  const answers = async (step: SendStep): Promise<readonly [string, string]> => {
    const steps = [...script.steps.slice(0, at), step, step];
    const run = await playAlone(inquiry, { steps }, { ...patience, muted: 200, settle: 5 });
    const said = (i: number): string => {
      const frames = run.frames.filter((f) => f.step === i && f.conn === wrong.conn && !f.isHeartbeat);
      const fields = frames.flatMap((f) => f.heard.messages.map((one) => [one.name, one.fields]));
      return JSON.stringify(fields, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
    };
    return [said(at), said(at + 1)];
  };
  const [first, second] = await answers({ ...right, conn: wrong.conn });
  if (first === second) return false;
  const [once, twice] = await answers(wrong);
  return once === twice;
}

async function race(
  inquiry: Inquiry,
  script: Script,
  suspicion: Suspicion,
  isRough: boolean,
): Promise<Shown | undefined> {
  const { patience, watched } = inquiry;
  const how = { ...patience, muted: 150, settle: 40 };
  const from = raceFrom(script);
  const lineCount = watched.lineCount;
  const world = inquiry.world();
  const playedInTurn = async (): Promise<ReturnType<typeof resultOf>> =>
    resultOf(await playAlone(inquiry, inTurn(script), how), from, world);
  const turns = await playedInTurn();
  if (!isRaceable(turns)) return undefined;
  // Where chance decides in turn, too, nothing follows from it.
  if (!isRough && !isSteady(turns, await playedInTurn())) return undefined;
  // Who comes first is chance.
  for (let i = 0; i < (inquiry.isSecluded === true ? DEAR_RACES : RACES); i++) {
    const run = await playAlone(inquiry, script, how);
    if (isRace(turns, resultOf(run, from, world)))
      return { run, found: suspicion, exit: undefined, lines: watched.linesSince(lineCount) };
  }
  return undefined;
}

/** Whether the same bytes are answered when they come as bytes come. */
async function isWholeAnswered(inquiry: Inquiry, script: Script, at: number): Promise<boolean> {
  const { patience } = inquiry;
  const steps = script.steps.slice(0, at + 1).map((step) => {
    if (!isSend(step)) return step;
    if (!step.mutated) return step;
    const { wire: _wire, gapMs: _gap, links: _links, ...whole } = step;
    return whole;
  });
  const conn = steps[at]?.conn;
  const run = await playAlone(inquiry, { steps }, { ...patience, muted: silenceOf(patience) });
  return run.frames.some((f) => f.step === at && f.conn === conn && !f.isHeartbeat);
}

/** Whether the connection goes on being answered when the wrong messages are left out. */
async function isAnsweredWithout(inquiry: Inquiry, { script, steps }: Run): Promise<boolean> {
  const { patience } = inquiry;
  const focus = script.steps.findIndex(isWrong);
  const wrong = script.steps[focus];
  if (wrong === undefined || !isSend(wrong)) return false;
  // It may have said goodbye, or become somebody else: then silence is as it should be.
  const name = steps[focus]?.heard.messages[0]?.name;
  if (name !== null && name !== undefined && name !== wrong.message) return false;
  // Only what was said in vain counts: what came after it was given up may be welcome anyway.
  const inVain = new Set(script.steps.filter((_step, i) => i > focus && steps[i] !== undefined));
  const last = steps.findLastIndex((step) => step !== undefined);
  const control: Script = { steps: script.steps.filter((step, i) => i <= last && !isWrong(step)) };
  const run = await playAlone(inquiry, control, { ...patience, muted: silenceOf(patience) });
  const at = control.steps.flatMap((step, i) => (inVain.has(step) && step.conn === wrong.conn ? [i] : []));
  return at.length > 0 && isHeardOf(run, at, wrong.conn, inquiry.world(), at[0]!);
}
