/** Fuzz campaigns on the API: one at a time, in a folder of its own, findings kept in the session too. */
import { dirname, join } from 'node:path';
import type { FuzzStatus } from '../contract/fuzz-verbs.ts';
import type { CampaignStatus } from '../fuzz/campaign.ts';
import type { Finding } from '../fuzz/finding.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Engine, VerbHandlers } from './engine.ts';
import type { FileWork } from './files/file-thread.ts';
import { earlierCampaigns } from './fuzz/earlier.ts';
import { newCampaign, type PlayedCampaign, resumedCampaign } from './fuzz/engine-campaign.ts';
import type { CampaignFolder } from './fuzz/folder.ts';
import { openReproduction } from './fuzz/reproduction.ts';
import { statusOf, viewOf } from './fuzz/views.ts';

const REPRO_TIMES = 3;

export function fuzzVerbs(engine: Engine, work: FileWork): VerbHandlers {
  let running: PlayedCampaign | undefined;
  /** Where its campaigns were so far. */
  const folders = new Set<string>();
  let isStarting = false;
  const need = (): PlayedCampaign => {
    if (running === undefined) throw new EngineError('not-found', 'No campaign was started yet.');
    return running;
  };
  const tell = (): void => {
    if (running !== undefined) engine.events.soon('fuzz', () => running!.status);
  };
  const kept = new Set<string>();
  engine.onClose(async () => {
    running?.started.campaign.stop();
    await running?.started.done.catch(() => undefined);
  });

  const onStatus = (current: PlayedCampaign, status: CampaignStatus): void => {
    current.status = statusOf(status, current);
    if (current !== running) return;
    tell();
    for (const finding of status.findings) {
      // What is made smaller later is kept as it is then.
      if (!isLive(status) || finding.shrunk !== undefined) void keep(engine, kept, current.folder, finding);
    }
  };
  const begin = async (make: () => Promise<PlayedCampaign>): Promise<FuzzStatus> => {
    if (isStarting || (running !== undefined && isLive(running.status))) {
      throw new EngineError('not-allowed', 'A campaign is running; stop it before another one is started.');
    }
    isStarting = true;
    try {
      // The server that the one before started ends with it.
      await running?.started.done.catch(() => undefined);
      running = await make();
    } finally {
      isStarting = false;
    }
    folders.add(running.folder.path);
    kept.clear();
    tell();
    return running.status;
  };

  return {
    'fuzz.start': (args) => begin(() => newCampaign(engine, work, args, onStatus)),
    'fuzz.resume': ({ folder }) => begin(() => resumedCampaign(engine, work, folder, onStatus)),
    'fuzz.campaigns': async () => {
      // One that was stopped is only over when what it started has ended.
      if (running !== undefined && !isLive(running.status)) await running.started.done.catch(() => undefined);
      return earlierCampaigns([join(engine.options.home, 'sessions'), dirname(engine.session.path), ...folders]);
    },
    'fuzz.pause': ({ on }) => {
      const current = need();
      current.started.campaign.pause(on);
      current.status = statusOf(current.started.campaign.status(), current);
      return current.status;
    },
    'fuzz.stop': () => {
      const current = need();
      current.started.campaign.stop();
      current.status = statusOf(current.started.campaign.status(), current);
      tell();
      return current.status;
    },
    'fuzz.status': () => running?.status ?? null,
    'fuzz.finding': ({ id }) => {
      const current = need();
      return viewOf(findingOf(current, id), current);
    },
    'fuzz.repro': async ({ id, times = REPRO_TIMES }) => {
      const current = need();
      const finding = findingOf(current, id);
      if (isStarting || isLive(current.status)) {
        throw new EngineError('not-allowed', 'The campaign needs the server; stop it first.');
      }
      isStarting = true;
      try {
        // The server that the campaign started ends with it.
        await current.started.done.catch(() => undefined);
        const reproduction = await openReproduction(current.setup);
        try {
          let seen = 0;
          for (let i = 0; i < times; i++) if ((await reproduction.shows(finding)) !== undefined) seen += 1;
          return { seen, times };
        } finally {
          await reproduction.close();
        }
      } finally {
        isStarting = false;
      }
    },
  };
}

function isLive({ state }: Pick<CampaignStatus, 'state'>): boolean {
  return state === 'running' || state === 'paused';
}

function findingOf({ started }: PlayedCampaign, id: string): Finding {
  const finding = started.campaign.findings.find((one) => one.id === id);
  if (finding === undefined) throw new EngineError('not-found', `There is no finding ${id}.`);
  return finding;
}

/** In the session that is open, so that a finding travels with the traffic it came from. */
async function keep(engine: Engine, kept: Set<string>, folder: CampaignFolder, finding: Finding): Promise<void> {
  if (engine.session.isReadOnly || kept.has(finding.id)) return;
  kept.add(finding.id);
  try {
    await engine.session.keep('fuzz_findings', {
      id: `${folder.path}/${finding.id}`,
      time: engine.clock.wall(),
      oracle: finding.oracle,
      title: finding.title,
      report: folder.reportOf(finding),
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    engine.notice('warning', `The finding ${finding.id} could not be kept in the session: ${why}`);
  }
}
