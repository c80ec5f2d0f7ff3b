/** From something suspicious to a finding: it must come back each time; made smaller when there is time for it. */
import type { CaseRun } from './case-run.ts';
import { confirm, mayNeedFresh, toldBy } from './confirm.ts';
import { type FindingList, silenceAfter } from './finding-list.ts';
import { firmly } from './firmly.ts';
import { type Inquiry, upAgain } from './inquiry.ts';
import { makeSmaller } from './make-smaller.ts';
import { countSends, type Script } from './script.ts';
import { Spare } from './spare.ts';
import type { Oracle, Suspicion } from './suspicion.ts';

export interface FinderOptions {
  readonly inquiry: Inquiry;
  readonly findings: FindingList;
  readonly rng: number;
  /** Nothing more is waited for. */
  readonly isCut: () => boolean;
  readonly onDoing: (doing: string) => void;
}

/** A finding as it was found. */
interface Whole {
  readonly inquiry: Inquiry;
  readonly suspicion: Suspicion;
  readonly at: CaseRun | undefined;
  readonly isFresh: boolean;
}

/** For one finding, at the most. */
const MOST_SMALLER_MS = 30_000;
/** Where others at work are not in the way. */
const BESIDE_OTHERS: ReadonlySet<Oracle> = new Set(['no-answer', 'closed']);
const MOST_BESIDE = 4;
/** A try that costs a start of the server, in messages. */
const DEAR = 10;

export class Finder {
  readonly #o: FinderOptions;
  /** Findings that were not made smaller yet. */
  readonly #whole: Whole[] = [];

  constructor(options: FinderOptions) {
    this.#o = options;
  }

  /** Findings that were not made smaller yet. */
  get wholeCount(): number {
    return this.#whole.length;
  }

  /** On this server, else on one that was just started; dropped when it does not come back. Nobody else is at work. */
  async find(suspicion: Suspicion, script: Script, at: CaseRun | undefined): Promise<void> {
    const { inquiry, isCut } = this.#o;
    if (await this.seek(inquiry, suspicion, script, at)) return;
    if (isCut()) return;
    if (mayNeedFresh(suspicion, inquiry) && (await this.seek(inquiry, suspicion, script, at, true))) return;
    if (!isCut()) this.dismiss(suspicion, at);
  }

  /** The same for somebody who asks under conditions of their own. */
  async findIn(inquiry: Inquiry, suspicion: Suspicion, script: Script, at: CaseRun): Promise<void> {
    this.#o.onDoing(`looking into ${suspicion.title}`);
    if (!(await this.seek(inquiry, suspicion, script, at)) && !this.#o.isCut()) this.dismiss(suspicion, at);
  }

  /** True when it is a finding, of now or of before. */
  async seek(
    inquiry: Inquiry,
    suspicion: Suspicion,
    script: Script,
    at: CaseRun | undefined,
    isFresh = false,
  ): Promise<boolean> {
    const { findings, rng } = this.#o;
    const isKnown = (): boolean => (findings.get(suspicion.key) ?? findings.alike(suspicion.key)) !== undefined;
    if (isKnown()) return true;
    const result = await confirm(inquiry, suspicion, script, at, { isFresh });
    if (result === undefined) return false;
    if (isKnown()) return true;
    this.#whole.push({ inquiry, suspicion, at, isFresh });
    await findings.keep({
      ...result,
      key: suspicion.key,
      oracle: suspicion.oracle,
      message: at?.mutation.message ?? '',
      field: at?.mutation.field ?? '',
      caseId: at?.id ?? `${rng}:-:recorded session`,
      what: at?.mutation.doc ?? 'The recorded session as it is.',
      ...(at === undefined ? {} : { family: at.mutation.family }),
      ...(inquiry.isSecluded === true ? { isSecluded: true } : {}),
    });
    return true;
  }

  dismiss({ key, needsControl }: Suspicion, at: CaseRun | undefined): void {
    const { findings } = this.#o;
    findings.dismiss(key);
    if (needsControl === true) findings.dismiss(silenceAfter(at?.mutation.message ?? ''));
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
    const open: Whole[] = [];
    for (const whole of this.#whole.splice(0)) if (!isCut() && (await this.#isFirm(whole))) open.push(whole);
    const spare = new Spare();
    // Where there is time, they are made smaller by their bytes too, and who says odd bytes may end the server for the others.
    const isBeside = ({ suspicion, inquiry, isFresh }: Whole): boolean =>
      ms !== Infinity && BESIDE_OTHERS.has(suspicion.oracle) && !isFresh && inquiry.isSecluded !== true;
    const share = (count: number): number => Math.max(0, until - now()) / Math.max(1, count);
    const beside = open.filter(isBeside);
    const alone = open.filter((one) => !isBeside(one)).sort((a, b) => this.#cost(a) - this.#cost(b));
    // Most of what these take is waiting for what does not come.
    const workers = Math.min(beside.length, MOST_BESIDE);
    const each = share(open.length) * workers;
    const work = async (): Promise<void> => {
      for (let one = beside.shift(); one !== undefined && !isCut(); one = beside.shift()) {
        await this.#makeOneSmaller(one, { ...own, isShared: true }, spare, each);
      }
    };
    if (workers > 0) await upAgain(own);
    await Promise.all(Array.from({ length: workers }, work));
    for (const [i, one] of alone.entries()) {
      if (isCut()) return;
      await this.#makeOneSmaller(
        one,
        one.inquiry.isSecluded === true ? one.inquiry : own,
        spare,
        share(alone.length - i),
      );
    }
  }

  async #makeOneSmaller({ suspicion, at, isFresh }: Whole, inquiry: Inquiry, spare: Spare, ms: number): Promise<void> {
    const { findings, onDoing } = this.#o;
    const known = findings.get(suspicion.key)!;
    onDoing(`making ${known.id} smaller`);
    const result = await makeSmaller(inquiry, suspicion, known.script, {
      mutation: at?.mutation,
      isFresh,
      ms: Math.min(MOST_SMALLER_MS, ms),
      hints: spare.hintsFor(known),
      rng: this.#o.rng,
    });
    if (result === undefined) return;
    await findings.improve(suspicion.key, result);
    spare.learn(known, result.script);
  }

  /** False when it is no finding any more: it does not come back on a server that was just started. */
  async #isFirm({ inquiry, suspicion, at, isFresh }: Whole): Promise<boolean> {
    const { inquiry: own, findings, onDoing, rng } = this.#o;
    const known = findings.get(suspicion.key);
    if (known === undefined) return false;
    onDoing(`playing ${known.id} to a server that was just started`);
    const asking = inquiry.isSecluded === true ? inquiry : own;
    const firm = await firmly(asking, suspicion, known.script, { mutation: at?.mutation, isFresh, rng });
    if (firm === 'gone') findings.drop(suspicion.key);
    else if (firm !== undefined && firm.script !== known.script) {
      await findings.improve(suspicion.key, { ...toldBy(firm.shown, asking), script: firm.script });
    }
    return firm !== 'gone';
  }

  /** Those that are soon done with come first: what they leave of their time the others have. */
  #cost({ inquiry, suspicion, isFresh }: Whole): number {
    const sends = countSends(this.#o.findings.get(suspicion.key)?.script ?? { steps: [] });
    return isFresh || inquiry.isSecluded === true ? sends * DEAR : sends;
  }
}
