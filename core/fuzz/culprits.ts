/** Which of the cases played lately is to blame for what was noticed later. */
import { PATIENT } from './calibration.ts';
import type { CaseRun } from './case-run.ts';
import { type Inquiry, isRefused, playAlone } from './inquiry.ts';
import type { Suspicion } from './judge.ts';
import { crashSignature, errorLine, isAlarming } from './log-patterns.ts';
import type { Patience } from './run-script.ts';
import type { Seed } from './seed.ts';
import { isSend, type Script } from './script.ts';

export interface Culprit {
  readonly at: CaseRun;
  readonly suspicion: Suspicion;
}

const CANARY_SENDS = 8;

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

/** Whether the recorded session works, tried three times. */
export async function isCanaryWell(inquiry: Inquiry, patience: Patience): Promise<boolean> {
  const { canary, world, isOver } = inquiry;
  const { baseline } = world();
  for (let i = 0; i < 3; i++) {
    const run = await playAlone(inquiry, canary, patience);
    const isWell =
      !isRefused(run) &&
      canary.steps.every((step, at) => {
        if (!isSend(step)) return true;
        const known = baseline.answers.get(step.n);
        return known?.isAnswered !== true || run.frames.some((f) => f.step === at && f.conn === step.conn);
      });
    if (isWell) return true;
    if (isOver()) return true;
  }
  return false;
}

/** After which of these cases does the recorded session no longer work? */
export async function whoBreaksCanary(inquiry: Inquiry, recent: readonly CaseRun[]): Promise<Culprit | undefined> {
  const { watched, patience, isOver } = inquiry;
  if (!watched.isManaged) return undefined;
  const isBrokenBy = async (cases: readonly CaseRun[]): Promise<boolean> => {
    await watched.restart();
    for (const one of cases) await playAlone(inquiry, one.made.script, patience);
    return !(await isCanaryWell(inquiry, { ...PATIENT, answer: 700 }));
  };
  let suspects = [...recent].reverse();
  if (!(await isBrokenBy(suspects))) {
    await watched.restart();
    return undefined;
  }
  while (suspects.length > 1 && !isOver()) {
    const half = suspects.slice(0, suspects.length >> 1);
    suspects = (await isBrokenBy(half)) ? half : suspects.slice(half.length);
  }
  const [at] = suspects;
  await watched.restart();
  if (at === undefined) return undefined;
  return {
    at,
    suspicion: {
      oracle: 'canary',
      key: `canary|${at.mutation.family === 'carrier' || at.mutation.family === 'framing' ? at.mutation.name.split('-')[0] : `${at.mutation.message}|${at.mutation.field}`}`,
      title: `After a ${at.mutation.message} (${at.mutation.doc.replace(/\.$/, '').toLowerCase()}) the server answers nobody any more`,
      evidence: [
        'The recorded session, played on a connection of its own afterwards, gets no answers; against a fresh server it does.',
      ],
      step: at.made.focus[0] ?? 0,
    },
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
