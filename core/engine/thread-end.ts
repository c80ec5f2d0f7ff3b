/** How a thread ended, told after everything it said before. */
import type { Worker } from 'node:worker_threads';
import { EngineError } from '../traffic/engine-error.ts';

/** @param what begins the sentence when it just ended: "The recorder" */
export function endOf(thread: Worker, what: string): Promise<Error> {
  return new Promise((resolve) => {
    thread.once('error', resolve);
    // Its last messages may be heard in this very turn; what promises make of them comes first.
    thread.once('exit', (code) => {
      setImmediate(() => resolve(new EngineError('internal', `${what} ended with code ${code}.`)));
    });
  });
}
