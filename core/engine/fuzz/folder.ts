/** The folder of a campaign: its journal, what it was asked to do, and a folder for each finding. */
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type KeptCase, printCorpus, readCorpus } from '../../fuzz/corpus.ts';
import type { Finding } from '../../fuzz/finding.ts';
import { mirrorDirection } from '../../fuzz/mirror.ts';
import { type JournalLine, readJournal, type Resumed } from '../../fuzz/journal.ts';
import { type ReportContext, reportOf, scriptOf } from '../../fuzz/report.ts';
import type { Scene } from '../../fuzz/scene.ts';
import { originalOf, printScript, readScript } from '../../fuzz/script.ts';
import type { Keeper } from '../../fuzz/world.ts';
import { endLeftBehind, startTimeOf } from '../../io/target-process.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import type { ProtocolSource } from '../../session/recorder-messages.ts';
import { writeSession } from '../files/write-session.ts';

/** What a campaign was started with: enough to go on with it, and to run a finding again. */
export interface CampaignConfig {
  readonly seed: string;
  readonly to: readonly string[];
  /** Which side is under test, where it is not the server; then `to` is where the client is listened for. */
  readonly side?: 'client';
  readonly target?: string;
  readonly rng: number;
  readonly as?: string;
  readonly options: readonly string[];
  readonly protocolFiles: readonly string[];
  readonly filter?: string;
  /** Client frame behind which the mutated messages begin. */
  readonly from?: number;
  readonly allow: readonly string[];
  readonly cases?: number;
  readonly seconds?: number;
}

export interface FolderOptions {
  readonly path: string;
  readonly config: CampaignConfig;
  readonly recorderWorker: URL;
  readonly sources: readonly ProtocolSource[];
  readonly version: string;
  readonly resume: boolean;
  /** Folders of earlier campaigns, or their corpora. */
  readonly corpus?: readonly string[];
}

const JOURNAL = 'journal.jsonl';
const CONFIG = 'campaign.json';
const TARGET = 'target.json';
const CORPUS = 'corpus';
const CASES = 'cases.jsonl';
/** What this campaign began with: the same when it is resumed. */
const FIRST = 'first.jsonl';

export class CampaignFolder implements Keeper {
  readonly path: string;
  readonly resumed: Resumed | undefined;
  /** Findings of an earlier part of the campaign. */
  readonly earlier: readonly Finding[];
  /** Cases of earlier campaigns that this one begins with. */
  readonly corpus: readonly KeptCase[];
  readonly #options: FolderOptions;
  readonly #journal: number;
  #scene: Scene | undefined;

  /** @throws EngineError when there is a campaign in it already, or none to go on with */
  constructor(options: FolderOptions) {
    this.path = options.path;
    this.#options = options;
    const journal = join(options.path, JOURNAL);
    const exists = existsSync(journal);
    if (exists && !options.resume) {
      throw new EngineError(
        'bad-request',
        `There is a campaign in ${options.path} already: choose another folder, or go on with that one (--resume).`,
      );
    }
    mkdirSync(join(options.path, 'findings'), { recursive: true });
    mkdirSync(join(options.path, CORPUS), { recursive: true });
    this.resumed = exists ? readKnown(journal) : undefined;
    this.earlier = exists ? readFindings(options.path) : [];
    this.corpus = this.#beginWith(options.corpus ?? [], exists);
    if (!exists) writeFileSync(join(options.path, CONFIG), `${JSON.stringify(options.config, null, 2)}\n`);
    this.#journal = openSync(journal, 'a');
    // A line that was cut off must not swallow the next one.
    if (exists && !readFileSync(journal, 'utf8').endsWith('\n')) writeSync(this.#journal, '\n');
  }

  #beginWith(folders: readonly string[], isResumed: boolean): KeptCase[] {
    const first = join(this.path, CORPUS, FIRST);
    if (!isResumed && folders.length > 0) writeWhole(first, printCorpus(folders.flatMap(readCorpusOf)));
    return existsSync(first) ? readCorpus(readFileSync(first, 'utf8')) : [];
  }

  /** Ends a target that a killed campaign left running. */
  async endLeftBehind(): Promise<void> {
    const path = join(this.path, TARGET);
    if (!existsSync(path)) return;
    const { pid, started } = JSON.parse(readFileSync(path, 'utf8')) as { pid: number; started: string };
    await endLeftBehind(pid, started);
    rmSync(path, { force: true });
  }

  /** Remembers the process group of the target for `endLeftBehind`. */
  noteTarget(pid: number | undefined): void {
    const path = join(this.path, TARGET);
    const started = pid === undefined ? undefined : startTimeOf(pid);
    if (pid === undefined || started === undefined) rmSync(path, { force: true });
    else writeFileSync(path, JSON.stringify({ pid, started }));
  }

  useScene(scene: Scene): void {
    this.#scene = scene;
  }

  append(line: JournalLine): void {
    writeSync(this.#journal, `${JSON.stringify(line)}\n`);
  }

  folderOf(id: string): string {
    return join(this.path, 'findings', id);
  }

  contextOf(id: string): ReportContext {
    const { config } = this.#options;
    return {
      scene: this.#scene!,
      to: config.to.join(', '),
      seed: config.seed,
      command: commandFor(this.folderOf(id)),
    };
  }

  reportOf(finding: Finding): string {
    return reportOf(finding, this.contextOf(finding.id));
  }
  scriptOf(finding: Finding): string {
    return scriptOf(finding, this.contextOf(finding.id));
  }

  keep(one: KeptCase): void {
    appendFileSync(this.#corpusFile, printCorpus([one]));
  }

  get #corpusFile(): string {
    return join(this.path, CORPUS, CASES);
  }

  /** Drops the cases whose news others show too. */
  minimiseCorpus(): void {
    const cases = existsSync(this.#corpusFile) ? readCorpus(readFileSync(this.#corpusFile, 'utf8')) : [];
    if (cases.length > 0) writeWhole(this.#corpusFile, printCorpus(cases));
  }

  async save(finding: Finding): Promise<void> {
    const folder = this.folderOf(finding.id);
    mkdirSync(folder, { recursive: true });
    this.saveTexts(finding);
    await this.#saveSession(finding, join(folder, `${finding.id}.ipsession`));
  }

  drop(id: string): void {
    rmSync(this.folderOf(id), { recursive: true, force: true });
  }

  /** Everything but the session: written again when the finding was met more often. */
  saveTexts(finding: Finding): void {
    const folder = this.folderOf(finding.id);
    writeWhole(
      join(folder, 'finding.json'),
      `${JSON.stringify({ ...printFinding(finding), campaign: this.#options.config }, null, 1)}\n`,
    );
    writeWhole(join(folder, 'report.md'), this.reportOf(finding));
    writeWhole(join(folder, `${finding.id}.ts`), this.scriptOf(finding));
  }

  async #saveSession(finding: Finding, path: string): Promise<void> {
    for (const ending of ['', '-wal', '-shm']) rmSync(`${path}${ending}`, { force: true });
    const began = Date.now() / 1000;
    const writing = await writeSession({
      path,
      recorderWorker: this.#options.recorderWorker,
      sources: this.#options.sources,
      meta: { title: finding.title, version: this.#options.version, finding: finding.id },
      now: () => performance.now(),
    });
    const { recorder } = writing;
    const isMirrored = this.#scene?.side === 'client';
    const ids = new Map<number, number>();
    for (const { conn, at } of finding.said) {
      if (ids.has(conn)) continue;
      const id = recorder.nextConnectionId();
      ids.set(conn, id);
      const scene = this.#scene?.connections.get(originalOf(conn));
      const recorded = scene?.recorded.connection;
      recorder.opened({
        id,
        transport: recorded?.transport ?? 'tcp',
        client: { address: '127.0.0.1', port: 0 },
        server: { address: scene?.url?.host ?? recorded?.server.address ?? '', port: recorded?.server.port ?? 0 },
        protocol: scene?.recorded.protocol?.id ?? '',
        ...(scene === undefined ? {} : { options: scene.recorded.options }),
        opened: began + at / 1000,
        details: {},
        ...(recorded?.role === undefined ? {} : { role: recorded.role }),
      });
    }
    const none = new Uint8Array(0);
    for (const one of finding.said) {
      const n = recorder.frame({
        conn: ids.get(one.conn)!,
        direction: isMirrored ? mirrorDirection(one.direction) : one.direction,
        time: began + one.at / 1000,
        mono: Math.round(one.at * 1000),
        carrier: one.carrier,
        bytes: one.bytes,
        head: none,
        tail: none,
        origin: one.direction === 'toClient' ? 'wire' : one.mutated ? 'fuzzed' : 'replayed',
        fate: 'forwarded',
        expert: [],
      });
      if (one.mutated) await recorder.mark(n, 'red', finding.what);
    }
    const last = finding.said.at(-1)?.at ?? 0;
    for (const id of ids.values())
      recorder.closed(
        id,
        began + last / 1000,
        finding.exit === undefined ? 'end of the finding' : `the ${isMirrored ? 'client' : 'server'} went down`,
      );
    await writing.finish();
  }

  close(): void {
    closeSync(this.#journal);
  }
}

/** The one line that runs a finding again. */
export function commandFor(folder: string): string {
  return `interpose fuzz repro ${/\s/.test(folder) ? JSON.stringify(folder) : folder} --times 10`;
}

function readKnown(journal: string): Resumed {
  try {
    return readJournal(readFileSync(journal, 'utf8'));
  } catch (error) {
    throw new EngineError('unreadable-file', `${journal}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** @throws EngineError when the folder holds no campaign */
export function readConfig(path: string): CampaignConfig {
  const file = join(path, CONFIG);
  if (!existsSync(file)) throw new EngineError('not-found', `There is no campaign in ${path}.`);
  return JSON.parse(readFileSync(file, 'utf8')) as CampaignConfig;
}

/** @throws EngineError when there is no corpus */
function readCorpusOf(folder: string): KeptCase[] {
  const file = [join(folder, CORPUS, CASES), join(folder, CASES)].find((path) => existsSync(path));
  if (file === undefined) throw new EngineError('not-found', `There is no corpus in ${folder}.`);
  try {
    return readCorpus(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new EngineError('unreadable-file', `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readFindings(path: string): Finding[] {
  const folder = join(path, 'findings');
  const found: Finding[] = [];
  for (const id of readdirSync(folder)) {
    const file = join(folder, id, 'finding.json');
    if (existsSync(file)) found.push(readFinding(file).finding);
  }
  return found;
}

/** @throws EngineError when the file is no finding */
export function readFinding(path: string): { readonly finding: Finding; readonly config: CampaignConfig } {
  const file = path.endsWith('.json') ? path : join(path, 'finding.json');
  if (!existsSync(file))
    throw new EngineError('not-found', `There is no finding in ${path}: give its folder, such as out/findings/F1.`);
  try {
    const json = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    const { campaign, ...rest } = json;
    const parts = readScript({ steps: [], ...rest }) as unknown as Finding;
    return { finding: { ...parts, script: readScript(rest['script']) }, config: campaign as CampaignConfig };
  } catch (error) {
    throw new EngineError(
      'unreadable-file',
      `${file} is no finding: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function printFinding(finding: Finding): Record<string, unknown> {
  return printScript({ steps: [], ...finding } as never) as Record<string, unknown>;
}

/** All of it or nothing: a killed process leaves no half of a file. */
function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}
