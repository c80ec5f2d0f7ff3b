/** What cases have shown of the server without looking inside it: kinds of answers, what follows what. */
import type { Run } from './run-script.ts';
import { isSend } from './script.ts';

export class SeenBehaviour {
  readonly #answers = new Set<string>();
  readonly #transitions = new Set<string>();
  readonly #mutated = new Set<string>();
  /** What the recorded session shows by itself. */
  readonly #usual = new Set<string>();

  get answers(): number {
    return this.#answers.size;
  }
  get transitions(): number {
    return this.#transitions.size;
  }
  get messagesMutated(): number {
    return this.#mutated.size;
  }

  mutated(message: string): void {
    this.#mutated.add(message);
  }

  /** A run of the recorded session as it is: nothing of it is news. */
  asUsual(run: Run): void {
    const { answers, transitions } = shownBy(run);
    for (const what of [...answers, ...transitions]) this.#usual.add(what);
    this.see(run);
  }

  /** How much of it was new. */
  see(run: Run): number {
    const { answers, transitions } = shownBy(run);
    const before = this.answers + this.transitions;
    for (const answer of answers) this.#answers.add(answer);
    for (const transition of transitions) this.#transitions.add(transition);
    return this.answers + this.transitions - before;
  }

  /** All it shows that the recorded session does not. */
  newsOf(run: Run): string[] {
    const { answers, transitions } = shownBy(run);
    return [...answers, ...transitions].filter((what) => !this.#usual.has(what));
  }
}

function shownBy(run: Run): { readonly answers: ReadonlySet<string>; readonly transitions: ReadonlySet<string> } {
  const answers = new Set<string>();
  const transitions = new Set<string>();
  const last = new Map<number, string>();
  for (const frame of run.frames) {
    if (frame.isHeartbeat) continue;
    const step = run.script.steps[frame.step];
    const asked = step !== undefined && isSend(step) ? step.message : '';
    answers.add(`${asked}→${frame.heard.signature}`);
    transitions.add(`${last.get(frame.conn) ?? ''}>${frame.heard.name}`);
    last.set(frame.conn, frame.heard.name);
  }
  return { answers, transitions };
}
