/** Does the target's memory grow without end, and with what? Growth counts only when it goes on, burst after burst. */

export interface LeakWatch {
  /** Cheap; asks for the memory at most four times a second. */
  sample(cases: number, now: number, memory: () => number | undefined): void;
  isSuspicious(): boolean;
}

const SAMPLE_MS = 250;
const WARM_CASES = 150;
/** What a server may take for itself before anybody wonders. */
const MIN_GROWTH = 24 * 1024 * 1024;
const MIN_PER_CASE = 2 * 1024;
/** Cases before growth means anything, unless there is very much of it: collectors take their time. */
const MIN_CASES = 1200;
const MUCH_GROWTH = 96 * 1024 * 1024;
/** Stretches of the campaign that must each show growth. */
const PARTS = 4;

export function makeLeakWatch(first: number | undefined): LeakWatch {
  const samples: { cases: number; bytes: number }[] = [];
  let last = -SAMPLE_MS;
  return {
    sample(cases, now, memory) {
      if (first === undefined || now - last < SAMPLE_MS) return;
      last = now;
      const bytes = memory();
      if (bytes === undefined) return;
      const before = samples.at(-1);
      // Started again: it begins anew.
      if (before !== undefined && bytes < before.bytes * 0.6) samples.length = 0;
      samples.push({ cases, bytes });
      if (samples.length > 4000) samples.splice(0, 2000);
    },
    isSuspicious() {
      const warm = samples.filter((sample) => sample.cases >= (samples[0]?.cases ?? 0) + WARM_CASES);
      const [from, to] = [warm[0], warm.at(-1)];
      if (from === undefined || to === undefined || to.bytes - from.bytes < MIN_GROWTH) return false;
      if (to.cases - from.cases < MIN_CASES && to.bytes - from.bytes < MUCH_GROWTH) return false;
      // A server that only takes what it needs stops taking; one that leaks goes on.
      const marks = Array.from({ length: PARTS + 1 }, (_, i) => warm[Math.round(((warm.length - 1) * i) / PARTS)]!);
      return marks.slice(1).every((mark, i) => {
        const before = marks[i]!;
        return mark.cases > before.cases && (mark.bytes - before.bytes) / (mark.cases - before.cases) >= MIN_PER_CASE;
      });
    },
  };
}

/** Memory after each of several equal bursts. */
export interface Growth {
  readonly perRun: number;
  /** It grew in every burst, by about as much. */
  readonly isSteady: boolean;
  readonly total: number;
}

const MIN_STEADY_PER_RUN = 4 * 1024;

/** @param marks memory before the first burst and after each */
export function growthOf(marks: readonly number[], runsPerBurst: number): Growth {
  const deltas = marks.slice(1).map((bytes, i) => bytes - marks[i]!);
  const total = (marks.at(-1) ?? 0) - (marks[0] ?? 0);
  const mean = deltas.length === 0 ? 0 : total / deltas.length;
  const perRun = mean / runsPerBurst;
  const isSteady =
    deltas.length >= 3 &&
    perRun >= MIN_STEADY_PER_RUN &&
    deltas.every((delta) => delta > mean * 0.4 && delta < mean * 2.5);
  return { perRun, isSteady, total };
}

/** Bursts that must each grow, after the first; and as many once more. */
const BURSTS = 5;
/** What a collector takes for itself, as evenly as a leak would, before it begins to give back. */
const ENOUGH_GROWTH = 64 * 1024 * 1024;
const MOST_BURSTS = 120;

/**
 * Equal bursts until it is sure; undefined when the memory does not grow with each.
 * @param burst resolves with the memory after it, bytes
 */
export async function growing(
  burst: () => Promise<number>,
  runsPerBurst: number,
  isOver: () => boolean,
): Promise<{ readonly perRun: number; readonly marks: readonly number[] } | undefined> {
  const marks = [await burst()];
  while (marks.length <= MOST_BURSTS) {
    marks.push(await burst());
    const { total } = growthOf(marks, runsPerBurst);
    if (total <= 0 || isOver()) return undefined;
    // What only fills up what it took for itself stops growing.
    if ((marks.length - 1) % BURSTS !== 0) continue;
    const { isSteady, perRun } = growthOf(marks.slice(-BURSTS - 1), runsPerBurst);
    if (!isSteady) return undefined;
    if (marks.length > BURSTS * 2 && total >= ENOUGH_GROWTH) return { perRun, marks };
  }
  return undefined;
}
