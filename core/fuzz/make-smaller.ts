/** How little is needed for a finding to come back? Messages first, then fields or bytes. */
import { checkFor, type Shown } from './checks.ts';
import { type Confirmed, every, toldBy } from './confirm.ts';
import { earlier, elsewhere } from './earlier.ts';
import { fewerOneByOne } from './fewer-steps.ts';
import { canBeHelped, type Check, onFresh } from './firmly.ts';
import { Hopeful } from './hopeful.ts';
import { type Inquiry, isEndedEarly } from './inquiry.ts';
import type { Oracle, Suspicion } from './suspicion.ts';
import type { Mutation } from './mutation.ts';
import type { Run } from './run-script.ts';
import { countSends, type Script } from './script.ts';
import { shortcuts } from './shortcuts.ts';
import { shrink, type ShrinkHow, type ShrinkTry, triesOf, tryOf } from './shrink.ts';
import { Trials } from './trials.ts';

type Smaller = Omit<Confirmed, 'sendsBefore'>;

interface SmallerHow {
  readonly mutation: Mutation | undefined;
  /** Each run gets a server that was just started. */
  readonly isFresh: boolean;
  /** Smaller ones that may show it, by what is known of other findings. */
  readonly hints?: readonly Script[];
  readonly rng: number;
}

/** Of one go. */
const RUNS = 160;
/** Where each run costs a start of the server: messages matter, fields and bytes are worth little. */
const DEAR_RUNS = 100;
const FIELDS_DEAR_MS = 4000;
const QUICK_START_MS = 600;
/** Client messages: of so few no place was passed over, and of so many each one may be left out by itself. */
const FEW = 8;
const MOST_ONE_BY_ONE = 24;
/** Goes one after the other after which nothing was smaller. */
const MOST_VAIN = 2;
/** Of the time for one go: after that nothing more is tried, and no field and no byte before that. */
const TRIES_SHARE = 0.75;
const FIELDS_SHARE = 0.4;
/** After that no earlier place is looked for. */
const EARLIER_SHARE = 0.4;
/** Found with whole messages: pieces of one say nothing. */
const OF_WHOLE_MESSAGES: ReadonlySet<Oracle> = new Set(['accepted', 'race', 'invariant']);

/** Runs in a row in which the smallest must show it, as long as they do not take more of the time for a finding. */
const FIRM = 8;
const FIRM_SHARE = 0.3;
const CHANCES = 3;
/** They are about what the world is like: nobody may have changed it. */
const TAKES_THE_WORLD: ReadonlySet<Oracle> = new Set(['schema', 'invariant', 'race']);
/** What was found tells which step showed it. */
const SHOWS_WHERE: ReadonlySet<Oracle> = new Set(['schema', 'invariant']);

/** Makes one finding smaller, in as many goes as there is time for. */
export class MakeSmaller {
  readonly #inquiry: Inquiry;
  readonly #oracle: Oracle;
  readonly #how: SmallerHow;
  readonly #hints: Script[];
  readonly #trials: Trials;
  readonly #strict: Check;
  /** Without its controls: they take longest. */
  readonly #rough: Check;
  /** What the tries before it left behind may help it. */
  readonly #isHelped: boolean;
  /** A run costs a start of the server. */
  readonly #isDear: boolean;
  readonly #mayRestart: boolean;
  /** Each run may have a server that was just started. Undefined: it was not tried how long that takes. */
  #isQuick: boolean | undefined;
  /** The smallest so far that surely shows it. */
  #best: Script;
  /** Of this go. */
  #began = 0;
  #ms = 0;
  /** Something was left to try when it ended. */
  #isCut = false;
  /** To try: most of it quickly, or what is left of it more thoroughly. */
  #left: 'most' | 'rest' | 'nothing' = 'most';
  /** What seemed to show it did not come back. */
  #isDoubtful = false;
  #vain = 0;
  /** Of the check at work. */
  #firstRun: Run | undefined;

  /** @param script shows it, on a server that was just started too */
  constructor(inquiry: Inquiry, suspicion: Suspicion, script: Script, how: SmallerHow) {
    const { watched } = inquiry;
    const { oracle } = suspicion;
    const asking: Inquiry = { ...inquiry, onRun: (run) => (this.#firstRun ??= run) };
    const checking = (isRough: boolean): Check => {
      const plain = checkFor(asking, suspicion, how.mutation, { isRough });
      const check: Check = (candidate) => {
        this.#firstRun = undefined;
        return plain(candidate);
      };
      return how.isFresh ? onFresh(inquiry, check) : check;
    };
    const isStarting = ['exit', 'refused', 'state'].includes(oracle);
    this.#inquiry = inquiry;
    this.#oracle = oracle;
    this.#best = script;
    this.#how = how;
    this.#hints = [...(how.hints ?? [])];
    this.#trials = new Trials(script, SHOWS_WHERE.has(oracle));
    this.#strict = checking(false);
    this.#rough = checking(true);
    this.#isHelped = !how.isFresh && !isStarting && canBeHelped(inquiry, suspicion);
    this.#isDear = isStarting || how.isFresh || inquiry.isSecluded === true;
    this.#mayRestart = watched.isManaged && inquiry.isSecluded !== true && inquiry.isShared !== true;
  }

  /** Nothing is left to try, or nothing comes of it. */
  get isDone(): boolean {
    return this.isSmallest || this.#vain >= MOST_VAIN;
  }

  /** Nothing is left to try. */
  get isSmallest(): boolean {
    return this.#left === 'nothing';
  }

  /** All was tried quickly. */
  get isThorough(): boolean {
    return this.#left !== 'most';
  }

  get tried(): readonly ShrinkTry[] {
    return this.#trials.tried;
  }

  /**
   * One go.
   * @param ms what it may take
   * @returns undefined when nothing could be left out
   */
  async go(ms: number): Promise<Smaller | undefined> {
    const { isOver, stage } = this.#inquiry;
    this.#ms = ms;
    this.#began = stage.clock.now();
    this.#isCut = false;
    const [best, again] = await this.#smaller();
    const isGained = again !== undefined && !isOver();
    // What does not come back each time may do so yet.
    const isLeft = this.#isCut || isOver() || (best !== this.#best && !isGained);
    this.#vain = isGained ? 0 : this.#vain + 1;
    if (isGained) this.#best = best;
    this.#trials.from(this.#best);
    if (!isLeft) this.#goOn();
    return isGained ? { ...toldBy(again, this.#inquiry), script: best } : undefined;
  }

  /** To what is left when a go has tried all it could. */
  #goOn(): void {
    const isMore = !this.#isDoubtful && (this.#isHelped || countSends(this.#best) > FEW);
    this.#left = this.#left === 'most' && isMore ? 'rest' : 'nothing';
    if (this.isSmallest) return;
    this.#vain = 0;
    if (this.#isOneByOne) this.#trials.forget();
  }

  /** Others may have been in the way of a few messages: each of them is left out once where nobody was before. */
  get #isOneByOne(): boolean {
    return this.isThorough && this.#isHelped && countSends(this.#best) <= MOST_ONE_BY_ONE;
  }

  async #smaller(): Promise<[Script, Shown | undefined]> {
    const from = this.#best;
    if (!this.#isDoubtful) {
      const best = this.#isOneByOne ? await this.#oneByOne() : await this.#quickly();
      if (best === from) return [from, undefined];
      const again = await this.#comesBack(best);
      if (again !== undefined || this.#inquiry.isOver()) return [best, again];
      this.#isDoubtful = true;
    }
    return this.#slowly();
  }

  /** Hopes that nothing is owed to chance, or to what others left behind. */
  async #quickly(): Promise<Script> {
    const { shown } = this.#trials;
    if (this.#isHelped) this.#isQuick ??= await this.#isQuickToStart();
    const isQuick = this.#isQuick === true;
    const proof = this.#proof;
    const sure = this.#isProving ? proof : both(this.#rough, proof);
    await this.#takeHints(sure);
    const isSure = isQuick || this.#isProving;
    if (isSure && this.#oracle !== 'accepted') return this.#shrink(shown.at(-1)!, sure);
    const rough = isQuick ? both(this.#rough, onFresh(this.#inquiry, this.#rough)) : this.#rough;
    const hopeful = new Hopeful(shown.at(-1)!, rough, proof);
    const best = await this.#shrink(hopeful.sure, hopeful.check, () => hopeful.isAstray);
    if (await hopeful.isSureOf(best)) return best;
    shown.splice(shown.indexOf(hopeful.sure) + 1);
    this.#isCut = false;
    return this.#shrink(hopeful.sure, sure);
  }

  /** Starts it again: where that takes no time, whatever seems to show it is played where nobody was before. */
  async #isQuickToStart(): Promise<boolean> {
    const { watched, stage } = this.#inquiry;
    const began = stage.clock.now();
    await watched.restart();
    return stage.clock.now() - began <= QUICK_START_MS;
  }

  /** Chance may have been against what shows nearly always: it is asked again, and must come back each time after that. */
  #oneByOne(): Promise<Script> {
    const check = SHOWS_WHERE.has(this.#oracle) ? atLast(CHANCES, this.#proof) : this.#proof;
    return fewerOneByOne(this.#best, triesOf(this.#howToShrink(check)));
  }

  /** From the smallest of those that come back. */
  async #slowly(): Promise<[Script, Shown | undefined]> {
    this.#isCut = false;
    const surely = this.#surely();
    const best = await this.#shrink(await smallestOf(this.#trials.shown, surely), surely);
    return [best, best === this.#best ? undefined : await every(this.#inquiry.times, () => this.#alone(best))];
  }

  get #spent(): number {
    return this.#inquiry.stage.clock.now() - this.#began;
  }

  /** Where nobody was before. Made smaller without its controls, what is accepted may lose what makes it wrong. */
  get #proof(): Check {
    const check = this.#oracle === 'accepted' ? this.#strict : this.#rough;
    return this.#isHelped ? onFresh(this.#inquiry, check) : check;
  }

  /** Nothing is asked before the proof: whoever was there before could not help it, or might have used up what it takes. */
  get #isProving(): boolean {
    if (!this.#isHelped) return this.#oracle !== 'accepted';
    return this.#isQuick === true && TAKES_THE_WORLD.has(this.#oracle);
  }

  get #alone(): Check {
    return this.#mayRestart ? onFresh(this.#inquiry, this.#strict) : this.#strict;
  }

  async #takeHints(check: Check): Promise<void> {
    const { shown, tried } = this.#trials;
    for (const hint of this.#hints.splice(0)) {
      if (shown.length > 1) return;
      const isShown = (await check(hint)) !== undefined;
      tried.push(tryOf('what other findings did without left out', hint, isShown));
      if (isShown) shown.push(hint);
    }
  }

  #shrink(from: Script, check: Check, isAstray?: () => boolean): Promise<Script> {
    return shrink(from, this.#howToShrink(check, isAstray));
  }

  #howToShrink(check: Check, isAstray = (): boolean => false): ShrinkHow {
    const { isOver, isShared, wayTo } = this.#inquiry;
    const ms = this.#ms;
    const trials = this.#trials;
    const most = trials.runs + (this.#isDear ? DEAR_RUNS : RUNS);
    return {
      fails: trials.asked(check),
      // Where something else is due, what is accepted may be right: its controls are asked at once.
      failsEarlier: trials.asked(this.#oracle === 'accepted' ? both(this.#rough, this.#strict) : check),
      ...(wayTo === undefined ? {} : { shortcuts: (one: Script) => shortcuts(one, wayTo) }),
      earlier: [(one) => this.#inTime(earlier, one), (one) => this.#inTime(elsewhere, one)],
      shownAt: () => trials.shownAt,
      isOver: () => isOver() || isAstray() || trials.runs >= most || this.#spent > ms * TRIES_SHARE,
      onCut: () => (this.#isCut = true),
      isKnown: (candidate) => trials.hasFailed(candidate),
      isLate: () =>
        isShared === true || this.#spent > Math.min(ms * FIELDS_SHARE, this.#isDear ? FIELDS_DEAR_MS : Infinity),
      isOfWholeMessages: OF_WHOLE_MESSAGES.has(this.#oracle),
      onTry: (one) => trials.tried.push(one),
      isBrokenOff: () => this.#firstRun !== undefined && isEndedEarly(this.#firstRun),
    };
  }

  *#inTime(ways: typeof earlier, from: Script): Generator<Script> {
    const { seed, isSecluded } = this.#inquiry;
    const { mutation, rng, isFresh } = this.#how;
    const isDear = isFresh || isSecluded === true || this.#oracle === 'state';
    for (const one of ways(from, { seed, mutation, rng, isDear, isThorough: this.isThorough })) {
      if (this.#spent > this.#ms * EARLIER_SHARE) {
        this.#isCut = true;
        return;
      }
      yield one;
    }
  }

  /** Luck would leave something that does not come back: what the answers show is asked often where that is quick. */
  async #comesBack(script: Script): Promise<Shown | undefined> {
    const { times, watched } = this.#inquiry;
    if (this.#mayRestart) await watched.restart();
    const isQuick = SHOWS_WHERE.has(this.#oracle) || this.#oracle === 'accepted';
    // Its controls are played once; when it became so small it was seen, too.
    let isExplained = false;
    return this.#often(isQuick ? FIRM : Math.max(1, times - 1), async () => {
      const seen = await (isExplained ? this.#rough : this.#strict)(script);
      isExplained = true;
      return seen;
    });
  }

  /** Chance has a part in it: nothing is believed that shows only once. */
  #surely(): Check {
    const { times, watched } = this.#inquiry;
    return async (candidate) => {
      if (!SHOWS_WHERE.has(this.#oracle)) return every(times, () => this.#alone(candidate));
      if (this.#mayRestart) await watched.restart();
      return this.#often(FIRM, () => this.#strict(candidate));
    };
  }

  /** What the runs before have used up is there again on a server that was just started: there it must show each time. */
  async #often(most: number, ask: () => Promise<Shown | undefined>): Promise<Shown | undefined> {
    const { times, stage, watched } = this.#inquiry;
    const asked = stage.clock.now();
    let isFresh = false;
    let last: Shown | undefined;
    for (let i = 0; i < most; i++) {
      if (i >= times - 1 && stage.clock.now() - asked > this.#ms * FIRM_SHARE) break;
      if (isFresh) await watched.restart();
      last = await ask();
      if (last !== undefined) continue;
      if (isFresh || i === 0 || !this.#mayRestart) return undefined;
      isFresh = true;
      i -= 1;
    }
    return last;
  }
}

/** The second is asked only when the first has seen it. */
function both(first: Check, second: Check): Check {
  return async (script) => ((await first(script)) === undefined ? undefined : second(script));
}

/** Seen once in so many times. */
function atLast(times: number, check: Check): Check {
  return async (script) => {
    for (let i = 0; i < times; i++) {
      const seen = await check(script);
      if (seen !== undefined) return seen;
    }
    return undefined;
  };
}

/** The smallest that comes back; else the first, which does. What does not come back costs little, and is the smallest. */
async function smallestOf(scripts: readonly Script[], check: Check): Promise<Script> {
  for (const script of scripts.slice(1).reverse()) if ((await check(script)) !== undefined) return script;
  return scripts[0]!;
}
