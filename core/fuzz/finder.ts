/** From something suspicious to a finding: it must come back each time; made smaller when there is time for it. */
import type { CaseRun } from './case-run.ts';
import { confirm, mayNeedFresh, toldBy } from './confirm.ts';
import { type FindingList, silenceAfter } from './finding-list.ts';
import type { Inquiry } from './inquiry.ts';
import { firmly, makeSmaller } from './make-smaller.ts';
import { countSends, type Script } from './script.ts';
import type { Suspicion } from './suspicion.ts';

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
    const { inquiry: own, findings, isCut, onDoing } = this.#o;
    const now = (): number => own.stage.clock.now();
    const until = now() + ms;
    const open: Whole[] = [];
    for (const whole of this.#whole.splice(0)) if (!isCut() && (await this.#isFirm(whole))) open.push(whole);
    /** By case: what one finding needs is often what the other does. */
    const small = new Map<string, Script>();
    open.sort((a, b) => this.#cost(a) - this.#cost(b));
    for (const [i, { inquiry, suspicion, at, isFresh }] of open.entries()) {
      if (isCut()) return;
      const known = findings.get(suspicion.key)!;
      const hint = small.get(known.caseId);
      onDoing(`making ${known.id} smaller`);
      const result = await makeSmaller(inquiry.isSecluded === true ? inquiry : own, suspicion, known.script, {
        mutation: at?.mutation,
        isFresh,
        ms: Math.min(MOST_SMALLER_MS, Math.max(0, until - now()) / (open.length - i)),
        ...(hint === undefined ? {} : { hint }),
      });
      if (result === undefined) continue;
      await findings.improve(suspicion.key, result);
      small.set(known.caseId, result.script);
    }
  }

  /** False when it is no finding any more: it does not come back on a server that was just started. */
  async #isFirm({ inquiry, suspicion, at, isFresh }: Whole): Promise<boolean> {
    const { inquiry: own, findings, onDoing } = this.#o;
    const known = findings.get(suspicion.key);
    if (known === undefined) return false;
    onDoing(`playing ${known.id} to a server that was just started`);
    const asking = inquiry.isSecluded === true ? inquiry : own;
    const firm = await firmly(asking, suspicion, known.script, { mutation: at?.mutation, isFresh });
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
