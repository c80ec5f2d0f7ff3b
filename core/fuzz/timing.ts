/** Where the time of a campaign goes. What stops all lanes counts in full, what one of them does by its share. */
import type { Watched } from './world.ts';

export type Phase =
  | 'getting ready'
  | 'cases'
  | 'inquiries'
  | 'shrinking'
  | 'crashes'
  | 'memory'
  | 'restarts'
  | 'waiting';

const ORDER: readonly Phase[] = [
  'getting ready',
  'cases',
  'inquiries',
  'shrinking',
  'crashes',
  'memory',
  'restarts',
  'waiting',
];

export class Timing {
  readonly #now: () => number;
  readonly #spent = new Map<Phase, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Restarts within it are theirs. */
  async during<T>(phase: Phase, lanes: number, work: () => Promise<T>): Promise<T> {
    const began = this.#now();
    const restarts = this.#of('restarts');
    try {
      return await work();
    } finally {
      const within = phase === 'restarts' || lanes > 1 ? 0 : this.#of('restarts') - restarts;
      this.#spent.set(phase, this.#of(phase) + Math.max(0, this.#now() - began - within) / lanes);
    }
  }

  /** Milliseconds by phase; `waiting` is what is left: for slower lanes, for slots of a rate, paused. */
  report(elapsedMs: number): Readonly<Partial<Record<Phase, number>>> {
    const known = [...this.#spent.values()].reduce((sum, ms) => sum + ms, 0);
    const all = new Map(this.#spent).set('waiting', Math.max(0, elapsedMs - known));
    return Object.fromEntries(ORDER.flatMap((phase) => (all.has(phase) ? [[phase, Math.round(all.get(phase)!)]] : [])));
  }

  #of(phase: Phase): number {
    return this.#spent.get(phase) ?? 0;
  }
}

/** `cases 61 %, inquiries 30 %, restarts 9 %`: the largest first. */
export function timingText(phases: Readonly<Partial<Record<string, number>>>): string {
  const all = Object.entries(phases).map(([name, ms]) => [name, ms ?? 0] as const);
  const sum = all.reduce((total, [, ms]) => total + ms, 0);
  return all
    .map(([name, ms]) => [name, sum === 0 ? 0 : Math.round((ms * 100) / sum)] as const)
    .filter(([, share]) => share > 0)
    .sort((a, b) => b[1] - a[1])
    .map(([name, share]) => `${name} ${share} %`)
    .join(', ');
}

/** The same target, with its restarts counted. */
export function timed(watched: Watched, timing: Timing): Watched {
  return {
    get isManaged() {
      return watched.isManaged;
    },
    get exits() {
      return watched.exits;
    },
    get lastExit() {
      return watched.lastExit;
    },
    get isRunning() {
      return watched.isRunning;
    },
    get lineCount() {
      return watched.lineCount;
    },
    restart: () => timing.during('restarts', 1, () => watched.restart()),
    giveUp: () => watched.giveUp(),
    exited: (ms) => watched.exited(ms),
    memory: () => watched.memory(),
    linesSince: (count) => watched.linesSince(count),
    isReachable: () => watched.isReachable(),
  };
}
