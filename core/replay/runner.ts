/**
 * Plays a plan against a target. Every wait has an end: what does not come in time is given up, a connection that no longer
 * follows the recording is left, and the run always comes to its result.
 */
import { formatPath } from '../schema/path.ts';
import { wireOf } from './conversation.ts';
import { fork } from './fork.ts';
import { Inbox } from './inbox.ts';
import type { LiveItem } from './live-item.ts';
import { Patience } from './patience.ts';
import { Pause } from './pause.ts';
import type { Expected, Plan, SendStep, Step } from './plan.ts';
import type { RecordedFrame } from './recording.ts';
import { isStream, type RunConnection } from './run-connection.ts';
import { RunConnections } from './run-connections.ts';
import { RunRecord } from './run-record.ts';
import type { RunOptions, RunResult } from './run-types.ts';

const DEFAULT_TIMEOUT_MS = 5000;
const DEFAULT_SETTLE_MS = 100;
/**
 * Nothing came for so long: connections that could go on need not wait for the others. A part of the time-out, as a server that
 * is only slow must not be taken for one that has gone another way; at least so many ms.
 */
const STALL_PART = 10;
const LEAST_STALL_MS = 150;
const NONE = new Uint8Array(0);

export class Runner {
  readonly #options: RunOptions;
  readonly #timeoutMs: number;
  readonly #settleMs: number;
  readonly #stallMs: number;
  readonly #pause: Pause;
  readonly #record: RunRecord;
  readonly #inbox: Inbox;
  readonly #connections: RunConnections;
  readonly #patience: Patience;
  /** The message everything waits for, and since when. */
  #blocking: { readonly id: number; readonly since: number } | undefined;
  #hasListened = false;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#settleMs = options.settleMs ?? DEFAULT_SETTLE_MS;
    this.#stallMs = Math.max(LEAST_STALL_MS, this.#timeoutMs / STALL_PART);
    this.#pause = new Pause(options.timer);
    this.#record = new RunRecord(options);
    this.#inbox = new Inbox(options, this.#record, this.#pause);
    this.#connections = new RunConnections(options, this.#timeoutMs, this.#record, this.#inbox, this.#pause);
    this.#patience = new Patience(this.#timeoutMs, options.loose);
    this.#inbox.onMatch = () => this.#patience.came();
  }

  /** Ends the run at once; `run` resolves with what there is. */
  stop(): void {
    this.#pause.stop();
  }

  /** @throws EngineError when the first connection cannot be made: nothing was tried then. */
  async run(): Promise<RunResult> {
    const { plan } = this.#options;
    this.#record.begin();
    let isForked = false;
    try {
      isForked = await this.#playAll();
      if (!this.#pause.isStopped && !isForked) await this.#await(plan.expected.length);
      await this.#settle();
    } finally {
      if (!isForked) this.#connections.leaveAll();
    }
    const { items, sent, lost, leftOpen, notes, handovers } = this.#record;
    const record: Parameters<typeof fork>[3] = (...frame) => this.#record.frame(...frame);
    return {
      matches: this.#inbox.matches,
      items,
      sent,
      lost: [...lost.values()],
      leftOpen,
      notes: [...notes],
      handovers,
      stopped: this.#pause.isStopped,
      elapsedMs: this.#record.now(),
      ...(isForked ? { open: fork(this.#connections.all, sent, this.#inbox.listeners, record) } : {}),
    };
  }

  // ---- order ---------------------------------------------------------------------------------------------------------------

  /** True when it ended at `until`, with the connections open. */
  async #playAll(): Promise<boolean> {
    const { plan, pace, until } = this.#options;
    const { steps } = plan;
    const isDone = steps.map(() => false);
    for (let first = 0; !this.#pause.isStopped; ) {
      while (isDone[first] === true) first++;
      const earliest = steps[first];
      if (earliest === undefined) return false;
      this.#inbox.moveOn(earliest.after);
      if (pace.kind === 'timed') await this.#pause.for(earliest.at / pace.factor - this.#record.now());
      const index = pace.kind === 'lockstep' ? this.#nextReady(first, isDone) : first;
      if (index === undefined) {
        await this.#await(earliest.after, true);
        continue;
      }
      const step = steps[index]!;
      isDone[index] = true;
      if (!this.#pause.isStopped) await this.#play(step);
      this.#inbox.lastActivity = this.#record.now();
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
    const { all } = this.#connections;
    if (this.#firstWaiting(steps[first]!.after) === undefined) return first;
    const isStalled = this.#record.now() - this.#inbox.lastActivity >= this.#stallMs;
    const seen = new Set<number>();
    for (let i = first; i < steps.length && seen.size < all.size; i++) {
      const step = steps[i]!;
      if (isDone[i] === true || seen.has(step.conn)) continue;
      seen.add(step.conn);
      const connection = all.get(step.conn);
      if (connection === undefined || step.kind === 'open' || step.kind === 'closed') continue;
      if (!connection.isStrict && !isStalled) continue;
      if (this.#firstWaiting(step.after, step.conn) === undefined) return i;
    }
    return undefined;
  }

  /** First of so many expected messages that may still come, on one connection or on any. */
  #firstWaiting(due: number, conn?: number): Expected | undefined {
    return this.#inbox.expectations.firstWaiting(
      due,
      (expected) =>
        expected.isHeartbeat ||
        (conn !== undefined && expected.conn !== conn) ||
        !this.#connections.canHear(expected.conn),
    );
  }

  async #play(step: Step): Promise<void> {
    if (step.kind === 'open') return this.#connections.open(step.conn);
    const connection = this.#connections.all.get(step.conn);
    if (connection === undefined) return undefined;
    switch (step.kind) {
      case 'send':
        return this.#connections.isPlayed(connection) ? this.#send(connection, step) : undefined;
      case 'close':
        return this.#close(connection, step.after, step.reset);
      case 'closed':
        return this.#connections.awaitEnd(connection);
      default:
        return step satisfies never;
    }
  }

  // ---- sending and leaving -------------------------------------------------------------------------------------------------

  async #send(connection: RunConnection, { frame }: SendStep): Promise<void> {
    if (connection.ending !== undefined) {
      this.#connections.give(connection, 'lost', connection.ending.text);
      return;
    }
    const { bindings } = this.#options;
    // Values it needs must have come, whatever the pace.
    const lacks = (): boolean => frame.messages.some((_m, index) => bindings.missingFor(frame.n, index).length > 0);
    if (lacks()) await this.#pause.until(() => !lacks() || connection.ending !== undefined, this.#timeoutMs);
    const bytes = this.#payloadOf(connection, frame);
    const wire = wireOf(connection.recorded, frame, bytes);
    connection.live?.send({ bytes, carrier: frame.carrier, ...(isStream(connection) ? { wire } : {}) });
    connection.conversation.see(bytes, 'toServer');
    const isAsRecorded = bytes === frame.bytes;
    const around = { head: isAsRecorded ? frame.head : NONE, tail: isAsRecorded ? frame.tail : NONE };
    const sent = { bytes, ...around, carrier: frame.carrier, expert: [] };
    const n = this.#record.frame(connection, 'toServer', sent, 'replayed');
    this.#record.sent.push({ frame, at: this.#record.now(), bytes, n });
    this.#record.progress({ frame });
  }

  /** As given, or as recorded with what the new server issued in place of what the recorded one had. */
  #payloadOf(connection: RunConnection, frame: RecordedFrame): Uint8Array {
    const { bindings, edit, payloads } = this.#options;
    const given = payloads?.get(frame.n);
    if (given !== undefined) return given;
    const replacements = frame.messages.map((message, index) => {
      const edits = edit?.(frame, message) ?? [];
      const edited = new Set(edits.map((one) => formatPath(one.path)));
      const bound = bindings.replacements(frame.n, index, message.fields);
      return [...bound.filter((one) => !edited.has(formatPath(one.path))), ...edits];
    });
    if (replacements.every((list) => list.length === 0)) return frame.bytes;
    const { bytes, failed } = connection.conversation.rewrite(frame, replacements);
    const name = frame.messages[0]?.name ?? 'a message';
    for (const path of failed) {
      this.#record.notes.add(`${path} of ${name} could not be written anew; it was sent as recorded.`);
    }
    return bytes;
  }

  async #close(connection: RunConnection, after: number, reset: boolean): Promise<void> {
    const { pace, plan } = this.#options;
    const { id } = connection.recorded.connection;
    if (pace.kind !== 'lockstep') {
      const last = plan.expected.findLast((one) => one.conn === id);
      if (last !== undefined) await this.#await(last.id + 1);
    }
    // All has come that was recorded: more may follow. Waited for once, before the first of the last connections is left.
    if (after === plan.expected.length && !this.#hasListened) {
      this.#hasListened = true;
      await this.#pause.for(this.#settleMs);
    }
    this.#connections.noteLoss(connection);
    this.#connections.leave(connection, reset);
  }

  // ---- waiting -------------------------------------------------------------------------------------------------------------

  /**
   * Waits until the first `due` messages of the recording have come or are given up; with `once`, until anything happens that
   * may let the play go on.
   */
  async #await(due: number, once = false): Promise<void> {
    this.#inbox.moveOn(due);
    for (;;) {
      const expected = this.#firstWaiting(due);
      if (expected === undefined || this.#pause.isStopped) return;
      const connection = this.#connections.all.get(expected.conn)!;
      const now = this.#record.now();
      if (this.#blocking?.id !== expected.id) this.#blocking = { id: expected.id, since: now };
      const { lastActivity } = this.#inbox;
      // A server that says nothing at all keeps nobody waiting twice.
      const left = Math.min(this.#blocking.since, lastActivity) + this.#patience.for(expected) - now;
      const untilStalled = lastActivity + this.#stallMs - now;
      if (connection.unanswerable === undefined && left > 0) {
        const before = this.#inbox.happened;
        const ms = once && untilStalled > 0 ? Math.min(left, untilStalled) : left;
        await this.#pause.until(() => this.#inbox.happened !== before, ms);
      } else this.#giveUp(expected, connection);
      if (once) return;
    }
  }

  #giveUp(expected: Expected, connection: RunConnection): void {
    if (connection.unanswerable !== undefined) {
      this.#connections.give(connection, 'diverged', noAnswer(connection.unanswerable, expected));
      return;
    }
    this.#inbox.expectations.giveUp(expected);
    const reason = this.#patience.missed(expected, connection.isStrict);
    if (reason !== undefined) this.#connections.give(connection, 'diverged', reason);
  }

  /** What was on its way when we left still comes, until the server has closed, too. */
  async #settle(): Promise<void> {
    for (const connection of this.#connections.all.values()) this.#connections.noteLoss(connection);
    await this.#pause.until(() => !this.#connections.isAnyOpen, this.#settleMs);
  }
}

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
