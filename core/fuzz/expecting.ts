/** What a case waits for: no more than this server sends when the recorded session is played as it is. */
import type { Run } from './run-script.ts';
import { isSend, type Script, type SendStep, type Step } from './script.ts';
import type { Seed } from './seed.ts';

/** Waiting only for what came in all of the runs, and not much longer than it took. */
export function expecting(seed: Seed, runs: readonly Run[]): Seed {
  const usual = new Set(runs.flatMap((run) => run.frames.map((f) => f.heard.name)));
  return { ...seed, base: { steps: stepsFor(seed, runs) }, scene: { ...seed.scene, usual } };
}

/**
 * The same among others: what they bring about as well answers nothing where something else is due, so it is not waited for.
 * @param chatter names of that
 */
export function expectingAmongOthers(seed: Seed, runs: readonly Run[], chatter: ReadonlySet<string>): Seed {
  const without = runs.map((run) => ({
    ...run,
    frames: run.frames.filter(({ step, heard }) => {
      const said = seed.base.steps[step];
      const due = said !== undefined && isSend(said) ? said.dueNames : undefined;
      return !chatter.has(heard.name) || due === undefined || due.every((name) => chatter.has(name));
    }),
  }));
  const fewer = stepsFor(seed, without);
  const steps = seed.base.steps.map((step, i) => {
    const now = fewer[i]!;
    if (!isSend(step) || !isSend(now) || now.awaits.length === 0) return step;
    return { ...now, ...(step.dueNames === undefined ? {} : { dueNames: step.dueNames }) };
  });
  return { ...seed, base: { steps }, scene: { ...seed.scene, chatter } };
}

function stepsFor(seed: Seed, runs: readonly Run[]): Step[] {
  return seed.base.steps.map((step, i) => {
    const least = (conn: number): number =>
      Math.min(
        ...runs.map((run) => run.frames.filter((f) => f.step === i && f.conn === conn && !f.isHeartbeat).length),
      );
    if (step.kind === 'open' && step.awaits !== undefined)
      return { ...step, awaits: Math.min(step.awaits, least(step.conn)) };
    if (!isSend(step)) return step;
    // When the next message went out before the answer was here, the recording has it as an answer to that one.
    const isAwaited = step.awaits.some(([conn]) => conn === step.conn);
    const own = isAwaited ? [] : [[step.conn, Infinity] as const];
    const awaits = [...step.awaits, ...own].flatMap(([conn, count]) => {
      const came = Math.min(count, least(conn));
      return came > 0 ? [[conn, came] as const] : [];
    });
    if (step.awaits.length + awaits.length === 0) return step;
    const dueMs = Math.max(0, ...runs.map((run) => arrivalOf(run, i, awaits)));
    const dueNames = new Set(runs.flatMap((run) => run.frames.filter((f) => f.step === i).map((f) => f.heard.name)));
    return { ...step, awaits, ...(awaits.length === 0 ? {} : { dueMs, dueNames: [...dueNames] }) };
  });
}

/** From a message to the last of so many frames, milliseconds. */
function arrivalOf(run: Run, step: number, awaits: readonly (readonly [number, number])[]): number {
  const sentAt = run.steps[step]?.at;
  if (sentAt === undefined) return 0;
  const arrivals = awaits.map(
    ([conn, count]) =>
      run.frames.filter((f) => f.step === step && f.conn === conn && !f.isHeartbeat)[count - 1]?.at ?? 0,
  );
  return Math.max(0, ...arrivals) - sentAt;
}

/** By the list of what was awaited when it was recorded: copies of a step share it. */
export function lessWaiting(recorded: Seed, seed: Seed): (script: Script) => Script {
  const known = new Map<unknown, SendStep>();
  for (const [i, step] of recorded.base.steps.entries()) {
    const now = seed.base.steps[i];
    if (isSend(step) && now !== undefined && isSend(now)) known.set(step.awaits, now);
  }
  return ({ steps }) => ({
    steps: steps.map((step) => {
      const now = isSend(step) ? known.get(step.awaits) : undefined;
      if (now === undefined) return step;
      const { awaits, dueMs, dueNames } = now;
      return {
        ...(step as SendStep),
        awaits,
        ...(dueMs === undefined ? {} : { dueMs }),
        ...(dueNames === undefined ? {} : { dueNames }),
      };
    }),
  });
}
