/**
 * A client under test: a listener for each server it goes to, and a process of its own for each run. Seen from a campaign it is
 * as a server would be: connecting starts the client and waits until it comes to that listener.
 */
import type { Exit, Watched } from '../fuzz/world.ts';
import type { Framing } from '../protocol/framing.ts';
import { type EndpointUrl, parseEndpointUrl } from '../relay/endpoint-url.ts';
import type { ConnectHow, Ending, Target, TargetConnection, TargetEvents, TargetFrame } from '../replay/target.ts';
import { EngineError } from '../traffic/engine-error.ts';
import { type ListeningTarget, listenTarget } from './target-listen.ts';
import type { KeyPair } from './certificate-authority.ts';
import { commandFor } from './client-command.ts';
import { TargetProcess } from './target-process.ts';

export interface ClientServer {
  /** `host:port` first, then the shorter ways to name it. */
  readonly names: readonly string[];
  /** Where it is listened for the client; port 0: any. */
  readonly url: string;
  readonly framing: Framing;
  readonly channels?: number;
  /** A message says where it is. */
  readonly isTold: boolean;
}

export interface ClientTargetOptions {
  /** Shell command; see `commandFor`. */
  readonly command: string;
  /** The first is the one the client begins with. */
  readonly servers: readonly ClientServer[];
  /** On tls and wss: key and certificate for a host. */
  readonly certificate?: (host: string) => Promise<KeyPair>;
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

/** Where a client comes to. */
interface Door {
  readonly listening: ListeningTarget;
  readonly url: EndpointUrl;
  readonly come: Come[];
  wake: (() => void) | undefined;
  /** How often somebody came, and how long that was waited for at the most, ms. */
  times: number;
  slowestMs: number;
}

/** A client that hangs up is about to exit, if it does. */
const LAST_WORDS_MS = 300;
/** One that hung up somewhere and stays elsewhere most often just went on. */
const GOING_ON_MS = 60;
const LATER_MS = 1000;
/** Once it is known how long clients take to come here: so many times as long, and never less than so many ms. */
const KNOWN = { times: 3, stretch: 8, leastMs: 400 };
/** What a client that has ended said last may still be on its way. */
const ON_ITS_WAY_MS = 30;

export class ClientTarget implements Target, Watched {
  readonly isManaged = true;
  readonly #options: ClientTargetOptions;
  readonly #doors: Door[] = [];
  #process: TargetProcess | undefined;
  readonly #claimed = new Set<Come>();
  #isRunning = false;
  #turn: Promise<void> | undefined;
  #pass: (() => void) | undefined;

  private constructor(options: ClientTargetOptions) {
    this.#options = options;
  }

  /** @throws EngineError as listening does, and `bad-request` where the client is not told where to go */
  static async open(options: ClientTargetOptions): Promise<ClientTarget> {
    const client = new ClientTarget(options);
    // What is wrong with the command is told before anything is opened.
    commandFor(options.command, options.servers);
    try {
      for (const server of options.servers) await client.#listen(server);
    } catch (error) {
      await client.close();
      throw error;
    }
    return client;
  }

  /** Where each server is listened for, in the order they were given. */
  get urls(): readonly EndpointUrl[] {
    return this.#doors.map(({ url }) => url);
  }

  // ---- as the target of a campaign -----------------------------------------------------------------------------------------

  async connect({ url, timeoutMs = LATER_MS }: ConnectHow, events: TargetEvents): Promise<TargetConnection> {
    const door = this.#doors.find((one) => one.url.port === url.port && one.url.host === url.host);
    if (door === undefined) throw new EngineError('bad-request', `The client is not listened for at port ${url.port}.`);
    if (!this.#isRunning) {
      this.#isRunning = true;
      await this.#start();
    }
    const come = await this.#next(door, Math.max(timeoutMs, LATER_MS));
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
    await this.#lastWords();
    await this.#process?.stop();
    for (const { live } of [...this.#claimed, ...this.#doors.flatMap(({ come }) => come.splice(0))]) live.reset();
    this.#claimed.clear();
    this.#isRunning = false;
  }

  /** Who has left may be about to end, with a code that tells. */
  async #lastWords(): Promise<void> {
    const made = (): Come[] => [...this.#claimed, ...this.#doors.flatMap(({ come }) => come)];
    const hasLeft = (one: Come): boolean => one.ending !== undefined;
    if (!made().some(hasLeft)) return;
    if (!made().every(hasLeft)) await this.#process?.exited(GOING_ON_MS);
    if (made().every(hasLeft)) await this.#process?.exited(LAST_WORDS_MS);
  }

  async close(): Promise<void> {
    await this.ended();
    await Promise.all(this.#doors.splice(0).map(({ listening }) => listening.close()));
  }

  async #listen(server: ClientServer): Promise<void> {
    const { url, framing, channels } = server;
    const { certificate } = this.#options;
    const how = {
      url,
      framing,
      isRaw: true,
      ...(channels === undefined ? {} : { channels }),
      ...(certificate === undefined ? {} : { certificate: () => certificate(parseEndpointUrl(url).host) }),
    };
    const come: Come[] = [];
    const listening = await listenTarget(how, (open) => this.#accept(door, open));
    const door: Door = {
      listening,
      url: parseEndpointUrl(listening.url),
      come,
      wake: undefined,
      times: 0,
      slowestMs: 0,
    };
    this.#doors.push(door);
  }

  #accept(door: Door, open: (events: TargetEvents) => TargetConnection): void {
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
    door.come.push(come);
    door.wake?.();
  }

  async #start(): Promise<void> {
    const { command, servers, startMs, onGroup } = this.#options;
    this.#process ??= new TargetProcess({
      command: commandFor(command, servers, this.urls),
      reach: () => Promise.resolve(this.#doors.some(({ come }) => come.length > 0)),
      isCalm: (code) => code === 0,
      what: 'client',
      ...(startMs === undefined ? {} : { startMs }),
      ...(onGroup === undefined ? {} : { onGroup }),
    });
    await this.#process.restart();
  }

  async #next(door: Door, ms: number): Promise<Come> {
    const began = performance.now();
    if (door.come.length === 0) {
      const isKnown = door.times >= KNOWN.times;
      await this.#coming(door, isKnown ? Math.min(ms, Math.max(KNOWN.leastMs, door.slowestMs * KNOWN.stretch)) : ms);
    }
    const come = door.come.shift();
    if (come === undefined) throw new EngineError('timeout', NOT_COME);
    door.times += 1;
    door.slowestMs = Math.max(door.slowestMs, performance.now() - began);
    return come;
  }

  /** Resolves when somebody has come, or nobody will. */
  async #coming(door: Door, ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      let timer = setTimeout(resolve, ms);
      door.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      void this.#process?.exited(ms).then(() => {
        clearTimeout(timer);
        timer = setTimeout(resolve, ON_ITS_WAY_MS);
      });
    });
    door.wake = undefined;
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
