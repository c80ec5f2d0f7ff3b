/** What the server says in a run: read, matched with what was expected, kept until its time when it came too early. */
import type { Endpoint } from '../traffic/frame.ts';
import { Expectations, type Match } from './expectations.ts';
import { endpointAt } from './handoff.ts';
import type { LiveItem } from './live-item.ts';
import type { Pause } from './pause.ts';
import type { Expected } from './plan.ts';
import { type RunConnection, wantsAnswer } from './run-connection.ts';
import type { RunRecord } from './run-record.ts';
import type { RunOptions } from './run-types.ts';
import type { TargetFrame } from './target.ts';

/** Messages that came and fit nothing yet; older ones are not looked at again. */
const MAX_EARLY = 256;

type Refuses = (expected: Expected, item: LiveItem) => boolean;

export class Inbox {
  readonly expectations: Expectations;
  /** By the id of the expected message. */
  readonly matches = new Map<number, LiveItem>();
  /** Where handoff messages led, by frame and message of the recording and field. */
  readonly handed = new Map<string, Endpoint>();
  /** Told of every message. */
  readonly listeners: ((item: LiveItem) => void)[] = [];
  /** Counts what came and what ended. */
  happened = 0;
  /** When something came or was sent last, ms since the run began. */
  lastActivity = 0;
  /** Told of every message that was matched. */
  onMatch: () => void = () => undefined;
  readonly #options: RunOptions;
  readonly #record: RunRecord;
  readonly #pause: Pause;
  /** Came and not matched yet. */
  #early: LiveItem[] = [];
  #due = 0;

  constructor(options: RunOptions, record: RunRecord, pause: Pause) {
    this.#options = options;
    this.#record = record;
    this.#pause = pause;
    this.expectations = new Expectations(options.plan.expected);
  }

  came(connection: RunConnection, frame: TargetFrame): void {
    const { clock } = this.#options;
    const { carrier, bytes } = frame;
    const at = this.#record.now();
    this.happened++;
    this.lastActivity = at;
    const n = this.#record.frame(connection, 'toClient', frame, 'wire');
    if ('opcode' in carrier && carrier.opcode !== 'text' && carrier.opcode !== 'binary') return;
    const { id } = connection.recorded.connection;
    const { messages, summary } = connection.conversation.see(bytes, 'toClient');
    messages.forEach((message, index) => {
      const segment = this.#record.sent.length;
      const item: LiveItem = { n, conn: id, index, message, bytes, summary, at, time: clock.wall(), segment };
      this.#record.items.push(item);
      for (const listener of this.listeners) listener(item);
      this.#place(connection, item);
      this.#record.progress({ item });
    });
    this.#pause.wake();
  }

  /** So many messages of the recording are due now: what came before its time, not quite as recorded, may be one of them. */
  moveOn(due: number): void {
    if (due <= this.#due) return;
    const names = this.#early.length === 0 ? undefined : this.expectations.namesBetween(this.#due, due);
    this.#due = due;
    if (names === undefined) return;
    this.#early = this.#early.filter((item) => {
      if (!names.has(item.message.name)) return true;
      const found = this.#match(item);
      if (found !== undefined) this.#matched(found, item);
      return found === undefined;
    });
  }

  #place(connection: RunConnection, item: LiveItem): void {
    const found = connection.isStrict ? this.#match(item, this.#refuses) : this.#match(item);
    if (found !== undefined) this.#matched(found, item);
    else if (wantsAnswer(connection.recorded.protocol, item.message.name)) connection.unanswerable ??= item;
    else this.#keepForLater(item);
  }

  #match(item: LiveItem, refuses?: Refuses): Match | undefined {
    return this.expectations.match(item, this.#due, this.#options.ignores, refuses);
  }

  /** An answer to what concerns somebody else would be the wrong one. */
  readonly #refuses: Refuses = ({ message }, item) =>
    this.#options.bindings.someoneElse(message, item.message) !== undefined;

  #keepForLater(item: LiveItem): void {
    this.#early.push(item);
    if (this.#early.length > MAX_EARLY) this.#early.shift();
  }

  #matched({ expected, displaced }: Match, item: LiveItem): void {
    if (displaced !== undefined) {
      const other = this.#match(displaced);
      if (other === undefined) this.#keepForLater(displaced);
      else this.#matched(other, displaced);
    }
    this.onMatch();
    this.matches.set(expected.id, item);
    const { bindings, plan } = this.#options;
    const { frame, index, message } = expected;
    bindings.observe(frame.n, index, message.fields, item.message.fields);
    const protocol = plan.recording.connections.get(expected.conn)?.protocol;
    bindings.noteIds(message, item.message, protocol?.correlations ?? []);
    for (const handoff of protocol?.handoffs ?? []) {
      if (handoff.message !== message.name) continue;
      const to = endpointAt(item.message.fields, handoff);
      if (to !== undefined) this.handed.set(`${frame.n}/${index}/${handoff.port}`, to);
    }
  }
}
