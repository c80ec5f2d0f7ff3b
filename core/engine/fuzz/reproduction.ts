/** A finding once more, against a server that is there: for `fuzz repro` and for whoever asks which build shows it. */
import { calibrate } from '../../fuzz/calibration.ts';
import { shows } from '../../fuzz/confirm.ts';
import { canaryOf } from '../../fuzz/canary.ts';
import { addressIn, type Finding } from '../../fuzz/finding.ts';
import type { Inquiry } from '../../fuzz/inquiry.ts';
import type { Suspicion } from '../../fuzz/suspicion.ts';
import { secludedInquiry } from '../../fuzz/seclusion.ts';
import { mutationById } from '../../fuzz/schedule.ts';
import { type CampaignSetup, prepare } from './start-campaign.ts';

export interface Reproduction {
  /** Undefined when it does not happen any more. */
  shows(finding: Finding): Promise<Suspicion | undefined>;
  /** Starts the server again, when it is ours. @throws EngineError */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export type ReproductionSetup = Pick<
  CampaignSetup,
  'recording' | 'only' | 'from' | 'to' | 'side' | 'target' | 'allClients' | 'authority' | 'allow' | 'rng'
>;

/** Plays the recorded session first, to know what this server answers. @throws EngineError */
export async function openReproduction(setup: ReproductionSetup): Promise<Reproduction> {
  const world = await prepare(setup);
  try {
    let tag = ((Date.now() / 7) % 1_000_000) | 0;
    const newTag = (): number => tag++;
    if (world.process.isManaged) await world.process.restart();
    const { baseline, identities, seed, secluded, bystanders } = await calibrate(world.seed, world.stage, newTag, {
      lanes: 1,
      steps: [],
      isOver: () => false,
      watched: world.process,
    });
    const muted = Math.min(400, Math.max(25, baseline.p99 * 3));
    return {
      restart: async () => {
        if (world.process.isManaged) await world.process.restart();
      },
      shows(finding) {
        const inquiry: Inquiry = {
          seed,
          stage: world.stage,
          watched: world.process,
          identities,
          newTag,
          world: () => ({ seed, baseline, refusals: new Set(finding.refusals) }),
          patience: { answer: Math.max(500, baseline.p99 * 20), muted, settle: 1 },
          times: 1,
          isOver: () => false,
          canary: canaryOf(seed),
          ...(bystanders === undefined ? {} : { bystanders }),
        };
        const asked =
          finding.isSecluded === true && secluded !== undefined ? secludedInquiry(inquiry, secluded) : inquiry;
        return shows(asked, finding, mutationById(seed, addressIn(finding.caseId), setup.rng));
      },
      close: () => world.close(),
    };
  } catch (error) {
    await world.close();
    throw error;
  }
}
