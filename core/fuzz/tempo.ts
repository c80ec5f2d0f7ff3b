/** How fast a campaign goes: slots of a rate that was asked for, cases of each second, pauses. */
import type { Stage } from './run-script.ts';

const MAX_RATES = 300;

export class Tempo {
  readonly #stage: Stage;
  readonly #perSecond: number | undefined;
  readonly #rates: number[] = [];
  #thisSecond = 0;
  #lastSecond = 0;
  #nextSlot = 0;
  #isPaused = false;
  #resume: (() => void)[] = [];

  constructor(stage: Stage, perSecond: number | undefined) {
    this.#stage = stage;
    this.#perSecond = perSecond === undefined || perSecond <= 0 ? undefined : perSecond;
  }

  begin(): void {
    this.#lastSecond = this.#stage.clock.now();
  }

  /** Keeps to the rate: lanes take slots one after the other. */
  async slot(): Promise<void> {
    if (this.#perSecond === undefined) return;
    const now = this.#stage.clock.now();
    const at = Math.max(now, this.#nextSlot);
    this.#nextSlot = at + 1000 / this.#perSecond;
    if (at > now) await this.wait(at - now);
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#stage.after(ms, resolve);
    });
  }

  count(): void {
    this.#thisSecond += 1;
  }

  /** Cases of each second that is over, the last ones. */
  rates(): readonly number[] {
    const now = this.#stage.clock.now();
    while (now - this.#lastSecond >= 1000) {
      this.#rates.push(this.#thisSecond);
      this.#thisSecond = 0;
      this.#lastSecond += 1000;
      if (this.#rates.length > MAX_RATES) this.#rates.shift();
    }
    return [...this.#rates];
  }

  pause(on: boolean): void {
    this.#isPaused = on;
    if (on) return;
    for (const resume of this.#resume.splice(0)) resume();
  }

  async unpaused(): Promise<void> {
    while (this.#isPaused) await new Promise<void>((resolve) => this.#resume.push(resolve));
  }
}
