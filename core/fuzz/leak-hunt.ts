/** Which message the memory of the target grows with: candidates are played in bursts, the promising ones in longer ones. */
import { type Calibrated, PATIENT } from './calibration.ts';
import type { CaseRun } from './case-run.ts';
import type { Finding } from './finding.ts';
import { type Inquiry, playAlone } from './inquiry.ts';
import { growthOf } from './memory.ts';
import { saidOf } from './said.ts';
import { countSends, isSend, type Script } from './script.ts';

/** Runs in a burst that measures. */
const BURST = 150;
/** Runs in the first one, that chooses. */
const TASTE = 60;
/** Bursts that must each grow, after the first. */
const BURSTS = 5;
/** Until memory that was given back is seen. */
const REST_MS = 250;
const HUNT_MS = 60_000;
/** Growth in a first short burst that makes a candidate worth six long ones, bytes a run. */
const WORTH = 3 * 1024;

export interface LeakHunt {
  readonly inquiry: Inquiry;
  readonly recent: readonly CaseRun[];
  readonly calibrated: Calibrated;
}

interface Candidate {
  readonly script: Script;
  readonly message: string;
  readonly what: string;
  readonly caseId: string;
}

const MOST_CANDIDATES = 40;
const MOST_SUSPECTS = 6;

/** Plays candidates in bursts and watches the memory grow. */
export async function whatLeaks(hunt: LeakHunt): Promise<Omit<Finding, 'id' | 'hits' | 'at'> | undefined> {
  const { inquiry, calibrated } = hunt;
  const { lanes } = calibrated;
  const { watched, stage } = inquiry;
  const until = stage.clock.now() + HUNT_MS;
  const isOver = (): boolean => inquiry.isOver() || stage.clock.now() > until;
  const scores: { candidate: Candidate; taste: number; perSend: number }[] = [];
  for (const candidate of candidatesOf(hunt).slice(0, MOST_CANDIDATES)) {
    if (isOver()) return undefined;
    const before = watched.memory() ?? 0;
    const taste = (await burst(inquiry, candidate.script, TASTE, lanes)) - before;
    scores.push({ candidate, taste, perSend: taste / (countSends(candidate.script) + 0.5) });
  }
  scores.sort((a, b) => b.perSend - a.perSend);
  // Shorter scripts first: a longer one contains what leaks in them.
  const suspects = scores
    .slice(0, MOST_SUSPECTS)
    .filter(({ taste }) => taste >= WORTH * TASTE)
    .sort((a, b) => countSends(a.candidate.script) - countSends(b.candidate.script));
  for (const { candidate } of suspects) {
    if (isOver()) return undefined;
    const { script, message, caseId, what } = candidate;
    const grown = await growth(inquiry, script, lanes, message);
    if (grown === undefined) continue;
    const run = await playAlone(inquiry, script, { ...PATIENT, muted: 200 });
    return {
      key: 'memory',
      oracle: 'memory',
      title: grown.title,
      message,
      field: '',
      caseId,
      what,
      confirmed: { times: BURSTS, of: BURSTS },
      script,
      sendsBefore: countSends(script),
      said: saidOf(run),
      evidence: [grown.marks],
      log: [],
      refusals: [],
    };
  }
  return undefined;
}

/** A connection by itself, each kind of message as recorded, and what recent cases were answered in other ways. */
function candidatesOf({ inquiry, recent, calibrated }: LeakHunt): Candidate[] {
  const { seed } = inquiry;
  const candidates: Candidate[] = [
    {
      script: { steps: seed.base.steps.filter((step) => step.kind === 'open').slice(0, 1) },
      message: 'connection',
      what: 'A connection is opened and closed.',
      caseId: '',
    },
  ];
  const kinds = new Set<string>();
  const isNew = (kind: string): boolean => !kinds.has(kind) && kinds.add(kind).size > 0;
  for (const { name, step, frame } of seed.messages) {
    if (!isNew(`${name}|${seed.refused.has(frame.n)}`)) continue;
    const steps = [...calibrated.prefixes.of(step), seed.base.steps[step]!];
    candidates.push({ script: { steps }, message: name, what: `A ${name} as recorded.`, caseId: '' });
  }
  for (const { made, run, mutation, id } of recent) {
    const [focus = 0] = made.focus;
    const step = made.script.steps[focus];
    if (step === undefined || !isSend(step)) continue;
    const answers = run.frames.filter((f) => f.step === focus).map((f) => f.heard.signature);
    if (!isNew(`${step.message}→${answers.join()}`)) continue;
    const steps = made.script.steps.slice(0, focus + 1);
    candidates.push({ script: { steps }, message: step.message, what: mutation.doc, caseId: id });
  }
  return candidates;
}

/** Memory after so many runs. */
async function burst(inquiry: Inquiry, script: Script, runs: number, lanes: number): Promise<number> {
  const { isOver, patience, stage, watched } = inquiry;
  let left = runs;
  const lane = async (): Promise<void> => {
    while (left-- > 0 && !isOver()) await playAlone(inquiry, script, { ...patience, muted: 15, settle: 1 });
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  await new Promise<void>((resolve) => stage.after(REST_MS, resolve));
  return watched.memory() ?? 0;
}

/** Equal bursts; undefined when the memory does not grow with each. */
export async function growth(
  inquiry: Inquiry,
  script: Script,
  lanes: number,
  message: string,
): Promise<{ readonly title: string; readonly marks: string } | undefined> {
  const marks = [await burst(inquiry, script, BURST, lanes)];
  for (let i = 0; i < BURSTS; i++) {
    marks.push(await burst(inquiry, script, BURST, lanes));
    if (growthOf(marks, BURST).total <= 0) return undefined;
  }
  const { isSteady, perRun } = growthOf(marks, BURST);
  if (!isSteady) return undefined;
  const sizes = marks.map((bytes) => `${(bytes / 1_048_576).toFixed(1)} MiB`).join(', ');
  return {
    title: `The memory of the target grows by about ${Math.round(perRun / 1024)} KiB with each ${message}`,
    marks: `Resident memory after each of ${marks.length} bursts of ${BURST} runs: ${sizes}`,
  };
}
