/** Which of the cases played lately is to blame for what was noticed later. */
import { type CaseRun, scriptOf } from './case-run.ts';
import { type Inquiry, isRefused, playAlone } from './inquiry.ts';
import type { Suspicion } from './suspicion.ts';
import { crashSignature, errorLine, isAlarming } from './log-patterns.ts';
import type { Patience, Run } from './run-script.ts';
import { whoIs } from './scene.ts';
import { isSend } from './script.ts';
import type { Watched } from './world.ts';

export interface Culprit {
  readonly at: CaseRun;
  readonly suspicion: Suspicion;
}

/** Until what a case made the server write is here. */
const LAST_WORDS_MS = 60;
/** One silence where an answer always came is enough. */
export const CANARY_PATIENCE: Patience = { answer: 700, muted: 700, settle: 1, hopeless: 1 };

/** Whether the recorded session works, at one of some attempts. */
export async function isCanaryWell(inquiry: Inquiry, patience: Patience, attempts = 3): Promise<boolean> {
  const { canary, world, isOver } = inquiry;
  const { baseline } = world();
  const isAnswered = (run: Run, at: number): boolean => {
    const step = canary.steps[at]!;
    if (!isSend(step) || baseline.answers.get(step.n)?.isAnswered !== true) return true;
    return run.frames.some((f) => f.step === at && f.conn === step.conn);
  };
  for (let i = 0; i < attempts; i++) {
    const run = await playAlone(inquiry, canary, patience);
    if (!isRefused(run) && canary.steps.every((_step, at) => isAnswered(run, at))) return true;
    if (isOver()) return true;
  }
  return false;
}

/** Cases played at once while it is looked for which of them is to blame. */
const AT_ONCE = 4;

/**
 * After which of these cases does the recorded session no longer work? Halved again and again, each time on a fresh server.
 * @param blamed likelier than the others
 */
export async function whoBreaksCanary(
  inquiry: Inquiry,
  recent: readonly CaseRun[],
  blamed: readonly CaseRun[] = [],
): Promise<Culprit | undefined> {
  const { watched, isOver } = inquiry;
  if (!watched.isManaged) return undefined;
  const breaks = async (cases: readonly CaseRun[]): Promise<boolean> => {
    await watched.restart();
    // A server that was just started may take connections before all of it is there.
    if (!(await isCanaryWell(inquiry, CANARY_PATIENCE))) return false;
    const { exits } = watched;
    await playAll(inquiry, cases);
    if (isOver() || (await isCanaryWell(inquiry, CANARY_PATIENCE, 1))) return false;
    // Who brings it down is found elsewhere.
    return isStanding(watched, exits);
  };
  const likely = [...blamed, ...lastHeardOf(recent)];
  let at: CaseRun | undefined;
  for (const one of likely) if (at === undefined && !isOver() && (await breaks([one]))) at = one;
  at ??= await oneOf(recent, breaks);
  await watched.restart();
  return at === undefined || isOver() ? undefined : { at, suspicion: canarySuspicion(at) };
}

/** Cases tried by themselves before all are halved. */
const MOST_LIKELY = 3;

/** A server that answers nobody any more fell silent with one of those that had said what is wrong about then. */
function lastHeardOf(recent: readonly CaseRun[]): readonly CaseRun[] {
  const heard = Math.max(...recent.flatMap(({ run }) => run.frames.map((frame) => run.began + frame.at)));
  const distance = ({ run, made }: CaseRun): number => {
    const said = run.steps[made.focus[0] ?? 0];
    return said === undefined ? Infinity : Math.abs(run.began + said.at - heard);
  };
  return [...recent].sort((a, b) => distance(a) - distance(b)).slice(0, MOST_LIKELY);
}

/** It has not ended, and is not about to. */
export async function isStanding(watched: Watched, exits: number): Promise<boolean> {
  if (watched.isManaged) await watched.exited(LAST_WORDS_MS);
  return watched.exits === exits && watched.isRunning;
}

async function playAll(inquiry: Inquiry, cases: readonly CaseRun[]): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < cases.length && !inquiry.isOver()) {
      await playAlone(inquiry, scriptOf(cases[next++]!), inquiry.patience);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

/** The one that is to blame, when one alone is: the later half first. */
async function oneOf(
  cases: readonly CaseRun[],
  breaks: (cases: readonly CaseRun[]) => Promise<boolean>,
): Promise<CaseRun | undefined> {
  let left = cases;
  while (left.length > 1) {
    const half = left.length >> 1;
    const [early, late] = [left.slice(0, half), left.slice(half)];
    if (await breaks(late)) left = late;
    else if (await breaks(early)) left = early;
    else return undefined;
  }
  const [one] = left;
  return one !== undefined && (await breaks([one])) ? one : undefined;
}

function canarySuspicion({ mutation, made }: CaseRun): Suspicion {
  const { family, name, message, field, doc } = mutation;
  const what = family === 'carrier' || family === 'framing' ? name.split('-')[0] : `${message}|${field}`;
  return {
    oracle: 'canary',
    key: `canary|${what}`,
    title: `After a ${message} (${doc.replace(/\.$/, '').toLowerCase()}) the server answers nobody any more`,
    evidence: [
      'The recorded session, played on a connection of its own afterwards, gets no answers; against a fresh server it does.',
    ],
    step: made.focus[0] ?? 0,
  };
}

export async function whoWrites(
  inquiry: Inquiry,
  recent: readonly CaseRun[],
  seen: readonly string[],
): Promise<Culprit | undefined> {
  const { watched, isOver, stage } = inquiry;
  const writes = async (cases: readonly CaseRun[]): Promise<readonly string[]> => {
    if (watched.isManaged && !watched.isRunning) await watched.restart();
    const from = watched.lineCount;
    await playAll(inquiry, cases);
    await new Promise<void>((resolve) => void stage.after(LAST_WORDS_MS, resolve));
    return watched.linesSince(from);
  };
  const at = await oneOf(recent, async (cases) => !isOver() && (await writes(cases)).some(isAlarming));
  if (at === undefined) return undefined;
  const lines = await writes([at]);
  if (!lines.some(isAlarming)) return undefined;
  const line = errorLine(lines) ?? lines.find(isAlarming) ?? seen.find(isAlarming) ?? '';
  return {
    at,
    suspicion: {
      oracle: 'log',
      key: `log|${crashSignature(lines)}`,
      title: `The ${whoIs(inquiry.seed.scene)} writes of an error of its own: ${line.slice(0, 120)}`,
      evidence: lines.filter(isAlarming).slice(0, 3),
      step: at.made.focus[0] ?? 0,
    },
  };
}
