/**
 * Looks into what cases seemed to show. Most of it is done beside other cases, one suspicion to a lane; what needs the server to
 * itself (it went down, it answers nobody, what raced, what was slow) waits until the lanes have stopped. What comes back every
 * time becomes a finding.
 */
import { type CaseRun, isUnheard, scriptOf } from './case-run.ts';
import { mayNeedFresh } from './confirm.ts';
import { checkFor } from './checks.ts';
import { CrashSearch } from './crash-search.ts';
import { CANARY_PATIENCE, isCanaryWell, whoBreaksCanary } from './culprits.ts';
import { FreshQueue } from './fresh-queue.ts';
import type { Inquiry } from './inquiry.ts';
import type { Oracle, Suspicion } from './suspicion.ts';
import { LeakCandidates } from './leak-candidates.ts';
import { crashSignature, isAlarming } from './log-patterns.ts';
import { lookIntoLog, lookIntoMemory } from './noticed.ts';
import { type Suspect, Suspects } from './suspects.ts';
import type { TriageOptions } from './triage-options.ts';

type Urgent =
  | { readonly kind: 'canary' }
  | { readonly kind: 'worn' }
  | { readonly kind: 'state'; readonly look: () => Promise<void> }
  | { readonly kind: 'log'; readonly recent: readonly CaseRun[]; readonly lines: readonly string[] }
  | { readonly kind: 'memory'; readonly hasGrown: boolean };

/** Finished cases remembered for when the server turns out to be gone. */
const MAX_RECENT = 64;
/** Of the lanes, those that may look into suspicions at once. */
const INQUIRERS = 0.25;
const MOST_TRIES = 1;
/** Times a case is played again because the server answered nobody. */
const MOST_UNHEARD = 2;
/** Of so many cases, a share that nothing was said to: the server answered nobody. */
const FEW = 4;
const MOSTLY = 0.7;
/** Where others at work would be in the way. */
const NEEDS_QUIET: ReadonlySet<Oracle> = new Set(['race', 'slow', 'exit', 'refused', 'canary', 'log', 'memory']);
/** When so many suspicions wait for a server of their own, the lanes stop for them. */
const ENOUGH_FRESH = 4;
/** Looked into at the end of a campaign, whatever that takes. */
const MOST_AT_END = 12;
/** Share of the time that may go into servers started for a suspicion each. */
const FRESH_SHARE = 0.1;
/** Lanes are not stopped for a suspicion more often than this, milliseconds. */
const QUIET_EVERY_MS = 8000;

export class Triage {
  readonly #o: TriageOptions;
  readonly #crashes: CrashSearch;
  readonly #suspects = new Suspects();
  readonly #leaks = new LeakCandidates();
  /** That need quiet, or a server that was just started. */
  #quiet: Suspect[] = [];
  readonly #fresh = new FreshQueue();
  #urgent: Urgent[] = [];
  #broken: CaseRun[] = [];
  readonly #left = new Map<CaseRun, number>();
  #recent: CaseRun[] = [];
  #exits: number;
  #lineCount: number;
  #inquirers = 0;
  #lastQuiet = 0;
  #lastWell = 0;
  readonly #began: number;
  /** Spent with servers started for a suspicion each. */
  #freshMs = 0;
  /** After looking into these the recorded session did not work. */
  readonly #blamed: CaseRun[] = [];
  /** Times that a case was played to a server that answered nobody, by index. */
  readonly #unheard = new Map<number, number>();

  constructor(options: TriageOptions) {
    this.#o = options;
    this.#exits = options.watched.exits;
    this.#lineCount = options.watched.lineCount;
    this.#began = options.inquiry.stage.clock.now();
    this.#crashes = new CrashSearch({ ...options, find: (...found) => options.finder.find(...found) });
  }

  /** The lanes have to stop. */
  get isUrgent(): boolean {
    return this.#isCanaryUrgent || this.#broken.length > 0 || (this.#isQuietDue && this.#inquirers === 0);
  }

  get #isCanaryUrgent(): boolean {
    return this.#urgent.some(({ kind }) => kind === 'canary');
  }

  /** Something that waits for the lanes to stop has waited long enough; what is being looked into comes to its end first. */
  get #isQuietDue(): boolean {
    if (this.#urgent.length > 0) return true;
    if (this.#fresh.size >= ENOUGH_FRESH && this.#mayStartFresh) return true;
    return this.#quiet.length > 0 && this.#now() - this.#lastQuiet > QUIET_EVERY_MS;
  }

  get #mayStartFresh(): boolean {
    return this.#freshMs < (this.#now() - this.#began) * FRESH_SHARE;
  }

  #now(): number {
    return this.#o.inquiry.stage.clock.now();
  }

  /** A lane may take a suspicion. */
  get isWaiting(): boolean {
    const most = Math.max(1, Math.floor(this.#o.calibrated.lanes * INQUIRERS));
    return this.#inquirers < most && !this.#isQuietDue && !this.#suspects.isEmpty;
  }

  /** Nobody looks into anything beside the cases. */
  get isCalm(): boolean {
    return this.#inquirers === 0;
  }

  /** Nothing is left to look into. */
  get isIdle(): boolean {
    const waiting = this.#urgent.length + this.#quiet.length + this.#fresh.size + this.#suspects.size;
    return !this.isUrgent && waiting === 0;
  }

  /** The server has exited since it was last looked at. */
  get hasExited(): boolean {
    return this.#exits !== this.#o.watched.exits;
  }

  remember(at: CaseRun): void {
    this.#leaks.remember(at);
    this.#o.onRemembered(at);
    this.#recent.push(at);
    if (this.#recent.length > MAX_RECENT) this.#recent.shift();
  }

  broken(at: CaseRun): void {
    this.#broken.push(at);
  }
  suspicious(at: CaseRun, suspicions: readonly Suspicion[]): void {
    this.#left.set(at, suspicions.length);
    for (const suspicion of suspicions) {
      const suspect = { at, suspicion, tries: 0 };
      if (NEEDS_QUIET.has(suspicion.oracle)) this.#quiet.push(suspect);
      else if (!this.#suspects.add(suspect)) this.#over(suspect);
    }
  }
  /** Nothing was wrong, and on a server that was just started something might be. */
  guess(at: CaseRun, suspicion: Suspicion): boolean {
    const { findings, inquiry } = this.#o;
    if (!mayNeedFresh(suspicion, inquiry)) return false;
    if (findings.get(suspicion.key) !== undefined || findings.isDismissed(suspicion.key)) return false;
    return this.#waitsForFresh({ at, suspicion, tries: 0, isGuess: true });
  }
  /** The recorded session works: what is to blame when it does not comes later. */
  canaryWell(at: number): void {
    this.#lastWell = at;
  }
  canaryFailed(): void {
    if (!this.#isCanaryUrgent) this.#urgent.push({ kind: 'canary' });
  }
  /** It refuses what it granted before: full of what cases left behind. */
  wornOut(): void {
    if (!this.#urgent.some(({ kind }) => kind === 'worn')) this.#urgent.push({ kind: 'worn' });
  }
  stateOdd(look: () => Promise<void>): void {
    this.#urgent.push({ kind: 'state', look });
  }
  /** @param hasGrown it looks as if; else it is looked for just in case */
  huntLeaks(hasGrown: boolean): void {
    this.#urgent.push({ kind: 'memory', hasGrown });
  }

  /** Reads what the server wrote since it was last looked at. */
  readLog(): void {
    const { watched, findings } = this.#o;
    if (watched.lineCount === this.#lineCount) return;
    const lines = watched.linesSince(this.#lineCount);
    this.#lineCount = watched.lineCount;
    if (!lines.some(isAlarming)) return;
    const key = `log|${crashSignature(lines)}`;
    if (findings.get(key) !== undefined || findings.isDismissed(key)) return;
    if (!this.#urgent.some(({ kind }) => kind === 'log'))
      this.#urgent.push({ kind: 'log', recent: [...this.#recent], lines });
  }

  // ---- beside other cases ------------------------------------------------------------------------------------------------

  /** Looks into one suspicion while other lanes go on. */
  async inquire(): Promise<void> {
    const suspect = this.#suspects.take();
    if (suspect === undefined) return;
    this.#inquirers += 1;
    let back: Suspect | undefined;
    try {
      back = await this.#inquireInto(suspect);
    } finally {
      this.#inquirers -= 1;
      this.#suspects.done(suspect, back);
    }
    if (back !== undefined) return;
    this.#over(suspect);
    const { key } = suspect.suspicion;
    const { findings } = this.#o;
    if (findings.get(key) === undefined && !findings.isDismissed(key)) return;
    for (const other of this.#suspects.drop(key)) this.#over(other);
  }

  /** @returns what waits on, because the server went down meanwhile */
  async #inquireInto(suspect: Suspect): Promise<Suspect | undefined> {
    const { inquiry, isCut } = this.#o;
    const { suspicion, at, tries } = suspect;
    const { exits } = this.#o.watched;
    const isBrokenOff = (): boolean => this.hasExited || exits !== this.#o.watched.exits || this.#isCanaryUrgent;
    const isOver = (): boolean => isCut() || isBrokenOff();
    const shared: Inquiry = { ...inquiry, isOver, isBrokenOff, isShared: true };
    // The server is known to answer nobody any more, or to go down, with one like this.
    if (at.mutation.isNeutral === true && this.#o.avoidance.isRisky(at.mutation)) {
      this.#o.finder.dismiss(suspicion, at);
      return undefined;
    }
    // Where nobody is answered, one connection's silence says nothing of its message.
    if (suspicion.oracle === 'no-answer' && !(await isCanaryWell(shared, CANARY_PATIENCE, 2))) this.canaryFailed();
    else if (suspicion.oracle === 'accepted') {
      // What others bring about may look like an answer: found is only what shows when nobody else is at work.
      if ((await checkFor(shared, suspicion, at.mutation)(scriptOf(at))) !== undefined) {
        this.#waitsForQuiet(suspect);
        return undefined;
      }
    } else if (await this.#o.finder.seek(shared, suspicion, scriptOf(at), at)) return undefined;
    if (suspicion.oracle === 'no-answer' && !isOver() && !(await isCanaryWell(shared, CANARY_PATIENCE, 1))) {
      // It was well before, and this was played since: looked into again, it would fall silent again.
      this.#blamed.push(at);
      this.canaryFailed();
      this.#o.findings.dismiss(suspicion.key, Infinity);
      return undefined;
    }
    if (isOver()) {
      if (isCut()) return undefined;
      if (tries < MOST_TRIES) return { ...suspect, tries: tries + 1 };
      // The others do not let it come to an end.
      this.#waitsForQuiet(suspect);
      return undefined;
    }
    if (!mayNeedFresh(suspicion, inquiry) || !this.#waitsForFresh(suspect)) this.#o.finder.dismiss(suspicion, at);
    return undefined;
  }

  #waitsForQuiet(suspect: Suspect): void {
    this.#waitsOn(suspect);
    this.#quiet.push(suspect);
  }

  /** False: one of its kind does already, or there is no room. */
  #waitsForFresh(suspect: Suspect): boolean {
    if (this.#fresh.has(suspect)) return false;
    const gone = this.#fresh.add(suspect);
    if (gone.includes(suspect)) return false;
    this.#waitsOn(suspect);
    for (const one of gone) this.#over(one);
    return true;
  }

  /** Its case is not over before this was looked into once more. */
  #waitsOn({ at }: Suspect): void {
    this.#left.set(at, (this.#left.get(at) ?? 0) + 1);
  }

  /** The case of a suspicion is over when all that it seemed to show has been looked into. */
  #over({ at }: Suspect): void {
    const left = (this.#left.get(at) ?? 1) - 1;
    this.#left.set(at, left);
    if (left > 0 || this.#o.isCut()) return;
    this.#left.delete(at);
    this.#o.ledger.finish(at, 'suspicious');
  }

  // ---- with the server to itself -----------------------------------------------------------------------------------------

  /** @param isEnd everything that is left, also what would wait for company */
  async lookInto(isEnd = false): Promise<void> {
    const { isCut, onNote, onDoing, timing, beforeRenewal } = this.#o;
    const broken = this.#broken.splice(0);
    if (broken.length > 0) {
      const recent = this.#recent;
      this.#recent = [];
      const later = this.#sinceWell(recent);
      // It may have answered nobody for a while before it went down.
      if (later.length >= FEW && later.filter(isUnheard).length >= later.length * MOSTLY) this.#playAgain(later);
      await timing.during('crashes', 1, () => this.#crashes.lookInto(broken, recent, this.#exits));
    }
    // What it wrote at its end is told with the end.
    const urgent = this.#urgent.splice(0).filter(({ kind }) => kind !== 'log' || broken.length === 0);
    for (const one of urgent) {
      if (isCut()) return;
      if (one.kind === 'worn') {
        await timing.during('inquiries', 1, beforeRenewal);
        onDoing('starting the target again, which is full of what cases left behind');
        await this.#o.watched.restart();
        this.#o.onRenewed();
      } else if (one.kind === 'canary') await timing.during('crashes', 1, () => this.#lookIntoCanary());
      else if (one.kind === 'state') await timing.during('inquiries', 1, one.look);
      else if (one.kind === 'memory') {
        const { calibrated, inquiry } = this.#o;
        const candidates = this.#leaks.all(calibrated, inquiry.seed);
        const what = { candidates, lanes: calibrated.lanes, hasGrown: one.hasGrown };
        await timing.during('memory', 1, () => lookIntoMemory(this.#o, what));
      } else await timing.during('inquiries', 1, () => lookIntoLog(this.#o, one.recent, one.lines));
    }
    let last = isEnd ? MOST_AT_END : 0;
    const isDue = (): boolean => this.#fresh.size > 0 && (this.#mayStartFresh || last-- > 0);
    while (!isCut() && (this.#quiet.length > 0 || isDue())) {
      const quiet = this.#quiet.shift();
      const suspect = quiet ?? this.#fresh.take()!;
      const { suspicion } = suspect;
      onDoing(`looking into ${suspicion.title}`);
      await timing.during('inquiries', 1, () =>
        quiet === undefined ? this.#findOnFresh(suspect) : this.#findAlone(suspect),
      );
      this.#over(suspect);
    }
    const left = this.#quiet.length + this.#fresh.size + this.#suspects.size;
    if (isEnd && isCut() && left > 0)
      onNote(`${left} of the last cases looked suspicious and were not looked into; going on (--resume) does.`);
    // There is no time for these: nothing was seen of them where other cases had been.
    if (isEnd) for (const suspect of this.#fresh.takeAll()) this.#over(suspect);
    this.#lastQuiet = this.#now();
    this.catchUp();
  }

  /** What the server did and wrote until now is known. */
  catchUp(): void {
    this.#exits = this.#o.watched.exits;
    this.#lineCount = this.#o.watched.lineCount;
  }

  async #findAlone(suspect: Suspect): Promise<void> {
    const { inquiry, findings, isCut, finder } = this.#o;
    const { suspicion, at } = suspect;
    if (findings.isDismissed(suspicion.key)) return;
    if (await finder.seek(inquiry, suspicion, scriptOf(at), at)) return;
    if (!isCut()) await this.#findOnFresh(suspect);
  }

  /** That others of its kind did not come back among other cases says nothing here. */
  async #findOnFresh({ suspicion, at }: Suspect): Promise<void> {
    const { inquiry, finder } = this.#o;
    const began = this.#now();
    const isFound = mayNeedFresh(suspicion, inquiry) && (await finder.seek(inquiry, suspicion, scriptOf(at), at, true));
    this.#freshMs += this.#now() - began;
    if (!isFound) finder.dismiss(suspicion, at);
  }

  async #lookIntoCanary(): Promise<void> {
    const { inquiry, findings, avoidance, onDoing, onNote } = this.#o;
    onDoing('finding out after which case the recorded session stopped working');
    // It may have been the load.
    if (await isCanaryWell(inquiry, CANARY_PATIENCE, 2)) return;
    const later = this.#sinceWell(this.#recent);
    const culprit = await whoBreaksCanary(inquiry, later, this.#blamed.splice(0));
    this.#playAgain(later.filter((one) => one !== culprit?.at));
    if (culprit === undefined) {
      onNote('The recorded session failed once and worked again; no case could be found that brings it about.');
      return;
    }
    const { at, suspicion } = culprit;
    await this.#o.finder.find(suspicion, scriptOf(at), at);
    const finding = findings.get(suspicion.key);
    if (finding !== undefined) avoidance.add(at.mutation, suspicion.key, finding.id, true);
  }

  /** Those that ended when it was not known any more that the recorded session works. */
  #sinceWell(cases: readonly CaseRun[]): readonly CaseRun[] {
    return cases.filter(({ run }) => run.began + run.elapsedMs >= this.#lastWell);
  }

  /** A server that answers nobody has not answered these either: what they would have shown is not known. */
  #playAgain(cases: readonly CaseRun[]): void {
    const unheard = cases.filter((one) => isUnheard(one) && (this.#unheard.get(one.index) ?? 0) < MOST_UNHEARD);
    for (const one of unheard) {
      this.#unheard.set(one.index, (this.#unheard.get(one.index) ?? 0) + 1);
      this.#suspects.dropOf(one);
      this.#left.delete(one);
    }
    const isOther = ({ at }: Suspect): boolean => !unheard.includes(at);
    this.#quiet = this.#quiet.filter(isOther);
    this.#fresh.keep(isOther);
    this.#o.onAgain(unheard);
  }
}
