/** Looks into what a case seemed to show: plays it again alone, checks against controls, makes it smaller. */
import { PATIENT } from './calibration.ts';
import type { CaseRun } from './campaign.ts';
import type { Finding, Said } from './finding.ts';
import type { Identities } from './identity.ts';
import { judge, type JudgeWorld, type Suspicion } from './judge.ts';
import { crashSignature, errorLine, isAlarming } from './log-patterns.ts';
import { growthOf } from './memory.ts';
import { isSameBytes, type Mutation } from './mutation.ts';
import { isUsual, type Prefixes } from './prefixes.ts';
import { countRace, inTurn, raceFrom } from './race-count.ts';
import { type Patience, type Run, runScript, type Stage } from './run-script.ts';
import type { Seed } from './seed.ts';
import { countSends, isSend, type Script } from './script.ts';
import { shrink } from './shrink.ts';
import type { Exit, Watched } from './world.ts';

export interface InquiryWorld {
  readonly seed: Seed;
  readonly stage: Stage;
  readonly watched: Watched;
  readonly identities: Identities;
  readonly newTag: () => number;
  readonly world: () => JudgeWorld;
  readonly patience: Patience;
  /** How often a finding must come back. */
  readonly times: number;
  readonly isOver: () => boolean;
  readonly canary: Script;
}

export type Confirmed = Pick<
  Finding,
  'title' | 'confirmed' | 'script' | 'sendsBefore' | 'said' | 'evidence' | 'log' | 'refusals' | 'exit'
>;

/** After the last byte a crash may take a moment to show. */
const GRACE_MS = 400;
const SHRINK_RUNS = 160;
const SHRINK_MS = 20_000;
const LOG_LINES = 40;
const SILENCE_MS = 900;
const BURST = 150;
const TASTE = 60;
const HUNT_MS = 60_000;
/** Growth in a first short burst that makes a candidate worth six long ones, bytes a run. */
const WORTH = 3 * 1024;

export class Inquiry {
  readonly #w: InquiryWorld;

  constructor(world: InquiryWorld) {
    this.#w = world;
  }

  #play(script: Script, patience: Patience): Promise<Run> {
    const { seed, stage, identities, newTag, isOver } = this.#w;
    return runScript(script, stage, {
      scene: seed.scene,
      identities,
      tag: newTag(),
      patience,
      giveUpAfter: 4,
      isAborted: isOver,
    });
  }

  async #upAgain(): Promise<void> {
    const { watched } = this.#w;
    if (watched.isManaged && !watched.isRunning) await watched.restart();
  }

  /** Plays a case by itself and waits for a crash. */
  async solo(script: Script): Promise<{ down: Suspicion | undefined; run: Run }> {
    const { watched, patience } = this.#w;
    await this.#upAgain();
    const exits = watched.exits;
    // The connection stays while the server may still be at it: gone too soon, what was sent would be thrown away unread.
    const run = await this.#play(script, { ...patience, muted: Math.max(60, patience.muted), settle: GRACE_MS });
    if (watched.isManaged) await watched.exited(failed(run) || run.isOver ? GRACE_MS : 30);
    const isDown = watched.exits !== exits || (!watched.isManaged && failed(run) && !(await watched.isReachable()));
    if (!isDown) return { down: undefined, run };
    const down = crash(watched.lastExit, run);
    await this.#upAgain();
    return { down, run };
  }

  async goesDown(script: Script): Promise<Suspicion | undefined> {
    return (await this.solo(script)).down;
  }

  /** Confirms and shrinks; undefined when it does not come back. */
  async confirm(suspicion: Suspicion, script: Script, at: CaseRun | undefined): Promise<Confirmed | undefined> {
    const { times, isOver, stage } = this.#w;
    const check = this.#checkFor(suspicion, at?.mutation);
    if (suspicion.needsControl === true && !(await this.#controlHolds(script, at))) return undefined;
    let hits = 0;
    let last: Shown | undefined;
    for (let i = 0; i < times && !isOver(); i++) {
      const shown = await check(script);
      if (shown === undefined) {
        // A state left behind by other cases may be in the way: once more against a fresh server.
        if (hits === 0 && i === 0 && this.#w.watched.isManaged) {
          await this.#w.watched.restart();
          const again = await check(script);
          if (again !== undefined) {
            hits += 1;
            last = again;
            continue;
          }
        }
        return undefined;
      }
      hits += 1;
      last = shown;
    }
    if (last === undefined || hits < times) return undefined;
    const until = stage.clock.now() + SHRINK_MS;
    let best = script;
    if (suspicion.oracle !== 'changed') {
      best = await shrink(script, {
        fails: async (candidate) => (await check(candidate)) !== undefined,
        runs: SHRINK_RUNS,
        isOver: () => isOver() || stage.clock.now() > until,
      });
      // Luck while shrinking would leave something that does not come back.
      if (best !== script) {
        for (let i = 0; i < times; i++) {
          const shown = await check(best);
          if (shown === undefined) {
            best = script;
            break;
          }
          last = shown;
        }
      }
    }
    if (best === script) last = (await check(script)) ?? last;
    const { run, found, exit, lines } = last;
    return {
      title: found.title,
      confirmed: { times: hits, of: times },
      script: best,
      sendsBefore: countSends(script),
      said: saidOf(run),
      evidence: found.evidence,
      log: lines.slice(-LOG_LINES),
      refusals: [...this.#w.world().refusals],
      ...(exit === undefined ? {} : { exit: { code: exit.code, signal: exit.signal } }),
    };
  }

  /** Whether a finding still shows. Memory is looked at in bursts. */
  async shows(finding: Finding, mutation: Mutation | undefined): Promise<Suspicion | undefined> {
    const { oracle, key, title, evidence, script } = finding;
    if (oracle === 'memory') {
      const growth = await this.#growth(script, 1, finding.message);
      return growth === undefined ? undefined : { oracle, key, title: growth.title, evidence: [growth.marks], step: 0 };
    }
    const check = this.#checkFor({ oracle, key, title, evidence, step: 0 }, mutation);
    return (await check(script))?.found;
  }

  /** The test that tells whether a script still shows the same thing. */
  #checkFor(suspicion: Suspicion, mutation: Mutation | undefined): (script: Script) => Promise<Shown | undefined> {
    const { watched, patience } = this.#w;
    const isSame = (found: Suspicion): boolean => found.key === suspicion.key;
    return async (script) => {
      await this.#upAgain();
      const lineCount = watched.lineCount;
      const lines = (): readonly string[] => watched.linesSince(lineCount);
      if (suspicion.oracle === 'exit' || suspicion.oracle === 'refused') {
        const { down, run } = await this.solo(script);
        if (down === undefined || !isSame(down)) return undefined;
        return { run, found: down, exit: watched.lastExit, lines: watched.lastExit?.lines ?? [] };
      }
      if (suspicion.oracle === 'canary') {
        const run = await this.#play(script, { ...patience, settle: 20 });
        const isWell = await this.isCanaryWell(this.#w.canary, { ...PATIENT, answer: 700 });
        if (!isWell && watched.isManaged) await watched.restart();
        return isWell ? undefined : { run, found: suspicion, exit: undefined, lines: lines() };
      }
      if (suspicion.oracle === 'race') return this.#race(script, suspicion);
      if (suspicion.oracle === 'log') {
        const run = await this.#play(script, { ...patience, settle: 60 });
        const said = lines();
        return said.some(isAlarming) ? { run, found: suspicion, exit: undefined, lines: said } : undefined;
      }
      const isSilence = suspicion.oracle === 'no-answer';
      const how = isSilence
        ? { ...patience, muted: SILENCE_MS }
        : { ...patience, muted: Math.max(120, patience.muted), settle: 20 };
      const run = await this.#play(script, how);
      const focus = script.steps.flatMap((step, i) => (step.kind === 'send' && step.mutated ? [i] : []));
      const world = this.#w.world();
      // What the recorded session itself shows is not held against the one it is looked for in.
      const judged =
        mutation === undefined
          ? { ...world, baseline: { ...world.baseline, serverRemarks: new Set<string>() } }
          : world;
      const found = judge(run, focus, mutation, judged).find(isSame);
      // Right or wrong must make the difference: what is welcome anyway breaks no rule.
      if (found?.oracle === 'accepted' && !(await this.#isRightWelcome(script, focus[0] ?? 0))) return undefined;
      return found === undefined ? undefined : { run, found, exit: undefined, lines: lines() };
    };
  }

  /** Whether the message as it was recorded, in the place of the wrong one, is answered as in the recorded session. */
  async #isRightWelcome(script: Script, at: number): Promise<boolean> {
    const { seed, patience } = this.#w;
    const wrong = script.steps[at];
    if (wrong === undefined || !isSend(wrong)) return true;
    const right = seed.base.steps.find((step) => isSend(step) && step.n === wrong.n);
    if (right === undefined || !isSend(right) || isSameBytes(right.bytes, wrong.bytes)) return true;
    const steps = script.steps.slice(0, at + 1).map((step, i) => (i === at ? { ...right, conn: wrong.conn } : step));
    const run = await this.#play({ steps }, { ...patience, muted: 200, settle: 5 });
    return isUsual(seed, this.#w.world().baseline, run, at, right.n);
  }

  async #race(script: Script, suspicion: Suspicion): Promise<Shown | undefined> {
    const { patience, watched } = this.#w;
    const how = { ...patience, muted: 150, settle: 40 };
    const from = raceFrom(script);
    const lineCount = watched.lineCount;
    const turns = countRace(await this.#play(inTurn(script), how), from, this.#w.world());
    const run = await this.#play(script, how);
    const together = countRace(run, from, this.#w.world());
    return turns > 0 && together > turns
      ? { run, found: suspicion, exit: undefined, lines: watched.linesSince(lineCount) }
      : undefined;
  }

  /** Silence after a message tells something only if there is none without it. */
  async #controlHolds(script: Script, at: CaseRun | undefined): Promise<boolean> {
    const { patience } = this.#w;
    const wrong = new Set(at?.made.focus);
    const control: Script = { steps: script.steps.filter((_step, i) => !wrong.has(i)) };
    const run = await this.#play(control, { ...patience, muted: SILENCE_MS });
    const [focus = 0] = [...wrong];
    const conn = script.steps[focus]?.conn;
    const isAnswered = control.steps.some(
      (step, i) =>
        i >= focus &&
        isSend(step) &&
        step.conn === conn &&
        run.frames.some((f) => f.step === i && f.conn === conn && !f.isHeartbeat),
    );
    if (!isAnswered) return false;
    // It may have said goodbye, or become somebody else: then silence is as it should be.
    const sent = at?.run.steps[focus];
    const step = script.steps[focus];
    const name = sent?.heard.messages[0]?.name;
    return name === null || name === undefined || (step !== undefined && isSend(step) && name === step.message);
  }

  // ---- the server as a whole ---------------------------------------------------------------------------------------------

  /** Whether the recorded session works, tried three times. */
  async isCanaryWell(canary: Script, patience: Patience): Promise<boolean> {
    const { baseline } = this.#w.world();
    for (let i = 0; i < 3; i++) {
      const run = await this.#play(canary, patience);
      const isWell =
        !failed(run) &&
        canary.steps.every((step, at) => {
          if (!isSend(step)) return true;
          const known = baseline.answers.get(step.n);
          return known?.isAnswered !== true || run.frames.some((f) => f.step === at && f.conn === step.conn);
        });
      if (isWell) return true;
      if (this.#w.isOver()) return true;
    }
    return false;
  }

  /** After which of these cases does the recorded session no longer work? */
  async whoBreaksCanary(recent: readonly CaseRun[]): Promise<{ at: CaseRun; suspicion: Suspicion } | undefined> {
    const { watched, canary } = this.#w;
    if (!watched.isManaged) return undefined;
    const isBrokenBy = async (cases: readonly CaseRun[]): Promise<boolean> => {
      await watched.restart();
      for (const one of cases) await this.#play(one.made.script, this.#w.patience);
      return !(await this.isCanaryWell(canary, { ...PATIENT, answer: 700 }));
    };
    let suspects = [...recent].reverse();
    if (!(await isBrokenBy(suspects))) {
      await watched.restart();
      return undefined;
    }
    while (suspects.length > 1 && !this.#w.isOver()) {
      const half = suspects.slice(0, suspects.length >> 1);
      suspects = (await isBrokenBy(half)) ? half : suspects.slice(half.length);
    }
    const [at] = suspects;
    await watched.restart();
    if (at === undefined) return undefined;
    return {
      at,
      suspicion: {
        oracle: 'canary',
        key: `canary|${at.mutation.family === 'carrier' || at.mutation.family === 'framing' ? at.mutation.name.split('-')[0] : `${at.mutation.message}|${at.mutation.field}`}`,
        title: `After a ${at.mutation.message} (${at.mutation.doc.replace(/\.$/, '').toLowerCase()}) the server answers nobody any more`,
        evidence: [
          'The recorded session, played on a connection of its own afterwards, gets no answers; against a fresh server it does.',
        ],
        step: at.made.focus[0] ?? 0,
      },
    };
  }

  async whoWrites(
    recent: readonly CaseRun[],
    seen: readonly string[],
  ): Promise<{ at: CaseRun; suspicion: Suspicion } | undefined> {
    const { watched, patience } = this.#w;
    for (const at of [...recent].reverse()) {
      if (this.#w.isOver()) return undefined;
      const from = watched.lineCount;
      await this.#play(at.made.script, { ...patience, settle: 60 });
      const lines = watched.linesSince(from);
      if (!lines.some(isAlarming)) continue;
      const line = errorLine(lines) ?? lines.find(isAlarming) ?? seen.find(isAlarming) ?? '';
      return {
        at,
        suspicion: {
          oracle: 'log',
          key: `log|${crashSignature(lines)}`,
          title: `The server writes of an error of its own: ${line.slice(0, 120)}`,
          evidence: lines.filter(isAlarming).slice(0, 3),
          step: at.made.focus[0] ?? 0,
        },
      };
    }
    return undefined;
  }

  // ---- memory ------------------------------------------------------------------------------------------------------------

  /** Plays candidates in bursts and watches the memory grow. */
  async whatLeaks(
    recent: readonly CaseRun[],
    seed: Seed,
    lanes: number,
    prefixes: Prefixes,
  ): Promise<
    { suspicion: Suspicion; confirmed: Confirmed; message: string; caseId: string; what: string } | undefined
  > {
    const { watched, stage } = this.#w;
    const until = stage.clock.now() + HUNT_MS;
    const isOver = (): boolean => this.#w.isOver() || stage.clock.now() > until;
    const candidates: { script: Script; message: string; what: string; caseId: string }[] = [];
    const add = (script: Script, message: string, what: string, caseId = ''): void => {
      candidates.push({ script, message, what, caseId });
    };
    const opens = seed.base.steps.filter((step) => step.kind === 'open').slice(0, 1);
    add({ steps: opens }, 'connection', 'A connection is opened and closed.');
    const kinds = new Set<string>();
    for (const one of seed.messages) {
      const kind = `${one.name}|${seed.refused.has(one.frame.n)}`;
      if (kinds.has(kind)) continue;
      kinds.add(kind);
      const step = seed.base.steps[one.step]!;
      add({ steps: [...prefixes.of(one.step), step] }, one.name, `A ${one.name} as recorded.`);
    }
    for (const one of recent) {
      const [focus = 0] = one.made.focus;
      const step = one.made.script.steps[focus];
      if (step === undefined || !isSend(step)) continue;
      const kind = `${step.message}→${one.run.frames
        .filter((f) => f.step === focus)
        .map((f) => f.heard.signature)
        .join()}`;
      if (kinds.has(kind)) continue;
      kinds.add(kind);
      add({ steps: one.made.script.steps.slice(0, focus + 1) }, step.message, one.mutation.doc, one.id);
    }
    const scores: { candidate: (typeof candidates)[number]; growth: number }[] = [];
    for (const candidate of candidates.slice(0, 40)) {
      if (isOver()) return undefined;
      const before = watched.memory() ?? 0;
      const after = await this.#burst(candidate.script, TASTE, lanes);
      scores.push({ candidate, growth: (after - before) / (countSends(candidate.script) + 0.5) });
    }
    scores.sort((a, b) => b.growth - a.growth);
    // Shorter scripts first: a longer one contains what leaks in them.
    const suspects = scores.slice(0, 6).sort((a, b) => countSends(a.candidate.script) - countSends(b.candidate.script));
    for (const { candidate, growth: first } of suspects) {
      if (isOver()) return undefined;
      if (first * (countSends(candidate.script) + 0.5) < WORTH * TASTE) continue;
      const growth = await this.#growth(candidate.script, lanes, candidate.message);
      if (growth === undefined) continue;
      const run = await this.#play(candidate.script, { ...PATIENT, muted: 200 });
      return {
        message: candidate.message,
        caseId: candidate.caseId,
        what: candidate.what,
        suspicion: { oracle: 'memory', key: 'memory', title: growth.title, evidence: [], step: 0 },
        confirmed: {
          title: growth.title,
          confirmed: { times: 5, of: 5 },
          script: candidate.script,
          sendsBefore: countSends(candidate.script),
          said: saidOf(run),
          evidence: [growth.marks],
          log: [],
          refusals: [],
        },
      };
    }
    return undefined;
  }

  async #burst(script: Script, runs: number, lanes: number): Promise<number> {
    let left = runs;
    const lane = async (): Promise<void> => {
      while (left-- > 0 && !this.#w.isOver()) await this.#play(script, { ...this.#w.patience, muted: 15, settle: 1 });
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    await this.#rest(250);
    return this.#w.watched.memory() ?? 0;
  }

  /** Six equal bursts; undefined when the memory does not grow with each. */
  async #growth(script: Script, lanes: number, message: string): Promise<{ title: string; marks: string } | undefined> {
    const marks = [await this.#burst(script, BURST, lanes)];
    for (let i = 0; i < 5; i++) {
      marks.push(await this.#burst(script, BURST, lanes));
      if (growthOf(marks, BURST).total <= 0) return undefined;
    }
    const growth = growthOf(marks, BURST);
    if (!growth.isSteady) return undefined;
    return {
      title: `The memory of the target grows by about ${Math.round(growth.perRun / 1024)} KiB with each ${message}`,
      marks: `Resident memory after each of six bursts of ${BURST} runs: ${marks.map((m) => `${(m / 1_048_576).toFixed(1)} MiB`).join(', ')}`,
    };
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#w.stage.after(ms, resolve);
    });
  }
}

interface Shown {
  readonly run: Run;
  readonly found: Suspicion;
  readonly exit: Exit | undefined;
  readonly lines: readonly string[];
}

function failed(run: Run): boolean {
  for (const one of run.connections.values()) if (one.failure !== undefined) return true;
  return false;
}

function crash(exit: Exit | undefined, run: Run): Suspicion {
  const lines = exit?.lines ?? [];
  const how =
    exit === undefined
      ? 'takes no connections any more'
      : exit.signal === null
        ? `exits with code ${exit.code ?? '?'}`
        : `is ended by ${exit.signal}`;
  const line = errorLine(lines);
  const step = run.script.steps.findLastIndex((one) => one.kind !== 'open' && one.mutated === true);
  const wrong = run.script.steps[step];
  const message = wrong !== undefined && isSend(wrong) ? wrong.message : '';
  const signature = crashSignature(lines);
  return {
    oracle: exit === undefined ? 'refused' : 'exit',
    key: `exit|${exit?.signal ?? exit?.code ?? ''}|${signature === '' ? message : signature}`,
    title: `The server ${how} on a ${message}${line === undefined ? '' : `: ${line.slice(0, 120)}`}`,
    evidence: line === undefined ? [] : [line],
    step,
  };
}

export function saidOf(run: Run): Said[] {
  const said: Said[] = [];
  for (const [i, sent] of run.steps.entries()) {
    const step = run.script.steps[i];
    if (sent === undefined || step === undefined || !isSend(step)) continue;
    said.push({
      direction: 'toServer',
      conn: step.conn,
      at: sent.at,
      message: sent.heard.name === '?' ? step.message : sent.heard.name,
      summary: sent.heard.summary,
      bytes: sent.bytes,
      carrier: step.carrier ?? {},
      mutated: step.mutated,
    });
  }
  for (const frame of run.frames) {
    said.push({
      direction: 'toClient',
      conn: frame.conn,
      at: frame.at,
      message: frame.heard.name,
      summary: frame.heard.summary,
      bytes: frame.bytes,
      carrier: frame.carrier,
      mutated: false,
    });
  }
  return said.sort((a, b) => a.at - b.at);
}
