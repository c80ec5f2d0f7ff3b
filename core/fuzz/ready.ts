/** What a campaign works with once the target was looked at: who plays cases, who looks into them, who finds. */
import type { Avoidance } from './avoidance.ts';
import type { Calibrated } from './calibration.ts';
import { CasePlayer, type CasePlayerOptions } from './case-player.ts';
import { byItself } from './case-run.ts';
import type { CaseQueue } from './case-queue.ts';
import { canaryOf } from './canary.ts';
import { Finder } from './finder.ts';
import type { FindingList } from './finding-list.ts';
import type { Inquiry } from './inquiry.ts';
import type { Ledger } from './ledger.ts';
import { Lookout } from './lookout.ts';
import type { Patience, Stage } from './run-script.ts';
import { whoIs } from './scene.ts';
import { isSend } from './script.ts';
import { Screening } from './screening.ts';
import { Seclusion } from './seclusion.ts';
import { StateWatch } from './state-watch.ts';
import type { Tempo } from './tempo.ts';
import type { Timing } from './timing.ts';
import { Triage } from './triage.ts';
import type { Watched } from './world.ts';

export interface Ready {
  readonly calibrated: Calibrated;
  readonly inquiry: Inquiry;
  readonly finder: Finder;
  readonly triage: Triage;
  readonly player: CasePlayer;
  readonly lookout: Lookout;
  readonly seclusion: Seclusion;
}

export interface ReadyOptions {
  readonly stage: Stage;
  readonly watched: Watched;
  readonly rng: number;
  /** How often a finding must come back. */
  readonly times: number;
  /** What a look for leaks may take. */
  readonly huntMs: number;
  readonly findings: FindingList;
  readonly ledger: Ledger;
  readonly avoidance: Avoidance;
  readonly tempo: Tempo;
  readonly timing: Timing;
  readonly queue: CaseQueue;
  readonly newTag: () => number;
  /** Nothing more is waited for. */
  readonly isCut: () => boolean;
  readonly onDoing: (doing: string) => void;
  readonly onNote: (text: string) => void;
}

export function makeReady(calibrated: Calibrated, o: ReadyOptions): Ready {
  const { baseline, identities, seed, lanes, bystanders } = calibrated;
  const { stage, watched, rng, findings, ledger, tempo, queue, newTag, isCut } = o;
  const patience = patienceWith(calibrated);
  const screening = new Screening(seed, baseline, findings);
  const inquiry: Inquiry = {
    seed,
    stage,
    watched,
    identities,
    newTag,
    world: () => screening.world(),
    patience,
    times: o.times,
    isOver: isCut,
    canary: canaryOf(seed),
    wayTo: (n) => {
      const at = seed.base.steps.findIndex((step) => isSend(step) && step.n === n);
      return at < 0 ? undefined : calibrated.prefixes.of(at);
    },
    ...(bystanders === undefined ? {} : { bystanders }),
  };
  for (const { steps } of calibrated.deadly) {
    const last = steps.at(-1);
    if (last !== undefined && isSend(last)) queue.leaveOut(last.n);
  }
  const finder = new Finder({ ...o, inquiry });
  const triage = new Triage({
    ...o,
    finder,
    inquiry,
    calibrated,
    onPlayed: (at) => player.settle(at, screening.screen(at)),
    onAgain: (again) => queue.again(again.map(byItself)),
    onRenewed: () => player.renewed(),
    onDeadly: (n) => queue.leaveOut(n),
    onRemembered: (at) => states.remember(at),
    beforeRenewal: () => states.lookNow(),
  });
  const secludes: CasePlayerOptions['secludes'] = (taken) => seclusion.retry(taken);
  const player = new CasePlayer({ ...o, calibrated, patience, screening, triage, secludes });
  const states = new StateWatch({ ...o, inquiry, finder, lanes, onOdd: (look) => triage.stateOdd(look) });
  const lookout = new Lookout({ inquiry, triage, ledger, findings, states });
  const seclusion = new Seclusion({ calibrated, inquiry, findings, ledger, tempo, finder, rng });
  queue.divert((index, mutation) => seclusion.takes(index, mutation));
  for (const finding of findings.all) {
    if (finding.isSmallest === true || finding.oracle === 'memory') continue;
    finder.resume(finding.isSecluded === true ? seclusion.inquiry : inquiry, finding);
  }
  return { calibrated, inquiry, finder, triage, player, lookout, seclusion };
}

/** How long cases wait, by how fast this server answers. */
function patienceWith({ p90, stretch, seed }: Calibrated): Patience {
  return {
    answer: Math.min(2000, Math.max(300, p90 * 10)),
    // A client that crashes takes a moment to end.
    muted: Math.min(300, Math.max(whoIs(seed.scene) === 'client' ? 80 : 20, p90 * 4)),
    settle: 1,
    quiet: Math.min(15, Math.max(2, p90)),
    stretch,
  };
}
