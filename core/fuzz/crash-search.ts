/** The server went down while several cases were under way: which of them was it? */
import { EngineError } from '../traffic/engine-error.ts';
import type { Avoidance } from './avoidance.ts';
import { byItself, type CaseRun, scriptOf } from './case-run.ts';
import type { Finding } from './finding.ts';
import type { FindingList } from './finding-list.ts';
import type { Inquiry } from './inquiry.ts';
import type { Suspicion } from './suspicion.ts';
import type { Ledger } from './ledger.ts';
import type { Run } from './run-script.ts';
import { whoIs } from './scene.ts';
import { isSend, isWrong, type Script, type Step } from './script.ts';
import { crashKey, GRACE_MS, solo } from './solo.ts';
import type { Tempo } from './tempo.ts';
import type { Exit, Watched } from './world.ts';

export interface CrashSearchOptions {
  readonly watched: Watched;
  readonly inquiry: Inquiry;
  readonly findings: FindingList;
  readonly ledger: Ledger;
  readonly avoidance: Avoidance;
  readonly tempo: Tempo;
  readonly isCut: () => boolean;
  readonly onDoing: (doing: string) => void;
  readonly onPlayed: (at: CaseRun) => void;
  readonly onAgain: (cases: readonly CaseRun[]) => void;
  /** A recorded message that brings the server down as it is: by the number of its frame. */
  readonly onDeadly: (n: number) => void;
  readonly find: (suspicion: Suspicion, script: Script, at: CaseRun) => Promise<void>;
}

/** Of those over before the ones under way, how many are tried: as many as may have been played at once. */
const MAX_EARLIER = 16;
/** Most crashes show at once: only when none did, each case is given longer. */
const SOON_MS = 100;
const LOG_LINES = 40;
/** A server somebody else started may need a moment. */
const RETURNS = { times: 20, ms: 250 };
/** That are tried by themselves at once. */
const FEW = 3;
/** Times a case may have been under way when the server went down in a known manner, before it is looked at by itself. */
const MOST_AGAIN = 4;
/** So often, and it may be its doing after all. */
const MOST_MEETINGS = 8;
/** Races are not told by playing them once: they are played again, so often. */
const MOST_RACES = 16;
/** The server may have gone on for a message or two. */
const BACK = 3;

export class CrashSearch {
  readonly #o: CrashSearchOptions;
  readonly #met = new Map<number, number>();
  /** Played by themselves, and the server stood. */
  readonly #alone = new Map<CaseRun, CaseRun>();

  constructor(options: CrashSearchOptions) {
    this.#o = options;
  }

  /** @param exits of the server when it was last looked at */
  async lookInto(cases: readonly CaseRun[], recent: readonly CaseRun[], exits: number): Promise<void> {
    const { watched, isCut, onDoing, onAgain, findings } = this.#o;
    onDoing(`finding out which case the ${whoIs(this.#o.inquiry.seed.scene)} went down with`);
    await watched.exited(250);
    const isDown = watched.isManaged ? !watched.isRunning || exits !== watched.exits : !(await watched.isReachable());
    if (!isDown) {
      // A hiccup of the network.
      onAgain(cases);
      return;
    }
    const exit = watched.lastExit;
    const ordered = mostLikelyFirst(cases);
    if (watched.isManaged) {
      if (this.#isKnown(ordered, exit)) {
        await watched.restart();
        return;
      }
      await watched.restart();
    } else await this.#waitForServer(cases);
    const rest = new Set(cases);
    this.#alone.clear();
    const known = exit === undefined ? undefined : findings.get(crashKey(exit) ?? '');
    // It went down at the same word as before: who did not say it last has nothing to do with it.
    const isLikely = (one: CaseRun): boolean =>
      known === undefined || isSaying(one.run, known) || this.#metOf(one) >= MOST_MEETINGS;
    const likely = ordered.filter(isLikely);
    const others = ordered.filter((one) => !isLikely(one));
    for (const one of others) rest.delete(one);
    onAgain(others);
    for (const [grace, suspects] of [
      [SOON_MS, likely],
      [SOON_MS, mostLikelyFirst(recent).slice(0, cases.length + MAX_EARLIER)],
      [GRACE_MS, ordered],
    ] as const) {
      // Of a crash that is known, no more is to be learned.
      if (known !== undefined && suspects !== likely) break;
      for (const one of suspects) {
        if (isCut()) return;
        const isFound = await this.#solo(one, grace);
        if (isFound) rest.delete(one);
        if (!isFound) continue;
        onAgain([...rest]);
        return;
      }
    }
    for (const one of rest) this.#playedAlone(one);
    this.#alone.clear();
    if (known !== undefined) return findings.hit(known, cases[0]?.index ?? -1);
    findings.unconfirm({
      oracle: watched.isManaged ? 'exit' : 'refused',
      key: (exit === undefined ? undefined : crashKey(exit)) ?? 'exit|',
      title: `The ${whoIs(this.#o.inquiry.seed.scene)} went down during one of ${cases.length} case${cases.length === 1 ? '' : 's'}, and no single one of them brings it about again`,
      cases: cases.slice(0, 20).map((one) => one.id),
      log: (exit?.lines ?? []).slice(-LOG_LINES),
    });
  }

  /** Times it was under way when the server went down in a known manner. */
  #metOf({ index }: CaseRun): number {
    return this.#met.get(index) ?? 0;
  }

  /** It went down as it did before, and one that was under way is like those it went down with: no need to try. */
  #isKnown(ordered: readonly CaseRun[], exit: Exit | undefined): boolean {
    const { findings, avoidance, ledger, onAgain } = this.#o;
    const signature = exit === undefined ? undefined : crashKey(exit);
    const known = signature === undefined ? undefined : findings.get(signature);
    if (known === undefined) return false;
    const culprit = ordered.find((one) => avoidance.isLike(one.mutation, known.key));
    const others = ordered.filter((one) => one !== culprit);
    if (culprit === undefined) {
      // Few were saying what it went down at before: one of them it is, and would be again.
      const saying = others.filter(({ run }) => isSaying(run, known)).length;
      if (saying > 0 && saying <= FEW) return false;
      const isNew = others.every((one) => this.#metOf(one) < MOST_AGAIN);
      for (const one of others) this.#met.set(one.index, this.#metOf(one) + 1);
      // Who it was comes out when they meet again.
      if (!isNew) return false;
      findings.hit(known, others[0]?.index ?? -1);
      onAgain(others);
      return true;
    }
    findings.hit(known, culprit.index);
    avoidance.add(culprit.mutation, known.key, known.id);
    ledger.count(culprit, 'crashed');
    ledger.crashed(culprit, known.id);
    onAgain(others);
    return true;
  }

  /** @throws EngineError when nobody starts it again */
  async #waitForServer(cases: readonly CaseRun[]): Promise<void> {
    const { watched, isCut, tempo, findings } = this.#o;
    for (let i = 0; i < RETURNS.times && !isCut(); i++) {
      if (await watched.isReachable()) return;
      await tempo.wait(RETURNS.ms);
    }
    const title = 'The server takes no connections any more';
    findings.unconfirm({
      oracle: 'refused',
      key: 'refused|',
      title: `${title} after one of ${cases.length} cases`,
      cases: mostLikelyFirst(cases).map((one) => one.id),
      log: [],
    });
    throw new EngineError(
      'connect-failed',
      `${title}. Start it again and go on with --resume, or let --target start it.`,
    );
  }

  /** Plays a case by itself; true when the server goes down with it. */
  async #solo(one: CaseRun, graceMs: number): Promise<boolean> {
    const { inquiry, isCut, ledger, findings, avoidance } = this.#o;
    const { down, run } = await solo(inquiry, scriptOf(one), graceMs);
    const at: CaseRun = { ...byItself(one), run };
    if (down !== undefined && (await this.#isRecorded(at, down))) return true;
    if (down === undefined) this.#alone.set(one, at);
    if (isCut() || down === undefined) return false;
    ledger.count(at, 'crashed');
    const known = findings.get(down.key);
    if (known !== undefined) findings.hit(known, one.index);
    else await this.#o.find(down, scriptOf(one), at);
    const id = findings.get(down.key)?.id;
    if (id === undefined) {
      const { title, oracle, key } = down;
      findings.unconfirm({ title, oracle, key, cases: [one.id], log: [] });
    }
    avoidance.add(one.mutation, down.key, id ?? 'unconfirmed');
    ledger.crashed(at, known?.id);
    return true;
  }

  /** It went down with a message that came behind the wrong one, and does so when nothing wrong is said. */
  async #isRecorded(at: CaseRun, down: Suspicion): Promise<boolean> {
    const { inquiry, findings, ledger, onDeadly, find, isCut } = this.#o;
    const { script, steps } = at.run;
    const last = steps.findLastIndex((step) => step !== undefined);
    if (script.steps.findLastIndex(isWrong) >= last) return false;
    const sound = script.steps.slice(0, last + 1).filter((step) => !isWrong(step));
    if (sound.at(-1)?.kind !== 'send') return false;
    const { down: again } = await solo(inquiry, { steps: sound }, GRACE_MS);
    if (isCut() || again?.key !== down.key) return false;
    const upTo = await this.#upToDeadly(sound, down);
    const deadly = upTo.findLast(isSend)!;
    onDeadly(deadly.n);
    ledger.count(at, 'crashed');
    const known = findings.get(down.key);
    if (known === undefined) await find(again, { steps: [...upTo.slice(0, -1), { ...deadly, mutated: true }] }, at);
    else findings.hit(known, at.index);
    ledger.crashed(at, known?.id);
    return true;
  }

  /** The server may have gone on for a message or two: up to the first with which it goes down. */
  async #upToDeadly(sound: readonly Step[], { key }: Suspicion): Promise<readonly Step[]> {
    const { inquiry, isCut } = this.#o;
    let upTo = sound;
    for (let i = 0; i < BACK; i++) {
      const before = upTo.slice(0, upTo.findLastIndex((step, at) => at < upTo.length - 1 && isSend(step)) + 1);
      const { down } = before.length === 0 ? {} : await solo(inquiry, { steps: before }, GRACE_MS);
      if (isCut() || down?.key !== key) break;
      upTo = before;
    }
    return upTo;
  }

  /** It did not bring the server down by itself: it counts as it was played then. */
  #playedAlone(one: CaseRun): void {
    const { ledger, onPlayed, onAgain } = this.#o;
    const again = this.#alone.get(one);
    if (one.mutation.family === 'race' && this.#metOf(one) < MOST_RACES) {
      this.#met.set(one.index, this.#metOf(one) + 1);
      onAgain([one]);
      return;
    }
    if (again === undefined) ledger.crashed(one);
    else if (one.mutation.family === 'race') ledger.finish(again, 'race');
    else onPlayed(again);
  }
}

/** What it went down at before is among the last that was said. */
function isSaying({ steps }: Run, known: Finding): boolean {
  const said = steps.filter((step) => step !== undefined).sort((a, b) => a.at - b.at);
  return said.slice(-BACK).some(({ heard }) => heard.name === lastOf(known));
}

function lastOf({ said }: Finding): string {
  return said.findLast(({ direction }) => direction === 'toServer')?.message ?? '';
}

/** Those that had said what is wrong last, and were not answered; then the others. */
function mostLikelyFirst(cases: readonly CaseRun[]): CaseRun[] {
  const saidAt = (one: CaseRun): number => {
    const at = wrongAt(one);
    return at === undefined ? 0 : one.run.began + at;
  };
  return [...cases].sort((a, b) => Number(isSuspect(b)) - Number(isSuspect(a)) || saidAt(b) - saidAt(a));
}

/** When the last wrong message was sent. */
function wrongAt({ run }: CaseRun): number | undefined {
  const last = run.script.steps.findLastIndex((step, i) => isSend(step) && step.mutated && run.steps[i] !== undefined);
  return run.steps[last]?.at;
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
