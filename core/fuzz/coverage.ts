/** What cases have shown of the server without looking inside it: kinds of answers, what follows what. */
import type { Run } from './run-script.ts';
import { isSend } from './script.ts';

export class SeenBehaviour {
  readonly #answers = new Map<string, number>();
  readonly #transitions = new Set<string>();
  readonly #mutated = new Set<string>();

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

  /** How much of it was new. */
  see(run: Run): number {
    let fresh = 0;
    const last = new Map<number, string>();
    for (const frame of run.frames) {
      if (frame.isHeartbeat) continue;
      const step = run.script.steps[frame.step];
      const asked = step !== undefined && isSend(step) ? step.message : '';
      const answer = `${asked}→${frame.heard.signature}`;
      const count = this.#answers.get(answer) ?? 0;
      if (count === 0) fresh += 1;
      this.#answers.set(answer, count + 1);
      const transition = `${last.get(frame.conn) ?? ''}>${frame.heard.name}`;
      if (!this.#transitions.has(transition)) {
        this.#transitions.add(transition);
        fresh += 1;
      }
      last.set(frame.conn, frame.heard.name);
    }
    return fresh;
  }
}
