/** What the memory of the target may grow with: connections, recorded messages, and each message by each answer it ever got. */
import type { Calibrated } from './calibration.ts';
import type { CaseRun } from './case-run.ts';
import type { Candidate } from './leak-hunt.ts';
import { countSends, isSend, type Script, type Step } from './script.ts';
import type { Seed } from './seed.ts';

/** Kinds of answers that are remembered with the case that got them first. */
const MOST_KINDS = 80;
const MOST_CANDIDATES = 100;

export class LeakCandidates {
  readonly #kinds = new Map<string, Candidate>();

  remember({ made, run, mutation, id }: CaseRun): void {
    if (this.#kinds.size >= MOST_KINDS || mutation.family === 'race') return;
    const [focus = 0] = made.focus;
    const step = run.script.steps[focus];
    // What came in pieces cannot be said again and again.
    if (step === undefined || !isSend(step) || step.wire !== undefined) return;
    const answers = run.frames.filter((f) => f.step === focus && f.conn === step.conn).map((f) => f.heard.signature);
    if (answers.length === 0) return;
    const kind = `${step.message}→${answers.join()}`;
    if (this.#kinds.has(kind)) return;
    this.#kinds.set(kind, {
      script: opened(made.script.steps.slice(0, focus + 1)),
      message: step.message,
      what: mutation.doc,
      caseId: id,
    });
  }

  /** Each recorded message, then what was answered otherwise; the shortest first: what leaks in them leaks in longer ones, too. */
  all({ prefixes }: Calibrated, seed: Seed): readonly Candidate[] {
    const candidates: Candidate[] = [];
    const kinds = new Set<string>();
    for (const { name, step, frame } of seed.messages) {
      const kind = `${name}|${seed.refused.has(frame.n)}`;
      if (kinds.has(kind)) continue;
      kinds.add(kind);
      const steps = [...prefixes.of(step), seed.base.steps[step]!];
      candidates.push({ script: opened(steps), message: name, what: `A ${name} as recorded.`, caseId: '' });
    }
    const shortest = (a: Candidate, b: Candidate): number => countSends(a.script) - countSends(b.script);
    candidates.sort(shortest);
    candidates.push(...[...this.#kinds.values()].sort(shortest));
    const opens = seed.base.steps.filter((step) => step.kind === 'open' && isOpenable(seed, step));
    const connections = opens
      .filter((step, i) => opens.findIndex((other) => serverOf(seed, other) === serverOf(seed, step)) === i)
      .map((step) => ({
        script: { steps: [step] },
        message: 'connection',
        what: 'A connection is opened and closed.',
        caseId: '',
      }));
    return [...connections, ...candidates].slice(0, MOST_CANDIDATES);
  }
}

/** Only connections that something is said on are opened: opening one may be what leaks. */
function opened(steps: readonly Step[]): Script {
  const used = new Set(steps.filter((step) => step.kind !== 'open').map(({ conn }) => conn));
  return { steps: steps.filter((step) => used.has(step.conn)) };
}

function isOpenable(seed: Seed, { conn }: Step): boolean {
  const known = seed.scene.connections.get(conn);
  return known?.url !== undefined && known.handoff === undefined;
}

function serverOf(seed: Seed, { conn }: Step): string {
  const url = seed.scene.connections.get(conn)?.url;
  return `${url?.scheme}://${url?.host}:${url?.port}`;
}
