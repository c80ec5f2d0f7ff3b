/** The only way a run waits: until something holds, a time is over, or the run is stopped. One wait at a time. */
import type { Timer } from './pace.ts';

export class Pause {
  readonly #timer: Timer;
  #look: (() => void) | undefined;
  #isStopped = false;

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Something happened: whoever waits looks again. */
  wake(): void {
    this.#look?.();
  }

  /** Nothing is waited for any more, now or later. */
  stop(): void {
    this.#isStopped = true;
    this.wake();
  }

  /** True as soon as `ready` holds, false when the time is over or the run was stopped. */
  until(ready: () => boolean, ms: number): Promise<boolean> {
    if (ready()) return Promise.resolve(true);
    if (this.#isStopped || ms <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const done = (result: boolean): void => {
        callOff();
        this.#look = undefined;
        resolve(result);
      };
      const callOff = this.#timer.after(ms, () => done(ready()));
      this.#look = () => {
        if (ready()) done(true);
        else if (this.#isStopped) done(false);
      };
    });
  }

  /** Lets so many milliseconds pass. */
  async for(ms: number): Promise<void> {
    await this.until(() => false, ms);
  }
}
