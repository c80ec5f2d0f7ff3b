/**
 * A client under test: a listener it connects to, and a process of its own for each run. Seen from a campaign it is as a server
 * would be: connecting starts the client and waits until it comes.
 */
import type { Exit, Watched } from '../fuzz/world.ts';
import type { Framing } from '../protocol/framing.ts';
import { parseEndpointUrl } from '../relay/endpoint-url.ts';
import type { ConnectHow, Ending, Target, TargetConnection, TargetEvents, TargetFrame } from '../replay/target.ts';
import { EngineError } from '../traffic/engine-error.ts';
import { type ListeningTarget, listenTarget } from './target-listen.ts';
import { TargetProcess } from './target-process.ts';

export interface ClientTargetOptions {
  /** Shell command; `{port}`, `{host}` and `{url}` are where it is to connect. */
  readonly command: string;
  readonly listen: string;
  readonly framing: Framing;
  readonly channels?: number;
  /** How long it may take to start and to come. */
  readonly startMs?: number;
  readonly onGroup?: (pid: number | undefined) => void;
}

/** A connection the client made, kept until it is asked for. */
interface Come {
  readonly live: TargetConnection;
  readonly frames: TargetFrame[];
  ending: Ending | undefined;
  events: TargetEvents | undefined;
}

/** A client that hangs up is about to exit, if it does. */
const LAST_WORDS_MS = 300;
const LATER_MS = 1000;

export class ClientTarget implements Target, Watched {
  readonly isManaged = true;
  readonly #options: ClientTargetOptions;
  #listening: Promise<ListeningTarget> | undefined;
  #url = '';
  #process: TargetProcess | undefined;
  readonly #come: Come[] = [];
  readonly #claimed = new Set<Come>();
  #isRunning = false;
  #turn: Promise<void> | undefined;
  #pass: (() => void) | undefined;
  #wake: (() => void) | undefined;

  constructor(options: ClientTargetOptions) {
    this.#options = options;
    const { port } = parseEndpointUrl(options.listen);
    if (port === 0 && !/\{(?:port|url)\}/.test(options.command)) {
      throw new EngineError(
        'bad-request',
        'The client is not told where to connect: write {port} or {url} into the command that starts it, or listen on a port it knows.',
      );
    }
  }

  // ---- as the target of a campaign -----------------------------------------------------------------------------------------

  async connect({ timeoutMs = LATER_MS }: ConnectHow, events: TargetEvents): Promise<TargetConnection> {
    await this.#listen();
    if (!this.#isRunning) {
      this.#isRunning = true;
      await this.#start();
    }
    const come = await this.#next(Math.max(timeoutMs, LATER_MS));
    this.#claimed.add(come);
    for (const frame of come.frames.splice(0)) events.frame(frame);
    if (come.ending === undefined) come.events = events;
    else events.ended(come.ending);
    return come.live;
  }

  /** One run at a time: others wait for their turn. */
  async began(): Promise<void> {
    while (this.#turn !== undefined) await this.#turn;
    this.#turn = new Promise((resolve) => (this.#pass = resolve));
  }

  /** The run is over: so is the client. */
  async ended(): Promise<void> {
    await this.#end();
    this.#turn = undefined;
    this.#pass?.();
  }

  async #end(): Promise<void> {
    if (!this.#isRunning) return;
    const hasLeft = [...this.#claimed].some(({ ending }) => ending !== undefined);
    if (hasLeft) await this.#process?.exited(LAST_WORDS_MS);
    await this.#process?.stop();
    for (const { live } of [...this.#come, ...this.#claimed]) live.reset();
    this.#come.length = 0;
    this.#claimed.clear();
    this.#isRunning = false;
  }

  async close(): Promise<void> {
    await this.ended();
    await (await this.#listening)?.close();
    this.#listening = undefined;
  }

  async #listen(): Promise<void> {
    const { listen, framing, channels } = this.#options;
    const how = { url: listen, framing, ...(channels === undefined ? {} : { channels }) };
    this.#listening ??= listenTarget(how, (open) => this.#accept(open));
    this.#url = (await this.#listening).url;
  }

  #accept(open: (events: TargetEvents) => TargetConnection): void {
    const frames: TargetFrame[] = [];
    let come: Come | undefined;
    const live = open({
      frame: (frame) => {
        if (come?.events === undefined) frames.push(frame);
        else come.events.frame(frame);
      },
      ended: (ending) => {
        const told = { ...ending, by: BY[ending.by] };
        if (come !== undefined) come.ending = told;
        come?.events?.ended(told);
      },
    });
    come = { live, frames, ending: undefined, events: undefined };
    if (!this.#isRunning) {
      live.reset();
      return;
    }
    this.#come.push(come);
    this.#wake?.();
  }

  async #start(): Promise<void> {
    const { command, startMs, onGroup } = this.#options;
    const { host, port } = parseEndpointUrl(this.#url);
    this.#process ??= new TargetProcess({
      command: command.replaceAll('{port}', String(port)).replaceAll('{host}', host).replaceAll('{url}', this.#url),
      reach: () => Promise.resolve(this.#come.length > 0),
      isCalm: (code) => code === 0,
      what: 'client',
      ...(startMs === undefined ? {} : { startMs }),
      ...(onGroup === undefined ? {} : { onGroup }),
    });
    await this.#process.restart();
  }

  async #next(ms: number): Promise<Come> {
    if (this.#come.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    const come = this.#come.shift();
    if (come === undefined) throw new EngineError('timeout', NOT_COME);
    return come;
  }

  // ---- as what is watched --------------------------------------------------------------------------------------------------

  /** There is a new one for each run: it is never down. */
  readonly isRunning = true;
  restart(): Promise<void> {
    return Promise.resolve();
  }
  isReachable(): Promise<boolean> {
    return Promise.resolve(true);
  }
  memory(): undefined {
    return undefined;
  }
  giveUp(): void {
    this.#process?.giveUp();
  }
  stop(): Promise<void> {
    return this.ended();
  }
  get exits(): number {
    return this.#process?.exits ?? 0;
  }
  get lastExit(): Exit | undefined {
    return this.#process?.lastExit;
  }
  exited(ms: number): Promise<void> {
    return this.#process?.exited(ms) ?? Promise.resolve();
  }
  get lineCount(): number {
    return this.#process?.lineCount ?? 0;
  }
  linesSince(count: number): readonly string[] {
    return this.#process?.linesSince(count) ?? [];
  }
}

/** It may be what the case brought about. */
const NOT_COME = 'The client made no further connection.';
/** From the campaign's side, the client is what is talked to. */
const BY = { client: 'server', server: 'client', error: 'error' } as const;
