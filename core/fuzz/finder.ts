/** From something suspicious to a finding: it must come back each time. */
import type { CaseRun } from './case-run.ts';
import { confirm, mayNeedFresh } from './confirm.ts';
import { addressIn, type Finding } from './finding.ts';
import { type FindingList, silenceAfter } from './finding-list.ts';
import type { Inquiry } from './inquiry.ts';
import { mutationById } from './schedule.ts';
import type { Script } from './script.ts';
import type { Suspicion } from './suspicion.ts';
import { WholeFindings } from './whole-findings.ts';

export interface FinderOptions {
  readonly inquiry: Inquiry;
  readonly findings: FindingList;
  readonly rng: number;
  /** Nothing more is waited for. */
  readonly isCut: () => boolean;
  readonly onDoing: (doing: string) => void;
}

export class Finder {
  readonly #o: FinderOptions;
  readonly whole: WholeFindings;

  constructor(options: FinderOptions) {
    this.#o = options;
    this.whole = new WholeFindings(options);
  }

  /** On this server, else on one that was just started; dropped when it does not come back. Nobody else is at work. */
  async find(suspicion: Suspicion, script: Script, at: CaseRun | undefined): Promise<void> {
    const { inquiry, isCut } = this.#o;
    if (await this.seek(inquiry, suspicion, script, at)) return;
    if (isCut()) return;
    if (mayNeedFresh(suspicion, inquiry) && (await this.seek(inquiry, suspicion, script, at, true))) return;
    if (!isCut()) this.dismiss(suspicion, at);
  }

  /** One of before the campaign was stopped: there was no time to make it smaller. */
  resume(inquiry: Inquiry, finding: Finding): void {
    const mutation = mutationById(inquiry.seed, addressIn(finding.caseId), this.#o.rng);
    this.whole.add({ inquiry, suspicion: { ...finding, step: 0 }, mutation, isFresh: false });
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
    this.whole.add({ inquiry, suspicion, mutation: at?.mutation, isFresh });
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
}
