/**
 * Plays a plan against a target. Every wait has an end: what does not come in time is given up, a connection that no longer
 * follows the recording is left, and the run always comes to its result.
 */
import type { Memory } from '../protocol/protocol.ts';
import { type EndpointUrl, printEndpointUrl, printHostPort } from '../relay/endpoint-url.ts';
import { createMemory } from '../relay/meaning.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Direction, Endpoint, Origin } from '../traffic/frame.ts';
import { Conversation, wireOf } from './conversation.ts';
import { Expectations, type Match } from './expectations.ts';
import { fork } from './fork.ts';
import { endpointAt, handedUrl } from './handoff.ts';
import type { LiveItem } from './live-item.ts';
import type { Expected, Plan, SendStep, Step } from './plan.ts';
import type { RecordedConnection } from './recording.ts';
import { carrierOf, isStream, isStrict, type RunConnection, wantsAnswer } from './run-connection.ts';
import type { Handover, Lost, Progress, RunOptions, RunResult, Sent } from './run-types.ts';
import type { TargetFrame } from './target.ts';

const DEFAULT_TIMEOUT_MS = 5000;
const DEFAULT_SETTLE_MS = 100;
/** After so many messages in a row that did not come, a connection is taken for diverged. */
const MAX_MISSES = 3;
/** What is likely not to come is waited for this part of the time-out. */
const LEAST_PATIENCE = 5;
/** Messages that came and fit nothing yet; older ones are not looked at again. */
const MAX_EARLY = 256;
/** Nothing came for so long: connections that could go on need not wait for the others, ms. */
const STALL_MS = 150;

export class Runner {
  readonly #options: RunOptions;
  readonly #timeoutMs: number;
  readonly #expectations: Expectations;
  readonly #connections = new Map<number, RunConnection>();
  readonly #memory: Memory = createMemory();
  readonly #items: LiveItem[] = [];
  /** By the id of the expected message. */
  readonly #matches = new Map<number, LiveItem>();
  readonly #sent: Sent[] = [];
  readonly #lost = new Map<number, Lost>();
  readonly #leftOpen: number[] = [];
  readonly #notes = new Set<string>();
  readonly #handovers: Handover[] = [];
  /** Came and not matched yet. */
  #early: LiveItem[] = [];
  /** Where handoff messages led, by frame and message of the recording. */
  readonly #handed = new Map<string, Endpoint>();
  /** Names that did not come once: they are waited for less the next time. */
  readonly #missedNames = new Set<string>();
  readonly #toSend: number;
  #misses = 0;
  #allMisses = 0;
  /** The message everything waits for, and since when. */
  #blocking: { readonly id: number; readonly since: number } | undefined;
  /** Counts what came and what ended. */
  #lastCame = 0;
  #lastActivity = 0;
  #hasListened = false;
  readonly #listeners: ((item: LiveItem) => void)[] = [];
  #due = 0;
  #began = 0;
  #isStopped = false;
  #wake: (() => void) | undefined;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#expectations = new Expectations(options.plan.expected);
    this.#toSend = options.plan.steps.filter((step) => step.kind === 'send').length;
  }

  /** Ends the run at once; `run` resolves with what there is. */
  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
  }

  /** @throws EngineError when the first connection cannot be made: nothing was tried then. */
  async run(): Promise<RunResult> {
    const { plan } = this.#options;
    this.#began = this.#options.clock.now();
    let isForked = false;
    try {
      isForked = await this.#playAll();
      if (!this.#isStopped && !isForked) await this.#await(plan.expected.length);
      await this.#settle();
    } finally {
      if (!isForked) for (const connection of this.#connections.values()) this.#leave(connection, false);
    }
    return {
      matches: this.#matches,
      items: this.#items,
      sent: this.#sent,
      lost: [...this.#lost.values()],
      leftOpen: this.#leftOpen,
      notes: [...this.#notes],
      handovers: this.#handovers,
      stopped: this.#isStopped,
      elapsedMs: this.#now(),
      ...(isForked
        ? { open: fork(this.#connections, this.#sent, this.#listeners, (...frame) => this.#record(...frame)) }
        : {}),
    };
  }

  /** Returns the frame's number in the run's own record, 0 when there is none. */
  #record(connection: RunConnection, direction: Direction, frame: TargetFrame, origin: Origin): number {
    const { sink, clock } = this.#options;
    const mono = Math.round(this.#now() * 1000);
    const fixed = {
      conn: connection.recordId,
      direction,
      time: clock.wall(),
      mono,
      origin,
      fate: 'forwarded' as const,
    };
    return sink?.frame({ ...frame, ...fixed }) ?? 0;
  }

  #now(): number {
    return this.#options.clock.now() - this.#began;
  }

  /** True when it ended at `until`, with the connections open. */
  async #playAll(): Promise<boolean> {
    const { plan, pace, until } = this.#options;
    const { steps } = plan;
    const isDone = steps.map(() => false);
    for (let first = 0; !this.#isStopped; ) {
      while (isDone[first] === true) first++;
      const earliest = steps[first];
      if (earliest === undefined) return false;
      this.#moveOn(earliest.after);
      if (pace.kind === 'timed') await this.#wait(() => false, earliest.at / pace.factor - this.#now());
      const index = pace.kind === 'lockstep' ? this.#nextReady(first, isDone) : first;
      if (index === undefined) {
        await this.#await(earliest.after, true);
        continue;
      }
      const step = steps[index]!;
      isDone[index] = true;
      if (!this.#isStopped) await this.#play(step);
      this.#lastActivity = this.#now();
      if (until !== undefined && step.kind === 'send' && step.frame.n >= until) {
        const rest = plan.expected.findIndex((one) => one.frame.n > nextSendAfter(plan, step));
        await this.#await(rest < 0 ? plan.expected.length : rest);
        return true;
      }
    }
    return false;
  }

  /**
   * The earliest step whose time has come. Order over all connections is kept as recorded, but for two cases: where a server
   * asks and clients answer, it is the server who decides whose turn it is; and when nothing moves, a connection that has all
   * it waits for goes on.
   */
  #nextReady(first: number, isDone: readonly boolean[]): number | undefined {
    const { steps } = this.#options.plan;
    if (this.#firstWaiting(steps[first]!.after) === undefined) return first;
    const isStalled = this.#now() - this.#lastActivity >= STALL_MS;
    const seen = new Set<number>();
    for (let i = first; i < steps.length && seen.size < this.#connections.size; i++) {
      const step = steps[i]!;
      if (isDone[i] === true || seen.has(step.conn)) continue;
      seen.add(step.conn);
      const connection = this.#connections.get(step.conn);
      if (connection === undefined || step.kind === 'open' || step.kind === 'closed') continue;
      if (!connection.isStrict && !isStalled) continue;
      if (this.#firstWaiting(step.after, step.conn) === undefined) return i;
    }
    return undefined;
  }

  #moveOn(due: number): void {
    if (due <= this.#due) return;
    const names = this.#early.length === 0 ? undefined : this.#expectations.namesBetween(this.#due, due);
    this.#due = due;
    if (names !== undefined) this.#matchEarly(names);
  }

  #firstWaiting(due: number, conn?: number): Expected | undefined {
    return this.#expectations.firstWaiting(
      due,
      (expected) =>
        expected.isHeartbeat ||
        (conn !== undefined && expected.conn !== conn) ||
        !this.#canCome(this.#connections.get(expected.conn)),
    );
  }

  async #play(step: Step): Promise<void> {
    const { pace } = this.#options;
    const connection = this.#connections.get(step.conn);
    switch (step.kind) {
      case 'open':
        return this.#open(step.conn);
      case 'send':
        if (connection !== undefined && this.#isPlayed(connection)) await this.#send(connection, step);
        return undefined;
      case 'close':
        if (connection !== undefined) {
          if (pace.kind !== 'lockstep') await this.#untilAllOf(step.conn);
          if (step.after === this.#options.plan.expected.length) await this.#listenOn();
          this.#noteLoss(connection);
          this.#leave(connection, step.reset);
        }
        return undefined;
      case 'closed':
        if (connection !== undefined) await this.#awaitEnd(connection);
        return undefined;
      default:
        return step satisfies never;
    }
  }

  // ---- connections -------------------------------------------------------------------------------------------------------

  async #open(conn: number): Promise<void> {
    const { plan, target, clock, sink } = this.#options;
    const recorded = plan.recording.connections.get(conn)!;
    const connection: RunConnection = {
      recorded,
      conversation: new Conversation(recorded, this.#memory),
      isStrict: isStrict(recorded.protocol),
      live: undefined,
      recordId: 0,
      ending: undefined,
      isLeft: false,
      abandoned: undefined,
      unanswerable: undefined,
    };
    this.#connections.set(conn, connection);
    const url = this.#urlOf(recorded);
    if (url === undefined) {
      const { address, port } = recorded.connection.server;
      const text = `the message that hands the client over to ${address}:${port} did not come`;
      this.#give(connection, 'not-connected', text);
      return;
    }
    if (sink !== undefined) {
      connection.recordId = sink.nextConnectionId();
      sink.opened({
        id: connection.recordId,
        transport: url.scheme as 'tcp',
        client: { address: '', port: 0 },
        server: { address: url.host, port: url.port },
        protocol: recorded.protocol?.id ?? '',
        options: recorded.options,
        opened: clock.wall(),
        ...(recorded.connection.role === undefined ? {} : { role: recorded.connection.role }),
        details: { replays: conn },
      });
    }
    try {
      connection.live = await target.connect(
        { url, framing: recorded.framing, timeoutMs: this.#timeoutMs, ...carrierOf(recorded) },
        {
          frame: (frame) => this.#came(connection, frame),
          ended: (ending) => {
            connection.ending = ending;
            this.#lastCame++;
            if (sink !== undefined) sink.closed(connection.recordId, clock.wall(), ending.text);
            this.#wake?.();
          },
        },
      );
    } catch (error) {
      if (sink !== undefined) sink.closed(connection.recordId, clock.wall(), 'connect failed');
      if (this.#sent.length === 0 && this.#items.length === 0) throw error;
      const text = error instanceof EngineError ? error.message : `${printEndpointUrl(url)}: ${String(error)}`;
      this.#give(connection, 'not-connected', text);
    }
  }

  /** Given by the user, or by the message that handed over, or by nobody. */
  #urlOf(recorded: RecordedConnection): EndpointUrl | undefined {
    const { plan, endpoint, fallbackHost = '127.0.0.1' } = this.#options;
    const { connection } = recorded;
    const path = typeof connection.details['path'] === 'string' ? connection.details['path'] : '';
    const handed = plan.handedOver.get(connection.id);
    const given = endpoint(recorded);
    if (handed === undefined || given !== undefined) return given;
    const to = this.#handed.get(`${handed.n}/${handed.index}/${handed.handoff.port}`);
    if (to === undefined) return undefined;
    const url = handedUrl(to, connection.transport, path, fallbackHost);
    this.#handovers.push({
      conn: connection.id,
      what: `${handed.handoff.message}.${handed.handoff.port}`,
      n: handed.n,
      recorded: printHostPort(handed.to.address, handed.to.port),
      live: printHostPort(url.host, url.port),
    });
    return url;
  }

  #isPlayed(connection: RunConnection): boolean {
    return connection.abandoned === undefined && connection.live !== undefined;
  }

  #leave(connection: RunConnection, reset: boolean): void {
    if (connection.isLeft) return;
    connection.isLeft = true;
    if (connection.ending !== undefined) return;
    if (reset) connection.live?.reset();
    else connection.live?.end();
  }

  /** The server closed in the recording: it should now. */
  async #awaitEnd(connection: RunConnection): Promise<void> {
    if (!this.#isPlayed(connection)) return;
    const { id } = connection.recorded.connection;
    const ended = await this.#wait(() => connection.ending !== undefined, this.#timeoutMs);
    if (!ended && !this.#isStopped) this.#leftOpen.push(id);
    this.#leave(connection, false);
  }

  /** A connection that broke before its last answer is told, even if nobody waited for it any more. */
  #noteLoss(connection: RunConnection): void {
    const { ending, isLeft, recorded } = connection;
    if (ending === undefined || isLeft || !this.#expectations.owes(recorded.connection.id)) return;
    this.#give(connection, 'lost', ending.text);
  }

  /** A connection ended or went astray: the rest of its script is not played. */
  #give(connection: RunConnection, how: Lost['how'], text: string): void {
    if (connection.abandoned !== undefined) return;
    connection.abandoned = text;
    const { id } = connection.recorded.connection;
    const { steps } = this.#options.plan;
    const sends = steps.filter((step): step is SendStep => step.kind === 'send' && step.conn === id);
    const sentHere = this.#sent.filter((one) => one.frame.conn === id);
    this.#lost.set(id, {
      conn: id,
      how,
      text,
      after: sentHere.at(-1)?.frame.n ?? 0,
      unsent: sends.length - sentHere.length,
      at: this.#now(),
    });
    this.#leave(connection, false);
  }

  // ---- sending -----------------------------------------------------------------------------------------------------------

  async #send(connection: RunConnection, { frame }: SendStep): Promise<void> {
    if (connection.ending !== undefined) {
      this.#give(connection, 'lost', connection.ending.text);
      return;
    }
    const { bindings, edit, payloads } = this.#options;
    // Values it needs must have come, whatever the pace.
    const lacks = (): boolean => frame.messages.some((_m, index) => bindings.missingFor(frame.n, index).length > 0);
    if (lacks()) await this.#wait(() => !lacks() || connection.ending !== undefined, this.#timeoutMs);
    const given = payloads?.get(frame.n);
    let bytes = given ?? frame.bytes;
    if (given === undefined) {
      const replacements = frame.messages.map((message, index) => [
        ...bindings.replacements(frame.n, index, message.fields),
        ...(index === 0 ? (edit?.(frame, message) ?? []) : []),
      ]);
      if (replacements.some((list) => list.length > 0)) {
        const written = connection.conversation.rewrite(frame, replacements);
        bytes = written.bytes;
        for (const path of written.failed) {
          this.#notes.add(
            `${path} of ${frame.messages[0]?.name ?? 'a message'} could not be written anew; it was sent as recorded.`,
          );
        }
      }
    }
    const wire = wireOf(connection.recorded, frame, bytes);
    connection.live?.send({ bytes, carrier: frame.carrier, ...(isStream(connection) ? { wire } : {}) });
    connection.conversation.see(bytes, 'toServer');
    const isAsRecorded = bytes === frame.bytes;
    const around = { head: isAsRecorded ? frame.head : NONE, tail: isAsRecorded ? frame.tail : NONE };
    const n = this.#record(
      connection,
      'toServer',
      { bytes, ...around, carrier: frame.carrier, expert: [] },
      'replayed',
    );
    this.#sent.push({ frame, at: this.#now(), bytes, n });
    this.#progress({ frame });
  }

  // ---- receiving ---------------------------------------------------------------------------------------------------------

  #came(connection: RunConnection, frame: TargetFrame): void {
    const { clock, ignores } = this.#options;
    const { carrier, bytes } = frame;
    const at = this.#now();
    this.#lastCame++;
    this.#lastActivity = at;
    const n = this.#record(connection, 'toClient', frame, 'wire');
    if ('opcode' in carrier && carrier.opcode !== 'text' && carrier.opcode !== 'binary') return;
    const { id } = connection.recorded.connection;
    const { messages, summary } = connection.conversation.see(bytes, 'toClient');
    messages.forEach((message, index) => {
      const segment = this.#sent.length;
      const item: LiveItem = { n, conn: id, index, message, bytes, summary, at, time: clock.wall(), segment };
      this.#items.push(item);
      for (const listener of this.#listeners) listener(item);
      const found = this.#expectations.match(item, this.#due, ignores, connection.isStrict ? this.#refuses : undefined);
      if (found !== undefined) this.#matched(found, item);
      else if (wantsAnswer(connection.recorded.protocol, message.name)) connection.unanswerable ??= item;
      else this.#keepForLater(item);
      this.#progress({ item });
    });
    this.#wake?.();
  }

  /** What came before its time, not quite as recorded, may be what is due now. */
  #matchEarly(names: ReadonlySet<string | null>): void {
    const { ignores } = this.#options;
    this.#early = this.#early.filter((item) => {
      if (!names.has(item.message.name)) return true;
      const found = this.#expectations.match(item, this.#due, ignores);
      if (found !== undefined) this.#matched(found, item);
      return found === undefined;
    });
  }

  readonly #refuses = ({ message }: Expected, item: LiveItem): boolean =>
    this.#options.bindings.someoneElse(message, item.message) !== undefined;

  #keepForLater(item: LiveItem): void {
    this.#early.push(item);
    if (this.#early.length > MAX_EARLY) this.#early.shift();
  }

  #matched({ expected, displaced }: Match, item: LiveItem): void {
    if (displaced !== undefined) {
      const other = this.#expectations.match(displaced, this.#due, this.#options.ignores);
      if (other === undefined) this.#keepForLater(displaced);
      else this.#matched(other, displaced);
    }
    this.#misses = 0;
    this.#matches.set(expected.id, item);
    const { frame, index, message } = expected;
    this.#options.bindings.observe(frame.n, index, message.fields, item.message.fields);
    const protocol = this.#options.plan.recording.connections.get(expected.conn)?.protocol;
    this.#options.bindings.noteIds(message, item.message, protocol?.correlations ?? []);
    for (const handoff of protocol?.handoffs ?? []) {
      if (handoff.message !== message.name) continue;
      const to = endpointAt(item.message.fields, handoff);
      if (to !== undefined) this.#handed.set(`${frame.n}/${index}/${handoff.port}`, to);
    }
  }

  // ---- waiting -----------------------------------------------------------------------------------------------------------

  /**
   * Waits until the first `due` messages of the recording have come or are given up; with `once`, until anything happens that
   * may let the play go on.
   */
  async #await(due: number, once = false): Promise<void> {
    this.#moveOn(due);
    for (;;) {
      const expected = this.#firstWaiting(due);
      if (expected === undefined || this.#isStopped) return;
      const connection = this.#connections.get(expected.conn)!;
      if (this.#blocking?.id !== expected.id) this.#blocking = { id: expected.id, since: this.#now() };
      // A server that says nothing at all keeps nobody waiting twice.
      const since = Math.min(this.#blocking.since, this.#lastActivity);
      const left = since + this.#patienceFor(expected) - this.#now();
      const untilStalled = this.#lastActivity + STALL_MS - this.#now();
      const came = this.#lastCame;
      const happened = (): boolean => this.#lastCame !== came;
      if (!this.#isGone(connection) && left > 0) {
        await this.#wait(happened, once && untilStalled > 0 ? Math.min(left, untilStalled) : left);
        if (once) return;
        continue;
      }
      if (connection.ending !== undefined) {
        if (!connection.isLeft) this.#give(connection, 'lost', connection.ending.text);
      } else if (connection.unanswerable !== undefined) {
        this.#give(connection, 'diverged', noAnswer(connection.unanswerable, expected));
      } else this.#missed(expected, connection);
      if (once) return;
    }
  }

  #isGone(connection: RunConnection): boolean {
    return connection.ending !== undefined || connection.unanswerable !== undefined;
  }

  #missed(expected: Expected, connection: RunConnection): void {
    this.#expectations.giveUp(expected);
    this.#missedNames.add(`${expected.conn}/${expected.message.name}`);
    this.#misses++;
    this.#allMisses++;
    if (this.#misses < MAX_MISSES && !connection.isStrict) return;
    const name = expected.message.name ?? 'a message that was not understood';
    const text = connection.isStrict
      ? `the server did not say ${name}`
      : `${this.#misses} messages in a row did not come, the last one ${name}`;
    this.#give(connection, 'diverged', text);
    this.#misses = 0;
  }

  #canCome(connection: RunConnection | undefined): boolean {
    return (
      connection !== undefined &&
      connection.abandoned === undefined &&
      connection.live !== undefined &&
      connection.ending === undefined
    );
  }

  async #untilAllOf(conn: number): Promise<void> {
    const { expected } = this.#options.plan;
    const last = expected.findLast((one) => one.conn === conn);
    if (last !== undefined) await this.#await(last.id + 1);
  }

  /**
   * What did not come once is waited for less, as is everything when much has not come: pushes that depend on chance must not
   * cost the time-out each time.
   */
  #patienceFor({ conn, message: { name } }: Expected): number {
    const least = this.#timeoutMs / LEAST_PATIENCE;
    if (this.#options.loose?.has(name ?? '') === true || this.#missedNames.has(`${conn}/${name}`)) return least;
    return Math.max(least, this.#timeoutMs / (1 + this.#allMisses / 2));
  }

  /** All has come that was recorded: more may follow. Waited for once, before the first of the last connections is left. */
  async #listenOn(): Promise<void> {
    if (this.#hasListened || this.#isStopped) return;
    this.#hasListened = true;
    await this.#wait(() => false, this.#options.settleMs ?? DEFAULT_SETTLE_MS);
  }

  /** What was on its way when we left still comes, until the server has closed, too. */
  async #settle(): Promise<void> {
    for (const connection of this.#connections.values()) this.#noteLoss(connection);
    if (this.#isStopped) return;
    const isAnyOpen = (): boolean =>
      [...this.#connections.values()].some((one) => one.live !== undefined && one.ending === undefined);
    await this.#wait(() => !isAnyOpen(), this.#options.settleMs ?? DEFAULT_SETTLE_MS);
  }

  /** True as soon as `ready` holds, false when the time is over or the run was stopped. */
  #wait(ready: () => boolean, ms: number): Promise<boolean> {
    if (ready()) return Promise.resolve(true);
    if (this.#isStopped || ms <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const done = (result: boolean): void => {
        callOff();
        this.#wake = undefined;
        resolve(result);
      };
      const callOff = this.#options.timer.after(ms, () => done(ready()));
      this.#wake = () => {
        if (ready()) done(true);
        else if (this.#isStopped) done(false);
      };
    });
  }

  #progress(what: Omit<Progress, 'sent' | 'toSend'>): void {
    this.#options.onProgress?.({ sent: this.#sent.length, toSend: this.#toSend, ...what });
  }
}

const NONE = new Uint8Array(0);

function noAnswer({ message, summary }: LiveItem, { message: wanted, frame }: Expected): string {
  const isSameName = message.name === wanted.name;
  const name = (one: string | null, said: string): string =>
    `${one ?? 'a message that was not understood'}${isSameName && said !== '' ? ` (${said})` : ''}`;
  return `the server said ${name(message.name, summary)} where the recording has ${name(wanted.name, frame.summary)}; no recorded answer fits`;
}

/** Number of the last frame before the client speaks again. */
function nextSendAfter(plan: Plan, step: SendStep): number {
  const next = plan.steps.find((one): one is SendStep => one.kind === 'send' && one.frame.n > step.frame.n);
  return next === undefined ? Infinity : next.frame.n - 1;
}
