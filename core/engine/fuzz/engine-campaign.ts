/** A campaign of the engine: what was asked for over the API, or in the folder of one to go on with, made into one that runs. */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { FuzzArgs, FuzzStatus } from '../../contract/fuzz-verbs.ts';
import type { CampaignStatus } from '../../fuzz/campaign.ts';
import type { Recording } from '../../replay/recording.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import type { Engine } from '../engine.ts';
import type { FileWork } from '../files/file-thread.ts';
import { recordingAt } from '../recording-source.ts';
import { type CampaignConfig, CampaignFolder, readConfig } from './folder.ts';
import { endpointsOf } from './prepare-client.ts';
import type { ReproductionSetup } from './reproduction.ts';
import { type StartedCampaign, startCampaign } from './start-campaign.ts';
import { statusOf } from './views.ts';

export interface PlayedCampaign {
  readonly started: StartedCampaign;
  readonly folder: CampaignFolder;
  /** To run a finding again. */
  readonly setup: ReproductionSetup;
  readonly target: string;
  readonly notes: string[];
  /** The seeds are frames of the session that is open. */
  readonly isOpenSession: boolean;
  status: FuzzStatus;
}

const MOST_NOTES = 20;

type OnStatus = (current: PlayedCampaign, status: CampaignStatus) => void;

/** @throws EngineError */
export async function newCampaign(
  engine: Engine,
  work: FileWork,
  args: FuzzArgs,
  onStatus: OnStatus,
): Promise<PlayedCampaign> {
  const { session = '', to, side, out, corpus = [], allow = [], target = '', ...budget } = args;
  const seed = session === '' ? engine.session.path : session;
  const filter = seedFilter(args);
  const { recording, fitting } = await recordingAt(engine, work, seed, { filter });
  if (recording.frames.length === 0) {
    throw new EngineError(
      'bad-request',
      'Nothing is recorded there yet: let a client visit the server once, through a proxy.',
    );
  }
  const endpoints = typeof to !== 'string' ? Object.entries(to).map(([server, url]) => `${server}=${url}`) : [to];
  const config: CampaignConfig = {
    ...budget,
    seed,
    to: side === 'client' && to === '' ? [] : endpoints,
    rng: args.rng ?? 1,
    options: [],
    protocolFiles: engine.protocols.sources.map(({ path }) => path),
    allow,
    ...(side === undefined ? {} : { side }),
    ...(target === '' ? {} : { target }),
    ...(filter === '' ? {} : { filter }),
  };
  const near = (path: string): string => resolve(dirname(seed), path);
  const folder = openFolder(engine, {
    path: out === undefined ? freeFolder(engine, seed) : near(out),
    config,
    resume: false,
    corpus: corpus.map(near),
  });
  return begin(engine, { folder, config, recording, only: fitting }, onStatus);
}

/** @throws EngineError */
export async function resumedCampaign(
  engine: Engine,
  work: FileWork,
  path: string,
  onStatus: OnStatus,
): Promise<PlayedCampaign> {
  const config = readConfig(path);
  const known = new Set(engine.protocols.sources.map((source) => source.path));
  if (config.as !== undefined || config.options.length > 0 || config.protocolFiles.some((file) => !known.has(file))) {
    throw new EngineError(
      'bad-request',
      `That campaign reads its recording in a way of its own: go on with it by interpose fuzz --resume --out ${path}`,
    );
  }
  const { filter = '' } = config;
  const { recording, fitting } = await recordingAt(engine, work, config.seed, { filter });
  const folder = openFolder(engine, { path, config, resume: true });
  return begin(engine, { folder, config, recording, only: fitting }, onStatus);
}

function openFolder(
  { options, protocols }: Engine,
  how: {
    readonly path: string;
    readonly config: CampaignConfig;
    readonly resume: boolean;
    readonly corpus?: readonly string[];
  },
): CampaignFolder {
  return new CampaignFolder({
    ...how,
    recorderWorker: options.workers.recorder,
    sources: protocols.sources,
    version: options.version,
  });
}

interface Beginning {
  readonly folder: CampaignFolder;
  readonly config: CampaignConfig;
  readonly recording: Recording;
  readonly only: ReadonlySet<number> | undefined;
}

async function begin(
  engine: Engine,
  { folder, config, recording, only }: Beginning,
  onStatus: OnStatus,
): Promise<PlayedCampaign> {
  const { seed, to: texts, filter: _filter, as: _as, options: _options, protocolFiles: _files, ...asked } = config;
  const { authority } = engine.options;
  const setup = {
    ...asked,
    recording,
    to: endpointsOf(config),
    ...(only === undefined ? {} : { only }),
    ...(authority === undefined ? {} : { authority }),
  };
  const notes: string[] = [];
  let current: PlayedCampaign | undefined;
  const started = await startCampaign({
    ...setup,
    folder,
    onStatus: (status) => {
      if (current !== undefined) onStatus(current, status);
    },
    onNote: (text) => {
      notes.push(text);
      if (notes.length > MOST_NOTES) notes.shift();
    },
  });
  const target = config.side === 'client' ? (config.target ?? '') : texts.join(', ');
  const mine: PlayedCampaign = {
    started,
    folder,
    // On the ports that its findings hold.
    setup: { ...setup, to: started.to },
    target,
    notes,
    isOpenSession: seed === engine.session.path,
    status: statusOf(started.campaign.status(), { target, folder, notes }),
  };
  current = mine;
  void started.done.then(
    (status) => onStatus(mine, status),
    (error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      onStatus(mine, { ...started.campaign.status(), state: 'failed', error: text });
    },
  );
  return mine;
}

/** The open session may hold what we sent ourselves, to other servers too, and their answers: only the other side of what is under test are seeds. */
function seedFilter({ session = '', side, filter = '' }: FuzzArgs): string {
  const own = session === '' ? `origin == wire and ${side === 'client' ? 'toClient' : 'toServer'}` : '';
  const parts = [own, filter.trim() === '' ? '' : `(${filter})`].filter((part) => part !== '');
  return parts.join(' and ');
}

/** `fuzz-1`, `fuzz-2`, … beside the recording, or with the sessions where nothing can be written beside it. */
function freeFolder({ options }: Engine, seed: string): string {
  const beside = isWritable(dirname(seed)) ? dirname(seed) : join(options.home, 'sessions');
  for (let i = 1; ; i++) {
    const path = join(beside, `fuzz-${i}`);
    if (!existsSync(path)) return path;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
