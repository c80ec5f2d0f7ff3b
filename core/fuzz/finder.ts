/** From something suspicious to a finding: it must come back each time; made smaller when there is time for it. */
import type { CaseRun } from './case-run.ts';
import { confirm, mayNeedFresh } from './confirm.ts';
import { type FindingList, silenceAfter } from './finding-list.ts';
import type { Inquiry } from './inquiry.ts';
import { makeSmaller } from './make-smaller.ts';
import type { Script } from './script.ts';
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

  /** Makes the findings smaller that are not yet. Nobody else is at work. @param ms for all of them */
  async makeSmaller(ms: number): Promise<void> {
    const { inquiry: own, findings, isCut, onDoing } = this.#o;
    const now = (): number => own.stage.clock.now();
    const until = now() + ms;
    while (this.#whole.length > 0 && !isCut()) {
      const { inquiry, suspicion, at, isFresh } = this.#whole.shift()!;
      const known = findings.get(suspicion.key);
      if (known === undefined) continue;
      onDoing(`making ${known.id} smaller`);
      const result = await makeSmaller(inquiry.isSecluded === true ? inquiry : own, suspicion, known.script, {
        mutation: at?.mutation,
        isFresh,
        ms: Math.min(MOST_SMALLER_MS, Math.max(0, until - now()) / (this.#whole.length + 1)),
      });
      if (result === 'gone') findings.drop(suspicion.key);
      else if (result !== undefined) await findings.improve(suspicion.key, result);
    }
  }
}
