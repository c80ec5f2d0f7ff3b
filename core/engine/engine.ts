/**
 * Puts core together: one session, its proxies, its controls, and the verbs that clients call. Knows no protocol by itself
 * and serves no network: the API server and the command line stand on top of it.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type EventName, type Events, type VerbName, type Verbs } from '../contract/verbs.ts';
import type { CertificateAuthority } from '../io/certificate-authority.ts';
import { Following } from '../io/following.ts';
import type { ProxyDeps } from '../io/proxy.ts';
import type { Protocol } from '../protocol/protocol.ts';
import { type Control, createControl } from '../relay/control.ts';
import { type Clock, createDice } from '../traffic/clock.ts';
import type { Carrier } from '../traffic/frame.ts';
import { EngineError } from '../traffic/engine-error.ts';
import { checkArguments } from './arguments.ts';
import { controlVerbs } from './control-verbs.ts';
import { FaultRecord } from './fault-record.ts';
import { EventBoard } from './event-board.ts';
import type { Log } from './log.ts';
import { lookVerbs } from './look-verbs.ts';
import { type CompileProtocol, ProtocolStore } from './protocol-store.ts';
import { Proxies } from './proxies.ts';
import { proxyVerbs } from './proxy-verbs.ts';
import { READER_VERBS, type ReaderVerb } from './reader/reader-messages.ts';
import type { ReaderAnswer } from './reader-client.ts';
import { SessionHolder } from './session-holder.ts';
import { sessionVerbs } from './session-verbs.ts';
import type { WorkerFiles } from './session-threads.ts';
import { Tickets } from './tickets.ts';
import { VERB_ARGUMENTS } from './verb-arguments.ts';

export interface EngineOptions {
  readonly protocols: readonly Protocol[];
  readonly compileProtocol: CompileProtocol;
  readonly workers: WorkerFiles;
  readonly clock: Clock;
  readonly log: Log;
  /** Of Interpose; kept in every session. */
  readonly version: string;
  /** Folder for sessions without a place of their own, and for what outlives a run. */
  readonly home: string;
  /** Seeds the dice of rules and faults. Default 1. */
  readonly seed?: number;
  /** How long held frames wait for a client to come back (a page that reloads) before they go on. Default 5000. */
  readonly attendedMs?: number;
  readonly authority?: () => Promise<CertificateAuthority>;
}

/** Answers a verb. `client` is 0 for the engine's own calls. */
export type VerbHandlers = {
  readonly [V in VerbName]?: (
    args: Verbs[V]['args'],
    client: number,
  ) => Verbs[V]['result'] | Promise<Verbs[V]['result']>;
};

/** Called before a verb is performed; what it returns is awaited once the verb has worked out, before it is answered. */
type VerbListener = (verb: VerbName, args: unknown, client: number) => (() => Promise<void>) | undefined;

const ATTENDED_MS = 5_000;

const READ = new Set<string>(READER_VERBS);

export class Engine {
  readonly options: EngineOptions;
  readonly clock: Clock;
  readonly log: Log;
  readonly control: Control;
  readonly protocols: ProtocolStore;
  readonly proxies: Proxies;
  readonly following: Following;
  /** Open connections that no proxy holds, by their number in the session: sends on them, says the frame's number. */
  readonly guests = new Map<number, (bytes: Uint8Array, carrier?: Partial<Carrier>) => number>();
  readonly session: SessionHolder;
  readonly tickets: Tickets;
  readonly events: EventBoard;
  readonly #handlers = new Map<VerbName, (args: never, client: number) => unknown>();
  readonly #verbListeners: VerbListener[] = [];
  readonly #closers: (() => void | Promise<void>)[] = [];
  readonly #clients = new Set<number>();
  #lastClient = 0;
  #unattended: NodeJS.Timeout | undefined;
  #meter = '';
  #meterTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: EngineOptions) {
    this.options = options;
    this.clock = options.clock;
    this.log = options.log;
    mkdirSync(join(options.home, 'sessions'), { recursive: true });
    this.events = new EventBoard(() => this.clock.now());
    this.tickets = new Tickets(() => this.clock.now());
    this.protocols = new ProtocolStore(options.protocols, options.compileProtocol);
    this.session = new SessionHolder(this);
    const faultRecord = new FaultRecord();
    this.control = createControl({
      clock: this.clock,
      dice: createDice(options.seed ?? 1),
      vocabulary: this.protocols.vocabulary,
      events: {
        held: (frames) => this.events.soon('held', () => frames),
        rules: (status) => this.events.soon('rules', () => status),
        set: () =>
          this.events.soon('controls', () => ({
            breakpoints: this.control.breakpoints(),
            rules: this.control.rules(),
            faults: this.control.faults(),
          })),
        panic: (on) => this.events.tell('panic', { on }),
        decided: (decision) => {
          const { recorder } = this.session;
          if (recorder === undefined) return;
          const { n, by, what } = decision;
          if (this.control.rules().some((rule) => rule.id === by)) recorder.decision('rule', n, by, what);
          else faultRecord.decided(recorder, decision, this.control.faults());
        },
        mark: (n, color, comment) => this.session.recorder?.markInOrder(n, color, comment),
      },
    });
    // Nobody is there yet who could decide about a held frame.
    this.control.setAttended(false);
    this.proxies = new Proxies(
      () => this.#proxyDeps(),
      (spec) => {
        if (spec !== undefined) this.session.noteProxy(spec);
        this.events.soon('proxies', () => this.proxies.list());
      },
    );
    this.following = new Following(this.clock, (spec, from) => this.proxies.follow(spec, from));
    this.register(sessionVerbs(this));
    this.register(lookVerbs(this));
    this.register(proxyVerbs(this));
    this.register(controlVerbs(this));
    this.#meterTimer = setInterval(() => this.#tellMeter(), 500);
    this.#meterTimer.unref();
  }

  // ---- verbs -------------------------------------------------------------------------------------------------------------

  /** Adds verbs, or replaces them. For parts that are built on the engine: replay, fuzzing, exports, the demo. */
  register(handlers: VerbHandlers): void {
    for (const [verb, handler] of Object.entries(handlers)) {
      this.#handlers.set(verb as VerbName, handler as (args: never, client: number) => unknown);
    }
  }

  listenToVerbs(listener: VerbListener): void {
    this.#verbListeners.push(listener);
  }

  /** Called when the engine closes, last registered first. */
  onClose(closer: () => void | Promise<void>): void {
    this.#closers.push(closer);
  }

  /**
   * Performs a verb as a client would ask for it, arguments checked.
   * @param clientRequest the client's number of the request, which row batches carry
   * @throws EngineError
   */
  async perform(verb: string, args: unknown, client: number, clientRequest: number): Promise<ReaderAnswer> {
    if (this.#isClosed) throw new EngineError('cancelled', 'The engine is being closed.');
    if (!Object.hasOwn(VERB_ARGUMENTS, verb)) throw new EngineError('bad-request', `There is no verb ${verb}.`);
    const name = verb as VerbName;
    checkArguments(name, VERB_ARGUMENTS[name], args);
    const handler = this.#handlers.get(name);
    if (handler !== undefined) {
      const after = this.#verbListeners.map((listener) => listener(name, args ?? {}, client));
      const ok = (await handler((args ?? {}) as never, client)) ?? null;
      for (const then of after) await then?.();
      return { ok };
    }
    if (READ.has(name)) return this.#read(name as ReaderVerb, args ?? {}, client, clientRequest);
    throw new EngineError('not-found', `This engine was started without what ${verb} needs.`);
  }

  async #read(verb: ReaderVerb, args: object, client: number, clientRequest: number): Promise<ReaderAnswer> {
    const ask = (): Promise<ReaderAnswer> => this.session.reader.request(verb, args, client, clientRequest);
    try {
      return await ask();
    } catch (error) {
      // A frame has its number, and may be announced as held, a moment before the file has it.
      const { n } = args as { readonly n?: unknown };
      const isOnItsWay = typeof n === 'number' && n <= this.session.info().frames;
      if (!isOnItsWay || !(error instanceof EngineError) || error.code !== 'unknown-frame') throw error;
      await this.session.settle();
      return ask();
    }
  }

  /** A verb for callers in this process. @throws EngineError */
  async call<V extends Exclude<VerbName, 'view.rows'>>(verb: V, args: Verbs[V]['args']): Promise<Verbs[V]['result']> {
    const answer = await this.perform(verb, args, 0, 0);
    return ('ok' in answer ? answer.ok : undefined) as Verbs[V]['result'];
  }

  emit<E extends EventName>(event: E, data: Events[E]): void {
    this.events.tell(event, data);
  }

  notice(severity: Events['notice']['severity'], text: string, action?: string): void {
    if (severity !== 'info') this.log.warn(text);
    else this.log.info(text);
    this.emit('notice', { severity, text, ...(action === undefined ? {} : { action }) });
  }

  // ---- clients -----------------------------------------------------------------------------------------------------------

  /** A client that may hold frames: as long as one is there, held frames wait for it. */
  addClient(): number {
    const client = ++this.#lastClient;
    this.#clients.add(client);
    clearTimeout(this.#unattended);
    this.control.setAttended(true);
    return client;
  }
  /** How many there are. */
  get watchers(): number {
    return this.#clients.size;
  }
  removeClient(client: number): void {
    if (!this.#clients.delete(client)) return;
    this.session.gone(client);
    if (this.#clients.size > 0) return;
    this.#unattended = setTimeout(() => this.control.setAttended(false), this.options.attendedMs ?? ATTENDED_MS);
    this.#unattended.unref();
  }

  // ---- protocols ---------------------------------------------------------------------------------------------------------

  /** Reads the user's protocol files again and decodes history by them. */
  async loadProtocols(paths: readonly string[]): Promise<readonly string[]> {
    const { changed, problems } = this.protocols.load(paths);
    for (const problem of problems) this.notice('problem', problem);
    if (!changed) return problems;
    try {
      this.control.setVocabulary(this.protocols.vocabulary);
    } catch (error) {
      this.notice('warning', `A filter no longer fits the protocols: ${String(error)}`);
    }
    await this.session.setProtocols();
    this.notice('info', 'Protocol files were read again; history is decoded by them.');
    return problems;
  }

  // ---- end ---------------------------------------------------------------------------------------------------------------

  /** Releases what is held, closes proxies and the session; the file is whole afterwards. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#meterTimer);
    clearTimeout(this.#unattended);
    this.control.setPanic(true);
    for (const closer of this.#closers.reverse()) {
      try {
        await closer();
      } catch (error) {
        this.log.failure(error);
      }
    }
    await this.proxies.closeAll();
    await this.session.close();
    this.tickets.close();
    this.events.close();
  }

  #proxyDeps(): ProxyDeps {
    const { authority } = this.options;
    return {
      protocols: this.protocols.protocols,
      sink: this.session.sink,
      clock: this.clock,
      control: this.control,
      follower: this.following,
      recordingFailed: () => this.session.failure !== undefined,
      onChange: () => this.events.soon('proxies', () => this.proxies.list()),
      ...(authority === undefined ? {} : { authority }),
    };
  }

  #tellMeter(): void {
    const meter = this.control.readMeter();
    const text = JSON.stringify(meter);
    if (text === this.#meter) return;
    this.#meter = text;
    this.emit('meter', meter);
  }
}
