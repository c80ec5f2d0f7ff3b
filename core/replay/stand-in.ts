/**
 * A server made of a recording: it answers real clients as the recorded one answered. What a client says is matched by message
 * and by the fields that are not volatile; values the client chose are put where the recorded client's stood.
 */
import type { Memory } from '../protocol/protocol.ts';
import { createMemory } from '../relay/meaning.ts';
import { formatPath } from '../schema/path.ts';
import type { Clock } from '../traffic/clock.ts';
import type { Endpoint } from '../traffic/frame.ts';
import { BindingTable, type Replacement } from './binding-table.ts';
import { compareMessages, type FieldDifference, type Ignores } from './compare.ts';
import { compareBytes } from './differences.ts';
import { Conversation, type Understood, wireOf } from './conversation.ts';
import { endpointAt } from './handoff.ts';
import type { Timer } from './pace.ts';
import { type FoundBinding, findBindings } from './rebinding.ts';
import type { RecordedConnection, RecordedFrame, Recording } from './recording.ts';
import { type Deed, type Script, scriptsOf } from './stand-in-script.ts';
import type { TargetConnection, TargetEvents } from './target.ts';

/** What to do with a message that was not recorded. */
export type UnmatchedPolicy = 'nearest' | 'ignore' | 'close';

export type StandInEvent =
  | { readonly kind: 'connected' | 'gone'; readonly conn: number }
  | { readonly kind: 'matched'; readonly conn: number; readonly message: string; readonly n: number }
  | {
      readonly kind: 'unmatched';
      readonly conn: number;
      readonly message: string;
      /** The recorded frame it was answered as; absent: it was not answered. */
      readonly nearest?: number;
      readonly differences: readonly FieldDifference[];
    };

export interface StandInOptions {
  readonly recording: Recording;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly unmatched?: UnmatchedPolicy;
  /** Where a recorded server is stood in for: rewrites handoffs. */
  readonly addressOf?: (server: Endpoint) => Endpoint | undefined;
  readonly onEvent?: (event: StandInEvent) => void;
}

/** How far ahead of its place in the recording a message may be matched exactly. */
const LOOKAHEAD = 16;

/** One visit of the recorded clients: each recorded connection is played at most once in it. */
class World {
  readonly plays = new Map<number, Play>();
  readonly bindings: BindingTable;
  readonly memory: Memory = createMemory();
  /** Client frames that came, by number, and when. */
  readonly came = new Set<number>();

  constructor(bindings: readonly FoundBinding[]) {
    this.bindings = new BindingTable(bindings);
  }
  get isOver(): boolean {
    return this.plays.size > 0 && [...this.plays.values()].every((play) => play.isGone);
  }
}

export class StandIn {
  readonly options: StandInOptions;
  readonly scripts: ReadonlyMap<number, Script>;
  /** Deeds by the number of the client frame that triggers them. */
  readonly triggered = new Map<number, Deed[]>();
  readonly #bindings: readonly FoundBinding[];
  readonly #worlds: World[] = [];

  constructor(options: StandInOptions) {
    this.options = options;
    this.scripts = scriptsOf(options.recording);
    this.#bindings = findBindings(options.recording, 'toServer');
    for (const { deeds } of this.scripts.values()) {
      for (const deed of deeds) {
        if (deed.trigger === undefined) continue;
        const list = this.triggered.get(deed.trigger.n);
        if (list === undefined) this.triggered.set(deed.trigger.n, [deed]);
        else list.push(deed);
      }
    }
  }

  get bindings(): readonly FoundBinding[] {
    return this.#bindings;
  }

  /**
   * A client came to the stand-in of a recorded server.
   * @param conns the recorded connections to that server
   */
  accept(conns: readonly number[], open: (events: TargetEvents) => TargetConnection): void {
    const { world, conn } = this.#place(conns);
    const play = new Play(this, world, conn, conns);
    world.plays.set(conn, play);
    play.begin(open);
  }

  /** The first recorded connection that nobody plays in the present visit, or else in a new one. */
  #place(conns: readonly number[]): { world: World; conn: number } {
    const present = this.#worlds.at(-1);
    const free = present === undefined ? undefined : conns.find((conn) => !present.plays.has(conn));
    if (present !== undefined && free !== undefined) return { world: present, conn: free };
    return { world: this.#newWorld(), conn: conns[0]! };
  }

  #newWorld(): World {
    // Visits that are over are kept only as long as they may be needed to tell a new one.
    while (this.#worlds[0]?.isOver === true) this.#worlds.shift();
    const world = new World(this.#bindings);
    this.#worlds.push(world);
    return world;
  }

  /** A client's first words fit another recorded connection better: the play moves there, if what was said so far allows. */
  reassign(play: Play, fits: (script: Script) => boolean): void {
    const { world } = play;
    const said = prefixOf(this.scripts.get(play.conn)!);
    const alike = (conn: number): boolean =>
      prefixOf(this.scripts.get(conn)!) === said && fits(this.scripts.get(conn)!);
    const here = play.conns.find((conn) => !world.plays.has(conn) && alike(conn));
    if (here !== undefined) {
      play.move(world, here);
      return;
    }
    // Nobody else is in this visit any more: the client begins a new one.
    const others = [...world.plays.values()].filter((one) => one !== play && !one.isGone);
    const fresh = play.conns.find((conn) => alike(conn));
    if (fresh !== undefined && others.length === 0) play.move(this.#newWorld(), fresh);
  }
}

/** What the server says before the client does, as a text to compare by. */
function prefixOf(script: Script): string {
  return script.deeds
    .filter((deed) => deed.trigger === undefined)
    .map((deed) => (deed.frame === undefined ? 'end' : String(deed.frame.bytes)))
    .join('|');
}

/** One live connection, played as one recorded connection. */
class Play {
  world: World;
  conn: number;
  readonly conns: readonly number[];
  isGone = false;
  readonly #standIn: StandIn;
  #recorded: RecordedConnection;
  #script: Script;
  #conversation: Conversation;
  #live: TargetConnection | undefined;
  /** Positions in the script's client frames that came or were passed over. */
  readonly #done = new Set<number>();
  /** What is to be done, by due time. */
  readonly #queue: { readonly deed: Deed; readonly due: number }[] = [];
  #lastReplyDue = 0;
  #callOff: (() => void) | undefined;
  #hasSpoken = false;

  constructor(standIn: StandIn, world: World, conn: number, conns: readonly number[]) {
    this.#standIn = standIn;
    this.world = world;
    this.conn = conn;
    this.conns = conns;
    this.#recorded = standIn.options.recording.connections.get(conn)!;
    this.#script = standIn.scripts.get(conn)!;
    this.#conversation = new Conversation(this.#recorded, world.memory);
  }

  begin(open: (events: TargetEvents) => TargetConnection): void {
    this.#live = open({
      frame: ({ bytes, carrier }) => {
        if ('opcode' in carrier && carrier.opcode !== 'text' && carrier.opcode !== 'binary') return;
        this.#heard(bytes);
      },
      ended: () => {
        this.isGone = true;
        this.#callOff?.();
        this.#tell({ kind: 'gone', conn: this.conn });
      },
    });
    this.#tell({ kind: 'connected', conn: this.conn });
    for (const deed of this.#script.deeds) if (deed.trigger === undefined) this.#plan(deed);
    this.#catchUp();
  }

  /** It turns out to be another recorded connection; what was said so far fits both. */
  move(world: World, conn: number): void {
    this.world.plays.delete(this.conn);
    this.world = world;
    this.conn = conn;
    world.plays.set(conn, this);
    this.#recorded = this.#standIn.options.recording.connections.get(conn)!;
    this.#script = this.#standIn.scripts.get(conn)!;
    this.#conversation = new Conversation(this.#recorded, world.memory);
    for (const { trigger, frame } of this.#script.deeds) {
      if (trigger === undefined && frame !== undefined) this.#conversation.see(frame.bytes, 'toClient');
    }
    this.#catchUp();
  }

  /** Others may have said long ago what concerns this connection, too. */
  #catchUp(): void {
    for (const deed of this.#script.deeds) {
      const { trigger } = deed;
      const isDue = trigger !== undefined && trigger.conn !== this.conn && this.world.came.has(trigger.n);
      if (isDue) this.#plan({ ...deed, delay: 0 });
    }
  }

  #heard(bytes: Uint8Array): void {
    const before = this.#conversation;
    let understood = before.see(bytes, 'toServer');
    if (!this.#hasSpoken) {
      this.#hasSpoken = true;
      const fits = ({ clientFrames: [first] }: Script): boolean =>
        first !== undefined && this.#differences(first, understood, bytes).length === 0;
      if (!fits(this.#script)) this.#standIn.reassign(this, fits);
      if (this.#conversation !== before) understood = this.#conversation.see(bytes, 'toServer');
    }
    this.#answer(understood, bytes);
  }

  #answer(understood: Understood, bytes: Uint8Array): void {
    const { clientFrames } = this.#script;
    const name = understood.messages[0]?.name ?? '(not understood)';
    const exact = this.#find(understood, bytes);
    if (exact !== undefined) {
      this.#done.add(exact);
      this.#tell({ kind: 'matched', conn: this.conn, message: name, n: clientFrames[exact]!.n });
      this.#react(clientFrames[exact]!, understood);
      return;
    }
    const { unmatched = 'nearest' } = this.#standIn.options;
    const near = this.#nearest(understood, bytes);
    if (unmatched !== 'nearest' || near === undefined) {
      this.#tell({ kind: 'unmatched', conn: this.conn, message: name, differences: near?.differences ?? [] });
      if (unmatched === 'close') this.#live?.end();
      return;
    }
    const frame = clientFrames[near.index]!;
    this.#tell({ kind: 'unmatched', conn: this.conn, message: name, nearest: frame.n, differences: near.differences });
    if (this.#done.has(near.index)) {
      this.#repeat(frame, understood);
      return;
    }
    for (let i = 0; i <= near.index; i++) this.#done.add(i);
    this.#react(frame, understood);
  }

  /** Position of the next client frame that says the same. */
  #find(understood: Understood, bytes: Uint8Array): number | undefined {
    const { clientFrames } = this.#script;
    let ahead = 0;
    for (let i = 0; i < clientFrames.length && ahead < LOOKAHEAD; i++) {
      if (this.#done.has(i)) continue;
      ahead++;
      if (this.#differences(clientFrames[i]!, understood, bytes).length === 0) return i;
    }
    return undefined;
  }

  /** The recorded message of that name that is most like it: one that is still to come before one that came. */
  #nearest(understood: Understood, bytes: Uint8Array): { index: number; differences: FieldDifference[] } | undefined {
    let best: { index: number; differences: FieldDifference[]; cost: number } | undefined;
    const first = this.#script.clientFrames.findIndex((_f, i) => !this.#done.has(i));
    for (const [index, frame] of this.#script.clientFrames.entries()) {
      if (frame.messages[0]?.name !== understood.messages[0]?.name) continue;
      const differences = this.#differences(frame, understood, bytes);
      const isBehind = this.#done.has(index);
      const distance = first < 0 ? 0 : Math.min(0.9, Math.abs(index - first) / 1000);
      const cost = differences.length + (isBehind ? 1.5 : 0) + distance;
      if (best === undefined || cost < best.cost) best = { index, differences, cost };
    }
    return best;
  }

  #differences(frame: RecordedFrame, understood: Understood, bytes: Uint8Array): FieldDifference[] {
    if (frame.messages.length !== understood.messages.length) return [{ path: 'messages', recorded: '', replayed: '' }];
    return frame.messages.flatMap((message, i) => {
      const live = understood.messages[i]!;
      if (message.name !== live.name)
        return [{ path: 'message', recorded: message.name ?? '', replayed: live.name ?? '' }];
      if (message.fields === undefined) return compareBytes(frame.bytes, bytes);
      return compareMessages(message, live, this.#ignores()).filter((difference) => difference.ignored === undefined);
    });
  }

  #ignores(): Ignores {
    return {
      isRenamed: (recorded, live, meta, name) => this.world.bindings.isRenamed(recorded, live, meta, name),
      reasonFor: () => undefined,
    };
  }

  /** Everything the frame made the server do, here and on other connections. */
  #react(frame: RecordedFrame, understood: Understood): void {
    this.world.came.add(frame.n);
    frame.messages.forEach((message, index) => {
      this.world.bindings.observe(frame.n, index, message.fields, understood.messages[index]?.fields);
    });
    for (const deed of this.#standIn.triggered.get(frame.n) ?? []) {
      const play = this.world.plays.get(deed.conn);
      if (play !== undefined) play.#plan(deed);
    }
  }

  /** Asked again: answered again, and nothing else happens. */
  #repeat(frame: RecordedFrame, understood: Understood): void {
    frame.messages.forEach((message, index) => {
      this.world.bindings.observe(frame.n, index, message.fields, understood.messages[index]?.fields);
    });
    for (const deed of this.#standIn.triggered.get(frame.n) ?? []) {
      if (deed.conn === this.conn && deed.isReply && deed.frame !== undefined) this.#plan(deed);
    }
  }

  /** Each so long after its trigger as it was then; replies in their order. */
  #plan(deed: Deed): void {
    if (this.isGone) return;
    const now = this.#standIn.options.clock.now();
    let due = now + deed.delay;
    if (deed.isReply) {
      due = Math.max(due, this.#lastReplyDue);
      this.#lastReplyDue = due;
    }
    let at = this.#queue.length;
    while (at > 0 && this.#queue[at - 1]!.due > due) at--;
    this.#queue.splice(at, 0, { deed, due });
    this.#work();
  }

  #work(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    const { clock, timer } = this.#standIn.options;
    for (;;) {
      const [next] = this.#queue;
      if (next === undefined || this.isGone) return;
      const wait = next.due - clock.now();
      if (wait > 0) {
        this.#callOff = timer.after(wait, () => this.#work());
        return;
      }
      this.#queue.shift();
      const last = this.#queue.at(-1);
      // The server said all it had to say before it closed.
      if (next.deed.frame === undefined && last !== undefined) this.#queue.push({ ...next, due: last.due });
      else this.#do(next.deed);
    }
  }

  #do({ frame }: Deed): void {
    if (this.isGone || this.#live === undefined) return;
    if (frame === undefined) {
      this.#live.end();
      return;
    }
    const { bindings } = this.world;
    const replacements = frame.messages.map((message, index) => [
      ...bindings.replacements(frame.n, index, message.fields),
      ...this.#handoffs(message.name, message.fields),
    ]);
    const hasAny = replacements.some((list) => list.length > 0);
    const bytes = hasAny ? this.#conversation.rewrite(frame, replacements).bytes : frame.bytes;
    const { transport } = this.#recorded.connection;
    const isStream = transport === 'tcp' || transport === 'tls';
    this.#live.send({
      bytes,
      carrier: frame.carrier,
      ...(isStream ? { wire: wireOf(this.#recorded, frame, bytes) } : {}),
    });
    this.#conversation.see(bytes, 'toClient');
  }

  /** "Go on over there" leads to our own listeners. */
  #handoffs(name: string | null, fields: unknown): Replacement[] {
    const { addressOf } = this.#standIn.options;
    const found: Replacement[] = [];
    for (const handoff of this.#recorded.protocol?.handoffs ?? []) {
      const to = handoff.message === name ? endpointAt(fields, handoff) : undefined;
      const own = to === undefined ? undefined : addressOf?.(to);
      if (own === undefined) continue;
      found.push({ path: [handoff.address], value: own.address, binding: 'handoff' });
      found.push({ path: [handoff.port], value: own.port, binding: 'handoff' });
    }
    return found.filter((one) => formatPath(one.path) !== '');
  }

  #tell(event: StandInEvent): void {
    this.#standIn.options.onEvent?.(event);
  }
}
