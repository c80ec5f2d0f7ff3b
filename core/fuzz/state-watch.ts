/**
 * Now and then it is asked how the server looks to bystanders. Where that is odd, the cases played since it was not are played
 * again to a server that was just started, fewer and fewer of them, until it is known which one leaves it so.
 */
import type { Avoidance } from './avoidance.ts';
import { type CaseRun, scriptOf } from './case-run.ts';
import { askBystanders } from './bystanders.ts';
import type { Oddity } from './bystander-view.ts';
import type { Finding } from './finding.ts';
import type { Finder } from './finder.ts';
import type { FindingList } from './finding-list.ts';
import { type Inquiry, playAlone, upAgain } from './inquiry.ts';
import { isWrongSaid, stateKey, symptomOf } from './state-check.ts';
import type { Suspicion } from './suspicion.ts';
import { type Suspected, whoLeaves } from './who-leaves.ts';

export interface StateWatchOptions {
  readonly inquiry: Inquiry;
  readonly finder: Finder;
  readonly findings: FindingList;
  readonly avoidance: Avoidance;
  /** Cases played at once. */
  readonly lanes: number;
  readonly onDoing: (doing: string) => void;
  /** What has to be looked into when nobody else is at work. */
  readonly onOdd: (look: () => Promise<void>) => void;
}

/** Of the time of one lane, what asking may take; and no more often than that. */
const SHARE = 0.05;
const LEAST_MS = 500;
/** Cases that are remembered since the bystanders were answered as usual. */
const MOST_CASES = 512;
/** Of the time so far, and at once, what looking into it may take; looks in all; and one of them, until it is known which case it was. */
const LOOKS = { share: 0.06, freeMs: 3000, most: 8, eachMs: 10_000 };
/** Cases that one symptom is looked into for; and looks that led nowhere. */
const MOST_CULPRITS = 2;
const MOST_IN_VAIN = 2;
/** Cases that are named when it is none of them by itself. */
const MOST_TOLD = 20;
/** Times it was gone at once, after which it is what others are just about. */
const MOST_PASSING = 2;

export class StateWatch {
  readonly #o: StateWatchOptions;
  #suspected: Suspected[] = [];
  #last = { at: 0, ms: 0 };
  #looks = 0;
  #spentMs = 0;
  readonly #began: number;
  /** By symptom: no more of these. */
  readonly #found = new Map<string, number>();
  readonly #inVain = new Map<string, number>();
  /** Gone when it was asked again. */
  readonly #passing = new Map<string, number>();
  /** What was odd, and waits to be looked into. */
  #odd: readonly Oddity[] | undefined;

  constructor(options: StateWatchOptions) {
    this.#o = options;
    this.#began = this.#now();
    this.#last = { at: this.#began, ms: options.inquiry.bystanders?.ms ?? 0 };
  }

  remember({ index, id, mutation, made, alone, run }: CaseRun): void {
    const { inquiry } = this.#o;
    if (inquiry.bystanders === undefined) return;
    const isWrong = isWrongSaid(run, mutation, inquiry.world());
    this.#suspected.push({ index, id, mutation, made, ...(alone === undefined ? {} : { alone }), isWrong });
    if (this.#suspected.length > MOST_CASES) this.#suspected.shift();
  }

  /** @param isLast also when it was asked a moment ago */
  async look(isLast = false): Promise<void> {
    const { inquiry, onOdd } = this.#o;
    const now = this.#now();
    if (!this.#hasToAsk(now)) return;
    if (!isLast && now - this.#last.at < Math.max(LEAST_MS, this.#last.ms / SHARE)) return;
    // Those still under way may yet do it.
    const over = new Set(this.#suspected);
    const { exits } = inquiry.watched;
    const odd = await this.#ask();
    this.#last = { at: this.#now(), ms: this.#now() - now };
    if (exits !== inquiry.watched.exits || inquiry.isOver()) return;
    if (odd.length === 0) this.#suspected = this.#suspected.filter((one) => !over.has(one));
    else {
      this.#odd = odd;
      onOdd(() => this.lookNow());
    }
  }

  /** Nobody else is at work. */
  async lookNow(): Promise<void> {
    const odd = this.#odd ?? (this.#hasToAsk(this.#now()) ? await this.#ask() : []);
    this.#odd = undefined;
    if (odd.length > 0) await this.#lookInto(odd);
  }

  #hasToAsk(now: number): boolean {
    if (this.#o.inquiry.bystanders === undefined || this.#suspected.length === 0 || this.#odd !== undefined)
      return false;
    return this.#looks < LOOKS.most && this.#spentMs <= LOOKS.freeMs + (now - this.#began) * LOOKS.share;
  }

  /** What is worth a look of what they are told. */
  async #ask(): Promise<readonly Oddity[]> {
    const odd = await askBystanders(this.#o.inquiry);
    return odd.filter(
      ({ symptom }) =>
        (this.#found.get(symptom) ?? 0) < MOST_CULPRITS &&
        (this.#inVain.get(symptom) ?? 0) < MOST_IN_VAIN &&
        (this.#passing.get(symptom) ?? 0) < MOST_PASSING,
    );
  }

  async #lookInto(seen: readonly Oddity[]): Promise<void> {
    const { inquiry, onDoing, lanes } = this.#o;
    const began = this.#now();
    onDoing('finding out after which case others are told what they never were');
    try {
      await upAgain(inquiry);
      // It may have been what others were just about.
      const still = await this.#ask();
      for (const one of seen) if (still.every(({ symptom }) => symptom !== one.symptom)) count(this.#passing, one);
      const [odd] = still;
      if (odd === undefined || inquiry.isOver()) return;
      this.#looks += 1;
      const isOver = (): boolean => inquiry.isOver() || this.#now() - began > LOOKS.eachMs;
      const at = await whoLeaves({ ...inquiry, isOver }, odd, this.#suspected, lanes);
      const isFound = at !== undefined && (await this.#find(odd, at));
      // What showed together is one case's doing.
      if (isFound) for (const one of still) count(this.#found, one);
      else this.#tellNobody(odd);
      if (!inquiry.isOver()) await inquiry.watched.restart();
      this.#suspected = [];
    } finally {
      this.#spentMs += this.#now() - began;
    }
  }

  /** @returns whether it is a finding */
  async #find(odd: Oddity, one: Suspected): Promise<boolean> {
    const { inquiry, finder, findings, avoidance } = this.#o;
    const { patience } = inquiry;
    const at: CaseRun = { ...one, run: await playAlone(inquiry, scriptOf(one), patience) };
    const suspicion = suspicionOf(odd, at);
    const known = this.#sameOf(suspicion, at);
    if (known === undefined) await finder.find(suspicion, scriptOf(at), at);
    else findings.hit(known, at.index);
    const finding = known ?? findings.get(suspicion.key);
    // More like it would leave the server so for all that come behind them.
    if (finding !== undefined) avoidance.add(at.mutation, suspicion.key, finding.id, true);
    return finding !== undefined || findings.alike(suspicion.key) !== undefined;
  }

  #tellNobody(odd: Oddity): void {
    const { findings } = this.#o;
    count(this.#inVain, odd);
    const isKnown = findings.all.some(({ oracle, key }) => oracle === 'state' && symptomOf(key) === odd.symptom);
    // What breaks no description may be what others rightly brought about.
    if (isKnown || !odd.isBreak) return;
    findings.unconfirm({
      oracle: 'state',
      key: `state|||${odd.symptom}`,
      title: `Others ${odd.what}, and no single case brings it about again`,
      cases: this.#suspected.slice(-MOST_TOLD).map(({ id }) => id),
      log: [],
    });
  }

  /** Chance damage to a message that one of its fields was found by is no news. */
  #sameOf({ key }: Suspicion, { mutation: { message, field } }: CaseRun): Finding | undefined {
    const { findings } = this.#o;
    const isSame = (one: Finding): boolean =>
      one.oracle === 'state' && one.message === message && symptomOf(one.key) === symptomOf(key);
    return findings.get(key) ?? (field === '' ? findings.all.find(isSame) : undefined);
  }

  #now(): number {
    return this.#o.inquiry.stage.clock.now();
  }
}

function count(counts: Map<string, number>, { symptom }: Oddity): void {
  counts.set(symptom, (counts.get(symptom) ?? 0) + 1);
}

function suspicionOf(odd: Oddity, { mutation, made }: CaseRun): Suspicion {
  const { message, field, doc } = mutation;
  return {
    oracle: 'state',
    key: stateKey(message, field, odd),
    title: `After a ${message} (${doc.replace(/\.$/, '').toLowerCase()}) others ${odd.what}`,
    evidence: odd.evidence,
    step: made.focus[0] ?? 0,
  };
}
