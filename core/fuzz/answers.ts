/** Which of what came answers what was said: by the step it came after, and by the pairs of the description. */
import type { Protocol } from '../protocol/protocol.ts';
import type { LiveFrame, Run } from './run-script.ts';
import { whoIs } from './scene.ts';
import { isSend, originalOf, type SendStep } from './script.ts';
import type { JudgeWorld } from './suspicion.ts';

export function answersTo(run: Run, at: number, conn: number): LiveFrame[] {
  return run.frames.filter((f) => f.step === at && f.conn === conn && !f.isHeartbeat);
}

/** Whether anything came from a step on that may answer one of these: others at work on the same server are heard of, too. */
export function isHeardOf(
  run: Run,
  steps: readonly number[],
  conn: number,
  { seed }: JudgeWorld,
  from: number,
): boolean {
  const protocol = seed.scene.connections.get(originalOf(conn))?.recorded.protocol;
  const { usual, chatter } = seed.scene;
  const isChatter = (name: string): boolean => chatter?.has(name) === true;
  const due = new Set<string>();
  let isKnown = usual !== undefined;
  for (const i of steps) {
    const step = run.script.steps[i];
    if (step === undefined || !isSend(step)) continue;
    const names = repliesTo(protocol, step.message);
    if (names.size === 0) isKnown = false;
    for (const name of names) due.add(name);
    for (const name of step.dueNames ?? []) if (!isChatter(name)) due.add(name);
  }
  return run.frames.some((f) => {
    if (f.conn !== conn || f.step < from || f.isHeartbeat) return false;
    if (f.heard.isRefusal || due.has(f.heard.name)) return true;
    if (!isKnown || !usual!.has(f.heard.name)) return !isChatter(f.heard.name);
    return f.heard.messages.some((one) => one.name !== null && due.has(one.name));
  });
}

export function summaryOf(frame: LiveFrame, world: JudgeWorld): string {
  return `${whoIs(world.seed.scene)}: ${frame.heard.name} ${frame.heard.summary}`.trim();
}

/** Whether some of what came after a step, on these connections, is how the recorded frame is answered. */
export function isAnsweredAsUsual(
  run: Run,
  at: number,
  conns: readonly number[],
  n: number,
  world: JudgeWorld,
): boolean {
  const step = world.seed.base.steps.find((one) => isSend(one) && one.n === n);
  const known = world.baseline.answers.get(n);
  if (step === undefined || !isSend(step) || known === undefined) return false;
  const frames = conns.flatMap((conn) => answersTo(run, at, conn));
  if (frames.some((f) => f.heard.isRefusal)) return false;
  return replies(frames, step, world).some((f) => known.signatures.has(f.heard.signature));
}

/** Of what came, what answers this message by the protocol's pairs; everything where it says nothing. */
export function replies(frames: readonly LiveFrame[], step: SendStep, world: JudgeWorld): readonly LiveFrame[] {
  const names = repliesTo(world.seed.scene.connections.get(originalOf(step.conn))?.recorded.protocol, step.message);
  const known = world.baseline.answers.get(step.n);
  // A server of another time may not know the answer that the pair speaks of.
  const isKept = known === undefined || [...known.names].some((one) => one.split('+').some((name) => names.has(name)));
  if (names.size === 0 || !isKept) return frames;
  return frames.filter((f) => f.heard.messages.some((m) => m.name !== null && names.has(m.name)));
}

/** Empty where the protocol says nothing of it. */
function repliesTo(protocol: Protocol | undefined, message: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const pair of protocol?.pairs ?? []) {
    if (pair.direction !== 'toServer' || pair.replies === '*' || pair.request === '*') continue;
    if (pair.request.includes(message)) for (const name of pair.replies) names.add(name);
  }
  return names;
}
