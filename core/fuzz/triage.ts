/**
 * Looks into what cases seemed to show, while no others are played: which case the server went down with, whether a suspicion
 * comes back, after which case the recorded session stopped working. What is confirmed becomes a finding.
 */
import { EngineError } from '../traffic/engine-error.ts';
import type { Avoidance } from './avoidance.ts';
import type { Calibrated } from './calibration.ts';
import type { CaseRun } from './case-run.ts';
import { type FindingList, silenceAfter } from './finding-list.ts';
import { confirm } from './confirm.ts';
import { whoBreaksCanary, whoWrites } from './culprits.ts';
import type { Inquiry } from './inquiry.ts';
import type { Suspicion } from './judge.ts';
import type { Ledger } from './ledger.ts';
import { whatLeaks } from './leak-hunt.ts';
import { isAlarming } from './log-patterns.ts';
import { countSends, isSend, type Script } from './script.ts';
import { solo } from './solo.ts';
import type { Tempo } from './tempo.ts';
import type { Watched } from './world.ts';

type Queued =
  | { readonly kind: 'suspicion'; readonly at: CaseRun; readonly suspicions: readonly Suspicion[] }
  | { readonly kind: 'broken'; readonly at: CaseRun }
  | { readonly kind: 'canary'; readonly recent: readonly CaseRun[] }
  | { readonly kind: 'log'; readonly recent: readonly CaseRun[]; readonly lines: readonly string[] }
  | { readonly kind: 'memory'; readonly recent: readonly CaseRun[] };

export interface TriageOptions {
  readonly watched: Watched;
  readonly inquiry: Inquiry;
  readonly calibrated: Calibrated;
  readonly findings: FindingList;
  readonly ledger: Ledger;
  readonly avoidance: Avoidance;
  readonly tempo: Tempo;
  readonly rng: number;
  /** Runs that had to show a finding. */
  readonly times: number;
  /** Nothing more is waited for. */
  readonly isCut: () => boolean;
  readonly onDoing: (doing: string) => void;
  readonly onNote: (text: string) => void;
  /** A case that was played again by itself, and the server stands. */
  readonly onPlayed: (at: CaseRun) => void;
  /** Cases that were broken by another one: to be played again. */
  readonly onAgain: (cases: readonly CaseRun[]) => void;
}

/** Finished cases remembered for when the server turns out to be gone. */
const MAX_RECENT = 64;
/** Of those over before the ones under way, how many are tried. */
const MAX_EARLIER = 8;
const LOG_LINES = 40;
/** A server somebody else started may need a moment. */
const RETURNS = { times: 20, ms: 250 };

export class Triage {
  readonly #o: TriageOptions;
  readonly #queue: Queued[] = [];
  #recent: CaseRun[] = [];
  #exits: number;
  #lineCount: number;

  constructor(options: TriageOptions) {
    this.#o = options;
    this.#exits = options.watched.exits;
    this.#lineCount = options.watched.lineCount;
  }

  /** Something waits to be looked into. */
  get isNeeded(): boolean {
    return this.#queue.length > 0;
  }

  /** The server has exited since it was last looked at. */
  get hasExited(): boolean {
    return this.#exits !== this.#o.watched.exits;
  }

  remember(at: CaseRun): void {
    this.#recent.push(at);
    if (this.#recent.length > MAX_RECENT) this.#recent.shift();
  }

  broken(at: CaseRun): void {
    this.#queue.push({ kind: 'broken', at });
  }
  suspicious(at: CaseRun, suspicions: readonly Suspicion[]): void {
    this.#queue.push({ kind: 'suspicion', at, suspicions });
  }
  canaryFailed(): void {
    this.#queue.push({ kind: 'canary', recent: [...this.#recent] });
  }
  memoryGrew(): void {
    this.#queue.push({ kind: 'memory', recent: [...this.#recent] });
  }

  /** Reads what the server wrote since it was last looked at. */
  readLog(): void {
    const { watched } = this.#o;
    if (watched.lineCount === this.#lineCount) return;
    const lines = watched.linesSince(this.#lineCount);
    this.#lineCount = watched.lineCount;
    if (lines.some(isAlarming)) this.#queue.push({ kind: 'log', recent: [...this.#recent], lines });
  }

  async lookInto(): Promise<void> {
    const { isCut, onNote, onDoing, inquiry, watched } = this.#o;
    const queue = this.#queue.splice(0);
    const broken = queue.flatMap((one) => (one.kind === 'broken' ? [one.at] : []));
    if (broken.length > 0) await this.#lookIntoBroken(broken);
    const rest = queue.filter((one) => one.kind !== 'broken');
    for (const [i, one] of rest.entries()) {
      if (isCut()) {
        onNote(`${rest.length - i} of the last cases looked suspicious and were not looked into; --resume does.`);
        return;
      }
      if (one.kind === 'suspicion') {
        onDoing(`looking into ${one.suspicions[0]!.title}`);
        for (const suspicion of one.suspicions) await this.find(suspicion, one.at.made.script, one.at);
        if (!isCut()) this.#o.ledger.finish(one.at, 'suspicious');
      } else if (one.kind === 'canary') await this.#lookIntoCanary(one.recent);
      else if (one.kind === 'memory') await this.#lookIntoMemory(one.recent);
      else {
        const culprit = await whoWrites(inquiry, one.recent, one.lines);
        if (culprit !== undefined) await this.find(culprit.suspicion, culprit.at.made.script, culprit.at);
      }
    }
    this.#exits = watched.exits;
    this.#lineCount = watched.lineCount;
  }

  /** Confirms, shrinks, saves; or drops it when it does not come back. */
  async find(suspicion: Suspicion, script: Script, at: CaseRun | undefined): Promise<void> {
    const { findings, inquiry, isCut, rng } = this.#o;
    if (findings.get(suspicion.key) !== undefined) return;
    const result = await confirm(inquiry, suspicion, script, at);
    if (result === undefined) {
      if (isCut()) return;
      findings.dismiss(suspicion.key);
      if (suspicion.needsControl === true) findings.dismiss(silenceAfter(at?.mutation.message ?? ''));
      return;
    }
    await findings.keep({
      ...result,
      key: suspicion.key,
      oracle: suspicion.oracle,
      message: at?.mutation.message ?? '',
      field: at?.mutation.field ?? '',
      caseId: at?.id ?? `${rng}:-:recorded session`,
      what: at?.mutation.doc ?? 'The recorded session as it is.',
      ...(at === undefined ? {} : { family: at.mutation.family }),
    });
  }

  // ---- the server went down ----------------------------------------------------------------------------------------------

  /** Which of the cases under way was it? */
  async #lookIntoBroken(cases: readonly CaseRun[]): Promise<void> {
    const { watched, inquiry, isCut, onDoing, avoidance, ledger } = this.#o;
    onDoing('finding out which case the server went down with');
    await watched.exited(250);
    const isDown = watched.isManaged ? !watched.isRunning || this.hasExited : !(await watched.isReachable());
    const exit = watched.lastExit;
    if (!isDown) {
      // A hiccup of the network.
      this.#o.onAgain(cases);
      return;
    }
    if (watched.isManaged) await watched.restart();
    else await this.#waitForServer(cases);
    // Whoever had said nothing wrong yet, or was answered, is hardly to blame.
    const suspects = [...cases.filter(isSuspect), ...cases.filter((one) => !isSuspect(one))];
    const rest = new Set(cases);
    let isFound = false;
    for (const one of suspects) {
      if (isCut()) return;
      if (avoidance.of(one.mutation) === undefined) isFound = await this.#solo(one);
      else ledger.crashed(one, avoidance.of(one.mutation));
      rest.delete(one);
      if (isFound) break;
    }
    const earlier = this.#recent.slice(-cases.length - MAX_EARLIER).reverse();
    for (const one of isFound ? [] : earlier) {
      if (isCut()) return;
      const { down } = await solo(inquiry, one.made.script);
      if (down === undefined) continue;
      isFound = true;
      await this.#foundCrash(one, down);
      break;
    }
    this.#recent = [];
    if (isFound) this.#o.onAgain([...rest]);
    else await this.#findUnrepeated(cases, 'exit', 'The server went down', exit?.lines ?? []);
  }

  /** @throws EngineError when nobody starts it again */
  async #waitForServer(cases: readonly CaseRun[]): Promise<void> {
    const { watched, isCut, tempo } = this.#o;
    for (let i = 0; i < RETURNS.times && !isCut(); i++) {
      if (await watched.isReachable()) return;
      await tempo.wait(RETURNS.ms);
    }
    const title = 'The server takes no connections any more';
    await this.#findUnrepeated(cases, 'refused', title, []);
    throw new EngineError(
      'connect-failed',
      `${title}. Start it again and go on with --resume, or let --target start it.`,
    );
  }

  /** Plays a case by itself; true when the server goes down with it. */
  async #solo(one: CaseRun): Promise<boolean> {
    const { ledger, inquiry, isCut, onPlayed } = this.#o;
    const { down, run } = await solo(inquiry, one.made.script);
    if (isCut()) return false;
    if (down !== undefined) {
      await this.#foundCrash({ ...one, run }, down);
      return true;
    }
    const again = { ...one, run };
    this.remember(again);
    if (one.mutation.family === 'race') ledger.finish(again, 'race');
    else onPlayed(again);
    return false;
  }

  async #foundCrash(one: CaseRun, suspicion: Suspicion): Promise<void> {
    const { ledger, findings, avoidance } = this.#o;
    ledger.count(one, 'crashed');
    const known = findings.get(suspicion.key);
    if (known !== undefined) findings.hit(known, one.index);
    else await this.find(suspicion, one.made.script, one);
    avoidance.add(one.mutation, suspicion.key, findings.get(suspicion.key)?.id ?? '');
    ledger.crashed(one);
  }

  /** It went down, and no single case brings it about again: said all the same, with what was under way. */
  async #findUnrepeated(
    cases: readonly CaseRun[],
    oracle: 'exit' | 'refused',
    title: string,
    lines: readonly string[],
  ): Promise<void> {
    const { findings, times, ledger } = this.#o;
    const [first] = cases;
    const key = `${oracle}|unrepeated`;
    if (first === undefined || findings.get(key) !== undefined) return;
    const ids = cases.slice(0, 10).map((one) => one.id);
    await findings.keep({
      key,
      oracle,
      title: `${title} during one of ${cases.length} case${cases.length === 1 ? '' : 's'}, and no single one of them brings it about again`,
      message: first.mutation.message,
      field: first.mutation.field,
      caseId: first.id,
      what: ids.join(', '),
      family: first.mutation.family,
      confirmed: { times: 0, of: times },
      script: first.made.script,
      sendsBefore: countSends(first.made.script),
      said: [],
      evidence: [],
      log: lines.slice(-LOG_LINES),
      refusals: [],
    });
    for (const one of cases) if (!ledger.isDone(one.index)) ledger.crashed(one);
  }

  // ---- the server as a whole ---------------------------------------------------------------------------------------------

  async #lookIntoCanary(recent: readonly CaseRun[]): Promise<void> {
    const { inquiry, findings, avoidance, onDoing, onNote } = this.#o;
    onDoing('finding out after which case the recorded session stopped working');
    const culprit = await whoBreaksCanary(inquiry, recent);
    if (culprit === undefined) {
      onNote('The recorded session failed once and worked again; no case could be found that brings it about.');
      return;
    }
    const { at, suspicion } = culprit;
    await this.find(suspicion, at.made.script, at);
    const finding = findings.get(suspicion.key);
    if (finding !== undefined) avoidance.add(at.mutation, suspicion.key, finding.id);
  }

  async #lookIntoMemory(recent: readonly CaseRun[]): Promise<void> {
    const { findings, inquiry, calibrated, onDoing, onNote, isCut } = this.#o;
    onDoing('finding out what the memory of the target grows with');
    const found = await whatLeaks({ inquiry, recent, calibrated });
    if (found === undefined) {
      const why = isCut()
        ? 'and no time was left to find out what with'
        : 'but no single message it keeps growing with could be found';
      onNote(`The memory of the target grew, ${why}.`);
      return;
    }
    if (findings.get(found.key) === undefined) await findings.keep(found);
  }
}

/** It had said what is wrong, and was not answered. */
function isSuspect({ run, made }: CaseRun): boolean {
  const [focus = 0] = made.focus;
  const step = run.script.steps[focus];
  if (step === undefined || !isSend(step)) return true;
  if (run.steps[focus] === undefined) return false;
  const isAnswered = run.frames.some((f) => f.step === focus && f.conn === step.conn && !f.isHeartbeat);
  return (
    !isAnswered ||
    run.script.steps
      .slice(focus + 1)
      .some((one, i) => isSend(one) && one.mutated && run.steps[focus + 1 + i] !== undefined)
  );
}
