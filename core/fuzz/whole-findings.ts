/** Findings as they were found: they must show on a server that was just started too, and are made smaller as long as there is time. */
import { checkFor } from './checks.ts';
import { toldBy } from './confirm.ts';
import type { Finding } from './finding.ts';
import type { FinderOptions } from './finder.ts';
import { firmly, onFresh } from './firmly.ts';
import { type Inquiry, upAgain } from './inquiry.ts';
import { MakeSmaller } from './make-smaller.ts';
import type { Mutation } from './mutation.ts';
import { countSends } from './script.ts';
import { Spare } from './spare.ts';
import type { Oracle, Suspicion } from './suspicion.ts';

/** A finding as it was found. */
interface Whole {
  readonly inquiry: Inquiry;
  readonly suspicion: Suspicion;
  /** Undefined: the recorded session itself. */
  readonly mutation: Mutation | undefined;
  readonly isFresh: boolean;
}

interface Firm extends Whole {
  smaller?: MakeSmaller;
}

/** For one finding at a time where there is no end: those that take longer go on when the others are done. */
const ENDLESS_MS = 30_000;
/** Where others at work are not in the way. */
const BESIDE_OTHERS: ReadonlySet<Oracle> = new Set(['no-answer', 'closed']);
const MOST_BESIDE = 4;
const MOST_TOGETHER_MS = 12_000;
/** A try that costs a start of the server, in messages. */
const DEAR = 10;

export class WholeFindings {
  readonly #o: FinderOptions;
  readonly #all: Whole[] = [];

  constructor(options: FinderOptions) {
    this.#o = options;
  }

  get count(): number {
    return this.#all.length;
  }

  add(whole: Whole): void {
    this.#all.push(whole);
  }

  /**
   * Makes the findings smaller that are not yet, once it is known that they come back without what other cases left behind.
   * Nobody else is at work.
   * @param ms for all of them
   */
  async makeSmaller(ms: number): Promise<void> {
    const { inquiry: own, isCut } = this.#o;
    const now = (): number => own.stage.clock.now();
    const until = now() + ms;
    const open: Firm[] = [];
    for (const whole of this.#all.splice(0)) {
      const firm = isCut() ? undefined : await this.#firm(whole);
      if (firm !== undefined) open.push(firm);
    }
    const spare = new Spare();
    // Where there is time, they are made smaller by their bytes too, and who says odd bytes may end the server for the others.
    const isBeside = ({ suspicion, inquiry, isFresh }: Whole): boolean =>
      ms !== Infinity && BESIDE_OTHERS.has(suspicion.oracle) && !isFresh && inquiry.isSecluded !== true;
    const left = (): number => Math.max(0, until - now());
    const beside = open.filter(isBeside).map((one): Firm => ({ ...one, inquiry: { ...one.inquiry, isShared: true } }));
    await this.#together(beside, spare, left() / Math.max(1, open.length));
    const alone = open.filter((one) => !isBeside(one)).sort((a, b) => this.#cost(a) - this.#cost(b));
    await this.#oneByOne([...alone, ...beside.filter(({ smaller }) => smaller?.isDone === false)], spare, left);
  }

  /** Most of what these take is waiting for what does not come. */
  async #together(all: readonly Firm[], spare: Spare, ms: number): Promise<void> {
    const { inquiry, isCut } = this.#o;
    if (all.length === 0) return;
    await upAgain(inquiry);
    const workers = Math.min(all.length, MOST_BESIDE);
    const left = [...all];
    const work = async (): Promise<void> => {
      for (let one = left.shift(); one !== undefined && !isCut(); one = left.shift())
        await this.#makeOneSmaller(one, spare, Math.min(MOST_TOGETHER_MS, ms * workers));
    };
    await Promise.all(Array.from({ length: workers }, work));
  }

  /** First all of them quickly, those that take longest with the largest part of the time; then more thoroughly. */
  async #oneByOne(all: readonly Firm[], spare: Spare, left: () => number): Promise<void> {
    for (let open = all; open.length > 0; open = open.filter(({ smaller }) => smaller?.isDone !== true)) {
      const first = open.filter(({ smaller }) => smaller?.isThorough !== true);
      const turn = first.length > 0 ? first : open;
      for (const [i, one] of turn.entries()) {
        if (this.#o.isCut() || left() === 0) return;
        const parts = turn.slice(i).map((each) => Math.sqrt(this.#cost(each)));
        const part = parts[0]! / parts.reduce((sum, each) => sum + each, 0);
        await this.#makeOneSmaller(one, spare, left() * part);
      }
    }
  }

  async #makeOneSmaller(firm: Firm, spare: Spare, ms: number): Promise<void> {
    const { inquiry, suspicion, mutation, isFresh } = firm;
    const { findings, onDoing, rng } = this.#o;
    const known = findings.get(suspicion.key)!;
    onDoing(`making ${known.id} smaller`);
    firm.smaller ??= new MakeSmaller(inquiry, suspicion, known.script, {
      mutation,
      isFresh,
      hints: spare.hintsFor(known),
      rng,
    });
    const result = await firm.smaller.go(ms === Infinity ? ENDLESS_MS : ms);
    const { isSmallest, tried } = firm.smaller;
    if (result !== undefined || isSmallest)
      await findings.improve(suspicion.key, { ...result, isSmallest, shrunk: tried });
    if (result !== undefined) spare.learn(known, result.script);
  }

  /** Undefined when it is no finding any more: it does not come back on a server that was just started. */
  async #firm(whole: Whole): Promise<Firm | undefined> {
    const { suspicion, mutation, isFresh } = whole;
    const { findings, onDoing, rng } = this.#o;
    const known = findings.get(suspicion.key);
    if (known === undefined) return undefined;
    onDoing(`playing ${known.id} to a server that was just started`);
    const inquiry = await this.#asItWas(whole, known);
    const firm = await firmly(inquiry, suspicion, known.script, { mutation, isFresh, rng });
    if (firm === 'gone') {
      findings.drop(suspicion.key);
      return undefined;
    }
    if (firm !== undefined && firm.script !== known.script)
      await findings.improve(suspicion.key, { ...toldBy(firm.shown, inquiry), script: firm.script });
    return { ...whole, inquiry };
  }

  /** What was learned since then to be a refusal may be the answer that shows it: it counts only where it does not hide it. */
  async #asItWas({ inquiry: found, suspicion, mutation }: Whole, { refusals, script }: Finding): Promise<Inquiry> {
    const inquiry = found.isSecluded === true ? found : this.#o.inquiry;
    const isSame = inquiry.world().refusals.size === refusals.length;
    if (suspicion.oracle !== 'accepted' || isSame) return inquiry;
    const check = onFresh(inquiry, checkFor(inquiry, suspicion, mutation));
    if ((await check(script)) !== undefined) return inquiry;
    const known = new Set(refusals);
    return { ...inquiry, world: () => ({ ...inquiry.world(), refusals: known }) };
  }

  /** Those that are soon done with come first: what they leave of their time the others have. */
  #cost({ inquiry, suspicion, isFresh }: Whole): number {
    const sends = Math.max(1, countSends(this.#o.findings.get(suspicion.key)?.script ?? { steps: [] }));
    return isFresh || inquiry.isSecluded === true ? sends * DEAR : sends;
  }
}
