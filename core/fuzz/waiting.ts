/** Waits that end when something has come about, and in any case. One at a time. */
import type { Stage } from './run.ts';

export class Waiting {
  readonly #after: Stage['after'];
  #wake: (() => void) | undefined;

  constructor(after: Stage['after']) {
    this.#after = after;
  }

  /** Something has happened: it may be what is waited for. */
  look(): void {
    this.#wake?.();
  }

  async pause(ms: number): Promise<void> {
    if (ms > 0) await new Promise<void>((resolve) => void this.#after(ms, resolve));
  }

  /** @param quiet once it has begun, nothing for so long is the end of it, too */
  async until(
    isDone: () => boolean,
    ms: number,
    quiet?: { readonly ms: number; readonly hasBegun: () => boolean },
  ): Promise<void> {
    if (isDone()) return;
    const after = this.#after;
    await new Promise<void>((resolve) => {
      let stopQuiet: (() => void) | undefined;
      const over = (): void => {
        this.#wake = undefined;
        stop();
        stopQuiet?.();
        resolve();
      };
      const listen = (): void => {
        if (quiet === undefined || !quiet.hasBegun()) return;
        stopQuiet?.();
        stopQuiet = after(quiet.ms, over);
      };
      const stop = after(ms, over);
      this.#wake = () => {
        if (isDone()) over();
        else listen();
      };
      listen();
    });
  }
}
