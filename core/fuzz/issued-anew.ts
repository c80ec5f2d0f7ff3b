/** Values that a server issues anew each time: where nothing has issued it, a message would show what is somebody else's by now. */
import { getPath, parsePath } from '../schema/path.ts';
import type { Run } from './run-script.ts';
import { isSend } from './script.ts';
import type { Seed } from './seed.ts';

/** The seed with those messages marked whose values were others than in the recording when the session was played. */
export function markedAnew(seed: Seed, runs: readonly Run[]): Seed {
  const steps = seed.base.steps.map((step, at) => {
    if (!isSend(step) || step.links === undefined) return step;
    const anew = step.links.filter(({ index, path }) => {
      const recorded = seed.messages.find((one) => one.step === at && one.index === index);
      if (recorded === undefined) return false;
      const was = getPath(recorded.message.fields, parsePath(path));
      return runs.some((run) => {
        const message = run.steps[at]?.heard.messages[index];
        return message !== undefined && !isSame(getPath(message.fields, parsePath(path)), was);
      });
    });
    return anew.length === 0 ? step : { ...step, anew };
  });
  return { ...seed, base: { steps } };
}

function isSame(a: unknown, b: unknown): boolean {
  return String(a) === String(b);
}
