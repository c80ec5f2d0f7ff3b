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
  rmdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { type KeptCase, printCorpus, readCorpus } from '../../fuzz/corpus.ts';
import type { Finding } from '../../fuzz/finding.ts';
import { type JournalLine, readJournal, type Resumed } from '../../fuzz/journal.ts';
import { type ReportContext, reportOf, scriptOf } from '../../fuzz/report.ts';
import type { Scene } from '../../fuzz/scene.ts';
import { printScript, readScript } from '../../fuzz/script.ts';
import type { Keeper } from '../../fuzz/world.ts';
import { endLeftBehind } from '../../io/target-process.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import { saveSession, type SessionHow } from './finding-session.ts';
import { isAlive, noteOf, readNote } from './process-note.ts';

/** What a campaign was started with: enough to go on with it, and to run a finding again. */
export interface CampaignConfig {
  readonly seed: string;
  readonly to: readonly string[];
  /** Which side is under test, where it is not the server; then `to` is where the client is listened for. */
  readonly side?: 'client';
  /** Where the client was sent, by recorded server: these addresses are in the messages of its findings. */
  readonly listening?: Readonly<Record<string, string>>;
  /** The target plays every recorded client. */
  readonly allClients?: boolean;
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
  readonly maxFindings?: number;
  readonly ratePerSecond?: number;
  readonly lanes?: number;
  readonly reuse?: number;
}

export interface FolderOptions extends SessionHow {
  readonly path: string;
  readonly config: CampaignConfig;
  readonly resume: boolean;
  /** Folders of earlier campaigns, or their corpora. */
  readonly corpus?: readonly string[];
}

const CORPUS = 'corpus';
/** What is where in the folder of a campaign. */
export const PLACES = {
  journal: 'journal.jsonl',
  config: 'campaign.json',
  findings: 'findings',
  cases: join(CORPUS, 'cases.jsonl'),
  /** The process it runs in. */
  owner: 'owner.json',
} as const;
const TARGET = 'target.json';
/** What this campaign began with: the same when it is resumed. */
const FIRST = join(CORPUS, 'first.jsonl');

export class CampaignFolder implements Keeper {
  readonly path: string;
  readonly resumed: Resumed | undefined;
  /** Findings of an earlier part of the campaign. */
  readonly earlier: readonly Finding[];
  /** Cases of earlier campaigns that this one begins with. */
  readonly corpus: readonly KeptCase[];
  readonly #options: FolderOptions;
  #config: CampaignConfig;
  readonly #journal: number;
  /** There is a case or a finding in it. */
  #isUsed: boolean;
  #scene: Scene | undefined;

  /** @throws EngineError when there is a campaign in it already, or none to go on with */
  constructor(options: FolderOptions) {
    this.path = options.path;
    this.#options = options;
    this.#config = options.config;
    const journal = join(options.path, PLACES.journal);
    const exists = existsSync(journal);
    if (exists && !options.resume) {
      throw new EngineError(
        'bad-request',
        `There is a campaign in ${options.path} already: choose another folder, or go on with that one (--resume).`,
      );
    }
    const owner = readNote(join(options.path, PLACES.owner));
    if (exists && owner !== undefined && isAlive(owner)) {
      throw new EngineError(
        'not-allowed',
        `The campaign in ${options.path} is running, in process ${owner.pid}: stop it there first.`,
      );
    }
    this.#isUsed = exists;
    const begun = exists ? [] : (options.corpus ?? []).flatMap(readCorpusOf);
    makeFolders([join(options.path, PLACES.findings), join(options.path, CORPUS)]);
    this.resumed = exists ? readKnown(journal) : undefined;
    this.earlier = exists ? readFindings(options.path) : [];
    this.corpus = this.#beginWith(begun);
    if (!exists) this.#writeConfig();
    writeWhole(join(options.path, PLACES.owner), JSON.stringify(noteOf(process.pid)));
    this.#journal = openSync(journal, 'a');
    // A line that was cut off must not swallow the next one.
    if (exists && !readFileSync(journal, 'utf8').endsWith('\n')) writeSync(this.#journal, '\n');
  }

  #beginWith(cases: readonly KeptCase[]): KeptCase[] {
    const first = join(this.path, FIRST);
    if (cases.length > 0) writeWhole(first, printCorpus(cases));
    return existsSync(first) ? readCorpus(readFileSync(first, 'utf8')) : [];
  }

  /** Ends a target that a killed campaign left running. */
  async endLeftBehind(): Promise<void> {
    const path = join(this.path, TARGET);
    const note = readNote(path);
    if (note?.started !== undefined) await endLeftBehind(note.pid, note.started);
    rmSync(path, { force: true });
  }

  /** Remembers the process group of the target for `endLeftBehind`. */
  noteTarget(pid: number | undefined): void {
    const path = join(this.path, TARGET);
    const note = pid === undefined ? undefined : noteOf(pid);
    if (note?.started === undefined) rmSync(path, { force: true });
    else writeWhole(path, JSON.stringify(note));
  }

  useScene(scene: Scene): void {
    this.#scene = scene;
  }

  useListening(listening: Readonly<Record<string, string>>): void {
    this.#config = { ...this.#config, listening };
    this.#writeConfig();
  }

  #writeConfig(): void {
    writeWhole(join(this.path, PLACES.config), `${JSON.stringify(this.#config, null, 2)}\n`);
  }

  append(line: JournalLine): void {
    if (line.what === 'start' || line.what === 'finding' || line.what === 'unconfirmed') this.#isUsed = true;
    writeSync(this.#journal, `${JSON.stringify(line)}\n`);
  }

  folderOf(id: string): string {
    return join(this.path, PLACES.findings, id);
  }

  contextOf(id: string): ReportContext {
    const { to, listening, seed } = this.#config;
    return {
      scene: this.#scene!,
      to: listening === undefined ? to.join(', ') : Object.values(listening).join(', '),
      seed,
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
    return join(this.path, PLACES.cases);
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
    await saveSession(finding, join(folder, `${finding.id}.ipsession`), this.#scene, this.#options);
  }

  drop(id: string): void {
    rmSync(this.folderOf(id), { recursive: true, force: true });
  }

  /** Everything but the session: written again when the finding was met more often. */
  saveTexts(finding: Finding): void {
    const folder = this.folderOf(finding.id);
    writeWhole(
      join(folder, 'finding.json'),
      `${JSON.stringify({ ...printFinding(finding), campaign: this.#config }, null, 1)}\n`,
    );
    writeWhole(join(folder, 'report.md'), this.reportOf(finding));
    writeWhole(join(folder, `${finding.id}.ts`), this.scriptOf(finding));
  }

  close(): void {
    closeSync(this.#journal);
    rmSync(join(this.path, PLACES.owner), { force: true });
  }

  /** Closes a campaign that could not begin: where nothing was played, nothing stays, and the next try may have the folder. */
  closeFailed(): void {
    this.close();
    if (this.#isUsed) return;
    for (const file of [PLACES.journal, PLACES.config, TARGET, FIRST]) rmSync(join(this.path, file), { force: true });
    for (const folder of [PLACES.findings, CORPUS, '']) removeEmpty(join(this.path, folder));
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
  const file = join(path, PLACES.config);
  if (!existsSync(file)) throw new EngineError('not-found', `There is no campaign in ${path}.`);
  return JSON.parse(readFileSync(file, 'utf8')) as CampaignConfig;
}

/** @throws EngineError when there is no corpus */
function readCorpusOf(folder: string): KeptCase[] {
  const file = [join(folder, PLACES.cases), join(folder, basename(PLACES.cases))].find((path) => existsSync(path));
  if (file === undefined) throw new EngineError('not-found', `There is no corpus in ${folder}.`);
  try {
    return readCorpus(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new EngineError('unreadable-file', `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readFindings(path: string): Finding[] {
  const folder = join(path, PLACES.findings);
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

/** @throws EngineError */
function makeFolders(paths: readonly string[]): void {
  try {
    for (const path of paths) mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new EngineError('bad-request', `The findings cannot go there: ${(error as Error).message}.`);
  }
}

/** A folder that was somebody else's before may have more in it. */
function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // It stays.
  }
}

/** All of it or nothing: a killed process leaves no half of a file. */
function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}
