/** How the server answers the recorded session as it is: what every case is compared with. */
import type { LiveFrame, Run } from './run-script.ts';
import type { Seed } from './seed.ts';
import { isSend, type SendStep } from './script.ts';
import { remarkKey } from './hearing.ts';

/** What followed a recorded client message. */
export interface Answer {
  /** Signatures of the frames on its own connection. */
  readonly signatures: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
  /** Something came, in every run. */
  readonly isAnswered: boolean;
  /** All that came said no. */
  readonly isRefused: boolean;
  /** The connection ended here in some run. */
  readonly isEnd: boolean;
  /** What others are told of it, in every run: signatures by connection. */
  readonly elsewhere: ReadonlyMap<number, ReadonlySet<string>>;
}

/** Whether it shows, to whoever sent it or to others, that it was taken. */
export function canTell({ isAnswered, elsewhere }: Answer): boolean {
  return isAnswered || elsewhere.size > 0;
}

export interface Baseline {
  /** By number of the recorded frame. */
  readonly answers: ReadonlyMap<number, Answer>;
  readonly serverRemarks: ReadonlySet<string>;
  readonly clientRemarks: ReadonlySet<string>;
  /** Milliseconds within which 99 of 100 answers came. */
  readonly p99: number;
  readonly p90: number;
  /** Share of the recorded conversation that the server answered as recorded, 0 to 1. */
  readonly likeness: number;
  readonly elapsedMs: number;
}

/** @param recorded the seed before it was cut down to what the server sends */
export function makeBaseline(seed: Seed, runs: readonly Run[], recorded = seed): Baseline {
  const answers = new Map<number, Answer>();
  const latencies: number[] = [];
  seed.base.steps.forEach((step, i) => {
    if (!isSend(step)) return;
    const lists = runs.map((run) => run.frames.filter((f) => f.step === i && f.conn === step.conn && !f.isHeartbeat));
    const all = lists.flat();
    for (const run of runs) {
      const ms = run.steps[i]?.answerMs;
      if (ms !== undefined) latencies.push(ms);
    }
    answers.set(step.n, {
      signatures: new Set(all.map((f) => f.heard.signature)),
      names: new Set(all.map((f) => f.heard.name)),
      isAnswered: lists.every((list) => list.length > 0),
      isRefused: all.length > 0 && all.every((f) => f.heard.isRefusal),
      isEnd: runs.some((run) => run.connections.get(step.conn)?.endedAfter === i),
      elsewhere: elsewhereOf(runs, i, step),
    });
  });
  latencies.sort((a, b) => a - b);
  return {
    answers,
    serverRemarks: new Set(runs.flatMap((run) => run.frames.flatMap(remarksOf))),
    clientRemarks: new Set(runs.flatMap((run) => run.steps.flatMap((s) => (s === undefined ? [] : remarksOf(s))))),
    p90: latencies[Math.floor(latencies.length * 0.9)] ?? 5,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? 5,
    likeness: runs.length === 0 ? 0 : Math.min(...runs.map((run) => likenessOf(recorded, run))),
    elapsedMs: Math.max(0, ...runs.map((run) => run.elapsedMs)),
  };
}

function elsewhereOf(runs: readonly Run[], at: number, { conn, awaits }: SendStep): Map<number, Set<string>> {
  const found = new Map<number, Set<string>>();
  for (const [other] of awaits) {
    if (other === conn) continue;
    const lists = runs.map(
      ({ frames }) => new Set(frames.filter((f) => f.step === at && f.conn === other).map((f) => f.heard.signature)),
    );
    const [first = new Set<string>(), ...rest] = lists;
    const always = [...first].filter((signature) => rest.every((list) => list.has(signature)));
    if (always.length > 0) found.set(other, new Set(always));
  }
  return found;
}

export function remarksOf({ heard }: Pick<LiveFrame, 'heard'>): string[] {
  return heard.expert.map((info) => remarkKey(heard, info));
}

/** Share of the awaited answers that came, by steps. A recording without answers is like anything that connects. */
export function likenessOf(seed: Seed, run: Run): number {
  let awaited = 0;
  let came = 0;
  for (const [i, step] of seed.base.steps.entries()) {
    if (!isSend(step) || step.awaits.length === 0) continue;
    for (const [conn, count] of step.awaits) {
      awaited += count;
      const names = seed.recordedNames.get(`${step.n}/${conn}`) ?? [];
      const live = run.frames
        .filter((f) => f.step === i && f.conn === conn && !f.isHeartbeat)
        .map((f) => f.heard.signature);
      for (const name of names) {
        const at = live.indexOf(name);
        if (at < 0) continue;
        live.splice(at, 1);
        came += 1;
      }
    }
  }
  if (awaited === 0) return [...run.connections.values()].every((one) => one.failure === undefined) ? 1 : 0;
  return came / awaited;
}
