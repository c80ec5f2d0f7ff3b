/**
 * Long work in slices on the reader thread, so that windows of rows and other requests get their turn in between. A job is a
 * generator that yields wherever it may be interrupted.
 */
import { EngineError } from '../../traffic/engine-error.ts';

export type Job<T> = Generator<undefined, T>;

const SLICE_MS = 8;

/** Runs the job; `isCancelled` is asked between slices. @throws EngineError `cancelled`, or what the job throws */
export async function runJob<T>(job: Job<T>, now: () => number, isCancelled: () => boolean): Promise<T> {
  let began = now();
  for (;;) {
    const step = job.next();
    if (step.done === true) return step.value;
    if (now() - began < SLICE_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    if (isCancelled()) throw new EngineError('cancelled', 'The request was cancelled.');
    began = now();
  }
}
