/** How little is needed for a finding to come back? Messages first, then fields or bytes. */
import { checkFor, type Shown } from './checks.ts';
import { type Confirmed, every, toldBy } from './confirm.ts';
import { earlier, elsewhere } from './earlier.ts';
import { canBeHelped, type Check, onFresh } from './firmly.ts';
import { Hopeful } from './hopeful.ts';
import { type Inquiry, isEndedEarly } from './inquiry.ts';
import type { Oracle, Suspicion } from './suspicion.ts';
import type { Mutation } from './mutation.ts';
import type { Run } from './run-script.ts';
import type { Script } from './script.ts';
import { shortcuts } from './shortcuts.ts';
import { shrink, type ShrinkTry, tryOf } from './shrink.ts';
import { Trials } from './trials.ts';

export interface Smaller extends Omit<Confirmed, 'sendsBefore'> {
  readonly shrunk: readonly ShrinkTry[];
}

export interface SmallerHow {
  readonly mutation: Mutation | undefined;
  /** Each run gets a server that was just started. */
  readonly isFresh: boolean;
  /** What it may take. */
  readonly ms: number;
  /** Smaller ones that may show it, by what is known of other findings. */
  readonly hints?: readonly Script[];
  readonly rng: number;
}

const RUNS = 160;
/** Where each run costs a start of the server: messages matter, fields and bytes are worth little. */
const DEAR_RUNS = 100;
const FIELDS_DEAR_MS = 4000;
/** Of the time for a finding: after that nothing more is tried, and no field and no byte before that. */
const TRIES_SHARE = 0.75;
const FIELDS_SHARE = 0.4;
/** After that no earlier place is looked for. */
const EARLIER_SHARE = 0.4;
/** Found with whole messages: pieces of one say nothing. */
const OF_WHOLE_MESSAGES: ReadonlySet<Oracle> = new Set(['accepted', 'race', 'invariant']);

/** Runs in a row in which the smallest must show it, as long as they do not take more of the time for a finding. */
const FIRM = 8;
const FIRM_SHARE = 0.3;
/** What was found tells which step showed it. */
const SHOWS_WHERE: ReadonlySet<Oracle> = new Set(['schema', 'invariant']);

/** @param script shows it, on a server that was just started too. Undefined when nothing can be left out. */
export function makeSmaller(
  inquiry: Inquiry,
  suspicion: Suspicion,
  script: Script,
  how: SmallerHow,
): Promise<Smaller | undefined> {
  return new Search(inquiry, suspicion, script, how).run();
}

class Search {
  readonly #inquiry: Inquiry;
  readonly #oracle: Oracle;
  readonly #script: Script;
  readonly #how: SmallerHow;
  readonly #trials: Trials;
  readonly #strict: Check;
  /** Without its controls: they take longest. */
  readonly #rough: Check;
  /** What the tries before it left behind may help it. */
  readonly #isHelped: boolean;
  /** A run costs a start of the server. */
  readonly #isDear: boolean;
  readonly #mayRestart: boolean;
  readonly #began: number;
  /** Of the check at work. */
  #firstRun: Run | undefined;

  constructor(inquiry: Inquiry, suspicion: Suspicion, script: Script, how: SmallerHow) {
    const { watched, stage } = inquiry;
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
    this.#script = script;
    this.#how = how;
    this.#trials = new Trials(script, SHOWS_WHERE.has(oracle));
    this.#strict = checking(false);
    this.#rough = checking(true);
    this.#isHelped = !how.isFresh && !isStarting && canBeHelped(inquiry, suspicion);
    this.#isDear = isStarting || how.isFresh || inquiry.isSecluded === true;
    this.#mayRestart = watched.isManaged && inquiry.isSecluded !== true && inquiry.isShared !== true;
    this.#began = stage.clock.now();
  }

  async run(): Promise<Smaller | undefined> {
    const { times, isOver, watched } = this.#inquiry;
    const { shown, tried } = this.#trials;
    const rough = this.#rough;
    // Made smaller without its controls, what is accepted may lose what makes it wrong.
    const proof = onFresh(this.#inquiry, this.#oracle === 'accepted' ? this.#strict : rough);
    const sure: Check = async (candidate) => ((await rough(candidate)) === undefined ? undefined : proof(candidate));
    await this.#takeHints(this.#isHelped ? sure : rough);
    const hopeful = new Hopeful(shown.at(-1)!, rough, proof);
    if (this.#isHelped) await watched.restart();
    let best = await this.#shrink(hopeful.sure, this.#isHelped ? hopeful.check : rough, () => hopeful.isAstray);
    if (hopeful.isAstray) {
      shown.splice(shown.indexOf(hopeful.sure) + 1);
      best = await this.#shrink(hopeful.sure, sure);
    }
    if (best === this.#script) return undefined;
    let again = await this.#comesBack(best);
    if (again === undefined && !isOver()) {
      const surely = this.#surely();
      best = await this.#shrink(await smallestOf(shown, surely), surely);
      if (best !== this.#script) again = await every(times, () => this.#alone(best));
    }
    return again === undefined || isOver()
      ? undefined
      : { ...toldBy(again, this.#inquiry), script: best, shrunk: tried };
  }

  get #spent(): number {
    return this.#inquiry.stage.clock.now() - this.#began;
  }

  get #alone(): Check {
    return this.#mayRestart ? onFresh(this.#inquiry, this.#strict) : this.#strict;
  }

  async #takeHints(check: Check): Promise<void> {
    const { shown, tried } = this.#trials;
    for (const hint of this.#how.hints ?? []) {
      if (shown.length > 1) return;
      const isShown = (await check(hint)) !== undefined;
      tried.push(tryOf('what other findings did without left out', hint, isShown));
      if (isShown) shown.push(hint);
    }
  }

  #shrink(from: Script, check: Check, isAstray = (): boolean => false): Promise<Script> {
    const { isOver, isShared, wayTo } = this.#inquiry;
    const { ms } = this.#how;
    const trials = this.#trials;
    return shrink(from, {
      fails: trials.asked(check),
      // Where something else is due, what is accepted may be right: its controls are asked at once.
      failsEarlier: trials.asked(async (candidate) => {
        if (this.#oracle !== 'accepted') return check(candidate);
        return (await this.#rough(candidate)) === undefined ? undefined : this.#strict(candidate);
      }),
      ...(wayTo === undefined ? {} : { shortcuts: (one: Script) => shortcuts(one, wayTo) }),
      earlier: [(one) => this.#inTime(earlier, one), (one) => this.#inTime(elsewhere, one)],
      shownAt: () => trials.shownAt,
      runs: this.#isDear ? DEAR_RUNS : RUNS,
      isOver: () => isOver() || isAstray() || this.#spent > ms * TRIES_SHARE,
      isLate: () =>
        isShared === true || this.#spent > Math.min(ms * FIELDS_SHARE, this.#isDear ? FIELDS_DEAR_MS : Infinity),
      isOfWholeMessages: OF_WHOLE_MESSAGES.has(this.#oracle),
      onTry: (one) => trials.tried.push(one),
      isBrokenOff: () => this.#firstRun !== undefined && isEndedEarly(this.#firstRun),
    });
  }

  *#inTime(ways: typeof earlier, from: Script): Generator<Script> {
    const { seed, isSecluded } = this.#inquiry;
    const { mutation, rng, isFresh, ms } = this.#how;
    const isDear = isFresh || isSecluded === true || this.#oracle === 'state';
    for (const one of ways(from, { seed, mutation, rng, isDear })) {
      if (this.#spent > ms * EARLIER_SHARE) return;
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

  async #often(most: number, ask: () => Promise<Shown | undefined>): Promise<Shown | undefined> {
    const { times, stage } = this.#inquiry;
    const asked = stage.clock.now();
    let last: Shown | undefined;
    for (let i = 0; i < most; i++) {
      if (i >= times - 1 && stage.clock.now() - asked > this.#how.ms * FIRM_SHARE) break;
      last = await ask();
      if (last === undefined) return undefined;
    }
    return last;
  }
}

/** The smallest that comes back, where the first does and the last does not, and each has all of the next. */
async function smallestOf(scripts: readonly Script[], check: Check): Promise<Script> {
  let good = 0;
  let bad = scripts.length - 1;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if ((await check(scripts[middle]!)) === undefined) bad = middle;
    else good = middle;
  }
  return scripts[good]!;
}
