/** Which of the cases played lately is to blame for what was noticed later. */
import type { CaseRun } from './case-run.ts';
import { type Inquiry, isRefused, playAlone } from './inquiry.ts';
import type { Suspicion } from './judge.ts';
import { crashSignature, errorLine, isAlarming } from './log-patterns.ts';
import type { Patience, Run } from './run-script.ts';
import type { Seed } from './seed.ts';
import { isSend, type Script } from './script.ts';

export interface Culprit {
  readonly at: CaseRun;
  readonly suspicion: Suspicion;
}

const CANARY_SENDS = 8;
export const CANARY_PATIENCE: Patience = { answer: 700, muted: 700, settle: 1 };

/** The beginning of the recorded session, as far as it is answered: what must work whatever was sent before. */
export function canaryOf(seed: Seed): Script {
  const steps = [];
  let sends = 0;
  for (const step of seed.base.steps) {
    if (isSend(step)) {
      if (sends >= CANARY_SENDS) break;
      sends += 1;
    }
    steps.push(step);
  }
  return { steps };
}

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

/** After which of these cases does the recorded session no longer work? Tried on a fresh server, one after the other. */
export async function whoBreaksCanary(inquiry: Inquiry, recent: readonly CaseRun[]): Promise<Culprit | undefined> {
  const { watched, patience, isOver } = inquiry;
  if (!watched.isManaged) return undefined;
  await watched.restart();
  for (const at of recent) {
    if (isOver()) return undefined;
    await playAlone(inquiry, at.made.script, patience);
    if (!watched.isRunning) await watched.restart();
    else if (!(await isCanaryWell(inquiry, CANARY_PATIENCE, 1))) {
      await watched.restart();
      return { at, suspicion: canarySuspicion(at) };
    }
  }
  return undefined;
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
  const { watched, patience, isOver } = inquiry;
  for (const at of [...recent].reverse()) {
    if (isOver()) return undefined;
    const from = watched.lineCount;
    await playAlone(inquiry, at.made.script, { ...patience, settle: 60 });
    const lines = watched.linesSince(from);
    if (!lines.some(isAlarming)) continue;
    const line = errorLine(lines) ?? lines.find(isAlarming) ?? seen.find(isAlarming) ?? '';
    return {
      at,
      suspicion: {
        oracle: 'log',
        key: `log|${crashSignature(lines)}`,
        title: `The server writes of an error of its own: ${line.slice(0, 120)}`,
        evidence: lines.filter(isAlarming).slice(0, 3),
        step: at.made.focus[0] ?? 0,
      },
    };
  }
  return undefined;
}
